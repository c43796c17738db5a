"""Check clock: what instances stamp by the wall clock can be set against what the run measured."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("clock", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "clocks disagree")
    return found


def _drift(record: Handmade, by_ms: int) -> None:
    record.environment = msgspec.structs.replace(record.environment, wall_minus_monotonic_end_ns=5 + by_ms * MS)


@pytest.mark.parametrize("by_ms", [0, 20, -20])
def test_passes_where_the_clocks_hardly_part(tmp_path: Path, by_ms: int) -> None:
    record = made()
    _drift(record, by_ms)
    assert record.findings("clock", tmp_path) == []


@pytest.mark.parametrize("by_ms", [21, -21])
def test_fails_as_inconclusive_where_they_part(tmp_path: Path, by_ms: int) -> None:
    record = made()
    _drift(record, by_ms)
    assert _only(record, tmp_path).message == "wall clock and monotonic clock parted by 21.0 ms; 20.0 ms are allowed"


def test_fails_as_inconclusive_on_an_execution_after_the_end_of_its_incarnation(tmp_path: Path) -> None:
    record = made()
    row = next(row for row in record.executions if row["incarnation"] == "orders-01.1")
    row["end_ns"] = 441 * MS
    found = _only(record, tmp_path)
    assert found.message == "the log of orders-01.1 has an execution until 0.4 s; it had ended at 0.4 s"
    assert found.incarnation == "orders-01.1"


def test_fails_as_inconclusive_on_an_execution_before_its_incarnation_was_launched(tmp_path: Path) -> None:
    record = made()
    row = next(row for row in record.executions if row["incarnation"] == "orders-01.2")
    row["start_ns"] = 409 * MS
    launched, sent = record.findings("clock", tmp_path)
    assert "it was launched at 0.4 s" in launched.message
    assert sent.message == "1 execution of orders started before its request was sent or after the answer"


@pytest.mark.parametrize(("start_ms", "end_ms"), [(480, 481), (541, 542), (515, 514)])
def test_lacks_evidence_where_an_execution_lies_outside_its_request(tmp_path: Path, start_ms: int, end_ms: int) -> None:
    """Request 5 was sent at 510 ms and answered at 520 ms: a clock that was set forth and back shows here."""
    record = made()
    row = next(r for r in record.executions if r["service"] == "storefront" and str(r["request_id"]).endswith("5"))
    row |= {"start_ns": start_ms * MS, "end_ns": end_ms * MS}
    assert _only(record, tmp_path).message == (
        "1 execution of storefront started before its request was sent or after the answer"
    )


def test_what_a_log_does_not_tell_apart_is_no_disagreement(tmp_path: Path) -> None:
    """In whole seconds, each execution seems to have begun up to one second before its request was sent."""
    record = made("storefront")
    for row in record.executions:
        if row["service"] == "storefront":
            row |= {"start_ns": int(row["start_ns"]) - 900 * MS}
    assert {one.finding for one in record.findings("clock", tmp_path / "fine")} == {"clocks disagree"}
    record.events.append(
        events.ExecutionsRead(at_ns=1_300 * MS, step="", service="storefront", resolution_ns=1_000 * MS)
    )
    assert record.findings("clock", tmp_path / "coarse") == []
