"""Check clean_stops: a stop is one."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made


def _ended(record: Handmade, **how: object) -> None:
    record.events = [
        msgspec.structs.replace(one, **how)
        if isinstance(one, events.Exited) and one.incarnation == "orders-01.1"
        else one
        for one in record.events
    ]


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("clean_stops", tmp_path)
    return found


@pytest.mark.parametrize("how", [{}, {"code": 143}, {"code": None, "signal": "SIGTERM"}])
def test_passes_where_everybody_heeded_the_signal(tmp_path: Path, how: dict[str, object]) -> None:
    record = made()
    _ended(record, **how)
    assert record.findings("clean_stops", tmp_path) == []


@pytest.mark.parametrize(
    "how",
    [
        {"code": 1},
        {"code": 137},
        {"code": None, "signal": "SIGSEGV"},
        {"code": None, "signal": "SIGKILL"},
        {"out_of_memory": True},
        {"survivors": 1},
        {"code": None, "signal": "SIGTERM", "survivors": 2},
    ],
)
def test_fails_on_an_end_that_the_stop_signal_does_not_explain(tmp_path: Path, how: dict[str, object]) -> None:
    record = made()
    _ended(record, **how)
    found = _only(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "unclean stop")
    assert found.incarnation == "orders-01.1"


def test_a_shell_that_hands_no_signal_on_is_told_with_its_remedy(tmp_path: Path) -> None:
    record = made()
    _ended(record, code=None, signal="SIGTERM", survivors=1)
    message = _only(record, tmp_path).message
    assert message.startswith(
        "orders-01.1 was sent SIGTERM at 0.4 s and ended by SIGTERM at 0.4 s, and 1 of the processes"
    )
    assert "exec" in message


def test_fails_on_an_execution_that_was_under_way_after_it_had_said_that_none_was(tmp_path: Path) -> None:
    record = made()
    for row in record.executions:
        if row["request_id"] == "r1-00000003" and row["service"] == "orders":
            row["end_ns"] = 435 * MS
    found = _only(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "unclean stop")
    assert "its log shows 1 under way" in found.message


def test_passes_on_a_stamp_that_is_later_than_the_end_of_who_made_it(tmp_path: Path) -> None:
    """Nobody writes a line after its end: ``clock`` says so."""
    record = made()
    for row in record.executions:
        if row["request_id"] == "r1-00000003" and row["service"] == "orders":
            row["end_ns"] = 450 * MS
    assert record.findings("clean_stops", tmp_path / "stops") == []
    assert record.findings("clock", tmp_path / "clock") != []


def test_fails_on_an_end_in_two_ways(tmp_path: Path) -> None:
    record = made()
    _ended(record, code=0, signal="SIGTERM")
    assert "contradictory record" in {one.finding for one in record.findings("clean_stops", tmp_path)}


def test_a_kill_that_the_run_sent_ends_by_a_kill(tmp_path: Path) -> None:
    record = made()
    record.events.append(
        events.Signalled(
            at_ns=412 * MS,
            step="2.3",
            service="orders",
            instance="orders-01",
            incarnation="orders-01.1",
            signal="SIGKILL",
        )
    )
    _ended(record, code=None, signal="SIGKILL", at_ns=415 * MS)
    assert record.findings("clean_stops", tmp_path) == []
    _ended(record, code=1, signal=None)
    assert _only(record, tmp_path / "again").verdict is Verdict.INCONCLUSIVE


def test_fails_where_the_last_one_was_stopped(tmp_path: Path) -> None:
    record = made()
    record.without(events.Launched, "orders-02.2")
    record.without(events.Ready, "orders-02.2")
    found = record.findings("clean_stops", tmp_path)
    assert [one.finding for one in found] == []  # it serves: that its launch is not told is another check's
    for kind in (events.Registered, events.Listed, events.Answered):
        record.without(kind, "orders-02.2")
    found = record.findings("clean_stops", tmp_path / "gone")
    assert [(one.finding, one.verdict) for one in found] == [("not replaced", Verdict.INCONCLUSIVE)]


def test_lacks_evidence_where_no_end_is_recorded(tmp_path: Path) -> None:
    """That an end was not seen is said by ``stops``."""
    record = made()
    record.without(events.Exited)
    record.executions = []
    assert record.findings("clean_stops", tmp_path) == []
