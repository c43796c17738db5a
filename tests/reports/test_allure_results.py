"""Allure results: title, stories, the plan's steps as they are numbered, and a status that tells whose fault it is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Result = dict[str, Any]

TESTS = """
from pathlib import Path

from fixtures.outcomes import Inconclusive, NoGo
from reports.allure import AllureSteps, attach, describe


def release(last_done):
    steps = AllureSteps()
    steps.began("1", "Baseline: v1 answers under load")
    steps.ended(done=True, saw="")
    steps.began("2", "Batch 1 of 2")
    steps.began("2.1", "Drain")
    steps.ended(done=True, saw="")
    steps.began("2.2", "Stop: SIGTERM")
    steps.ended(done=last_done, saw="" if last_done else "orders-01.1 still runs <b> [red]")
    steps.ended(done=last_done, saw="")


def test_go():
    describe("A batch release loses nothing", "A8, A7: ten instances in <b>three</b> batches.", ["A8", "A7"])
    release(last_done=True)
    attach(Path("run"), "GO: 0 of 9 requests failed")


def test_no_go():
    release(last_done=True)
    attach(Path("nowhere"), "NO-GO: 3 of 9 requests failed")
    raise NoGo("NO-GO: 3 of 9 requests failed")


def test_inconclusive():
    release(last_done=False)
    raise Inconclusive("INCONCLUSIVE: step 2.2 failed")


def test_cut_off():
    AllureSteps().began("1", "Baseline: v1 answers under load")
    raise KeyError("a mistake in the suite")


def test_following():
    release(last_done=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session of scenarios that release nothing, with its results."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "test_them.py").write_text(TESTS)
    (folder / "run").mkdir()
    (folder / "run" / "plan.txt").write_text("1  Baseline\n2  Batch <1> of 2\n")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir=.", "--alluredir=results", "-p", "no:release-conformance"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return folder / "results"


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Result]:
    read = [json.loads(path.read_text(encoding="utf8")) for path in folder.glob("*-result.json")]
    return {result["fullName"].rpartition("#")[2]: result for result in read}


def _tree(result: Result) -> list[Any]:
    return [(step["name"], step["status"], _tree(step)) for step in result.get("steps", [])]


def test_a_scenario_has_its_title_its_promise_and_the_articles_sections(results: dict[str, Result]) -> None:
    go = results["test_go"]
    assert go["name"] == "A batch release loses nothing"
    assert go["description"] == "A8, A7: ten instances in <b>three</b> batches."
    labels = {(label["name"], label["value"]) for label in go["labels"]}
    assert labels >= {("feature", "Release conformance"), ("story", "A8"), ("story", "A7")}


def test_the_steps_are_nested_as_they_are_numbered(results: dict[str, Result]) -> None:
    assert _tree(results["test_go"]) == [
        ("1 Baseline: v1 answers under load", "passed", []),
        ("2 Batch 1 of 2", "passed", [("2.1 Drain", "passed", []), ("2.2 Stop: SIGTERM", "passed", [])]),
    ]


def test_a_step_lies_within_the_one_around_it_in_time(results: dict[str, Result]) -> None:
    go = results["test_go"]
    batch = go["steps"][1]
    drain, stop = batch["steps"]
    times = [go["start"], batch["start"], drain["start"], drain["stop"], stop["start"], stop["stop"], batch["stop"]]
    assert times == sorted(times)
    assert times[-1] <= go["stop"]


def test_a_step_that_failed_and_those_around_it_are_broken_and_say_what_was_seen(results: dict[str, Result]) -> None:
    inconclusive = results["test_inconclusive"]
    assert _tree(inconclusive)[1] == (
        "2 Batch 1 of 2",
        "broken",
        [("2.1 Drain", "passed", []), ("2.2 Stop: SIGTERM", "broken", [])],
    )
    batch = inconclusive["steps"][1]
    assert "orders-01.1 still runs <b> [red]" in batch["steps"][1]["statusDetails"]["message"]
    assert "a step inside it failed" in batch["statusDetails"]["message"]


@pytest.mark.parametrize(
    ("scenario", "status", "message"),
    [
        ("test_go", "passed", None),
        ("test_no_go", "failed", "NoGo: NO-GO: 3 of 9 requests failed"),
        ("test_inconclusive", "broken", "Inconclusive: INCONCLUSIVE: step 2.2 failed"),
        ("test_cut_off", "broken", "KeyError: 'a mistake in the suite'"),
    ],
)
def test_a_loss_is_failed_and_a_lacking_proof_is_broken(
    results: dict[str, Result], scenario: str, status: str, message: str | None
) -> None:
    result = results[scenario]
    assert (result["status"], result.get("statusDetails", {}).get("message")) == (status, message)


def test_a_step_that_was_cut_off_takes_none_of_the_next_scenarios(results: dict[str, Result]) -> None:
    assert _tree(results["test_following"]) == _tree(results["test_go"])


def test_plan_and_verdict_can_be_read_beside_the_steps_as_plain_text(results: dict[str, Result], folder: Path) -> None:
    attached = {one["name"]: one for one in results["test_go"]["attachments"]}
    assert {one["type"] for one in attached.values()} == {"text/plain"}
    texts = {name: (folder / one["source"]).read_text() for name, one in attached.items()}
    assert texts == {"plan": "1  Baseline\n2  Batch <1> of 2\n", "verdict": "GO: 0 of 9 requests failed"}


def test_without_a_plan_the_verdict_is_there_all_the_same(results: dict[str, Result]) -> None:
    assert [one["name"] for one in results["test_no_go"]["attachments"]] == ["verdict"]
