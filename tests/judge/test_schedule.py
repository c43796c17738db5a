"""Check schedule: the load was the one that was planned, and its client is honest."""

from pathlib import Path

import pytest

from conformance.judge.model import Finding, Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("schedule", tmp_path)
    assert found.verdict is Verdict.INCONCLUSIVE
    return found


def _late(record: Handmade, seq: int, by_ms: int) -> None:
    row = record.requests[seq]
    sent = int(row["due_ns"]) + by_ms * MS
    row |= {"sent_ns": sent, "first_ns": sent + MS, "done_ns": sent + MS}


def test_passes_where_every_request_was_sent_when_it_was_due(tmp_path: Path) -> None:
    assert made().findings("schedule", tmp_path) == []


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"self_test_passed": False}, "the client's self-test failed (reset: reset before answer)"),
        ({"self_test": {}}, "the client did not prove beforehand that it sees failures"),
    ],
)
def test_fails_as_inconclusive_on_a_client_that_may_lie(tmp_path: Path, told: dict[str, object], message: str) -> None:
    record = made()
    record.load |= told
    found = _only(record, tmp_path)
    assert (found.finding, found.message) == ("client not honest", message)


def test_fails_as_inconclusive_on_a_request_that_was_sent_far_too_late(tmp_path: Path) -> None:
    """With it goes the second in which it was due: it was not sent in time."""
    record = made()
    record.thresholds(lateness_p99_ms=1_000.0, worst_second_share=0.95)
    _late(record, 5, 501)
    messages = [found.message for found in record.findings("schedule", tmp_path)]
    assert messages == [
        "in the worst second 90.0% of the requests were sent in time; at least 95.0% wanted",
        "a request was sent 501.0 ms late, at most 500.0 ms allowed",
    ]


def test_fails_as_inconclusive_where_many_requests_were_late(tmp_path: Path) -> None:
    record = made()
    for seq in range(12):
        _late(record, seq, 51)
    assert _only(record, tmp_path).message == "requests were sent late: p99 51.0 ms, at most 50.0 ms allowed"


def test_tells_where_it_is_new_connections_that_come_up_late(tmp_path: Path) -> None:
    """The load sent in time whatever it could: who is far away, or by TLS, takes that long to be connected with."""
    record = made()
    for seq, row in enumerate(record.requests):
        row["connection_uses"] = seq % 2
        if not seq % 2:
            _late(record, seq, 51)
    assert _only(record, tmp_path).message == (
        "requests were sent late: p99 51.0 ms, at most 50.0 ms allowed; "
        "on connections that stood already 0.1 ms: new ones take long to come up"
    )


def test_fails_as_inconclusive_where_requests_were_not_sent(tmp_path: Path) -> None:
    record = made()
    record.thresholds(worst_second_share=0.5)
    record.fail(5, error="not sent", status=0)
    record.requests[5]["sent_ns"] = 0
    assert _only(record, tmp_path).message == ("11 of 12 planned requests were sent (91.67%); at least 99.90% wanted")


def test_fails_as_inconclusive_on_a_load_that_waited_for_the_system(tmp_path: Path) -> None:
    """Due times that follow the answers are a closed loop: it hides what a user would see."""
    record = made()
    for seq in range(6, 12):
        row = record.requests[seq]
        row |= {name: int(row[name]) + 40 * MS for name in ("due_ns", "sent_ns", "first_ns", "done_ns")}
    assert _only(record, tmp_path).message == "due times stray by 40.0 ms from 10 requests per second"


def test_fails_as_inconclusive_on_a_load_that_ended_before_the_release(tmp_path: Path) -> None:
    record = made()
    del record.requests[10:]
    assert _only(record, tmp_path).message == "the last request was due at 0.9 s; the last batch ended at 1.1 s"


def test_fails_as_inconclusive_on_a_load_that_began_after_the_release(tmp_path: Path) -> None:
    record = made()
    del record.requests[:3]
    record.load["planned"] = 9
    assert _only(record, tmp_path).message == ("the first request was due at 0.3 s, after the first batch had begun")


@pytest.mark.parametrize("kind", [events.LoadBegan, events.LoadEnded])
def test_lacks_evidence_where_the_loads_bounds_are_not_recorded(tmp_path: Path, kind: type[events.Event]) -> None:
    record = made()
    record.without(kind)
    assert _only(record, tmp_path).message == "the load's beginning or its end is not recorded"


def test_lacks_evidence_where_there_was_no_load(tmp_path: Path) -> None:
    record = made()
    record.requests.clear()
    found = record.findings("schedule", tmp_path)
    assert {one.finding for one in found} == {"load not sustained"}
