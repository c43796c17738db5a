"""Where the services run in their tests."""

from collections.abc import Iterator

import pytest

from fixtures.platforms.embedded import EmbeddedPlatform


@pytest.fixture(scope="package")
def platform() -> Iterator[EmbeddedPlatform]:
    with EmbeddedPlatform() as platform:
        yield platform
