"""Check workers: each worker of the load did its part."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from conformance.record.load_end import WorkerEnd
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made


def _each(record: Handmade, number: int, /, **changes: object) -> WorkerEnd:
    own = sum(int(row["seq"]) % 2 == number - 1 for row in record.requests)
    each = WorkerEnd(
        number=number,
        process=4_000 + number,
        planned=own,
        sent=own,
        rows=own,
        crc32=0,
        lateness_p99_ms=0.1,
        lateness_max_ms=0.2,
        cpu_s=0.1,
        connections=8,
        realtime=True,
        timer="timerfd",
        told_before_ns=400 * MS,
        clock_ahead_ns=20_000,
        clock_within_ns=300_000,
    )
    return msgspec.structs.replace(each, **changes)


def shared(**changes: object) -> Handmade:
    """A healthy record whose load two workers have shared; ``changes`` are the second one's."""
    record = made()
    load = msgspec.structs.replace(record.contract.load, workers=2)
    record.contract = msgspec.structs.replace(record.contract, load=load)
    record.load |= {"workers": 2, "each": (_each(record, 1), _each(record, 2, **changes))}
    return record


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("workers", tmp_path)
    assert found.verdict is Verdict.INCONCLUSIVE
    return found


def test_passes_where_one_process_sent_all(tmp_path: Path) -> None:
    assert made().findings("workers", tmp_path) == []


def test_passes_where_each_did_its_part(tmp_path: Path) -> None:
    assert shared().findings("workers", tmp_path) == []
    assert shared().judged(tmp_path / "judged").verdict is Verdict.GO


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"told_before_ns": -12 * MS},
            "load not sustained",
            "load worker 2 of 2 began late: it learned when the load begins 12.0 ms after that",
        ),
        (
            {"clock_ahead_ns": 5 * MS},
            "clocks disagree",
            "load worker 2 of 2: its clock is 5.0 ms (to 0.3 ms) from the master's: it is not the same clock",
        ),
        (
            {"clock_within_ns": 21 * MS},
            "clocks disagree",
            (
                "load worker 2 of 2: its clock is known to 21.0 ms only: "
                "the machine had no time to answer; give it more room"
            ),
        ),
        (
            {"rows": 5, "sent": 4},
            "contradictory record",
            "load worker 2 of 2 had 6 requests to send and tells of 5, 4 sent; its rows are 6, 6 sent",
        ),
        ({"number": 1}, "contradictory record", "load worker 2 of 2 has the figures of number 1"),
    ],
)
def test_fails_as_inconclusive_on_a_worker_by_its_own_figures(
    tmp_path: Path, changes: dict[str, object], kind: str, message: str
) -> None:
    found = _only(shared(**changes), tmp_path)
    assert (found.finding, found.message) == (kind, message)


def test_fails_as_inconclusive_on_a_worker_that_sent_late(tmp_path: Path) -> None:
    """All rows together may be on time: of many workers one is few requests."""
    record = shared()
    record.thresholds(lateness_p99_ms=50.0)
    for row in record.requests:
        if int(row["seq"]) % 2:
            row["sent_ns"] = int(row["due_ns"]) + 60 * MS
            row["first_ns"] = row["done_ns"] = int(row["due_ns"]) + 70 * MS
    found = _only(record, tmp_path)
    assert found.message == "load worker 2 of 2 sent late: p99 60.0 ms, at most 50.0 ms allowed"


def test_fails_as_inconclusive_on_a_worker_that_did_not_send_all(tmp_path: Path) -> None:
    record = shared(sent=5)
    record.fail(5, error="not sent", status=0)
    record.requests[5]["sent_ns"] = 0
    found = _only(record, tmp_path)
    assert found.message == "load worker 2 of 2 sent 5 of its 6 requests (83.33%); at least 99.90% wanted"


@pytest.mark.parametrize(("told", "figures"), [({"workers": 1, "each": ()}, 0), ({"each": ()}, 0)])
def test_lacks_evidence_where_workers_were_planned_and_nothing_is_told_of_them(
    tmp_path: Path, told: dict[str, object], figures: int
) -> None:
    record = shared()
    record.load |= told
    found = _only(record, tmp_path)
    by_marker = told.get("workers", 2)
    assert found.finding == "contradictory record"
    assert found.message == (
        f"the workers are 2 by the contract and {by_marker} by the load's end marker, which has figures of {figures}"
    )


def test_a_worker_that_ran_elsewhere_is_named_by_its_place(tmp_path: Path) -> None:
    found = _only(shared(place="load-7", told_before_ns=0), tmp_path)
    assert found.message.startswith("load worker 2 of 2 (load-7) began late: ")
