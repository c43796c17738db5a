"""Check removal: nobody calls an instance that is gone."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from conformance.record.schema import HopAnswer
from tests.judge.handmade import MS, Handmade, Row, request_id
from tests.judge.healthy import made, starved


def _execute_late(record: Handmade, at_ms: float, incarnation: str | None = None) -> None:
    """One more execution on an incarnation that is leaving: S-01.1, marked at 320 ms, stopped at 410 ms."""
    incarnation = incarnation or f"{record.service}-01.1"
    row = next(row for row in record.executions if row["incarnation"] == incarnation)
    record.executions.append(row | {"start_ns": int(at_ms * MS), "end_ns": int(at_ms * MS) + MS})


def _signal_earlier(record: Handmade, by_ms: int) -> None:
    record.events = [
        msgspec.structs.replace(event, at_ns=event.at_ns - by_ms * MS) if isinstance(event, events.Signalled) else event
        for event in record.events
    ]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_nothing_starts_after_the_mark(tmp_path: Path, service: str) -> None:
    record = made(service)
    assert record.findings("removal", tmp_path) == []
    lags = record.judged(tmp_path / "judged").removals
    assert [(lag.incarnation, lag.lag_s, lag.executions_after) for lag in lags] == [
        (f"{record.service}-01.1", 0.0, 0),
        (f"{record.service}-02.1", 0.0, 0),
    ]


@pytest.mark.parametrize("service", ["orders", "inventory"])
def test_passes_where_the_lag_is_within_the_policys_bound_and_reports_it(tmp_path: Path, service: str) -> None:
    record = made(service)
    _execute_late(record, 369)
    assert record.findings("removal", tmp_path) == []
    lag = record.judged(tmp_path / "judged").removals[0]
    assert (lag.lag_s, lag.executions_after, lag.step) == (0.049, 1, "Batch 1 of 2")


@pytest.mark.parametrize("service", ["orders", "inventory"])
def test_fails_on_a_lag_beyond_the_policys_bound(tmp_path: Path, service: str) -> None:
    record = made(service)
    _execute_late(record, 330)
    _execute_late(record, 372)
    (found,) = record.findings("removal", tmp_path)
    assert (found.verdict, found.finding, found.count) == (Verdict.NO_GO, "removal lag", 2)
    assert (found.step, found.substep, found.instance) == ("Batch 1 of 2", "2.2 Serve on", f"{record.service}-01")
    assert found.message == (
        f"2 executions started on {record.service}-01.1 after it had marked itself offline in Batch 1 of 2, "
        "the last 0.052 s after; the policy allows 0.05 s"
    )


@pytest.mark.parametrize(
    ("from_ms", "until_ms", "verdict"),
    [(300, 350, Verdict.INCONCLUSIVE), (300, 340, Verdict.NO_GO), (372, 900, Verdict.NO_GO)],
)
def test_lacks_evidence_where_the_machine_had_no_processor_to_spare_for_half_of_the_lag(
    tmp_path: Path, from_ms: int, until_ms: int, verdict: Verdict
) -> None:
    record = made()
    _execute_late(record, 372)
    record.events.append(starved(from_ms, until_ms))
    (found,) = record.findings("removal", tmp_path)
    excused = verdict is Verdict.INCONCLUSIVE
    assert (found.verdict, found.finding, found.starved) == (verdict, "removal lag", excused)
    said = "the policy allows 0.05 s; the machine was CPU-starved meanwhile"
    assert found.message.endswith(said if excused else "the policy allows 0.05 s")


def test_fails_on_an_execution_after_a_drain_or_a_call_after_a_stop_however_busy_the_machine(tmp_path: Path) -> None:
    drained = made("storefront")
    _execute_late(drained, 320.1)
    stopped = made()
    refused = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")
    stopped.identities[5]["hops"] = msgspec.json.encode([refused]).decode()
    for record, finding in ((drained, "execution after drain"), (stopped, "sent after stop")):
        record.events.append(starved(0, 1_200))
        (found,) = record.findings("removal", tmp_path / finding)
        assert (found.verdict, found.finding) == (Verdict.NO_GO, finding)


def test_passes_on_a_lag_that_is_just_what_the_policy_allows(tmp_path: Path) -> None:
    record = made()
    _execute_late(record, 370)
    assert record.findings("removal", tmp_path) == []


def test_fails_on_any_execution_after_the_slb_acknowledged_a_drain(tmp_path: Path) -> None:
    record = made("storefront")
    _execute_late(record, 320.1)
    (found,) = record.findings("removal", tmp_path)
    assert (found.verdict, found.finding, found.hop) == (Verdict.NO_GO, "execution after drain", "slb->storefront")


def test_passes_where_the_clocks_may_have_made_the_difference(tmp_path: Path) -> None:
    """A start is after the mark only where it is later by more than the clocks parted."""
    record = made("storefront")
    _execute_late(record, 320.1)
    record.environment = msgspec.structs.replace(record.environment, wall_minus_monotonic_end_ns=5 + MS)
    assert record.findings("removal", tmp_path) == []


def test_a_policy_that_promises_nothing_is_measured_from_the_stop_and_not_judged(tmp_path: Path) -> None:
    record = made()
    record.release(lossless=False, removal_bound_s=None, offline="graceful stop")
    record.without(events.MarkedOffline)
    _execute_late(record, 415)
    assert record.findings("removal", tmp_path) == []
    lag = record.judged(tmp_path / "judged").removals[0]
    assert (lag.marked_ns, lag.stopped_ns, lag.executions_after) == (410 * MS, 410 * MS, 1)


def test_fails_on_a_call_that_a_consumer_made_to_a_stopped_instance_even_if_a_retry_hid_it(tmp_path: Path) -> None:
    record = made()
    refused = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")
    answered = HopAnswer("storefront->orders", "orders-02", "orders-02.1", 200, "")
    record.identities[5]["hops"] = msgspec.json.encode([refused, answered]).decode()
    (found,) = record.findings("removal", tmp_path)
    assert (found.verdict, found.finding, found.hop) == (Verdict.NO_GO, "sent after stop", "storefront->orders")
    assert (found.incarnation, found.count, found.requests) == ("orders-01.1", 1, (request_id(5),))
    assert found.message == "1 request sent to orders-01.1 after its stop in Batch 1 of 2, the last 100 ms after"


def test_fails_on_a_request_that_the_slb_sent_to_a_stopped_instance(tmp_path: Path) -> None:
    record = made("storefront")
    record.slb[5] |= {"incarnation": "storefront-01.1", "peer": "storefront-01", "answered": 0, "status": 502}
    record.fail(5)
    (found,) = record.findings("removal", tmp_path)
    assert (found.finding, found.incarnation) == ("sent after stop", "storefront-01.1")


def test_fails_on_an_attempt_at_a_stopped_instance_that_another_one_made_good(tmp_path: Path) -> None:
    record = made("storefront")
    tried: Row = {"incarnation": "storefront-01.1", "peer": "storefront-01", "connected": False, "answered": 0}
    record.slb.append(record.slb[5] | tried)
    record.slb[5]["attempt"] = 2
    (found,) = record.findings("removal", tmp_path)
    assert (found.finding, found.incarnation) == ("sent after stop", "storefront-01.1")


def test_fails_on_a_call_to_one_that_had_ended_even_where_it_is_told_as_answered(tmp_path: Path) -> None:
    record = made()
    record.call(5, HopAnswer("storefront->orders", "orders-01", "orders-01.1", 200, ""))
    (found,) = record.findings("removal", tmp_path)
    assert (found.verdict, found.finding, found.requests) == (Verdict.NO_GO, "sent after stop", (request_id(5),))


def test_fails_on_a_call_that_failed_between_signal_and_end(tmp_path: Path) -> None:
    """Signalled at 290 ms, ended at 420 ms; request 3 is sent at 310 ms."""
    record = made()
    _signal_earlier(record, 120)
    record.call(3, HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "reset before answer"))
    (found,) = record.findings("removal", tmp_path)
    assert (found.finding, found.incarnation, found.requests) == ("sent after stop", "orders-01.1", (request_id(3),))


def test_calls_to_one_that_had_stopped_are_one_finding_from_the_first_to_the_last(tmp_path: Path) -> None:
    record = made()
    refused = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")
    for seq in (8, 5):
        record.call(seq, refused, refused)
    (found,) = record.findings("removal", tmp_path)
    assert (found.count, found.requests) == (2, (request_id(5), request_id(8)))
    assert (found.first_ns, found.last_ns) == (record.requests[5]["sent_ns"], record.requests[8]["sent_ns"])
    assert found.message == "2 requests sent to orders-01.1 after its stop in Batch 1 of 2, the last 400 ms after"


def test_passes_where_an_instance_answers_well_between_signal_and_end(tmp_path: Path) -> None:
    """One that leaves its callers' lists in its shutdown hook and serves on: nothing was lost."""
    record = made()
    _signal_earlier(record, 100)
    assert record.findings("removal", tmp_path) == []


