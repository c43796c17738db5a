"""A record whose ids are W3C trace-ids is judged as any other, and tells of its requests by these."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.gray_review import gray_facts
from conformance.judge.model import Verdict
from conformance.record import events
from conformance.record.request_headers import RequestHeaders
from tests.judge.handmade import MS, RUN, Handmade, request_id
from tests.judge.healthy import made

W3C = RequestHeaders(request_id="traceparent")
IDS = W3C.ids(RUN)
NUMBERS = {request_id(seq): seq for seq in range(100)}


def _traced(record: Handmade) -> Handmade:
    """The same, by a load that sends traceparent."""

    def renamed(told: object) -> str:
        own, dot, connection = str(told).partition(".")
        name = IDS.of(NUMBERS[own])
        return W3C.further(name, int(connection)) if dot else name

    record.contract = msgspec.structs.replace(record.contract, headers=W3C)
    for row in (*record.executions, *record.slb, *record.ledger):
        row["request_id"] = renamed(row["request_id"])
    record.events = [
        msgspec.structs.replace(one, requests=tuple(map(renamed, one.requests)))
        if isinstance(one, events.WritesInFlight)
        else one
        for one in record.events
    ]
    return record


def test_what_deserves_go_gets_it(tmp_path: Path) -> None:
    plain, traced = made().judged(tmp_path / "plain"), _traced(made()).judged(tmp_path / "traced")
    assert (traced.verdict, traced.findings) == (Verdict.GO, ())
    assert traced.counts == plain.counts
    assert traced.untested == plain.untested


def test_a_partial_write_is_told_by_its_trace_id(tmp_path: Path) -> None:
    record = made()
    record.drop_effects(9, "reserved")
    record.without(events.AuditRead)
    record.events.append(events.AuditRead(at_ns=1200 * MS, step="", rows=len(record.ledger), agreed=True))
    record = _traced(record)
    (found,) = record.findings("writes", tmp_path / "found")
    assert (found.finding, found.requests) == ("partial write", (IDS.of(9),))
    assert [one.request for one in record.judged(tmp_path / "judged").partial_writes] == [IDS.of(9)]


def test_a_failed_request_is_told_by_its_trace_id_with_the_hops_that_it_took(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=record.calls(5))
    (found,) = _traced(record).findings("failed_requests", tmp_path)
    assert found.requests == (IDS.of(5),)
    assert any(line.startswith(f"{IDS.of(5)}: ") for line in found.detail)


@pytest.mark.parametrize("table", ["slb", "executions"])
def test_a_trace_of_the_run_that_the_load_has_no_row_of_is_found(tmp_path: Path, table: str) -> None:
    record = _traced(made())
    rows = getattr(record, table)
    rows.append(rows[0] | {"request_id": IDS.of(77)})
    (found,) = record.findings("accounted", tmp_path)
    assert found.finding == "unaccounted request"


def test_traces_of_others_are_none_of_the_runs(tmp_path: Path) -> None:
    record = _traced(made())
    record.executions.append(record.executions[0] | {"request_id": W3C.ids(f"warm-{RUN}").of(3)})
    assert record.findings("accounted", tmp_path) == []


def test_a_session_that_goes_on_on_another_connection_is_not_sent_twice(tmp_path: Path) -> None:
    record = made()
    record.routes(*(msgspec.structs.replace(route, goes_on=True) for route in record.contract.load.routes))
    record.load["reconnects"] = 1
    line = next(row for row in record.slb if row["request_id"] == request_id(5))
    record.slb.append(line | {"request_id": f"{request_id(5)}.2", "at_ns": int(line["at_ns"]) + MS})
    judgement = _traced(record).judged(tmp_path / "session")
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    again = _traced(made())
    again.slb.append(dict(next(row for row in again.slb if row["request_id"] == IDS.of(5))))
    assert [one.finding for one in again.findings("resend", tmp_path / "again")] == ["sent twice"]


def test_a_gray_is_refused_by_the_ledger_of_its_traces(tmp_path: Path) -> None:
    record = made()
    record.thresholds(gray_requests=5, gray_answers=3)
    record.drop_effects(9, "reserved")
    record = _traced(record)
    record.write(tmp_path)
    effects = [
        (str(row["request_id"]), str(row["effect"]), str(row["instance"]), str(row["incarnation"]))
        for row in record.ledger
    ]
    found = gray_facts(tmp_path, record.contract, 250 * MS, ("orders-01.2", "orders-02.2"), lambda: effects, list)
    assert found.against.endswith(f"the first of them {IDS.of(9)}")
