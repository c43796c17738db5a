"""Where the services run in their tests."""

import sys
from collections.abc import Iterator

import pytest

from fixtures.database.postgres import PostgresServer
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.nacos import NacosServer, install
from tests.services.chain import Chain


@pytest.fixture(scope="package")
def platform() -> Iterator[EmbeddedPlatform]:
    with EmbeddedPlatform() as platform:
        yield platform


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@pytest.fixture(scope="module")
def standing_chain(platform: EmbeddedPlatform) -> Iterator[Chain]:
    nacos = NacosServer.start(platform, install(_say), _say, push_delay_ms=50)
    chain = Chain(platform, nacos.address, PostgresServer.start(platform))
    yield chain
    chain.close()