def test_passes_where_a_request_failed_elsewhere_while_an_instance_was_stopping(tmp_path: Path) -> None:
    record = made()
    _signal_earlier(record, 120)
    record.fail(
        3,
        hops=[
            HopAnswer("storefront->orders", "orders-01", "orders-01.1", 200, ""),
            HopAnswer("orders->inventory", "inventory-01", "inventory-01.1", 0, "reset before answer"),
        ],
    )
    assert record.findings("removal", tmp_path) == []


def test_lacks_evidence_where_the_log_of_one_that_left_shows_nothing(tmp_path: Path) -> None:
    record = made()
    record.drop_executions(incarnation="orders-01.1")
    (found,) = record.findings("removal", tmp_path)
    assert (found.verdict, found.finding, found.incarnation) == (
        Verdict.INCONCLUSIVE,
        "too little evidence",
        "orders-01.1",
    )


def test_a_lag_that_no_log_shows_is_untested_by_name(tmp_path: Path) -> None:
    record = made()
    record.undeclare("executions")
    record.executions.clear()
    judgement = record.judged(tmp_path)
    assert "removal: orders does not declare executions: how long it was called after its mark" in judgement.untested
    assert judgement.removals == ()


def _coarse(record: Handmade, resolution_ms: int) -> None:
    """The log of the released service tells times so finely."""
    told = events.ExecutionsRead(at_ns=1_300 * MS, step="", service=record.service, resolution_ns=resolution_ms * MS)
    record.events.append(told)


