"""Check baseline: the old version answers every request before anything is touched."""

from pathlib import Path

from conformance.judge.model import Verdict
from conformance.record import events
from tests.judge.handmade import MS, request_id
from tests.judge.healthy import made


def test_passes_where_enough_was_answered_and_nothing_failed(tmp_path: Path) -> None:
    assert made().findings("baseline", tmp_path) == []


def test_passes_where_just_enough_was_answered(tmp_path: Path) -> None:
    record = made()
    record.thresholds(baseline_requests=3)
    assert record.findings("baseline", tmp_path) == []


def test_lacks_evidence_where_the_last_one_was_answered_as_the_release_began(tmp_path: Path) -> None:
    """At that moment it belongs to the release."""
    record = made()
    record.thresholds(baseline_requests=3)
    record.requests[2]["done_ns"] = 250 * MS
    (found,) = record.findings("baseline", tmp_path)
    assert found.message == "2 requests answered before the release; 3 wanted"


def test_fails_as_inconclusive_on_a_failure_before_the_release(tmp_path: Path) -> None:
    """And it is counted nowhere as the release's."""
    record = made()
    record.fail(1, status=500)
    record.thresholds(baseline_requests=1)
    judgement = record.judged(tmp_path)
    assert (judgement.verdict, judgement.counts["failed"]) == (Verdict.INCONCLUSIVE, 0)
    (found,) = judgement.findings
    assert (found.finding, found.step, found.requests) == (
        "not healthy before the release",
        "Baseline",
        (request_id(1),),
    )
    assert found.message == (
        "1 request failed over slb->storefront at storefront-01 before the release began (0.1 s): 1 status 500"
    )


def test_lacks_evidence_where_too_few_were_answered(tmp_path: Path) -> None:
    record = made()
    record.thresholds(baseline_requests=4)
    (found,) = record.findings("baseline", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "too little evidence")
    assert found.message == "3 requests answered before the release; 4 wanted"


def test_failures_of_a_run_whose_release_never_began_are_not_the_releases(tmp_path: Path) -> None:
    record = made()
    record.events = [e for e in record.events if not isinstance(e, events.StepBegan) or e.step == "1"]
    record.fail(9)
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "not healthy before the release" in {found.finding for found in judgement.findings}
