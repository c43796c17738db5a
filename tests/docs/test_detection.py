"""The detection matrix: rows that can be carried out, and a page that tells of results as they came."""

from errno import EIO, ENOSPC
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Finding, Verdict
from conformance.plan import POLICIES, plan
from conformance.vocabulary import FailureCause, FindingKind
from docs import detection
from docs.detection import PAGE, Starved, by_place, is_starved, main, seen
from docs.detection_cases import NEW_VERSION, OLD_VERSION, Row, read
from docs.detection_harness import AFTER, JUDGED, KNOWN
from docs.detection_limits import CannotHere
from docs.detection_results import FILE, keep, kept
from docs.detection_service import SERVICES, WRONG
from docs.detection_systems import changes_of, descriptor_of, place_of
from fixtures.glue.session_topology import SessionTopology
from fixtures.slb.kinds import SLBS
from reports.detection_page import Attributed, Expected, Found, Seen, page
from tests.end_to_end.small import Small
from tests.judge.healthy import made
from tests.judge.healthy import starved as stretch
from tests.judgements import judgement
from tests.reports.results import GAP, LOSS

MATRIX = read()
ROWS = MATRIX.rows
KILL = Expected(
    fault="kill -9",
    whose="way down",
    verdicts=(Verdict.NO_GO,),
    findings=(FindingKind.FAILED_REQUEST,),
    hop="storefront->orders",
    instance="orders-",
    step="Batch",
)


def _seen(verdict: Verdict, *found: Found, laid: dict[FailureCause, int] | None = None) -> Seen:
    attributed = tuple(
        Attributed(hop=HIT.hop, instance=HIT.instance, cause=cause, requests=requests)
        for cause, requests in (laid or {}).items()
    )
    return Seen(verdict=verdict, headline="3 | 9 lost", found=found, attributed=attributed)


HIT = Found(FindingKind.FAILED_REQUEST, "storefront->orders", "orders-01", "Batch 1 of 2")


