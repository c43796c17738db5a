"""The sample chain, standing for all tests of this folder."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from conformance.plan import ServerSettings
from conformance.plan.server_settings import Client
from fixtures.databases.postgres.server import PostgresServer
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.kinds import REGISTRIES
from tests.services.chain.chain import Chain

CLIENTS: dict[str, tuple[str, Client]] = {
    "nacos-grpc": ("nacos", "usual"),
    "nacos-http": ("nacos", "heart-beats"),
    "eureka": ("eureka", "usual"),
}


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@pytest.fixture(scope="package")
def standing_chain(request: pytest.FixtureRequest, platform: EmbeddedPlatform) -> Iterator[Chain]:
    """In whichever way the services are to speak to a registry."""
    name, client = CLIENTS[request.param]
    kind = REGISTRIES[name]
    timers = replace(kind.timers(ServerSettings(client=client, refresh_s=0.2)), push_s=0.05, cache_s=0.1)
    server = kind.start(platform, "", timers, _say)
    query = f"renew_s={timers.renew_s}&expire_s={timers.expire_s}&remove_s={timers.remove_s}&refresh_s=0.2"
    url = f"{timers.client}://{server.address}?{query}"
    chain = Chain(platform, kind.read(server), url, PostgresServer.start(platform))
    yield chain
    chain.close()


@pytest.fixture
def chain(standing_chain: Chain) -> Iterator[Chain]:
    """Whole again after each test."""
    yield standing_chain
    standing_chain.mend()
