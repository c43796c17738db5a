"""Check promise: answers are as quick as the team promises, in every step."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record.contract import LatencyPromise
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made, starved


def _promising(p99_ms: float | None = 50, stall_ms: float | None = None, service: str = "orders") -> Handmade:
    record = made(service)
    record.contract = msgspec.structs.replace(
        record.contract, promised=LatencyPromise(p99_ms=p99_ms, stall_ms=stall_ms)
    )
    record.thresholds(promise_answers=3, gray_slower_ms=5.0)
    return record


def _slow(record: Handmade, *seqs: int, by: int = 60) -> None:
    """These requests take longer, all along their way."""
    for row in record.requests:
        if row["seq"] in seqs:
            row["first_ns"] = row["done_ns"] = int(row["done_ns"]) + by * MS
    ids = {f"r1-{seq:08x}" for seq in seqs}
    for row in record.executions:
        if row["request_id"] in ids:
            row["end_ns"] = int(row["end_ns"]) + by * MS
    for row in record.slb:
        if row["request_id"] in ids:
            row["at_ns"] = int(row["at_ns"]) + by * MS


def test_passes_where_answers_are_as_quick_as_promised(tmp_path: Path) -> None:
    assert _promising().findings("promise", tmp_path) == []


def test_passes_where_nothing_is_promised_however_slow(tmp_path: Path) -> None:
    record = _promising(p99_ms=None)
    _slow(record, 4, 5, 6)
    assert record.findings("promise", tmp_path) == []


def test_passes_where_only_held_writes_take_longer(tmp_path: Path) -> None:
    assert _promising(p99_ms=15).findings("promise", tmp_path) == []


def test_fails_in_the_step_whose_answers_are_slower_and_names_who_was_slow_at_first(tmp_path: Path) -> None:
    record = _promising(p99_ms=30)
    _slow(record, 5, 6, by=25)
    (found,) = record.findings("promise", tmp_path)
    assert (found.finding, found.verdict, found.step, found.count) == (
        "slower than promised",
        Verdict.NO_GO,
        "Batch 1 of 2",
        2,
    )
    assert found.message == "p99 35.0 ms, promised 30.0 ms (2 of 3 answers took longer) in Batch 1 of 2"
    (told,) = found.detail
    assert told.startswith(
        "orders-01.2 (v2) was slow for the first 0.2 s after it was ready: 2 of 2 answers took longer"
    )


def test_fails_in_the_whole_release_where_every_step_is_short(tmp_path: Path) -> None:
    record = _promising()
    record.thresholds(promise_answers=7)
    _slow(record, 5)
    (found,) = record.findings("promise", tmp_path)
    assert (found.verdict, found.step) == (Verdict.NO_GO, "")
    assert found.message.endswith("in the release")


def test_lacks_evidence_where_the_old_version_breaks_the_promise_already(tmp_path: Path) -> None:
    record = _promising(p99_ms=25)
    _slow(record, 0, 1, 2, 5, 6, by=20)
    (found,) = record.findings("promise", tmp_path)
    assert (found.finding, found.verdict) == ("not healthy before the release", Verdict.INCONCLUSIVE)
    assert "this promise is broken without one" in found.message


def test_lacks_evidence_where_there_are_few_answers(tmp_path: Path) -> None:
    record = _promising()
    record.thresholds(promise_answers=100)
    (found,) = record.findings("promise", tmp_path)
    assert (found.finding, found.verdict) == ("too little evidence", Verdict.INCONCLUSIVE)
    assert found.message == "7 answers since the release began; a p99 is judged from 100 on"


def test_lacks_evidence_where_a_starved_machine_explains_what_was_late(tmp_path: Path) -> None:
    record = _promising()
    _slow(record, 5, 6)
    record.events.append(starved(500, 700))
    (found,) = record.findings("promise", tmp_path)
    assert (found.finding, found.verdict, found.starved) == ("slower than promised", Verdict.INCONCLUSIVE, True)


@pytest.mark.parametrize(("stall_ms", "errors"), [(50, ["too late"]), (100, [])])
def test_an_answer_later_than_any_may_be_is_a_failed_request(
    tmp_path: Path, stall_ms: float, errors: list[str]
) -> None:
    record = _promising(p99_ms=None, stall_ms=stall_ms)
    _slow(record, 5)
    found = record.findings("failed_requests", tmp_path)
    assert [one.error for one in found] == errors


def _sent_late(record: Handmade, *seqs: int, by: int = 60) -> None:
    """The load sends these requests so much later than they are due; they are answered as quickly as ever."""
    for row in record.requests:
        if row["seq"] in seqs:
            row |= {name: int(row[name]) + by * MS for name in ("sent_ns", "first_ns", "done_ns")}


def test_an_answer_that_the_load_alone_made_late_is_no_failure_and_proves_nothing(tmp_path: Path) -> None:
    record = _promising(p99_ms=None, stall_ms=50)
    record.thresholds(lateness_p99_ms=100.0)
    _sent_late(record, 5)
    assert record.findings("failed_requests", tmp_path / "failed") == []
    (found,) = record.findings("schedule", tmp_path / "schedule")
    assert (found.finding, found.verdict) == ("load not sustained", Verdict.INCONCLUSIVE)
    assert found.message == (
        "1 answer came in the promised time counted from when the load sent the request, and not from when it was due: "
        "it was up to 60.1 ms late"
    )


def test_an_answer_that_was_too_late_from_when_it_was_sent_is_a_failure_however_late_that_was(tmp_path: Path) -> None:
    record = _promising(p99_ms=None, stall_ms=50)
    _sent_late(record, 5, by=30)
    _slow(record, 5, by=50)
    (found,) = record.findings("failed_requests", tmp_path)
    assert (found.verdict, found.error) == (Verdict.NO_GO, "too late")


def test_lacks_evidence_where_the_load_alone_made_answers_slower_than_promised(tmp_path: Path) -> None:
    record = _promising(p99_ms=50)
    _sent_late(record, 5)
    (found,) = record.findings("promise", tmp_path)
    assert (found.finding, found.verdict, found.starved) == ("slower than promised", Verdict.INCONCLUSIVE, False)
    assert found.message == (
        "p99 68.8 ms, promised 50.0 ms (1 of 3 answers took longer) in Batch 1 of 2; "
        "counted from when the load sent them it was kept"
    )


def test_what_a_route_promises_itself_beats_the_promise_for_all(tmp_path: Path) -> None:
    record = _promising(p99_ms=None, stall_ms=100)
    routes = [msgspec.structs.replace(route, within_ms=30) for route in record.contract.load.routes]
    record.routes(*routes)
    _slow(record, 5)
    (found,) = record.findings("failed_requests", tmp_path)
    assert (found.verdict, found.error) == (Verdict.NO_GO, "too late")


@pytest.mark.parametrize(
    ("service", "hop", "incarnation"),
    [("storefront", "slb->storefront", "storefront-01.2"), ("orders", "storefront->orders", "orders-01.2")],
)
def test_an_answer_that_is_too_late_is_laid_to_who_was_slow_and_how_long_after_its_start(
    tmp_path: Path, service: str, hop: str, incarnation: str
) -> None:
    """The entry answered it; the new instance behind it took the time."""
    record = _promising(p99_ms=None, stall_ms=30, service=service)
    if service == "storefront":
        record.executions = [
            row for row in record.executions if row["service"] == service or row["request_id"] != "r1-00000005"
        ]
    _slow(record, 5)
    record.executions = [row for row in record.executions if row["service"] != "inventory"]
    (found,) = record.findings("failed_requests", tmp_path)
    assert (found.hop, found.incarnation) == (hop, incarnation)
    assert found.detail[-2:] == (
        f"{incarnation} (v2) was launched at 0.4 s, ready at 0.5 s",
        "the first of these requests was due 60 ms after it was ready, the last was answered 130 ms after that",
    )


def test_a_slow_start_is_measured_where_nothing_is_promised(tmp_path: Path) -> None:
    record = _promising(p99_ms=None)
    _slow(record, 5, 6)
    judged = record.judged(tmp_path)
    assert [(one.incarnation, one.slow, one.served) for one in judged.slow_starts] == [("orders-01.2", 2, 2)]
    assert made().judged(tmp_path / "quick").slow_starts == ()