@pytest.mark.parametrize("name", ROWS)
def test_a_row_names_what_there_is(name: str) -> None:
    row = ROWS[name]
    assert row.offline in {one.name for one in POLICIES}
    assert row.slb in SLBS
    assert not row.wrong or row.wrong in WRONG
    faulty = row.service if row.wrong_in in (NEW_VERSION, OLD_VERSION) else row.wrong_in
    assert not row.wrong or faulty in SERVICES
    assert not row.harness or row.harness in KNOWN
    assert Verdict.GO in row.verdicts or row.findings, "what it must be found as is said"
    assert Verdict.GO not in row.verdicts or row.verdicts == (Verdict.GO,)


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_a_release_that_can_be_planned(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    topology = descriptor_of(row.system, ROWS, changes_of(row), tmp_path / "descriptor").topology
    drawn = plan(row.release(name, topology.service(row.service)))
    assert len(drawn.batches) == row.batches
    steps = [step for top in drawn.steps for step in (top, *top.children)]
    assert row.at in {"", *(step.number for step in steps)}
    assert row.step == "" or any(step.title.startswith(row.step) for step in steps)


def test_rows_of_one_place_are_carried_out_one_after_the_other_each_once() -> None:
    names = by_place(ROWS, list(ROWS))
    assert sorted(names) == sorted(ROWS)
    places = [place for place, _ in groupby(place_of(ROWS[name]) for name in names)]
    assert len(places) == len(set(places))


def test_everything_that_may_be_wrong_has_its_row() -> None:
    assert {row.wrong for row in ROWS.values()} - {""} == set(WRONG)
    assert {row.harness for row in ROWS.values()} - {""} == set(KNOWN)


@pytest.mark.parametrize(
    ("one", "detected", "passed"),
    [
        (_seen(Verdict.NO_GO, HIT), True, False),
        (_seen(Verdict.NO_GO), False, False),
        (_seen(Verdict.INCONCLUSIVE, HIT), False, False),
        (_seen(Verdict.GO), False, True),
        (_seen(Verdict.NO_GO, Found(HIT.finding, "slb->storefront", "orders-01", HIT.step)), False, False),
        (_seen(Verdict.NO_GO, Found(HIT.finding, HIT.hop, "inventory-01", HIT.step)), False, False),
        (_seen(Verdict.NO_GO, Found(HIT.finding, HIT.hop, HIT.instance, "Verify")), False, False),
        (_seen(Verdict.NO_GO, Found(FindingKind.LEAK, HIT.hop, HIT.instance, HIT.step)), False, False),
    ],
    ids=["as expected", "nothing found", "inconclusive", "GO", "hop", "instance", "step", "finding"],
)
def test_only_the_whole_of_what_was_expected_is_a_detection(one: Seen, detected: bool, passed: bool) -> None:
    assert (KILL.detects(one), KILL.passes_falsely(one)) == (detected, passed)


def test_most_failed_requests_are_laid_to_where_and_why_they_failed() -> None:
    row = msgspec.structs.replace(KILL, causes=(FailureCause.GONE, FailureCause.CUT))
    mostly = {FailureCause.GONE: 4, FailureCause.CUT: 3, FailureCause.UNKNOWN: 2}
    assert row.detects(_seen(Verdict.NO_GO, HIT, laid=mostly))
    assert row.attributed_rightly(_seen(Verdict.NO_GO, HIT, laid=mostly)) == 7
    assert not row.detects(_seen(Verdict.NO_GO, HIT, laid={FailureCause.UNKNOWN: 7, FailureCause.GONE: 2}))
    assert not row.detects(_seen(Verdict.NO_GO, HIT))
    for elsewhere in (Attributed(hop="slb->storefront"), Attributed(instance="inventory-01")):
        there = msgspec.structs.replace(
            elsewhere,
            hop=elsewhere.hop or HIT.hop,
            instance=elsewhere.instance or HIT.instance,
            cause=FailureCause.GONE,
        )
        seen_there = Seen(verdict=Verdict.NO_GO, headline="", found=(HIT,), attributed=(there,))
        assert row.attributed_rightly(seen_there) == 0


def test_the_page_tells_how_many_failed_requests_were_laid_to_their_cause() -> None:
    row = msgspec.structs.replace(KILL, causes=(FailureCause.GONE, FailureCause.CUT))
    seen_of = [
        _seen(Verdict.NO_GO, HIT, laid={FailureCause.GONE: 1_000, FailureCause.UNKNOWN: 2}),
        _seen(Verdict.NO_GO, HIT, laid={FailureCause.CUT: 197, FailureCause.ANSWERED: 1}),
    ]
    text = page({"kill": row, "other": KILL}, {}, {"kill": seen_of, "other": seen_of})
    assert "1,197 of 1,200 (99.75%) were laid to the hop" in text
    assert (
        "| kill -9 | storefront->orders | sent to one that had ended, cut by a stop | 1,197 of 1,200 | "
        "2 unknown, storefront->orders, orders-01; 1 answered with an error, storefront->orders, orders-01 |"
    ) in text


def test_the_page_tells_what_came_as_it_came() -> None:
    nothing = Expected(
        fault="nothing", whose="nobody", verdicts=(Verdict.GO,), findings=(), hop="", instance="", step=""
    )
    rows = {"kill": KILL, "nothing": nothing, "later": KILL}
    killed = [_seen(Verdict.NO_GO, HIT), _seen(Verdict.NO_GO, HIT), _seen(Verdict.GO)]
    text = page(rows, {"a full disk": "no row for it yet"}, {"kill": killed, "nothing": [_seen(Verdict.GO)]})
    assert (
        "| kill -9 | way down | NO-GO | GO 1, NO-GO 2 | failed request, storefront->orders, orders-01, Batch 1 of 2 | "
        "2 of 3 | 1 |"
    ) in text
    assert "| nothing | nobody | GO | GO 1 | - | 1 of 1 | 0 |" in text
    assert (
        "2 of 3 rows measured, 1 to 3 times each. 2 of 3 repetitions with a fault were detected as expected, "
        "1 passed falsely; 0 of 1 without"
    ) in text
    assert "- kill -9: GO, 3 \\| 9 lost" in text
    assert "- kill -9: in detection.toml, not carried out" in text
    assert "- a full disk: no row for it yet" in text


def test_of_a_judgement_the_findings_of_its_own_verdict_are_kept() -> None:
    one = seen(judgement(LOSS, GAP, LOSS))
    assert one.found == (Found(LOSS.finding, LOSS.hop, LOSS.instance, LOSS.step),)
    assert one.verdict is Verdict.NO_GO


def test_repetitions_are_kept_by_row_in_the_order_of_the_rows(tmp_path: Path) -> None:
    file = tmp_path / "detection.json"
    rows = {"kill": Row(fault="kill -9", whose="way down"), "later": Row(fault="another", whose="nobody")}
    assert kept(rows, file) == {}
    keep(rows, "later", [_seen(Verdict.GO)], file)
    keep(rows, "kill", [_seen(Verdict.NO_GO, HIT, laid={FailureCause.UNKNOWN: 3}), _seen(Verdict.GO)], file)
    found = kept(rows, file)
    assert list(found) == ["kill", "later"]
    assert found["kill"] == (_seen(Verdict.NO_GO, HIT, laid={FailureCause.UNKNOWN: 3}), _seen(Verdict.GO))
    keep(rows, "kill", [_seen(Verdict.GO)], file)
    assert kept(rows, file) == {"kill": (_seen(Verdict.GO),), "later": (_seen(Verdict.GO),)}


def test_what_is_kept_of_each_row_counts_as_long_as_the_row_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "detection.json"
    for name in ROWS:
        keep(ROWS, name, [_seen(Verdict.GO)], file)
    assert list(kept(ROWS, file)) == list(ROWS)


def test_figures_of_a_row_that_was_brought_about_in_another_way_are_dropped(tmp_path: Path) -> None:
    file = tmp_path / "detection.json"
    row, other = Row(fault="kill -9", whose="way down", offline="abrupt stop"), Row(fault="another", whose="nobody")
    keep({"kill": row, "other": other}, "kill", [_seen(Verdict.GO)], file)
    said_better = msgspec.structs.replace(row, fault="SIGKILL", findings=(FindingKind.LEAK,), hop="slb->orders")
    assert list(kept({"kill": said_better}, file)) == ["kill"]
    changed = {"kill": msgspec.structs.replace(row, rate=300), "other": other}
    assert kept(changed, file) == {}
    keep(changed, "other", [_seen(Verdict.GO)], file)
    assert list(kept({"kill": row, "other": other}, file)) == ["other"]


@pytest.mark.parametrize(
    ("finding", "since_ms", "starved"),
    [(GAP, 0, True), (GAP, 900, False), (LOSS, 0, False)],
    ids=["nothing could be told", "for a short time", "a loss counts"],
)
def test_only_what_came_to_nothing_on_a_starved_machine_tells_of_the_machine(
    finding: Finding, since_ms: int, starved: bool, tmp_path: Path
) -> None:
    record = made()
    record.events.append(stretch(since_ms, 1_200))
    assert is_starved(judgement(finding), record.write(tmp_path)) is starved
    assert not is_starved(judgement(GAP), tmp_path / "no record at all")


@pytest.mark.parametrize(
    ("error", "failed", "said"),
    [
        (Starved("INCONCLUSIVE"), 1, "not counted: INCONCLUSIVE"),
        (CannotHere("a network of its own: refused"), 0, "left out, for this machine does not let there be a network"),
        (RuntimeError("boom"), 1, "not carried out: RuntimeError: boom"),
    ],
    ids=["starved", "cannot", "fails"],
)
def test_what_tells_nothing_is_said_and_not_kept(
    error: Exception, failed: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> Seen:
        raise error

    def kept_all_the_same(*_: object) -> None:
        raise AssertionError("kept")

    monkeypatch.setattr(detection, "carry_out", fails)
    monkeypatch.setattr(detection, "keep", kept_all_the_same)
    assert detection.repeat(MATRIX, ["kill"], 1, Path("nowhere"), more=True) == failed
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "harness", "judged"),
    [(ENOSPC, "the disk is full", True), (EIO, "the disk is full", False), (ENOSPC, "", False)],
)
def test_a_full_disk_is_judged_where_it_was_to_be_full_and_nothing_else_is(
    number: int, harness: str, judged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any other error the harness itself has failed: that is no measurement."""
    small = Small(cast("SessionTopology", None), tmp_path)

    def release(*_: object, **__: object) -> None:
        raise OSError(number, "told by the kernel")

    monkeypatch.setattr(small, "release", release)
    monkeypatch.setattr(Row, "release", lambda *_: None)
    small.session_topology = cast("SessionTopology", SimpleNamespace(topology=SimpleNamespace(service=str)))
    row = Row(fault="a disk", whose="harness", harness=harness, at="2.3")
    if judged:
        assert detection._judged("disk", row, small).verdict is Verdict.INCONCLUSIVE
    else:
        with pytest.raises(OSError, match="told by the kernel"):
            detection._judged("disk", row, small)


def test_a_name_that_no_row_has_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["kil"])
    assert "kil: expected one of nothing, " in capsys.readouterr().err


def test_the_page_that_is_kept_is_made_of_the_figures_that_are_kept() -> None:
    text = PAGE.read_text()
    assert text == page({name: row.expected for name, row in ROWS.items()}, MATRIX.unmeasured, kept(ROWS, FILE))
    assert [
        row.fault for row in ROWS.values() if f"| {row.fault} |" not in text and f"- {row.fault}:" not in text
    ] == []
    assert [fault for fault, why in MATRIX.unmeasured.items() if f"- {fault}: {why}" not in text] == []


@pytest.mark.parametrize(
    ("harness", "finding"),
    [("a check raises", FindingKind.CHECK_FAILED), ("the record is cut", FindingKind.RECORD_BROKEN)],
)
def test_a_harness_that_fails_after_the_run_is_found_in_a_record_that_is_go_without(
    harness: str, finding: FindingKind, tmp_path: Path
) -> None:
    directory = made().write(tmp_path / "run")
    assert judge(directory).verdict is Verdict.GO
    if harness in AFTER:
        AFTER[harness](directory)
    found = JUDGED.get(harness, judge)(directory)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.findings[0].finding is finding
