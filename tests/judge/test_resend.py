"""Check resend: nothing is sent twice."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.record.schema import HopAnswer
from tests.judge.handmade import MS, Handmade, Row, request_id
from tests.judge.healthy import made


def _execution(record: Handmade, service: str, seq: int) -> Row:
    return next(row for row in record.executions if row["service"] == service and row["request_id"] == request_id(seq))


def _again(record: Handmade, service: str, seq: int, **changes: str) -> None:
    record.executions.append({**_execution(record, service, seq), **changes})


def test_passes_where_every_request_was_sent_once(tmp_path: Path) -> None:
    assert made().findings("resend", tmp_path) == []


def test_fails_on_an_attempt_after_the_first(tmp_path: Path) -> None:
    """An SLB that tells how often it tried, and of the last time who it was, is evidence enough."""
    record = made()
    record.slb[5]["attempt"] = 2
    (found,) = record.findings("resend", tmp_path)
    assert (found.verdict, found.finding, found.hop) == (Verdict.NO_GO, "sent twice", "slb->storefront")
    assert (found.step, found.requests) == ("Batch 1 of 2", (request_id(5),))
    assert found.message == "1 request sent twice or more by the SLB in Batch 1 of 2"
    (hops,) = found.detail
    assert hops.startswith(f"{request_id(5)}: ")


@pytest.mark.parametrize("reached", [True, False])
def test_an_attempt_that_found_no_connection_is_told_from_one_that_may_have_been_executed(
    tmp_path: Path, *, reached: bool
) -> None:
    record = made()
    first = record.slb[5] | {"peer": "storefront-02", "incarnation": "storefront-02.1", "answered": 0}
    record.slb[5]["attempt"] = 2
    record.slb.append(first | {"connected": reached})
    (found,) = record.findings("resend", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "sent twice")
    assert found.detail[1:] == (() if reached else ("1 of them found a connection in one attempt at most",))


def test_fails_on_a_second_line_in_the_slbs_log(tmp_path: Path) -> None:
    record = made()
    record.slb.append(dict(record.slb[9]))
    (found,) = record.findings("resend", tmp_path)
    assert (found.finding, found.step) == ("sent twice", "Batch 2 of 2")


@pytest.mark.parametrize(
    ("service", "hop"),
    [("storefront", "slb->storefront"), ("orders", "storefront->orders"), ("inventory", "orders->inventory")],
)
def test_fails_on_a_second_execution_at_the_same_service(tmp_path: Path, service: str, hop: str) -> None:
    """By a consumer's retry, at another instance as at the same."""
    record = made()
    _again(record, service, 5, instance=f"{service}-09", incarnation=f"{service}-09.1")
    (found,) = record.findings("resend", tmp_path)
    assert (found.verdict, found.finding, found.hop) == (Verdict.NO_GO, "sent twice", hop)
    assert found.message == f"1 request sent twice or more to {service} in Batch 1 of 2"


def test_passes_where_a_request_calls_a_service_for_two_purposes(tmp_path: Path) -> None:
    record = made()
    for seq in (0, 5):
        _again(record, "inventory", seq, operation="GET /stock")
    assert record.findings("resend", tmp_path) == []


def test_passes_where_a_route_has_always_called_a_service_as_often(tmp_path: Path) -> None:
    """What the baseline's requests needed is no retry; once more than that is."""
    record = made()
    for seq in (0, 3, 5, 7, 9, 11):
        _again(record, "inventory", seq)
    assert record.findings("resend", tmp_path) == []
    _again(record, "inventory", 9)
    (found,) = record.findings("resend", tmp_path / "again")
    assert found.requests == (request_id(9),)


def _named_by_paths(record: Handmade) -> None:
    """As an access log has it: each operation with the id of what it is about."""
    for row in record.executions:
        row["operation"] = f"POST /things/{row['request_id']}"


def test_passes_where_a_route_has_always_called_a_service_as_often_by_paths_with_ids(tmp_path: Path) -> None:
    record = made()
    for seq in (0, 3, 5, 7, 9, 11):
        _again(record, "inventory", seq)
    _named_by_paths(record)
    assert record.findings("resend", tmp_path) == []
    _again(record, "inventory", 9)
    (found,) = record.findings("resend", tmp_path / "again")
    assert found.requests == (request_id(9),)


