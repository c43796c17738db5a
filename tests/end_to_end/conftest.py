"""One neighbourhood for all tests."""

from collections.abc import Iterator

import pytest

from fixtures.stage import Stage
from tests.end_to_end.small import BAD_ACTORS, Small, small_descriptor


@pytest.fixture(scope="package")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    folder = tmp_path_factory.mktemp("small")
    stage = Stage(small_descriptor(folder / "descriptor", BAD_ACTORS), print)
    yield Small(stage, folder)
    stage.close()
