"""Allure results: what allure-pytest wrote, completed from the record at the end of a session."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record.contract import Expected, PlanNode
from conformance.record.events import StepBegan, StepEnded
from conformance.record.schema import HopAnswer
from conformance.vocabulary import StepKind
from reports.allure.results import NUMBER_LABEL, complete, tell
from reports.files import files_of
from reports.known_issues import KnownIssue
from reports.model import ScenarioResult
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made
from tests.reports.results import result, session

Result = dict[str, Any]

TODAY = date(2026, 1, 1)
STARTED_MS = 1_700_000_000_000
MARKUP = "<script>alert(1)</script><b>& 'quoted' \"twice\""


def _as_written(number: int | None, status: str = "passed", **more: object) -> Result:
    """A result as allure-pytest leaves it."""
    labels = [{"name": "tag", "value": "nightly"}, {"name": "suite", "value": "test_batches"}]
    numbered = [] if number is None else [{"name": NUMBER_LABEL, "value": str(number)}]
    raw = {"uuid": f"u{number}", "name": "test_a_batch", "status": status, "labels": [*labels, *numbered]}
    times = {"start": STARTED_MS, "stop": STARTED_MS + 5}
    return {**raw, **times, "description": "A8: as in Python", "fullName": "m#test_a_batch", **more}


def _scenario(record: Handmade, directory: Path, *, expected: str = "GO") -> ScenarioResult:
    judged = record.judged(directory)
    return result(judged.verdict, expected=expected, sentence=judged.headline, judged=judged, directory=directory)


def _lossy() -> Handmade:
    record = made()
    record.fail(3, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    return record


class Completed:
    """A session's results, completed in a folder of their own."""

    def __init__(
        self, folder: Path, *results: ScenarioResult, raw: list[Result], issues: tuple[KnownIssue, ...] = ()
    ) -> None:
        self.folder = folder / "allure-results"
        self.folder.mkdir()
        for number, one in enumerate(raw):
            (self.folder / f"{number}-result.json").write_text(json.dumps(one))
        (self.folder / "f-container.json").write_text("{}")
        complete(tell(session(*results), folder, issues, TODAY), self.folder)

    def __getitem__(self, number: int) -> Result:
        read: Result = json.loads((self.folder / f"{number}-result.json").read_text())
        return read

    def labels(self, number: int) -> set[tuple[str, str]]:
        return {(label["name"], label["value"]) for label in self[number]["labels"]}

    def attached(self, number: int) -> dict[str, str]:
        return {one["name"]: (self.folder / one["source"]).read_text() for one in self[number]["attachments"]}


def _one(folder: Path, scenario: ScenarioResult, *issues: KnownIssue, **more: object) -> Completed:
    return Completed(folder, scenario, raw=[_as_written(0, **more)], issues=issues)  # type: ignore[arg-type]


def test_the_list_reads_as_a_table_of_what_was_released_and_what_came_of_it(tmp_path: Path) -> None:
    results = [_scenario(made(), tmp_path / "fine"), _scenario(_lossy(), tmp_path / "lossy")]
    done = Completed(tmp_path, *results, raw=[_as_written(0), _as_written(1, "failed")])
    assert done[0]["name"] == "orders: 2 batches of 2, lossless, nacos: 0 of 12 lost"
    assert done[1]["name"] == "orders: 2 batches of 2, lossless, nacos: 1 of 12 lost"


def test_what_happens_between_two_batches_stands_in_the_title(tmp_path: Path) -> None:
    record = made()
    record.plan[1:1] = [
        PlanNode(number="9", title="Fault: a leaf", kind=StepKind.FAULT, what="a leaf instance is frozen")
    ]
    done = _one(tmp_path, _scenario(record, tmp_path / "run"))
    assert "lossless, a leaf instance is frozen, nacos: " in done[0]["name"]


def test_scenarios_that_release_alike_are_told_apart_by_their_own_titles(tmp_path: Path) -> None:
    one = _scenario(made(), tmp_path / "run")
    results = [one, replace(one, title="the same again")]
    done = Completed(tmp_path, *results, raw=[_as_written(0), _as_written(1)])
    assert "nacos (a batch release loses nothing): " in done[0]["name"]
    assert "nacos (the same again): " in done[1]["name"]


