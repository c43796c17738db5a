"""Small releases in containers: what the platform adds to how a run may end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import batches, lossless
from fixtures.glue.session_topology import SessionTopology
from fixtures.platforms.kinds import KINDS
from tests.end_to_end.small import Meddler, Small, small_descriptor
from tests.platforms.engines import EngineDoor, needs_engine

pytestmark = needs_engine


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineDoor]:
    """The way to the engine; what a lost engine has left is removed when there is one again."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with EngineDoor(tmp_path / "engine.sock") as door:
        monkeypatch.setenv("DOCKER_HOST", door.host)
        yield door
    monkeypatch.delenv("DOCKER_HOST")
    KINDS["docker"].open(print).close()


def test_an_engine_that_dies_in_mid_run_is_inconclusive(door: EngineDoor, tmp_path: Path) -> None:
    session_topology = SessionTopology(small_descriptor(tmp_path / "descriptor"), print, KINDS["docker"])
    try:
        judgement, _ = Small(session_topology, tmp_path).release(
            batches(session_topology.topology.service("orders"), to="v2", batches=2, offline=lossless),
            Meddler("2.2", door.shut),
        )
    finally:
        session_topology.close()
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert any("the Docker engine no longer answers" in finding.message for finding in judgement.findings)
