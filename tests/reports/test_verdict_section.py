"""The VERDICT section on the terminal: a line per scenario, the whole in one line, where to read on."""

from dataclasses import replace
from pathlib import Path

from conformance.judge.model import Verdict
from reports.model import NotRun, NotRunKind
from reports.terminal import verdict_lines
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.results import result, session

OUT = Path("reports") / "out"
WRITTEN = tuple(OUT / name for name in ("verdict.json", "summary.md", "release-report.html"))


def test_every_scenario_has_its_line_and_says_how_its_verdict_stands_to_what_was_expected() -> None:
    lines = verdict_lines(
        session(
            result(title="lossless"),
            result(Verdict.NO_GO, title="gray", sentence="3 of 9 requests failed"),
            result(Verdict.NO_GO, expected="NO-GO", title="naive", sentence="70 of 900 requests failed"),
            result(Verdict.GO, expected="NO-GO", title="abrupt", sentence="the suite was blind: the verdict is GO"),
            result(Verdict.NO_GO, expected="ANY", title="graceful", sentence="1 of 9 requests failed"),
            result(Verdict.INCONCLUSIVE, title="leaf", sentence="2 writes; 20 wanted"),
            not_run=("test_naive.py::test_entry",),
        ),
        OUT,
        WRITTEN,
    )
    assert list(lines) == [
        "  GO            lossless  0 of 9 requests failed",
        "  NO-GO         gray      3 of 9 requests failed",
        "  NO-GO         naive     as expected: 70 of 900 requests failed",
        "  GO            abrupt    the suite was blind: the verdict is GO",
        "  NO-GO         graceful  measured, not judged: 1 of 9 requests failed",
        "  INCONCLUSIVE  leaf      2 writes; 20 wanted",
        "  not run       test_naive.py::test_entry: not selected by the command line",
        "NO-GO: 3 of 6 scenarios against expectation; gray: 3 of 9 requests failed",
        f"junit: {OUT / 'junit.xml'}   results: {OUT / 'allure-results'}",
        f"verdict: {OUT / 'verdict.json'}   summary: {OUT / 'summary.md'}   report: {OUT / 'release-report.html'}",
    ]


def test_where_nothing_was_judged_it_says_why() -> None:
    said = list(verdict_lines(session(not_run=("a",), trouble="a JDK 17 or later is needed"), OUT, WRITTEN))
    assert said[:2] == [
        "  not run       a: not selected by the command line",
        "INCONCLUSIVE: a JDK 17 or later is needed",
    ]


def test_what_kept_all_from_being_run_is_told_once() -> None:
    trouble = "build = mvn package: exit 1"
    reached = tuple(NotRun(name, NotRunKind.NOT_REACHED, trouble) for name in ("a", "b"))
    said = list(verdict_lines(replace(session(trouble=trouble), not_run=reached), OUT, WRITTEN))
    assert said[:3] == ["  not run       a", "  not run       b", f"INCONCLUSIVE: {trouble}"]


def test_where_there_were_several_registries_each_line_names_its_own() -> None:
    results = [replace(result(title="lossless"), registry=name) for name in ("nacos", "eureka")]
    lines = list(verdict_lines(session(*results), OUT, WRITTEN))
    assert lines[:2] == [
        "  GO            lossless, nacos   0 of 9 requests failed",
        "  GO            lossless, eureka  0 of 9 requests failed",
    ]


def test_only_the_first_few_that_were_not_run_are_named() -> None:
    lines = list(verdict_lines(session(result(), not_run=tuple("abcdefgh")), OUT, WRITTEN))
    assert [line.split()[2].rstrip(":") for line in lines[1:7]] == list("abcdef")
    assert lines[7] == "  not run       and 2 more, named in verdict.json"


def test_how_much_is_untested_is_said_in_one_line_with_the_first_of_it_by_name(tmp_path: Path) -> None:
    record = made()
    record.undeclare("executions")
    judged = record.judged(tmp_path / "run")
    lines = [*verdict_lines(session(result(judged=judged), result(judged=judged)), OUT, WRITTEN)]
    (told,) = [line for line in lines if line.startswith("untested")]
    count = len(judged.untested)
    assert count > 1
    assert told.startswith(
        f"untested: {count} points, listed in the summary, such as: orders does not declare executions; "
    )
    gap = judgement(untested=("failed_requests: GET / has no check",))
    said = [*verdict_lines(session(result(judged=gap)), OUT, ())]
    assert said[2] == (
        "untested: 1 point, listed in report and verdict.json, such as: "
        '"No request failed once the release had begun": GET / has no check'
    )
    assert not [line for line in verdict_lines(session(result(judged=judgement())), OUT, ()) if "untested" in line]


def test_no_report_is_named_that_could_not_be_written() -> None:
    *_, last = verdict_lines(session(result()), OUT, (OUT / "summary.md",))
    assert last == f"summary: {OUT / 'summary.md'}"


def test_an_slb_that_is_not_the_usual_one_stands_in_the_headline() -> None:
    """What a verdict stands for: on another SLB it may be another."""
    usual = session(result(title="lossless"))
    assert usual.headline == "GO: 1 of 1 scenarios as expected"
    assert replace(usual, slb="nginx-reload").headline == "GO: 1 of 1 scenarios as expected (SLB: nginx-reload)"
    lossy = session(result(Verdict.NO_GO, title="gray", sentence="3 of 9 requests failed"))
    assert replace(lossy, slb="nginx-reload").headline.endswith("gray: 3 of 9 requests failed (SLB: nginx-reload)")
