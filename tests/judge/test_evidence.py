"""Check evidence: nothing lost proves something only where much was at stake."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import made


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("evidence", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "too little evidence")
    return found


def _hold(record: Handmade, **changes: object) -> None:
    """Change what was claimed to be in flight on S-01.1."""
    record.events = [
        msgspec.structs.replace(e, **changes)
        if isinstance(e, events.WritesInFlight) and e.instance.endswith("01")
        else e
        for e in record.events
    ]


def _tell_of_none(record: Handmade, *seqs: int) -> None:
    """Nothing besides the instances' own claims tells whom these writes were in flight on."""
    for seq in seqs:
        record.identities.pop(seq)
        record.drop_executions(seq=seq)
        record.slb = [row for row in record.slb if row["request_id"] != request_id(seq)]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_every_batch_saw_enough(tmp_path: Path, service: str) -> None:
    assert made(service).findings("evidence", tmp_path) == []


def test_fails_as_inconclusive_on_a_batch_under_too_little_load(tmp_path: Path) -> None:
    """Batch 1 had requests 3, 4, 5, 6 under way, two of them writes."""
    record = made()
    record.thresholds(batch_requests=5)
    messages = [found.message for found in record.findings("evidence", tmp_path)]
    assert messages == [
        "4 requests during Batch 1 of 2; 5 wanted",
        "4 requests during Batch 2 of 2; 5 wanted",
    ]


def test_fails_as_inconclusive_on_a_batch_with_too_few_writes(tmp_path: Path) -> None:
    record = made()
    record.thresholds(batch_writes=3)
    found = record.findings("evidence", tmp_path)
    assert [(one.message, one.step) for one in found] == [
        ("2 writes during Batch 1 of 2; 3 wanted", "Batch 1 of 2"),
        ("2 writes during Batch 2 of 2; 3 wanted", "Batch 2 of 2"),
    ]


def test_a_request_that_was_under_way_when_the_batch_began_is_at_stake_in_it(tmp_path: Path) -> None:
    record = made()
    record.thresholds(batch_requests=5)
    record.requests[2] |= {"first_ns": 260 * MS, "done_ns": 260 * MS}
    record.requests[6] |= {"first_ns": 660 * MS, "done_ns": 660 * MS}
    assert record.findings("evidence", tmp_path) == []


def test_what_was_never_sent_was_not_at_stake(tmp_path: Path) -> None:
    record = made()
    record.thresholds(batch_requests=4)
    record.fail(6, error="not sent", status=0)
    record.requests[6]["sent_ns"] = 0
    assert _only(record, tmp_path).message == "3 requests during Batch 1 of 2; 4 wanted"


def test_lacks_evidence_where_a_new_incarnation_answered_too_little(tmp_path: Path) -> None:
    record = made()
    record.drop_executions(incarnation="orders-02.2")
    found = _only(record, tmp_path)
    assert (found.message, found.incarnation) == ("0 executions on orders-02.2; 1 wanted", "orders-02.2")