def test_what_rolls_back_is_shown_only_where_something_was_rolled_back(tmp_path: Path) -> None:
    record = made()
    record.plan += [
        PlanNode(number=number, title=title, undo=True)
        for number, title in (("R1", "Roll back: Batch 1"), ("R2", "Verify: v1 again"))
    ]
    record.events.append(StepBegan(at_ns=1_190 * MS, step="R2", title="Verify: v1 again"))
    steps = _one(tmp_path, _scenario(record, tmp_path / "run"))[0]["steps"]
    assert [step["name"] for step in steps][-2:] == ["Verify", "Verify: v1 again"]


def test_labels_are_the_articles_parts_and_keep_the_authors_tags(tmp_path: Path) -> None:
    labels = _one(tmp_path, _scenario(made(), tmp_path / "run")).labels(0)
    assert {("epic", "Lossless release"), ("feature", "A8 gray and batches"), ("story", "A8 gray and batches")} < labels
    assert {("tag", "nightly"), ("tag", "GO"), ("tag", "nacos")} < labels
    assert not {name for name, _ in labels} & {NUMBER_LABEL, "suite"}


def test_parameters_tell_what_was_tested_and_none_that_tells_tests_apart_is_dropped(tmp_path: Path) -> None:
    own = [{"name": "size", "value": "3"}, {"name": "registry", "value": "'nacos'"}]
    done = _one(tmp_path, _scenario(made(), tmp_path / "run"), parameters=own)
    told = {one["name"]: (one["value"], one.get("excluded", False)) for one in done[0]["parameters"]}
    assert told["size"] == ("3", False)
    assert told["registry"] == ("nacos", False)
    assert told["platform"] == ("embedded", False)
    assert told["offline policy"] == ("lossless", False)
    assert told["rate"] == ("10 requests/s, open loop", True)
    assert told["versions"] == ("orders v1 → v2", True), "the next release is the same test"
    assert len(done[0]["parameters"]) == len(told)
    assert "SLB" not in told, "the usual one: histories are older than the choice"


def test_an_slb_that_is_not_the_usual_one_makes_another_test(tmp_path: Path) -> None:
    done = _one(tmp_path, replace(_scenario(made(), tmp_path / "run"), slb="nginx-reload"))
    told = {one["name"]: (one["value"], one.get("excluded", False)) for one in done[0]["parameters"]}
    assert told["SLB"] == ("nginx-reload", False)


def test_the_description_says_verdict_advice_figures_and_proof(tmp_path: Path) -> None:
    scenario = _scenario(_lossy(), tmp_path / "run")
    run = files_of(tmp_path, tmp_path / "run")
    run.picture.parent.mkdir(parents=True)
    run.picture.write_text("<svg/>")
    html = _one(tmp_path, scenario, status="failed")[0]["descriptionHtml"]
    for text in ("<strong>NO-GO: 1 of 12", "What to do:</strong> Do not release", "<td>12</td><td>1</td>", "Proved:"):
        assert text in html, text
    assert 'src="data:image/svg+xml;base64,PHN2Zy8+"' in html
    assert "A8: nothing is lost" in html


def test_a_changed_record_changes_the_report(tmp_path: Path) -> None:
    record = _lossy()
    record.fail(5)
    html = _one(tmp_path, _scenario(record, tmp_path / "run"))[0]
    assert "<td>12</td><td>2</td>" in html["descriptionHtml"]
    assert html["name"].endswith("2 of 12 lost")


def test_without_a_picture_there_is_no_place_for_one(tmp_path: Path) -> None:
    html = _one(tmp_path, _scenario(made(), tmp_path / "run"))[0]["descriptionHtml"]
    assert re.findall(r'alt="([^"]*)"', html) == ["Who calls whom"]


def test_markup_in_names_and_records_is_shown_as_text(tmp_path: Path) -> None:
    record = made()
    record.contract = msgspec.structs.replace(record.contract, title=MARKUP, promise=f"A8 {MARKUP}", registry=MARKUP)
    scenario = replace(_scenario(record, tmp_path / "run"), title=MARKUP, sentence=MARKUP, registry=MARKUP)
    html = _one(tmp_path, scenario)[0]["descriptionHtml"]
    assert "alert(1)" in html
    assert "<script" not in html
    assert "<b>" not in html


