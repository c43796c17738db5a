"""Check failed_requests on a CPU-starved machine: what only came late is no proof, all else is."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge import failures
from conformance.judge.model import Finding, Verdict
from conformance.record import events
from conformance.record.contract import LatencyPromise
from conformance.record.schema import HopAnswer
from tests.judge.handmade import MS, Handmade, Row, request_id
from tests.judge.healthy import made, starved

LATE = HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "timeout before answer")
"""orders-02.1 is there until 810 ms; requests 4, 5 and 6 are sent at 410, 510 and 610 ms and end 100 ms later."""


def _late(*seqs: int, hop: HopAnswer = LATE) -> Handmade:
    """These requests time out between two services."""
    record = made()
    for seq in seqs:
        record.fail(seq, status=504, hops=[hop])
        _last(record, seq, 100)
    return record


def _last(record: Handmade, seq: int, ms: int) -> None:
    done_ns = int(record.requests[seq]["due_ns"]) + ms * MS
    record.requests[seq] |= {"first_ns": done_ns, "done_ns": done_ns}


def _verdicts(record: Handmade, tmp_path: Path) -> list[Verdict]:
    return [one.verdict for one in record.findings("failed_requests", tmp_path)]


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("failed_requests", tmp_path)
    return found


def test_fails_on_a_call_that_timed_out_where_nothing_tells_of_the_machine(tmp_path: Path) -> None:
    assert _verdicts(_late(5), tmp_path) == [Verdict.NO_GO]


def test_lacks_evidence_where_the_machine_had_no_processor_to_spare_for_half_of_the_time(tmp_path: Path) -> None:
    record = _late(5)
    record.events.append(starved(400, 570))
    found = _only(record, tmp_path)
    assert (found.verdict, found.finding, found.starved) == (Verdict.INCONCLUSIVE, "failed request", True)
    assert found.message == (
        "1 of 12 requests failed over storefront->orders at orders-02 in Batch 1 of 2 (0.5-0.6 s): "
        "1 timeout before answer; the machine was CPU-starved meanwhile"
    )


def test_short_stretches_add_up(tmp_path: Path) -> None:
    record = _late(5)
    record.events += [starved(500, 540), starved(580, 700)]
    assert _verdicts(record, tmp_path) == [Verdict.INCONCLUSIVE]


@pytest.mark.parametrize(("from_ms", "until_ms"), [(0, 510), (0, 550), (570, 900), (610, 900)])
def test_fails_where_it_had_some_for_more_than_half_of_the_time(tmp_path: Path, from_ms: int, until_ms: int) -> None:
    record = _late(5)
    record.events.append(starved(from_ms, until_ms))
    found = _only(record, tmp_path)
    assert (found.verdict, found.starved) == (Verdict.NO_GO, False)
    assert "processor" not in found.message


@pytest.mark.parametrize(
    "hop",
    [
        HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "connect refused"),
        HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "reset before answer"),
        HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "eof before answer"),
        HopAnswer("storefront->orders", "orders-02", "orders-02.1", 500, ""),
    ],
)
def test_fails_on_what_no_want_of_a_processor_explains(tmp_path: Path, hop: HopAnswer) -> None:
    record = _late(5, hop=hop)
    record.events.append(starved(0, 1_200))
    assert _verdicts(record, tmp_path) == [Verdict.NO_GO]


@pytest.mark.parametrize("error", ["wrong answer", "garbled answer", "reset in answer", "unexpected status"])
def test_fails_on_a_client_that_got_something_wrong(tmp_path: Path, error: str) -> None:
    record = made()
    record.fail(5, error=error)
    record.events.append(starved(0, 1_200))
    assert _verdicts(record, tmp_path) == [Verdict.NO_GO]


@pytest.mark.parametrize("error", ["timeout before answer", "timeout in answer", "connect timeout"])
def test_lacks_evidence_where_it_is_the_client_that_gave_up(tmp_path: Path, error: str) -> None:
    """One that never got a connection was never sent: its time is told from when it was due."""
    record = made()
    record.fail(5, error=error)
    record.forget_answer(5)
    del record.slb[5]
    _last(record, 5, 100)
    record.requests[5] |= {"first_ns": 0} | ({"sent_ns": 0} if error == "connect timeout" else {})
    record.events.append(starved(500, 600))
    found = _only(record, tmp_path)
    assert (found.verdict, found.hop, found.error) == (Verdict.INCONCLUSIVE, "client->slb", error)


def test_lacks_evidence_where_an_expected_answer_came_too_late(tmp_path: Path) -> None:
    record = made()
    _last(record, 4, 1_001)
    record.events.append(starved(500, 1_500))
    assert _verdicts(record, tmp_path) == [Verdict.INCONCLUSIVE]


def _given_up(record: Handmade, until_ms: int, error: str = "timeout before answer") -> None:
    """The client waits in vain for the answer to the fifth, which was due at 500 ms."""
    record.fail(5, error=error)
    record.forget_answer(5)
    del record.slb[5]
    _last(record, 5, until_ms - 500)
    record.requests[5]["first_ns"] = 0


def _stands_still(record: Handmade, until_ms: int) -> None:
    """The load sends the sixth, which is due at 600 ms, and whatever is due after it, only then."""
    for row in record.requests[6:]:
        if int(str(row["due_ns"])) < until_ms * MS:
            _sent_at(row, until_ms)


def _sent_at(row: Row, at_ms: int) -> None:
    row |= {"sent_ns": at_ms * MS, "first_ns": (at_ms + 5) * MS, "done_ns": (at_ms + 10) * MS}


@pytest.mark.parametrize(
    ("still_until_ms", "given_up_ms", "verdict"),
    [
        (780, 790, Verdict.INCONCLUSIVE),
        (700, 750, Verdict.NO_GO),
        (640, 660, Verdict.NO_GO),
        (780, 600, Verdict.NO_GO),
    ],
    ids=["most of the time", "less than half of it", "as late as a load may be", "after it"],
)
def test_lacks_evidence_where_the_load_itself_stood_still_while_an_answer_was_due(
    still_until_ms: int, given_up_ms: int, verdict: Verdict, tmp_path: Path
) -> None:
    record = made()
    _given_up(record, given_up_ms)
    _stands_still(record, still_until_ms)
    assert _verdicts(record, tmp_path) == [verdict]


def test_a_load_that_is_late_with_all_it_sends_does_not_stand_still(tmp_path: Path) -> None:
    record = made()
    _given_up(record, 790)
    for row, due_ms, sent_ms in zip(record.requests[6:], (600, 610, 650, 700), (780, 640, 690, 735), strict=False):
        row["due_ns"] = due_ms * MS
        _sent_at(row, sent_ms)
    assert _verdicts(record, tmp_path) == [Verdict.NO_GO]


def test_fails_on_what_the_slb_gave_up_however_long_the_load_stood_still(tmp_path: Path) -> None:
    record = _late(5)
    _last(record, 5, 290)
    _stands_still(record, 780)
    assert _verdicts(record, tmp_path) == [Verdict.NO_GO]


@pytest.mark.parametrize(("read_ms", "verdict"), [(790, Verdict.INCONCLUSIVE), (840, Verdict.NO_GO)])
def test_an_answer_that_lay_unread_while_the_load_stood_still_was_not_too_late(
    read_ms: int, verdict: Verdict, tmp_path: Path
) -> None:
    record = made()
    record.contract = msgspec.structs.replace(record.contract, promised=LatencyPromise(stall_ms=150))
    record.requests[5] |= {"work_ms": 0, "first_ns": read_ms * MS, "done_ns": read_ms * MS}
    _stands_still(record, 780)
    found = [one for one in record.findings("failed_requests", tmp_path) if one.error == "too late"]
    assert [one.verdict for one in found] == [verdict]


def test_failures_of_both_kinds_at_one_place_are_two_findings(tmp_path: Path) -> None:
    record = _late(4, 5)
    record.fail(6, hops=[HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "connect refused")])
    record.events.append(starved(400, 520))
    found = record.findings("failed_requests", tmp_path)
    assert {(one.verdict, one.requests) for one in found} == {
        (Verdict.INCONCLUSIVE, (request_id(4),)),
        (Verdict.NO_GO, (request_id(5), request_id(6))),
    }
    assert {(one.step, one.hop, one.instance) for one in found} == {("Batch 1 of 2", "storefront->orders", "orders-02")}


def test_what_only_came_late_is_no_proof_beyond_the_groups_that_are_listed_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_GROUPS", 1)
    record = _late(4)
    for seq in (5, 6):
        record.fail(seq, hops=[HopAnswer("storefront->orders", "orders-02", "orders-02.1", 0, "connect refused")])
    record.events.append(starved(400, 520))
    listed, rest = record.findings("failed_requests", tmp_path)
    assert (listed.verdict, listed.count) == (Verdict.NO_GO, 2)
    assert (rest.verdict, rest.count, rest.starved) == (Verdict.INCONCLUSIVE, 1, True)
    assert rest.message == "1 more requests failed elsewhere; the machine was CPU-starved meanwhile"


def test_fails_on_calls_to_an_instance_that_was_gone_however_busy_the_machine(tmp_path: Path) -> None:
    """A stopped host answers nobody: the caller waits for it in vain, with processors to spare or without."""
    record = _late(5, hop=HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "timeout before answer"))
    record.events.append(starved(0, 1_200))
    assert _verdicts(record, tmp_path) == [Verdict.NO_GO]


@pytest.mark.parametrize(("struck_ms", "verdict"), [(530, Verdict.NO_GO), (590, Verdict.INCONCLUSIVE)])
def test_of_a_wait_for_one_that_a_fault_strikes_only_the_part_before_counts(
    tmp_path: Path, struck_ms: int, verdict: Verdict
) -> None:
    record = _late(5)
    own = {"service": "orders", "instance": "orders-02", "incarnation": "orders-02.1"}
    record.events += [starved(0, 1_200), events.Struck(at_ns=struck_ms * MS, step="2.6", harm="freeze", **own)]
    assert _verdicts(record, tmp_path) == [verdict]


def test_what_timed_out_before_the_release_is_told_with_its_reason(tmp_path: Path) -> None:
    record = made()
    record.fail(1, hops=[LATE])
    record.events.append(starved(0, 200))
    (found,) = record.findings("baseline", tmp_path)
    assert (found.verdict, found.starved) == (Verdict.INCONCLUSIVE, True)
    assert found.message.endswith("1 timeout before answer; the machine was CPU-starved meanwhile")


def test_a_lossless_release_on_a_starved_machine_is_inconclusive_and_says_why(tmp_path: Path) -> None:
    record = _late(5, 6)
    record.events.append(starved(400, 700))
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.headline.startswith(
        '2 of 12 requests timed out in steps "Batch 1 of 2", "Batch 2 of 2" (0.5-0.7 s); '
        "the machine was CPU-starved meanwhile"
    )


def test_a_starved_machine_that_lost_nothing_is_no_reason_against_a_go(tmp_path: Path) -> None:
    record = made()
    record.events.append(starved(0, 1_200))
    assert record.judged(tmp_path).verdict is Verdict.GO
