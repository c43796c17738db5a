"""A small system that a test starts outside the suite's sessions is released by its own scripts, and judged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.glue.suite import Ended
from tests.glue.suite import pytest as suite
from tests.standing.systems import Newsroom, newsroom

SCENARIO = "conformance/scenarios/test_standing.py"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path / "room") as room:
        yield room


def _release(room: Newsroom, out: Path, how: str, **changes: object) -> tuple[Ended, dict[str, Any]]:
    file = room.describe(how, **changes)
    state = str(out / "state")
    ended = suite("--services", str(file), "--yes", CONFORMANCE_OUT=str(out), XDG_STATE_HOME=state)
    (scenario,) = json.loads((out / "verdict.json").read_text())["scenarios"]
    return ended, scenario


@pytest.mark.profile("extended")
def test_a_careful_deployment_loses_nothing(room: Newsroom, tmp_path: Path) -> None:
    ended, scenario = _release(room, tmp_path / "out", "careful")
    assert (ended.code, scenario["verdict"]) == (0, "GO"), ended.out
    assert scenario["counts"]["failed"] == 0
    assert scenario["counts"]["requests"] > 1000
    assert scenario["versions"] == ["7", "8"]
    assert any("how each instance was taken down" in line for line in scenario["untested"])
    log = (tmp_path / "out" / "runs").glob("*/logs/release-command.log")
    assert next(log).read_text().count("replacing desk") == 3


def test_a_careless_deployment_is_no_go_and_the_load_ends_early(room: Newsroom, tmp_path: Path) -> None:
    ended, scenario = _release(room, tmp_path / "out", "careless", stop_after=5)
    assert (ended.code, scenario["verdict"]) == (1, "NO-GO"), ended.out
    assert {one["finding"] for one in scenario["findings"]} >= {"failed request", "step failed"}
    assert any("the load ends here; the command goes on" in str(one) for one in scenario["findings"])
    assert 5 <= scenario["counts"]["failed"] < 100


@pytest.mark.profile("extended")
def test_a_deployment_that_fails_before_it_has_begun_is_inconclusive(room: Newsroom, tmp_path: Path) -> None:
    ended, scenario = _release(room, tmp_path / "out", "broken")
    assert (ended.code, scenario["verdict"]) == (7, "INCONCLUSIVE"), ended.out
    assert "deploy: the artefact of this version is missing" in ended.out


@pytest.mark.profile("extended")
def test_a_deployment_that_fails_half_way_is_taken_back_by_the_teams_own_command(
    room: Newsroom, tmp_path: Path
) -> None:
    undo = room.command("deploy", "{old}", "careful")
    ended, scenario = _release(room, tmp_path / "out", "half", undo=undo)
    assert (ended.code, scenario["verdict"]) == (1, "NO-GO"), ended.out
    assert [one["finding"] for one in scenario["findings"]] == ["refused"]
    assert "the next desk has no room" in str(scenario["findings"])
    assert (scenario["refusal"]["lost"], scenario["refusal"]["lost_after"]) == (0, 0)
    assert scenario["counts"]["failed"] == 0
    log = (tmp_path / "out" / "runs").glob("*/logs/undo-command.log")
    assert next(log).read_text().count("replacing desk") == 3
    assert "the system is left with 3 of 7 in its list" in ended.out


@pytest.mark.profile("extended")
def test_a_deployment_that_is_stuck_half_way_is_ended_and_taken_back(room: Newsroom, tmp_path: Path) -> None:
    undo = room.command("deploy", "{old}", "careful")
    ended, scenario = _release(room, tmp_path / "out", "half, then stuck", undo=undo, release_within_s=12.0)
    assert (ended.code, scenario["verdict"]) == (1, "NO-GO"), ended.out
    assert [one["finding"] for one in scenario["findings"]] == ["refused"]
    assert "it had not ended after 12 s, and was ended" in str(scenario["findings"])
    assert "the system is left with 3 of 7 in its list" in ended.out


@pytest.mark.profile("extended")
def test_a_deployment_that_fails_when_its_losses_have_ended_the_load_is_taken_back(
    room: Newsroom, tmp_path: Path
) -> None:
    """It was told, and left half done."""
    undo = room.command("deploy", "{old}", "careful")
    ended, scenario = _release(room, tmp_path / "out", "careless half", undo=undo, stop_after=1)
    assert (ended.code, scenario["verdict"]) == (1, "NO-GO"), ended.out
    assert "1 are enough: the load ends here; the command goes on" in str(scenario["findings"])
    assert "the team's own command ended with exit 1\nlast lines of " in ended.out
    assert "deploy: the next desk has no room" in ended.out
    assert "the release is taken back: " in ended.out
    assert "the system is left with 3 of 7 in its list" in ended.out


@pytest.mark.profile("extended")
def test_a_way_back_that_fails_is_told_and_so_is_who_is_left(room: Newsroom, tmp_path: Path) -> None:
    undo = room.command("deploy", "{old}", "broken")
    ended, scenario = _release(room, tmp_path / "out", "half", undo=undo)
    assert (ended.code, scenario["verdict"]) == (1, "NO-GO"), ended.out
    assert "what had begun was not shown to be rolled back: look who serves, before anything else" in ended.out
    assert "what had begun was rolled back" not in ended.out
    assert "the system is left with 2 of 7 and 1 of 8 in its list" in ended.out