def test_a_second_execution_is_seen_by_its_path_though_the_route_needs_as_many(tmp_path: Path) -> None:
    """One path twice in the place of two: two in all are usual, and no path comes twice."""
    record = made()
    for seq in (0, 3, 5, 7, 9, 11):
        _again(record, "inventory", seq)
    _named_by_paths(record)
    for row in record.executions[-6:]:
        row["operation"] = f"GET /stock/{row['request_id']}"
    assert record.findings("resend", tmp_path) == []
    record.executions[-2] |= {"operation": f"POST /things/{request_id(9)}"}
    (found,) = record.findings("resend", tmp_path / "again")
    assert found.requests == (request_id(9),)


def test_what_was_sent_twice_before_the_release_is_not_blamed_on_it(tmp_path: Path) -> None:
    record = made()
    record.slb.append(record.slb[1] | {"at_ns": 130 * MS})
    (found,) = record.findings("resend", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "sent twice")


def test_lacks_evidence_where_no_execution_is_declared_and_says_so(tmp_path: Path) -> None:
    """The SLB's log is judged all the same."""
    record = made()
    record.undeclare("executions")
    record.executions.clear()
    record.slb.append(dict(record.slb[9]))
    judgement = record.judged(tmp_path)
    assert [why for why in judgement.untested if why.startswith("resend")] == [
        f"resend: {service} does not declare executions: whether a request was sent to it twice"
        for service in ("orders", "inventory")
    ]
    assert ("resend", Verdict.NO_GO) in {(found.check, found.verdict) for found in judgement.findings}


@pytest.mark.parametrize(
    ("position", "hop", "service"), [(0, "storefront->orders", "orders"), (1, "orders->inventory", "inventory")]
)
def test_fails_on_a_call_that_failed_and_was_made_again(tmp_path: Path, position: int, hop: str, service: str) -> None:
    """What was cut has no line in any log; X-Hops alone tells of it."""
    record = made()
    calls = record.calls(3)
    calls.insert(position, HopAnswer(hop, f"{service}-01", f"{service}-01.1", 0, "reset before answer"))
    record.call(3, *calls)
    (found,) = record.findings("resend", tmp_path)
    assert (found.verdict, found.finding, found.hop) == (Verdict.NO_GO, "sent twice", hop)
    assert found.message == f"1 request sent twice or more to {service} in Batch 1 of 2"
    assert "reset before answer" in found.detail[0]
    assert record.judged(tmp_path / "whole").verdict is Verdict.NO_GO


def test_fails_on_a_second_call_over_a_hop_though_both_were_answered(tmp_path: Path) -> None:
    record = made()
    first, second = record.calls(5)
    record.call(5, first, second, second)
    (found,) = record.findings("resend", tmp_path)
    assert (found.hop, found.requests) == ("orders->inventory", (request_id(5),))


def test_what_x_hops_and_executions_both_show_is_told_once(tmp_path: Path) -> None:
    record = made()
    _again(record, "inventory", 5)
    first, second = record.calls(5)
    record.call(5, first, second, second)
    (found,) = record.findings("resend", tmp_path)
    assert found.count == 1


def test_a_call_that_was_made_again_before_the_release_is_not_blamed_on_it(tmp_path: Path) -> None:
    record = made()
    first, second = record.calls(0)
    record.call(0, first, HopAnswer("orders->inventory", "inventory-01", "inventory-01.1", 503, ""), second)
    (found,) = record.findings("resend", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "sent twice")


def _calls_twice(record: Handmade, *seqs: int) -> None:
    for seq in seqs:
        _again(record, "inventory", seq)
        first, second = record.calls(seq)
        record.call(seq, first, second, second)


NEW, OLD = (5, 9, 11), (0, 3, 7)
"""Writes that the new version of the middle service executes, and those of the old one."""


@pytest.mark.parametrize("by_paths", [False, True])
def test_passes_where_a_new_version_calls_twice_by_design(tmp_path: Path, by_paths: bool) -> None:
    record = made()
    record.thresholds(usual_requests=3)
    _calls_twice(record, *NEW)
    if by_paths:
        _named_by_paths(record)
    assert record.findings("resend", tmp_path) == []


