"""What only Eureka's server does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from conformance.plan import ServerSettings
from conformance.run.waiting import until
from conformance.run.world import RegistryName
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.kinds import REGISTRIES
from tests.registries.clients import CLIENTS

MANY = 150
"""So that an answer takes long to make up, and is being made up most of the time: then a change can be overlooked."""
MADE_UP_EVERY_S = 0.01
ROUNDS = 15


@pytest.mark.profile("extended")
def test_whoever_registers_while_an_answer_is_made_up_is_listed_soon_as_well() -> None:
    kind = REGISTRIES["eureka"]
    timers = replace(kind.timers(ServerSettings()), cache_s=MADE_UP_EVERY_S)
    with EmbeddedPlatform() as platform, ThreadPoolExecutor(4) as pool:
        server = kind.start(platform, "", timers, print)
        registry, client = kind.read(server), CLIENTS["eureka"](server.address)

        def register(number: int) -> None:
            client.register("crowded", number, incarnation=f"crowded.{number}", ballast="x" * 2_000)

        def count() -> int:
            return len(registry.registrations(RegistryName("crowded")))

        list(pool.map(register, range(MANY)))
        for those in range(MANY, MANY + 4 * ROUNDS, 4):
            list(pool.map(register, range(those, those + 4)))
            until("the last four to be listed", count, accept=(those + 4).__eq__, within_s=30)
