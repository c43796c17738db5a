"""How a sample service writes to the ledger while it has more to write than connections."""

import asyncio
from pathlib import Path

import pytest

from fixtures.databases.postgres.server import PostgresServer
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.services.python import ledger as ledgers
from fixtures.services.python.flaws import Flaw
from fixtures.services.python.ledger import Ledger
from fixtures.services.python.settings import Address, Settings
from tests.services.chain.chain import SAMPLE

WRITES = 400
ANYWHERE = Address("127.0.0.1", 0)


@pytest.fixture
def settings(platform: EmbeddedPlatform, tmp_path: Path) -> Settings:
    server = PostgresServer.start(platform)
    server.run_script(SAMPLE / "schema.sql")
    return Settings(
        instance="orders-01",
        incarnation="orders-01.1",
        version="v1",
        listen=ANYWHERE,
        admin=ANYWHERE,
        registries=(),
        lane="",
        scratch=tmp_path,
        flaw=Flaw(""),
        database=server.dsn,
    )


def test_nobody_waits_for_a_connection_while_those_who_came_later_get_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool alone lets newcomers overtake whoever is just being woken, for seconds on a busy machine."""
    monkeypatch.setattr(ledgers, "CONNECTIONS", 1)  # of several, one may be slower than the others
    done: list[int] = []

    async def write() -> None:
        ledger = Ledger(settings)
        await ledger.open()

        async def append(number: int) -> None:
            await ledger.append(f"r-{number}", "placed")
            done.append(number)

        tasks = []
        for number in range(WRITES):
            tasks.append(asyncio.create_task(append(number)))
            await asyncio.sleep(0 if number % 4 else 0.0005)  # they come while others are being served
        await asyncio.gather(*tasks)
        await ledger.close()

    asyncio.run(write())
    assert done == list(range(WRITES))