@pytest.mark.parametrize("by_paths", [False, True])
def test_what_a_new_version_calls_again_too_often_for_chance_is_untested_by_number(
    tmp_path: Path, by_paths: bool
) -> None:
    record = made()
    record.thresholds(usual_requests=3)
    _again(record, "inventory", 9)
    if by_paths:
        _named_by_paths(record)
    assert record.findings("resend", tmp_path / "found") == []
    (untested,) = [why for why in record.judged(tmp_path / "judged").untested if why.startswith("resend")]
    assert untested == (
        "resend: 1 of 3 requests of POST /orders were executed more often by inventory than most, called by orders v2: "
        "by design or by a repetition, nothing tells"
    )


@pytest.mark.parametrize("whose", [(), NEW, OLD, (*OLD, *NEW)])
def test_what_all_requests_of_a_version_need_is_by_design(tmp_path: Path, whose: tuple[int, ...]) -> None:
    record = made()
    record.thresholds(usual_requests=3)
    _calls_twice(record, *whose)
    assert [why for why in record.judged(tmp_path).untested if why.startswith("resend")] == []


def test_fails_where_the_old_version_begins_to_call_twice(tmp_path: Path) -> None:
    """What is usual for the new version excuses nothing of the old one's."""
    record = made()
    record.thresholds(usual_requests=3)
    _calls_twice(record, *NEW, 7)
    (found,) = record.findings("resend", tmp_path)
    assert found.requests == (request_id(7),)


def test_fails_where_too_few_requests_show_what_is_usual_for_the_new_version(tmp_path: Path) -> None:
    record = made()
    _calls_twice(record, *NEW)
    assert sum(found.count for found in record.findings("resend", tmp_path)) == len(NEW)


def test_fails_where_the_new_version_calls_twice_what_the_old_one_did_by_design_and_it_does_not(tmp_path: Path) -> None:
    record = made()
    record.thresholds(usual_requests=3)
    _calls_twice(record, *OLD)
    assert record.findings("resend", tmp_path) == []
    first, second = record.calls(9)
    record.call(
        9, first, HopAnswer("orders->inventory", "inventory-01", "inventory-01.1", 0, "connect refused"), second
    )
    (found,) = record.findings("resend", tmp_path / "again")
    assert found.requests == (request_id(9),)


def _read(record: Handmade, at_ms: int, times: int) -> str:
    """One more request of GET /orders, which orders executes so many times; returns its id."""
    seq = len(record.requests)
    ends = dict.fromkeys(("due_ns", "sent_ns", "first_ns", "done_ns"), at_ms * MS)
    record.requests.append({**record.requests[1], **ends, "seq": seq})
    once = {**_execution(record, "orders", 1), "request_id": request_id(seq)}
    record.executions += [dict(once) for _ in range(times)]
    return request_id(seq)


@pytest.mark.parametrize(
    ("since", "found"), [(1, False), (6, False), (14, True), (36, True)], ids=["fewer", "by chance", "more", "most"]
)
def test_what_some_requests_always_needed_is_usual_unless_far_more_need_it_since(
    tmp_path: Path, since: int, found: bool
) -> None:
    """One in ten was executed twice before the release: by design, or by an SLB that has always done so."""
    record = made("inventory")
    record.thresholds(gray_share_chance=0.01)
    for number in range(38):
        _read(record, 20 + number, 2 if number < 4 else 1)
    twice = [_read(record, 700 + number, 2) for number in range(since)]
    for number in range(36 - since):
        _read(record, 300 + number, 1)
    told = record.findings("resend", tmp_path)
    assert len(told) == found
    for one in told:
        assert (one.verdict, one.finding, one.count, one.step) == (
            Verdict.NO_GO,
            "sent twice",
            since,
            "Batch 2 of 2",
        )
        assert one.message == (
            f"{since} of 40 requests were executed 2 times or more by orders ({since / 40:.1%}); "
            "before the release it was 10.0%"
        )
        assert (one.first_ns, one.last_ns) == (700 * MS, (699 + since) * MS)
        assert one.requests == tuple(twice[: len(one.requests)])
        assert one.requests


def test_lacks_evidence_where_x_hops_never_came_and_says_so(tmp_path: Path) -> None:
    record = made()
    record.undeclare("hops")
    record.forget_hops()
    assert [why for why in record.judged(tmp_path).untested if why.startswith("resend")] == [
        f"resend: {service} does not declare hops: whether a call that failed was made again"
        for service in ("storefront", "orders")
    ]
