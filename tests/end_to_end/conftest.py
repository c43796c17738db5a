"""Real servers, the same for all tests."""

from collections.abc import Iterator

import pytest

from fixtures.glue.session_topology import SessionTopology
from tests.end_to_end.small import BAD_ACTORS, Small, small_descriptor


@pytest.fixture(scope="package")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    folder = tmp_path_factory.mktemp("small")
    session_topology = SessionTopology(small_descriptor(folder / "descriptor", BAD_ACTORS), print)
    yield Small(session_topology, folder)
    session_topology.close()
