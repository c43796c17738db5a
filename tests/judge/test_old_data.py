"""Check old_data: what was written before the release could be read until the end."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from tests.judge.handmade import MS, Handmade, Row
from tests.judge.healthy import made

STEP_MS = 5
FIRST = 100


def _many_reads(reads: int = 60) -> Handmade:
    """The healthy record, and further reads from the first batch on: the even ones of old data."""
    record = made()
    row = next(row for row in record.requests if row["route"] == "GET /orders")
    record.requests += [
        row | {"seq": FIRST + number, "due_ns": (260 + STEP_MS * number) * MS, "done_ns": (265 + STEP_MS * number) * MS}
        for number in range(reads)
    ]
    return record


def _reads(record: Handmade, *, old: bool) -> list[Row]:
    return [row for row in record.requests if int(row["seq"]) >= FIRST and (int(row["seq"]) % 2 == 0) is old]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_old_data_is_read_until_the_end(tmp_path: Path, service: str) -> None:
    assert made(service).findings("old_data", tmp_path) == []


@pytest.mark.parametrize(("error", "status"), [("unexpected status", 404), ("wrong answer", 200)])
def test_fails_where_old_data_is_answered_wrongly_and_new_data_is_not(tmp_path: Path, error: str, status: int) -> None:
    record = _many_reads()
    for row in _reads(record, old=True)[10:17]:
        row |= {"error": error, "status": status}
    (found,) = record.findings("old_data", tmp_path)
    assert (found.finding, found.verdict, found.count) == ("old data not read", Verdict.NO_GO, 7)
    told = "status 404" if status == 404 else error
    assert found.message == (
        "7 of 34 reads of what was written before the release failed by their answers (0.4 s): "
        f"7 {told}; of 30 reads of newer data, 0"
    )
    assert found.step == "Batch 1 of 2"


@pytest.mark.parametrize(
    ("error", "status"), [("unexpected status", 503), ("reset before answer", 0), ("timeout before answer", 0)]
)
def test_passes_where_they_failed_on_their_way(tmp_path: Path, error: str, status: int) -> None:
    """Those are failed requests, and say nothing of the data."""
    record = _many_reads()
    for row in _reads(record, old=True)[10:17]:
        row |= {"error": error, "status": status}
    assert record.findings("old_data", tmp_path) == []


def test_passes_where_new_data_fails_as_often(tmp_path: Path) -> None:
    record = _many_reads()
    for row in (*_reads(record, old=True)[10:17], *_reads(record, old=False)[10:17]):
        row |= {"error": "unexpected status", "status": 500}
    assert record.findings("old_data", tmp_path) == []


def test_passes_where_so_few_failed_that_it_may_be_chance(tmp_path: Path) -> None:
    record = _many_reads()
    for row in _reads(record, old=True)[10:14]:
        row |= {"error": "unexpected status", "status": 500}
    assert record.findings("old_data", tmp_path) == []


def test_lacks_evidence_where_none_was_read_since_the_last_batch_began(tmp_path: Path) -> None:
    record = made()
    for row in record.requests:
        if int(row["seq"]) in (8, 10):
            row |= {"route": "POST /orders", "is_write": True}
    (found,) = record.findings("old_data", tmp_path)
    assert (found.finding, found.verdict) == ("too little evidence", Verdict.INCONCLUSIVE)
    assert found.message == "nothing that was written before the release was read since its last batch began"


def test_a_workload_that_reads_nothing_back_is_untested_by_name(tmp_path: Path) -> None:
    record = made()
    write, read = record.contract.load.routes
    record.routes(write, msgspec.structs.replace(read, reads_back=False))
    gap = "old_data: no route that only reads names {written}: whether what the old version wrote can be read"
    assert [line for line in record.judged(tmp_path).untested if line.startswith("old_data")] == [gap]
