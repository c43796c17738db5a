"""failed-requests.csv: a row per failed request, and no more rows than a spreadsheet takes."""

import csv
from pathlib import Path

import pytest

from conformance.record.reader import BrokenRecord
from conformance.record.schema import HopAnswer
from reports import failed_requests
from reports.failed_requests import write_failed_requests
from tests.judge.handmade import request_id
from tests.judge.healthy import made


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_failed_request_has_a_row_with_where_when_and_how(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, 'said "no", twice')])
    record.drop_effects(5, "confirmed")
    record.fail(8)
    record.fail(0)  # before the release began
    path = tmp_path / "new folder" / "failed-requests.csv"
    assert write_failed_requests(record.write(tmp_path / "run"), path) == 2
    first, second = _read(path)
    assert first == {
        "request": request_id(5),
        "method": "POST",
        "route": "POST /orders",
        "step": "Batch 1 of 2",
        "due_s": "0.510000",
        "sent_s": "0.510100",
        "ended_s": "0.520000",
        "after_ms": "10.000",
        "status": "502",
        "error": "unexpected status",
        "hop": "storefront->orders",
        "instance": "orders-01",
        "incarnation": "orders-01.1",
        "hop_error": 'said "no", twice',
        "missing_effects": "confirmed",
        "executed": "unknown",
        "cause": "sent to one that had ended",
    }
    assert (second["request"], second["missing_effects"]) == (request_id(8), "")
    assert list(path.parent.iterdir()) == [path]


def test_of_too_many_the_first_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_requests, "MOST_ROWS", 2)
    record = made()
    for seq in (4, 5, 6, 7):
        record.fail(seq)
    path = tmp_path / "failed-requests.csv"
    assert write_failed_requests(record.write(tmp_path / "run"), path) == 2
    assert [row["request"] for row in _read(path)] == [request_id(4), request_id(5)]


def test_a_record_that_was_changed_since_gives_no_file(tmp_path: Path) -> None:
    record = made()
    record.fail(5)
    directory = record.write(tmp_path / "run")
    (directory / "slb.csv").write_text("")
    path = tmp_path / "failed-requests.csv"
    with pytest.raises(BrokenRecord):
        write_failed_requests(directory, path)
    assert not path.exists()