def test_lacks_evidence_where_no_write_was_in_flight_at_the_way_down(tmp_path: Path) -> None:
    record = made()
    record.without(events.WritesInFlight, "orders-01.1")
    _tell_of_none(record, 3)
    assert _only(record, tmp_path).message == (
        "0 writes in flight on orders-01.1 when its way down began (none claimed); 1 wanted"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"requests": (request_id(5),)},
        {"requests": (request_id(2),)},
        {"requests": (request_id(4),)},
        {"requests": ("r2-00000003", "r1-", "r1-zz", request_id(99))},
        {"requests": ()},
        {"at_ns": 395 * MS},
        {"at_ns": 321 * MS},
    ],
    ids=["not sent yet", "answered already", "a read", "nobody's", "none", "after its end", "after the mark"],
)
def test_lacks_evidence_where_the_loads_rows_do_not_bear_out_the_claim(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    record = made()
    _hold(record, **changes)
    _tell_of_none(record, 3)
    assert "0 writes in flight on orders-01.1" in _only(record, tmp_path).message


def test_lacks_evidence_where_a_batch_never_began(tmp_path: Path) -> None:
    record = made()
    record.events = [e for e in record.events if not (isinstance(e, events.StepBegan) and e.step == "3")]
    assert "Batch 2 of 2 never began" in {one.message for one in record.findings("evidence", tmp_path)}


def test_lacks_evidence_where_nothing_was_released(tmp_path: Path) -> None:
    record = made()
    record.release(batches=())
    assert _only(record, tmp_path).message == "the release has no batch: nothing was released"


def test_a_workload_that_holds_no_writes_need_not_have_one_in_flight(tmp_path: Path) -> None:
    record = made()
    record.without(events.WritesInFlight)
    for row in record.requests:
        row["work_ms"] = 0
    assert record.findings("evidence", tmp_path) == []


@pytest.mark.parametrize(("dropped", "idle"), [(None, 2), ("orders-01.1", 1)])
def test_that_nothing_was_stopped_in_mid_write_is_untested_by_number(
    tmp_path: Path, dropped: str | None, idle: int
) -> None:
    record = made()
    record.without(events.WritesInFlight, dropped)
    for row in record.requests:
        row["work_ms"] = 0
    for seq in (3, 7)[:idle]:
        _end_before_the_way_down(record, seq)
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.GO
    assert judgement.untested == (
        f"evidence: no write was held: {idle} of 2 instances went down with none in flight, not in mid-write",
    )
    assert (judgement.counts["stops"], judgement.counts["stops_amid_writes"]) == (2, 2 - idle)


def test_a_service_that_does_not_name_what_it_holds_is_untested_by_number(tmp_path: Path) -> None:
    record = made()
    record.undeclare("held_writes")
    record.without(events.WritesInFlight)
    for seq in (3, 7):
        _end_before_the_way_down(record, seq)
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.GO
    (untested,) = judgement.untested
    assert untested.startswith("evidence: orders does not declare held_writes: 2 of 2 instances went down with none")


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
@pytest.mark.parametrize("shown", ["hops and headers", "executions", "the SLB's lines"])
def test_any_write_that_was_under_way_on_it_counts_whatever_tells_of_it(
    tmp_path: Path, service: str, shown: str
) -> None:
    """A plain service: it shows nothing of what is in flight, and no write is held."""
    record = made(service)
    record.undeclare("in_flight")
    record.without(events.WritesInFlight)
    for row in record.requests:
        row["work_ms"] = 0
    told = shown == "hops and headers" or (service == "storefront") >= (shown == "the SLB's lines")
    if shown != "executions":
        record.undeclare("executions")
        record.executions.clear()
    if shown != "hops and headers":
        record.undeclare("identity", "hops")
        record.identities.clear()
    judgement = record.judged(tmp_path)
    assert (judgement.counts["stops"], judgement.counts["stops_amid_writes"]) == (2, 2 if told else 0)
    gap = f"evidence: {service} does not declare in_flight: whether a write was in flight when an instance went down"
    assert (gap in judgement.untested) is not told
    assert not [line for line in judgement.untested if "no write was held" in line]


def test_how_many_of_the_stops_of_a_plain_service_met_no_write_is_said_by_number(tmp_path: Path) -> None:
    record = made()
    record.undeclare("in_flight")
    record.without(events.WritesInFlight)
    for row in record.requests:
        row["work_ms"] = 0
    _end_before_the_way_down(record, 7)
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.GO
    assert judgement.untested[-1] == (
        "evidence: no write was held: 1 of 2 instances went down with none in flight, not in mid-write"
    )


def _end_before_the_way_down(record: Handmade, seq: int) -> None:
    """The write is answered 10 ms after it was due, as the others are."""
    due = int(record.requests[seq]["due_ns"])
    record.requests[seq] |= {"first_ns": due + 10 * MS, "done_ns": due + 10 * MS}
    for rows, key in ((record.executions, "end_ns"), (record.slb, "at_ns")):
        for row in rows:
            if row["request_id"] == request_id(seq):
                row[key] = due + 9 * MS


def test_figures_that_no_instance_declares_are_untested_by_name(tmp_path: Path) -> None:
    record = made()
    record.undeclare("in_flight", "executions")
    record.without(events.WritesInFlight)
    record.executions.clear()
    judgement = record.judged(tmp_path)
    assert {why for why in judgement.untested if why.startswith("evidence")} == {
        "evidence: orders does not declare executions: how much each new incarnation answered",
    }
    assert "evidence" in judgement.passed


def test_where_no_held_write_reaches_the_service_none_need_be_in_flight(tmp_path: Path) -> None:
    record = made()
    _hold(record, requests=())
    held = {request_id(int(row["seq"])) for row in record.requests if int(row["work_ms"]) > 0}
    record.executions = [
        row for row in record.executions if not (row["service"] == record.service and row["request_id"] in held)
    ]
    assert record.findings("evidence", tmp_path) == []


def test_where_executions_do_not_show_whom_held_writes_reach_one_must_be_in_flight(tmp_path: Path) -> None:
    record = made()
    record.undeclare("executions")
    record.executions.clear()
    _hold(record, requests=())
    _tell_of_none(record, 3)
    assert "0 writes in flight on orders-01.1" in _only(record, tmp_path).message
