"""A team's own scenarios, in its own repository: the suite's fixtures, selection and plans."""

import json
from pathlib import Path

import pytest

from tests.glue.suite import Ended, side_by_side

DESCRIPTOR = """
schema = "release-topology/1"
name = "weather"
[services.weather]
entry = true
version = "1.8"
versions."1.8".command = ["false"]
versions."1.9".command = ["false"]
released_instances = 4
ready = "GET /healthz"
admin.health = "GET /healthz"
[[workload.routes]]
name = "weather"
method = "GET"
path = "/"
weight = 1
expect = [200]
write = false
"""
SCENARIO = '''
import pytest

from conformance.plan import batches, lossless


@pytest.mark.profile("smoke")
def test_one_at_a_time_on_fridays(service, release, load):
    """On a Friday no two instances are down at once."""
    release(batches(service, batches=4, offline=lossless), under=load(rate=50))


@pytest.mark.profile("full")
def test_all_night(service, release, load):
    """Takes long."""
    release(batches(service, batches=4, offline=lossless), under=load(rate=50))
'''
SUITES_OWN = 2
"""Scenarios of the smoke profile for one entry."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of a team, with tests and a configuration of its own that are no business of the suite."""
    shop = tmp_path_factory.mktemp("a team") / "shop"
    (shop / "scenarios").mkdir(parents=True)
    (shop / "tests").mkdir()
    (shop / "broken").mkdir()
    (shop / "broken" / "test_greys.py").write_text("from conformance.plan import grey\n")
    (shop / "services.toml").write_text(DESCRIPTOR)
    (shop / "scenarios" / "test_fridays.py").write_text(SCENARIO)
    (shop / "tests" / "test_prices.py").write_text("def test_prices():\n    raise AssertionError\n")
    (shop / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
    return shop


@pytest.fixture(scope="module")
def planned(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    plan = ("--services", str(shop), "--profile", "smoke", "--plan-only")
    file = str(shop / "scenarios" / "test_fridays.py")
    calls = {
        "nothing": plan,
        "folder": (*plan, str(shop / "scenarios")),
        "name": (*plan, f"{file}::test_one_at_a_time_on_fridays"),
        "both": (*plan, "conformance/scenarios/test_batches.py", str(shop / "scenarios")),
        "unknown": (*plan, f"{file}::test_on_mondays"),
        "unmarked": (*plan, str(shop / "tests")),
        "broken": ("--services", str(shop), "--profile", "smoke", str(shop / "broken")),
    }
    return dict(zip(calls, side_by_side(tmp_path_factory.mktemp("out"), calls.values()), strict=True))


@pytest.mark.parametrize(
    ("asked", "passed", "title"),
    [
        ("nothing", SUITES_OWN, "4 instances in 2 batches of 2 and 2, lossless"),
        ("folder", 1, "4 instances in 4 batches of 1, 1, 1 and 1, lossless"),
        ("name", 1, "4 instances in 4 batches of 1, 1, 1 and 1, lossless"),
        ("both", 2, "4 instances in 4 batches of 1, 1, 1 and 1, lossless"),
    ],
)
def test_what_is_named_is_planned_wherever_it_lies(
    asked: str, passed: int, title: str, planned: dict[str, Ended]
) -> None:
    ended = planned[asked]
    assert ended.code == 0, ended.out
    assert f"{passed} passed" in ended.out
    assert title in ended.out
    assert "plugins: locust" not in ended.out, "pytest ran with the team's configuration"


def test_a_scenario_that_is_not_there_and_a_test_that_is_none_are_refused(planned: dict[str, Ended]) -> None:
    assert planned["unknown"].code == planned["unmarked"].code == 4
    assert "test_fridays.py::test_on_mondays: no such scenario" in planned["unknown"].complaint
    assert "test_prices: every scenario names its profile" in planned["unmarked"].complaint


def test_a_file_that_cannot_be_read_is_told_by_what_is_wrong_in_it(planned: dict[str, Ended]) -> None:
    """It was "no such scenario", exit code 4: usage."""
    ended = planned["broken"]
    assert ended.code == 7
    assert "cannot import name 'grey' from 'conformance.plan'" in ended.out
    assert "no such scenario" not in ended.out
    assert "INCONCLUSIVE: 1 error during collection" in ended.out


def test_the_verdict_file_names_a_teams_scenario_and_says_which_of_the_suites_were_not_run(
    shop: Path, tmp_path: Path
) -> None:
    """Judged as nothing, for the service ends at its start: no engine is needed to see that it is there."""
    (ended,) = side_by_side(tmp_path, [("--services", str(shop), "--profile", "smoke", str(shop / "scenarios"))])
    assert ended.code == 7
    verdict = json.loads((tmp_path / "0" / "verdict.json").read_text())
    assert [one["name"] for one in verdict["scenarios"]] == ["test_fridays.py::test_one_at_a_time_on_fridays[weather]"]
    assert {one["reason"] for one in verdict["not_run"]} == {"not selected by the command line"}
    assert len(verdict["not_run"]) == SUITES_OWN
