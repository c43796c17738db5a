"""Records that runs seldom make: what a refusal cost, a rollback that failed."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Judgement, Verdict
from conformance.record import events
from conformance.record.schema import HopAnswer
from conformance.vocabulary import Cause
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made
from tests.judge.test_refused import refused

GONE = HopAnswer("orders->inventory", "inventory-01", "inventory-01.1", 0, "connect refused")


def _whole(record: Handmade, folder: Path) -> Judgement:
    return record.judged(folder)


def _found(judgement: Judgement, finding: str) -> list[Finding]:
    return [one for one in judgement.findings if one.finding == finding]


def test_a_refusal_tells_what_it_cost_since_the_new_version_could_be_called(tmp_path: Path) -> None:
    """Launched at 430 ms, refused at 645 ms: requests 5 and 6 ended in between, and one of them failed."""
    record = refused()
    record.fail(5, hops=[GONE])
    record.fail(1, hops=[GONE])
    told = _whole(record, tmp_path).refusal
    assert told is not None
    assert (told.why, told.at_ns) == ("3 of 900 requests failed while the gray served", 645 * MS)
    assert (told.requests, told.lost) == (2, 1)
    assert told.share == pytest.approx(1 / 2)
    assert told.lost_after == 0


def test_a_refusal_tells_what_was_lost_after_the_last_of_the_new_version_had_gone(tmp_path: Path) -> None:
    record = refused()
    record.fail(11, hops=[GONE])
    told = _whole(record, tmp_path).refusal
    assert told is not None
    assert (told.lost, told.lost_after) == (0, 1)


def test_a_rollback_that_failed_is_inconclusive_beside_the_refusal(tmp_path: Path) -> None:
    record = refused()
    record.events = [
        msgspec.structs.replace(event, outcome="failed", saw="orders-02.2 to be ready: not within 30 s")
        if isinstance(event, events.StepEnded) and event.step in ("R1", "R1.4")
        else event
        for event in record.events
    ]
    judgement = _whole(record, tmp_path)
    (failed,) = _found(judgement, "step failed")
    assert (failed.verdict, failed.step) == (Verdict.INCONCLUSIVE, "Roll back: Batch 1 of 2")
    assert "not within 30 s" in failed.message
    assert [one.message for one in _found(judgement, "rollback not proved")] == [
        "nothing proves that 1 instance was rolled back"
    ]


def test_a_rollback_whose_new_incarnation_nobody_saw_end_or_serve_is_not_proved(tmp_path: Path) -> None:
    record = refused()
    record.without(events.Exited, "orders-02.1")
    record.drop_executions(incarnation="orders-02.2")
    said = {one.message for one in _found(_whole(record, tmp_path), "not replaced")}
    assert "nothing proves that orders-02.1 ended in Roll back: Batch 1 of 2" in said
    assert "orders-02.2 was started again as v1 and never executed a request" in said


def test_nothing_in_flight_that_was_said_after_the_stop_proves_nothing(tmp_path: Path) -> None:
    record = made()
    record.events = [
        msgspec.structs.replace(event, at_ns=event.at_ns + 300 * MS)
        if isinstance(event, events.NothingInFlight) and event.incarnation == "orders-01.1"
        else event
        for event in record.events
    ]
    found = record.findings("steps", tmp_path)
    assert [(one.finding, one.incarnation) for one in found] == [("step not proved", "orders-01.1")]


def test_a_process_that_the_kernel_killed_for_want_of_memory_is_known_by_its_cause(tmp_path: Path) -> None:
    record = made()
    new = {"service": "orders", "instance": "orders-02", "incarnation": "orders-02.2"}
    record.events.append(
        events.Exited(at_ns=1000 * MS, step="3.6", code=None, signal="SIGKILL", out_of_memory=True, survivors=0, **new)
    )
    (found,) = record.findings("steps", tmp_path)
    assert (found.verdict, found.cause) == (Verdict.NO_GO, Cause.OUT_OF_MEMORY)
