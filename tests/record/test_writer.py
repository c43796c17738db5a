"""Writing a record: what is written is there at once, whole, and sealed only when it is complete."""

import hashlib
import json
import threading
from pathlib import Path

import msgspec
import pytest

from conformance.record import events
from conformance.record.files import BrokenRecord
from conformance.record.schema import ANSWERS, EXECUTIONS, LEDGER, REQUESTS, SLB, STATES, Table
from conformance.record.writer import RecordWriter
from tests.judge.healthy import made


def test_an_event_is_on_disk_when_it_has_been_written(tmp_path: Path) -> None:
    """Also where the process is killed in the next moment."""
    writer = RecordWriter(tmp_path)
    writer.event(events.Trouble(at_ns=1, step="", what="first"))
    assert json.loads((tmp_path / "events.jsonl").read_text())["what"] == "first"
    writer.event(events.Trouble(at_ns=2, step="", what="second"))
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 2


def test_events_of_many_threads_are_whole_lines(tmp_path: Path) -> None:
    writer = RecordWriter(tmp_path)

    def write(number: int) -> None:
        for at in range(100):
            writer.event(events.Trouble(at_ns=at, step=str(number), what="x" * 5_000))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    assert {msgspec.json.decode(line, type=events.Trouble).what for line in lines} == {"x" * 5_000}
    assert len(lines) == 800


def test_rows_of_many_threads_are_whole_lines(tmp_path: Path) -> None:
    row = ("r1", "e" * 500, "i", "i.1", "v")
    with RecordWriter(tmp_path).table(LEDGER) as rows:
        threads = [threading.Thread(target=rows.write_all, args=([row] * 100,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = (tmp_path / "ledger.csv").read_text().splitlines()
    assert lines[0] == LEDGER.header
    assert set(lines[1:]) == {",".join(row)}
    assert len(lines) == 801


@pytest.mark.parametrize("row", [("r1", "e", "i", "i.1"), ("r1", "e", "i", "i.1", "v", "more"), ()])
def test_a_row_of_another_width_than_its_table_is_refused(tmp_path: Path, row: tuple[str, ...]) -> None:
    with RecordWriter(tmp_path).table(LEDGER) as rows, pytest.raises(ValueError, match="ledger has 5 columns"):
        rows.write(row)


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\n"])
def test_a_value_with_a_line_break_is_refused(tmp_path: Path, value: str) -> None:
    """A line is a row: whoever counts lines counts rows."""
    with RecordWriter(tmp_path).table(LEDGER) as rows, pytest.raises(ValueError, match="line break"):
        rows.write((value, "e", "i", "i.1", "v"))


@pytest.mark.parametrize("table", [REQUESTS, ANSWERS], ids=lambda table: table.name)
def test_the_loads_tables_are_not_written_from_here(tmp_path: Path, table: Table) -> None:
    with pytest.raises(ValueError, match="the load's own process"):
        RecordWriter(tmp_path).table(table)


def test_a_table_is_begun_once(tmp_path: Path) -> None:
    writer = RecordWriter(tmp_path)
    writer.table(STATES)
    with pytest.raises(FileExistsError):
        writer.table(STATES)


def test_a_directory_holds_one_record(tmp_path: Path) -> None:
    RecordWriter(tmp_path).write_contract(made().contract)
    with pytest.raises(FileExistsError):
        RecordWriter(tmp_path)


def test_the_end_marker_names_every_file_with_length_hash_and_rows(tmp_path: Path) -> None:
    record = made()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "orders-01.1.log").write_text("a line\n")
    record.write(tmp_path)
    marker = json.loads((tmp_path / "end.json").read_text())
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert set(marker["files"]) == there - {"end.json"}
    for name, sealed in marker["files"].items():
        data = (tmp_path / name).read_bytes()
        assert (sealed["bytes"], sealed["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert marker["files"]["requests.csv"]["rows"] == 12
    assert marker["files"]["logs/orders-01.1.log"]["rows"] is None


def test_a_table_that_was_never_begun_is_there_with_its_header_alone(tmp_path: Path) -> None:
    """Evidence that could not be had is an empty table; the events say why."""
    record = made()
    writer = RecordWriter(tmp_path)
    writer.write_contract(record.contract)
    writer.write_plan(record.plan, "")
    record._write_load(tmp_path)
    writer.write_environment(record.environment)
    writer.seal()
    for table in (EXECUTIONS, SLB, LEDGER, STATES):
        assert (tmp_path / table.file).read_text() == table.header + "\n"


@pytest.mark.parametrize("missing", ["contract.json", "plan.json", "environment.json", "load.json", "requests.csv"])
def test_what_is_incomplete_gets_no_end_marker(tmp_path: Path, missing: str) -> None:
    made().write(tmp_path / "whole")
    writer = RecordWriter(tmp_path / "part")
    for path in (tmp_path / "whole").iterdir():
        if path.name not in {missing, "end.json", "events.jsonl"} and path.name not in _own_tables():
            (tmp_path / "part" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(BrokenRecord, match=f"{missing} was never written"):
        writer.seal()
    assert not (tmp_path / "part" / "end.json").exists()


def _own_tables() -> set[str]:
    return {table.file for table in (EXECUTIONS, SLB, LEDGER, STATES)}


def test_a_load_that_was_cut_within_a_line_gets_no_end_marker(tmp_path: Path) -> None:
    record = made()
    writer = RecordWriter(tmp_path)
    writer.write_contract(record.contract)
    writer.write_plan(record.plan, "")
    record._write_load(tmp_path)
    writer.write_environment(record.environment)
    whole = (tmp_path / "requests.csv").read_bytes()
    (tmp_path / "requests.csv").write_bytes(whole[:-3])
    with pytest.raises(BrokenRecord, match=r"requests\.csv ends within a line"):
        writer.seal()
