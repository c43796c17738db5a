"""Check resend: nothing is sent twice."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
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
    assert (found.verdict, found.finding, found.hop) == (Verdict.NO_GO, "sent twice", "slb->entry")
    assert (found.step, found.requests) == ("Batch 1 of 2", (request_id(5),))
    assert found.message == "1 request sent twice or more by the SLB in Batch 1 of 2"
    assert found.detail == ()


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
    assert found.detail == (() if reached else ("1 of them found a connection in one attempt at most",))


def test_fails_on_a_second_line_in_the_slbs_log(tmp_path: Path) -> None:
    record = made()
    record.slb.append(dict(record.slb[9]))
    (found,) = record.findings("resend", tmp_path)
    assert (found.finding, found.step) == ("sent twice", "Batch 2 of 2")


@pytest.mark.parametrize(
    ("service", "hop"),
    [("storefront", "slb->entry"), ("orders", "entry->middle"), ("inventory", "middle->leaf")],
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
        for service in ("storefront", "orders", "inventory")
    ]
    assert ("resend", Verdict.NO_GO) in {(found.check, found.verdict) for found in judgement.findings}
