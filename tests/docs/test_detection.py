"""The detection matrix: rows that can be carried out, and a page that tells of results as they came."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import POLICIES
from conformance.vocabulary import FindingKind
from docs.detection import PAGE, main, results, seen
from docs.detection_cases import read, versions
from docs.detection_harness import KNOWN
from docs.detection_service import SERVICES, WRONG
from reports.detection_page import Expected, Found, Seen, page
from tests.end_to_end.small import BAD_ACTORS, small_descriptor
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


def _seen(verdict: Verdict, *found: Found, row: str = "kill") -> Seen:
    return Seen(row=row, verdict=verdict, headline="3 | 9 lost", found=found, run="out/run-1")


HIT = Found(FindingKind.FAILED_REQUEST, "storefront->orders", "orders-01", "Batch 1 of 2")


@pytest.mark.parametrize("name", ROWS)
def test_a_row_names_what_there_is(name: str) -> None:
    row = ROWS[name]
    assert row.offline in {one.name for one in POLICIES}
    assert not row.wrong or (row.wrong in WRONG and row.service in SERVICES)
    assert not row.harness or row.harness in KNOWN
    assert Verdict.GO in row.verdicts or row.findings, "what it must be found as is said"
    assert Verdict.GO not in row.verdicts or row.verdicts == (Verdict.GO,)


def test_every_row_is_a_release_that_can_be_planned(tmp_path: Path) -> None:
    more = {f"[services.{name}.env]": f"{text}[services.{name}.env]" for name, text in versions(ROWS).items()}
    topology = small_descriptor(tmp_path / "descriptor", {**BAD_ACTORS, **more}).topology
    for name, row in ROWS.items():
        assert row.release(name, topology.service(row.service)).batches == 2


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


def test_the_page_tells_what_came_as_it_came() -> None:
    nothing = Expected(
        fault="nothing", whose="nobody", verdicts=(Verdict.GO,), findings=(), hop="", instance="", step=""
    )
    rows = {"kill": KILL, "nothing": nothing, "later": KILL}
    came = [_seen(Verdict.NO_GO, HIT), _seen(Verdict.NO_GO, HIT), _seen(Verdict.GO), _seen(Verdict.GO, row="nothing")]
    text = page(rows, {"a full disk": "no row for it yet"}, came)
    assert (
        "| kill -9 | way down | NO-GO | GO 1, NO-GO 2 | failed request, storefront->orders, orders-01, Batch 1 of 2 | "
        "2 of 3 | 1 |"
    ) in text
    assert "| nothing | nobody | GO | GO 1 | - | 1 of 1 | 0 |" in text
    assert "2 of 3 repetitions with a fault were detected as expected, 1 passed falsely; 0 of 1 without" in text
    assert "- kill -9: GO, 3 \\| 9 lost" in text
    assert "- kill -9: in detection.toml, not carried out" in text
    assert "- a full disk: no row for it yet" in text


def test_of_a_judgement_the_findings_of_its_own_verdict_are_kept(tmp_path: Path) -> None:
    one = seen("kill", judgement(LOSS, GAP), tmp_path / "run-1")
    assert one.found == (Found(LOSS.finding, LOSS.hop, LOSS.instance, LOSS.step),)
    assert (one.row, one.verdict, one.run) == ("kill", Verdict.NO_GO, str(tmp_path / "run-1"))
    assert results(tmp_path) == []


def test_a_name_that_no_row_has_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["kil"])
    assert "kil: expected one of nothing, " in capsys.readouterr().err


def test_the_page_that_is_kept_has_every_row() -> None:
    text = PAGE.read_text()
    assert [
        row.fault for row in ROWS.values() if f"| {row.fault} |" not in text and f"- {row.fault}:" not in text
    ] == []
    assert [fault for fault, why in MATRIX.unmeasured.items() if f"- {fault}: {why}" not in text] == []
