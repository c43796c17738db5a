"""An instance that was out of service, was killed, and is back at its address: by the sample services' clients."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.plan import RegistryState, ServerSettings
from conformance.run.waiting import until
from conformance.run.world import Registration, Registry, RegistryName
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.kinds import REGISTRIES
from fixtures.services.python.discovery.registry import Registries
from fixtures.services.python.flaws import Flaw
from fixtures.services.python.settings import Address, RegistryUrl, Settings
from tests.turns import RARE

NAME = RegistryName("comeback")
ADDRESS = "127.0.0.1:9001"


def _listed(registry: Registry, incarnation: str, *, healthy: bool) -> tuple[Registration, ...]:
    return until(
        f"{incarnation} to be listed",
        lambda: registry.registrations(NAME),
        accept=lambda listed: (incarnation, healthy) in [(one.incarnation, one.healthy) for one in listed],
        within_s=15,
    )


@pytest.mark.filterwarnings("ignore:Support for class-based:DeprecationWarning")  # in Nacos's SDK
@pytest.mark.parametrize(
    ("kind", "settings", "inherits"),
    [
        pytest.param("nacos", ServerSettings(), True, id="nacos-grpc"),
        pytest.param("nacos", ServerSettings(client="heart-beats"), True, id="nacos-http", marks=RARE),
        pytest.param("eureka", ServerSettings(), False, id="eureka-by-an-id-of-its-own", marks=RARE),
    ],
)
def test_who_comes_back_inherits_the_state_of_its_address_or_of_its_id(
    kind: str, settings: ServerSettings, inherits: bool, tmp_path: Path
) -> None:
    """A sample's instance id at Eureka is its incarnation, so that none has a predecessor there."""
    timers = REGISTRIES[kind].timers(settings)
    with EmbeddedPlatform() as platform:
        server = REGISTRIES[kind].start(platform, "", timers, print)
        registry = REGISTRIES[kind].read(server)
        url = RegistryUrl(
            timers.client, server.address, timers.renew_s, timers.expire_s, timers.remove_s, timers.refresh_s
        )
        first = Settings(
            instance="comeback-01",
            incarnation="comeback-01.1",
            version="v1",
            listen=Address("127.0.0.1", 9001),
            admin=Address("127.0.0.1", 9002),
            registries=(url,),
            lane="",
            scratch=tmp_path,
            flaw=Flaw(""),
            database="",
        )

        async def live(settings: Settings, *, back: bool) -> None:
            client = Registries.of(settings)
            await client.open()
            await client.register(NAME.name)
            await asyncio.to_thread(_listed, registry, settings.incarnation, healthy=not (back and inherits))
            state: RegistryState = "in service" if back else "out of service"
            await asyncio.to_thread(registry.set_state, NAME, ADDRESS, state)
            await asyncio.to_thread(_listed, registry, settings.incarnation, healthy=back)
            await client.close()  # without a word to the registry, as when it is killed

        asyncio.run(live(first, back=False))
        asyncio.run(live(replace(first, incarnation="comeback-01.2", scratch=tmp_path / "2"), back=True))
