"""Check gray_confirmed: a gray was confirmed before the rest followed."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made

GOOD = "3 requests, 0 failed; 2 writes, 0 not whole; 2 answers by the new version, median 2.7 ms against 2.6 ms"


def _confirmed(at_ms: int = 650, saw: str = GOOD, by: str = "the record") -> Handmade:
    record = made()
    record.gray()
    record.thresholds(gray_requests=2, gray_answers=2)
    record.events.append(events.Confirmed(at_ns=at_ms * MS, step="2.6", by=by, saw=saw))
    return record


def _verdicts(record: Handmade, tmp_path: Path) -> list[str]:
    found = record.findings("gray_confirmed", tmp_path)
    assert {one.finding for one in found} <= {"gray not confirmed"}
    return [one.verdict.value for one in found]


@pytest.mark.parametrize(("saw", "by"), [(GOOD, "the record"), ("yes", "a person")])
def test_passes_where_it_was_confirmed_between_gray_and_rest(tmp_path: Path, saw: str, by: str) -> None:
    assert _verdicts(_confirmed(saw=saw, by=by), tmp_path) == []


def test_fails_on_no_figures_at_all(tmp_path: Path) -> None:
    assert _verdicts(_confirmed(saw="yes"), tmp_path) == ["INCONCLUSIVE"]


@pytest.mark.parametrize(
    "saw",
    [
        GOOD.replace("0 failed", "3 failed"),
        GOOD.replace("0 not whole", "1 not whole"),
        GOOD.replace("2.7 ms", "502.7 ms"),
    ],
)
def test_fails_on_figures_that_speak_against_it(tmp_path: Path, saw: str) -> None:
    assert _verdicts(_confirmed(saw=saw), tmp_path) == ["NO-GO"]


@pytest.mark.parametrize("at_ms", [500, 700])
def test_fails_where_it_was_confirmed_too_early_or_too_late(tmp_path: Path, at_ms: int) -> None:
    saw = GOOD.replace("3 requests", "2 requests").replace("2 answers", "0 answers")
    assert _verdicts(_confirmed(at_ms, saw, by="a person"), tmp_path) == ["INCONCLUSIVE"]


def test_fails_on_too_few_to_decide_by(tmp_path: Path) -> None:
    assert _verdicts(_confirmed(saw=GOOD.replace("2 answers", "1 answer")), tmp_path) == ["INCONCLUSIVE"]
    record = _confirmed()
    record.thresholds(gray_requests=50)
    assert _verdicts(record, tmp_path / "rows") == ["INCONCLUSIVE", "INCONCLUSIVE"]


def test_a_person_may_confirm_on_less(tmp_path: Path) -> None:
    assert _verdicts(_confirmed(saw=GOOD.replace("2 answers", "1 answer"), by="a person"), tmp_path) == []


def test_lacks_evidence_where_nobody_confirmed_it(tmp_path: Path) -> None:
    record = made()
    record.gray()
    (found,) = record.findings("gray_confirmed", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "gray not confirmed")
