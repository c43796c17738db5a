"""Controls in verdict, terminal, page, summary and Allure: a null release, and a loss that must be seen."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.judge.expectation import meets
from conformance.judge.model import Verdict
from conformance.record.contract import Expected
from conformance.vocabulary import Doubt
from reports.advice import what_to_do
from reports.allure.results import complete, tell
from reports.allure.settings import variables
from reports.model import ScenarioResult, SessionResult
from reports.page.page import render_page
from reports.summary import render_summary
from reports.terminal import verdict_lines
from reports.verdict import write_verdict
from tests.glue.suite import ROOT
from tests.judge.handmade import Handmade
from tests.judge.unreleased import unreleased
from tests.reports.results import result, session

VALID = Draft202012Validator(json.loads((ROOT / "docs" / "release-verdict-1.schema.json").read_text()))
FINE = result()
KILLED = replace(result(Verdict.NO_GO, expected="NO-GO", title="killed"), control=True)
LOSSY = result(Verdict.NO_GO, sentence="3 of 9 requests failed", title="gray")
NOT_RELEASED = replace(
    result(Verdict.INCONCLUSIVE, sentence=f"not released: {Doubt.LOSES_BY_ITSELF}: 1 of 12 requests failed"),
    doubt=Doubt.LOSES_BY_ITSELF,
)
LOSES = "this system loses without a release: 1 of 12 requests failed "
NO_CONTROL = "no control was carried out here: nothing shows that this suite could have seen a loss"


def _null(record: Handmade, directory: Path, name: str = "null release[nacos]") -> ScenarioResult:
    judged = record.judged(directory)
    outcome = meets(judged, Expected())
    made = result(judged.verdict, sentence=outcome.sentence, judged=judged, directory=directory, met=outcome.met)
    return replace(made, name=name, title="a null release loses nothing", doubt=outcome.doubt)


@pytest.fixture
def sound(tmp_path: Path) -> ScenarioResult:
    return _null(unreleased(), tmp_path / "sound")


@pytest.fixture
def losing(tmp_path: Path) -> ScenarioResult:
    record = unreleased()
    record.fail(5)
    return _null(record, tmp_path / "losing")


@pytest.fixture
def unproved(tmp_path: Path) -> ScenarioResult:
    record = unreleased()
    record.thresholds(batch_requests=1_000)
    return _null(record, tmp_path / "unproved")


def _session(*results: ScenarioResult, nulls: tuple[ScenarioResult, ...]) -> SessionResult:
    return replace(session(*results), null_releases=nulls, needs_controls=True)


def test_with_both_controls_a_session_is_go_and_counts_its_scenarios_as_ever(sound: ScenarioResult) -> None:
    whole = _session(FINE, KILLED, nulls=(sound,))
    assert (whole.headline, whole.exit_code) == ("GO: 2 of 2 scenarios as expected", 0)


def test_a_system_that_loses_without_a_release_makes_the_whole_inconclusive(losing: ScenarioResult) -> None:
    whole = _session(NOT_RELEASED, NOT_RELEASED, nulls=(losing,))
    assert (whole.verdict, whole.exit_code) == (Verdict.INCONCLUSIVE, 7)
    assert whole.headline.startswith(f"INCONCLUSIVE: {LOSES}")
    assert "against expectation" not in whole.headline


def test_even_where_every_release_was_as_expected(losing: ScenarioResult, unproved: ScenarioResult) -> None:
    for null in (losing, unproved):
        assert _session(FINE, KILLED, nulls=(null,)).verdict is Verdict.INCONCLUSIVE


def test_one_that_proved_nothing_is_made_good_by_the_next_and_a_loss_is_not(
    sound: ScenarioResult, losing: ScenarioResult, unproved: ScenarioResult
) -> None:
    assert _session(FINE, KILLED, nulls=(unproved, sound)).verdict is Verdict.GO
    assert _session(FINE, KILLED, nulls=(unproved, losing)).verdict is Verdict.INCONCLUSIVE
    elsewhere = replace(sound, name="null release[eureka]")
    assert _session(FINE, KILLED, nulls=(unproved, elsewhere)).verdict is Verdict.INCONCLUSIVE


def test_a_loss_in_another_topology_is_still_the_releases(losing: ScenarioResult) -> None:
    whole = _session(LOSSY, nulls=(losing,))
    assert (whole.verdict, whole.exit_code) == (Verdict.NO_GO, 1)
    assert whole.headline.endswith("; gray: 3 of 9 requests failed")


def test_without_a_loss_that_must_be_seen_a_go_is_partial_and_says_so(sound: ScenarioResult) -> None:
    whole = _session(FINE, nulls=(sound,))
    assert (whole.headline, whole.exit_code) == (f"GO (partial: 1 of 1; {NO_CONTROL})", 0)
    elsewhere = _session(FINE, replace(KILLED, registry="eureka"), nulls=(sound,))
    assert "(partial: 2 of 2; no control was carried out on nacos: " in elsewhere.headline
    assert session(FINE).headline == "GO: 1 of 1 scenarios as expected", "of records nothing is demanded"


def _written(whole: SessionResult, folder: Path) -> dict[str, Any]:
    write_verdict(whole, folder / "verdict.json")
    document: dict[str, Any] = json.loads((folder / "verdict.json").read_text())
    return document


def test_the_verdict_file_has_both(losing: ScenarioResult, tmp_path: Path) -> None:
    document = _written(_session(NOT_RELEASED, KILLED, nulls=(losing,)), tmp_path)
    assert [error.message for error in VALID.iter_errors(document)] == []
    (null,) = document["controls"]["null_releases"]
    assert null["findings"][0]["finding"] == "loses without a release"
    assert null["doubt"] == document["scenarios"][0]["doubt"] == "this system loses without a release"
    assert document["controls"]["losses"] == [{"name": KILLED.name, "registry": "nacos", "seen": True}]
    assert document["controls"]["lacking_on"] == []


def test_the_verdict_file_says_where_there_was_no_control(sound: ScenarioResult, tmp_path: Path) -> None:
    document = _written(_session(FINE, nulls=(sound,)), tmp_path)
    assert [error.message for error in VALID.iter_errors(document)] == []
    assert (document["controls"]["lacking_on"], document["complete"]) == (["nacos"], True)


def test_the_terminal_has_a_line_for_each(sound: ScenarioResult) -> None:
    lines = list(verdict_lines(_session(FINE, nulls=(sound,)), Path("out"), ()))
    assert lines[0].startswith("  GO            a null release loses nothing   0 of 12 requests failed")
    assert f"  no control    {NO_CONTROL}" in lines
    assert not [
        line for line in verdict_lines(_session(KILLED, nulls=(sound,)), Path("out"), ()) if "no control" in line
    ]


def test_summary_and_page_tell_of_them(losing: ScenarioResult, sound: ScenarioResult) -> None:
    whole = _session(NOT_RELEASED, nulls=(losing,))
    for text in (render_summary(whole, Path("out")), render_page(whole, {}, Path("out"))):
        assert "a null release loses nothing" in text
        assert LOSES in text
        assert "fix that first, for what a release loses cannot be told from it" in text
    partial = _session(FINE, nulls=(sound,))
    assert NO_CONTROL in render_summary(partial, Path("out"))
    page = render_page(partial, {}, Path("out"))
    assert f"N{NO_CONTROL[1:]}." in page
    assert "1 scenario as expected" in page
    assert "1 null release" in page


def test_allure_has_a_result_for_each_null_release(
    losing: ScenarioResult, sound: ScenarioResult, tmp_path: Path
) -> None:
    folder = tmp_path / "allure-results"
    folder.mkdir()
    whole = _session(FINE, nulls=(sound, replace(losing, name="null release[eureka]")))
    told = tell(whole, tmp_path, (), date(2026, 1, 1))
    complete(told, folder)
    made = {
        one["fullName"]: one for one in map(json.loads, (path.read_text() for path in folder.glob("*-result.json")))
    }
    good, bad = made["null release[nacos]"], made["null release[eureka]"]
    assert good["name"] == "a null release loses nothing, nacos: 0 of 12 lost"
    assert (good["status"], bad["status"]) == ("passed", "broken")
    assert bad["name"] == "a null release loses nothing, nacos: not proved: loses without a release"
    assert bad["statusDetails"]["message"].startswith(f"INCONCLUSIVE: {LOSES}")
    assert {"name": "feature", "value": "Controls"} in good["labels"]
    assert [step["name"][:4] for step in good["steps"]] == ["Base", "Null", "Veri"]
    assert good["stop"] > good["start"]
    assert variables(whole, told.contracts)["Controls"] == (
        f"1 of 2 null releases GO, the loss that must be seen was seen 0 times; {NO_CONTROL}"
    )


def test_what_to_do_follows_from_a_control(sound: ScenarioResult, losing: ScenarioResult) -> None:
    assert what_to_do(sound) == "Nothing to do: without a release nothing is lost."
    for one in (losing, NOT_RELEASED):
        assert what_to_do(one).startswith("No decision possible: the system loses without a release: fix that first")
