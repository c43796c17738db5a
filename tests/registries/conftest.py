"""One running server of each registry for the modules that share them; a module that ends servers starts its own."""

from collections.abc import Iterator

import pytest

from conformance.plan import ServerSettings
from conformance.run.world import Registry
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.kinds import REGISTRIES
from fixtures.registries.server import RegistryServer
from tests.registries.clients import CLIENTS, Client

FAST = ServerSettings()


@pytest.fixture(scope="session")
def platform() -> Iterator[EmbeddedPlatform]:
    """One for all modules: it ends what runs there."""
    with EmbeddedPlatform() as platform:
        yield platform


@pytest.fixture(scope="session", params=REGISTRIES)
def name(request: pytest.FixtureRequest) -> str:
    """Each registry in turn; a module that is about one says which."""
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="session")
def server(platform: EmbeddedPlatform, name: str) -> RegistryServer:
    """A running server, one for all modules: a test that ends it starts it again."""
    kind = REGISTRIES[name]
    return kind.start(platform, "", kind.timers(FAST), print)


@pytest.fixture(scope="session")
def registry(server: RegistryServer, name: str) -> Registry:
    """As the harness sees it."""
    return REGISTRIES[name].read(server)


@pytest.fixture(scope="session")
def client(server: RegistryServer, name: str) -> Client:
    """As services see it."""
    return CLIENTS[name](server.address)
