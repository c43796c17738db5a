"""Attribution: why each failed request failed where it did, and whether it was executed there; or unknown."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import FailedRequest
from conformance.record import events
from conformance.record.schema import HopAnswer
from conformance.vocabulary import FailureCause
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made

Change = Callable[[Handmade], object]


def _one(record: Handmade, tmp_path: Path) -> FailedRequest:
    (found,) = record.judged(tmp_path / "run").failed_requests
    return found


def _hop(error: str, incarnation: str = "orders-01.1", status: int = 0) -> HopAnswer:
    return HopAnswer("storefront->orders", incarnation.rpartition(".")[0], incarnation, status, error)


def _of(
    kind: Callable[..., events.Event], at_ms: int, incarnation: str = "orders-01.1", **more: object
) -> events.Event:
    instance = incarnation.rpartition(".")[0]
    return kind(at_ns=at_ms * MS, step="2.3", service="orders", instance=instance, incarnation=incarnation, **more)


def _fails(seq: int, hop: HopAnswer, *changes: Change) -> Handmade:
    record = made()
    record.fail(seq, hops=[hop])
    for change in changes:
        change(record)
    record.drop_executions(service="orders", seq=seq)
    record.drop_executions(service="inventory", seq=seq)
    return record


def _ended(**how: object) -> Change:
    def change(record: Handmade) -> None:
        record.events = [
            msgspec.structs.replace(one, **how)
            if isinstance(one, events.Exited) and one.incarnation == "orders-01.1"
            else one
            for one in record.events
        ]

    return change


def _stopped(**how: object) -> Change:
    def change(record: Handmade) -> None:
        record.events = [
            msgspec.structs.replace(one, **how)
            if isinstance(one, events.Signalled) and one.incarnation == "orders-01.1"
            else one
            for one in record.events
        ]

    return change


def _told(*told: events.Event) -> Change:
    return lambda record: record.events.extend(told)


@pytest.mark.parametrize(
    ("record", "cause", "executed"),
    [
        (_fails(6, _hop("connect refused")), FailureCause.GONE, "no"),
        (_fails(4, _hop("connect refused"), _ended(at_ns=900 * MS)), FailureCause.CLOSING, "no"),
        (
            _fails(4, _hop("connect refused"), _ended(at_ns=900 * MS), _stopped(signal="SIGKILL")),
            FailureCause.GONE,
            "no",
        ),
        (_fails(4, _hop("reset before answer"), _ended(at_ns=900 * MS)), FailureCause.CUT, "unknown"),
        (
            _fails(4, _hop("eof before answer"), _ended(at_ns=900 * MS), _stopped(at_ns=850 * MS)),
            FailureCause.LEFT,
            "unknown",
        ),
        (
            _fails(4, _hop("connect refused"), _ended(at_ns=900 * MS), _stopped(at_ns=850 * MS)),
            FailureCause.UNKNOWN,
            "no",
        ),
        (_fails(5, _hop("connect refused", "orders-02.1")), FailureCause.UNKNOWN, "no"),
        (_fails(5, _hop("reset before answer", "orders-02.1")), FailureCause.DROPPED, "unknown"),
        (_fails(5, _hop("eof before answer", "orders-09.1")), FailureCause.UNKNOWN, "unknown"),
        (_fails(5, _hop("", "orders-02.1", 500)), FailureCause.ANSWERED, "unknown"),
        (
            _fails(
                5,
                _hop("reset before answer", "orders-02.1"),
                _told(_of(events.Exited, 515, "orders-02.1", code=1, signal=None)),
            ),
            FailureCause.CRASHED,
            "unknown",
        ),
        (
            _fails(
                5,
                _hop("reset before answer", "orders-02.1"),
                _told(_of(events.Exited, 515, "orders-02.1", code=None, signal="SIGKILL", out_of_memory=True)),
            ),
            FailureCause.OUT_OF_MEMORY,
            "unknown",
        ),
        (
            _fails(
                5,
                _hop("timeout before answer", "orders-02.1"),
                _told(_of(events.Struck, 505, "orders-02.1", harm="hang")),
            ),
            FailureCause.SILENT,
            "unknown",
        ),
        (_fails(4, _hop("connect refused", "orders-01.2")), FailureCause.NOT_READY, "no"),
        (
            _fails(
                5,
                _hop("", "orders-02.1", 500),
                _told(
                    events.ServerStopped(at_ns=500 * MS, step="2.3", server="database"),
                    events.ServerStarted(at_ns=600 * MS, step="2.3", server="database"),
                ),
            ),
            FailureCause.SERVER_AWAY,
            "unknown",
        ),
    ],
)
def test_a_cause_is_what_the_record_proves(
    tmp_path: Path, record: Handmade, cause: FailureCause, executed: str
) -> None:
    found = _one(record, tmp_path)
    assert (found.cause, found.executed) == (cause, executed)
    assert found.hop == "storefront->orders"


def test_an_instance_leaves_from_when_its_way_down_begins_and_not_only_from_when_that_was_answered(
    tmp_path: Path,
) -> None:
    record = _fails(4, _hop("eof before answer"), _ended(at_ns=900 * MS), _stopped(at_ns=850 * MS))
    record.events = [
        msgspec.structs.replace(one, at_ns=840 * MS)
        if isinstance(one, events.MarkedOffline) and one.incarnation == "orders-01.1"
        else one
        for one in record.events
    ]
    assert _one(record, tmp_path).cause is FailureCause.LEFT


def test_an_execution_or_an_effect_proves_that_it_was_executed(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=[_hop("eof in answer", "orders-01.2")])
    assert _one(record, tmp_path).executed == "yes"
    record.drop_executions(seq=5)
    assert _one(record, tmp_path / "by effect").executed == "yes"


@pytest.mark.parametrize(
    ("stopped", "cause"), [((), FailureCause.DROPPED), ((300, 600), FailureCause.SERVER_AWAY)], ids=["up", "stopped"]
)
def test_an_slb_that_ends_a_connection_served_on_where_nobody_had_stopped_it(
    tmp_path: Path, stopped: tuple[int, int] | tuple[()], cause: FailureCause
) -> None:
    record = made()
    record.fail(5, "reset before answer", 0)
    record.forget_answer(5)
    record.slb.pop(5)
    record.drop_executions(seq=5)
    if stopped:
        record.events += [
            events.ServerStopped(at_ns=stopped[0] * MS, step="2.3", server="slb"),
            events.ServerStarted(at_ns=stopped[1] * MS, step="2.3", server="slb"),
        ]
    found = _one(record, tmp_path)
    assert (found.hop, found.cause) == ("client->slb", cause)


def test_what_nobody_could_take_was_executed_by_nobody(tmp_path: Path) -> None:
    record = made()
    record.fail(6)
    record.forget_answer(6)
    record.requests[6]["status"] = 502
    record.slb[6] |= {"attempt": 0, "status": 502, "peer": "", "incarnation": "", "connected": False, "answered": 0}
    record.drop_executions(seq=6)
    found = _one(record, tmp_path)
    assert (found.cause, found.executed) == (FailureCause.NOBODY_LISTED, "no")