def _called_after_the_mark(record: Handmade, by_ms: float) -> None:
    marked = next(
        e.at_ns for e in record.events if isinstance(e, events.MarkedOffline) and e.incarnation.endswith("01.1")
    )
    row = next(row for row in record.executions if row["incarnation"] == f"{record.service}-01.1")
    record.executions.append(row | {"start_ns": marked + round(by_ms * MS), "end_ns": marked + round(by_ms * MS) + MS})


@pytest.mark.parametrize(("resolution_ms", "after"), [(0, 1), (1, 0), (2, 0)])
def test_a_log_cannot_order_what_lies_within_what_it_tells_apart(
    tmp_path: Path, resolution_ms: int, after: int
) -> None:
    record = made()
    _called_after_the_mark(record, by_ms=0.9)
    if resolution_ms:
        _coarse(record, resolution_ms)
    removal = record.judged(tmp_path).removals[0]
    assert removal.executions_after == after


def test_fails_on_a_lag_that_is_too_long_however_it_is_read(tmp_path: Path) -> None:
    record = made()
    record.release(removal_bound_s=0.04)
    _called_after_the_mark(record, by_ms=45)
    (found,) = record.findings("removal", tmp_path / "fine")
    assert "the last 0.045 s after" in found.message
    _coarse(record, 10)
    assert record.findings("removal", tmp_path / "coarse") == [], "35 ms passed at least, and 40 are allowed"


@pytest.mark.parametrize(("resolution_ms", "lines"), [(1, 0), (1_001, 1)])
def test_a_log_that_is_too_coarse_for_the_bound_is_untested_by_name(
    tmp_path: Path, resolution_ms: int, lines: int
) -> None:
    record = made()
    _coarse(record, resolution_ms)
    found = [line for line in record.judged(tmp_path).untested if line.startswith("removal")]
    told = "removal: the log of orders tells times to 1.0 s: whether it was called for less than that after its mark"
    assert found == [told] * lines