def test_ten_thousand_failures_take_no_more_room_than_ten(tmp_path: Path) -> None:
    scenario = _scenario(_lossy(), tmp_path / "run")
    assert scenario.judgement is not None
    many = msgspec.structs.replace(scenario.judgement, findings=scenario.judgement.findings * 10_000)
    done = _one(tmp_path, replace(scenario, judgement=many), status="failed")
    assert len(json.dumps(done[0])) < 20_000


def test_the_failure_text_stands_once_and_a_fault_of_the_suite_keeps_its_trace(tmp_path: Path) -> None:
    results = [_scenario(_lossy(), tmp_path / "lossy"), result(Verdict.INCONCLUSIVE, sentence="KeyError: 'x'")]
    lost = {"message": "NoGo: NO-GO: 1 lost\n  where", "trace": "NO-GO: 1 lost\n  where"}
    fault = {"message": "KeyError: 'x'", "trace": "Traceback"}
    raw = [_as_written(0, "failed", statusDetails=lost), _as_written(1, "broken", statusDetails=fault)]
    done = Completed(tmp_path, *results, raw=raw)
    assert done[0]["statusDetails"] == {"message": "NO-GO: 1 lost\n  where"}
    assert done[1]["statusDetails"] == fault


def test_beside_it_stand_plan_failed_requests_picture_logs_and_where_the_record_is(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    scenario = _scenario(_lossy(), directory)
    (directory / "logs").mkdir()
    (directory / "logs" / "orders-01.1.log").write_text("a line\n" * 100_000 + f"{MARKUP}\n")
    (directory / "logs" / "orders-02.1.log").write_text("not involved")
    run = files_of(tmp_path, directory)
    run.picture.parent.mkdir(parents=True)
    run.picture.write_text("<svg/>")
    run.failed_requests.write_text("request\nr1-3\n")
    attached = _one(tmp_path, scenario, status="failed").attached(0)
    assert attached["plan.txt"] == "the plan\n"
    assert attached["failed-requests.csv"] == "request\nr1-3\n"
    assert attached["release.svg"] == "<svg/>"
    assert attached["record.txt"] == f"{directory}\n"
    log = attached["orders-01.1.log (its end)"]
    assert log.endswith(f"{MARKUP}\n")
    assert len(log) <= 32 * 1024
    assert len(attached) == 5, "the logs of those whom no finding names are in the record"


def test_of_a_long_table_of_failed_requests_whole_rows_of_its_beginning_are_attached(tmp_path: Path) -> None:
    scenario = _scenario(_lossy(), tmp_path / "run")
    run = files_of(tmp_path, tmp_path / "run")
    run.failed_requests.parent.mkdir(parents=True)
    run.failed_requests.write_text("request\n" + "r1-00000003\n" * 100_000)
    table = _one(tmp_path, scenario, status="failed").attached(0)["failed-requests.csv (its beginning)"]
    assert 120_000 < len(table) <= 128 * 1024
    assert set(table.splitlines()) == {"request", "r1-00000003"}


def test_a_loss_that_is_known_is_labelled_linked_and_stays_a_loss(tmp_path: Path) -> None:
    issue = KnownIssue(link="https://tracker.example/REL-412", expires=date(2026, 2, 1), hop="storefront->orders")
    done = _one(tmp_path, _scenario(_lossy(), tmp_path / "run"), issue, status="failed")
    assert done[0]["status"] == "failed"
    assert ("tag", "known issue") in done.labels(0)
    assert [link["url"] for link in done[0]["links"]] == [issue.link]
    assert "Known:</strong> https://tracker.example/REL-412 until 2026-02-01" in done[0]["descriptionHtml"]


def test_a_run_that_was_cut_off_is_told_as_far_as_it_went(tmp_path: Path) -> None:
    directory = made().write(tmp_path / "run")
    for name in ("end.json", "environment.json"):
        (directory / name).unlink()
    events = (directory / "events.jsonl").read_text().splitlines(keepends=True)
    written = [line for line in events if json.loads(line)["at_ns"] < 500 * MS]  # in the first batch
    (directory / "events.jsonl").write_text("".join(written) + events[-1][:20])
    cut = result(Verdict.INCONCLUSIVE, sentence="cut off", directory=directory)
    done = _one(tmp_path, cut, status="broken")
    assert done[0]["name"] == "orders: 2 batches of 2, lossless, nacos: not proved: cut off"
    statuses = {step["name"]: step["status"] for step in done[0]["steps"]}
    assert statuses["Baseline"] == "passed"
    assert statuses["Verify"] == "skipped"
    assert statuses["Batch 1 of 2: orders-01"] == "broken", "it was under way"


def test_a_scenario_without_any_record_has_its_verdict_all_the_same(tmp_path: Path) -> None:
    done = _one(tmp_path, result(Verdict.INCONCLUSIVE, sentence="setup failed"), status="broken")
    assert done[0]["name"] == "a batch release loses nothing, nacos: not proved: setup failed"
    assert ("feature", "Not judged") in done.labels(0)


def test_a_scenario_that_was_skipped_stands_apart(tmp_path: Path) -> None:
    done = Completed(tmp_path, raw=[_as_written(None, "skipped")])
    assert done[0]["name"] == "a batch"
    assert ("feature", "Not judged") in done.labels(0)


def test_a_scenario_that_was_cut_off_has_not_passed(tmp_path: Path) -> None:
    done = Completed(tmp_path, raw=[_as_written(None, "passed")])
    assert (done[0]["status"], done[0]["statusDetails"]["message"]) == (
        "unknown",
        "INCONCLUSIVE: interrupted before anything was judged",
    )


def test_fixtures_are_nobodys_business(tmp_path: Path) -> None:
    assert not list(Completed(tmp_path, raw=[]).folder.glob("*-container.json"))


@pytest.mark.parametrize(
    ("expected", "status", "title", "met"),
    [
        ("GO", "failed", "Batch 1 of 2: orders-01 · 1 lost", False),
        ("NO-GO", "passed", "Batch 1 of 2: orders-01 · 1 lost", True),
    ],
)
def test_a_step_in_which_something_was_lost_stands_out_unless_it_had_to_be_lost(
    tmp_path: Path, expected: str, status: str, title: str, met: bool
) -> None:
    scenario = _scenario(_lossy(), tmp_path / "run", expected=expected)
    assert scenario.met is met
    steps = _one(tmp_path, scenario)[0]["steps"]
    assert [(step["name"], step["status"]) for step in steps if "Batch 1" in step["name"]] == [(title, status)]
    assert [step["status"] for step in steps if "Batch 2" in step["name"]] == ["passed"]


def test_steps_have_the_records_times(tmp_path: Path) -> None:
    record = made()
    environment = msgspec.structs.replace(record.environment, wall_minus_monotonic_start_ns=STARTED_MS * 1_000_000)
    record.environment = environment
    done = _one(tmp_path, _scenario(record, tmp_path / "run"))[0]
    steps = {
        step["name"].split(":")[0]: (step["start"] - STARTED_MS, step["stop"] - STARTED_MS) for step in done["steps"]
    }
    assert steps == {
        "Baseline": (0, 250),
        "Batch 1 of 2": (250, 650),
        "Batch 2 of 2": (650, 1050),
        "Verify": (1050, 1080),
    }
    drain = done["steps"][1]["steps"][0]
    assert (drain["name"], drain["start"] - STARTED_MS) == ("2.1 Go offline", 250)
    assert (done["start"] - STARTED_MS, done["stop"] - STARTED_MS) == (0, 1200)


def test_a_step_that_failed_says_what_was_seen_last(tmp_path: Path) -> None:
    record = made()
    failed = [
        StepEnded(at_ns=one.at_ns, step=one.step, outcome="failed", saw=MARKUP)
        if isinstance(one, StepEnded) and one.step == "2.3"
        else one
        for one in record.events
    ]
    record.events = failed
    steps = _one(tmp_path, _scenario(record, tmp_path / "run"))[0]["steps"]
    stop = steps[1]["steps"][2]
    assert (stop["name"], stop["status"]) == ("2.3 Stop: SIGTERM", "broken")
    assert MARKUP in stop["statusDetails"]["message"]


def test_what_the_contract_expects_is_among_the_parameters(tmp_path: Path) -> None:
    record = _lossy()
    record.contract = msgspec.structs.replace(
        record.contract, expected=Expected(verdict="NO-GO", finding="failed request")
    )
    done = _one(tmp_path, _scenario(record, tmp_path / "run", expected="NO-GO"))
    assert {"name": "expected", "value": "NO-GO: failed request"} in done[0]["parameters"]
    assert done[0]["name"].endswith("1 of 12 lost, as expected")
