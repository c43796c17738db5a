"""Writing a record while a run goes on."""

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self

import msgspec

from conformance.log_lines import by_name
from conformance.record import files
from conformance.record.contract import Contract, Environment, PlanNode
from conformance.record.events import Event
from conformance.record.schema import ANSWERS, REQUESTS, TABLES, Table
from conformance.record.seal import seal

Value = str | int | bool


class TableWriter:
    """Appends rows to one table. Safe to use from several threads."""

    def __init__(self, path: Path, table: Table) -> None:
        self._table = table
        self._width = len(table.columns)
        self._lock = threading.Lock()
        self._file = path.open("x", encoding="utf-8", errors="backslashreplace", newline="")
        self._file.write(table.header + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, row: Sequence[Value]) -> None:
        """Append one row, its values in the order of the table's columns.

        Raises:
            ValueError: The row has more or fewer values than the table has columns, or a value holds a line break.
        """
        if len(row) != self._width:
            raise ValueError(f"{self._table.name} has {self._width} columns, the row {len(row)} values: {row!r}")
        line = ",".join([_cell(value) for value in row])
        if "\n" in line or "\r" in line:
            raise ValueError(f"a value for {self._table.name} holds a line break: {row!r}")
        with self._lock:
            self._file.write(line + "\n")

    def write_all(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append several rows; see :meth:`write`."""
        for row in rows:
            self.write(row)

    def close(self) -> None:
        """Write what is buffered. Repeatable."""
        with self._lock:
            self._file.close()


class RecordWriter:
    """Writes one run's record into its directory, which may not hold another.

    ``requests.csv``, ``answers.csv`` and ``load.json`` are written into the same directory by the load's own process.
    """

    def __init__(self, directory: Path, redaction: Callable[[str], str] = str) -> None:
        """Begin a record; whatever is written as JSON or text first passes the redaction, which takes out secrets."""
        self._redaction = redaction
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._tables: dict[Table, TableWriter] = {}
        self._lock = threading.Lock()
        self._events = (directory / files.EVENTS).open("xb", buffering=0)

    def write_contract(self, contract: Contract) -> None:
        """Write what the run promises; the first thing that is written."""
        self._write_json(files.CONTRACT, contract)

    def write_plan(self, nodes: Sequence[PlanNode], text: str) -> None:
        """Write the plan, for machines and for people."""
        self._write_json(files.PLAN, tuple(nodes))
        (self._directory / files.PLAN_TEXT).write_text(self._redaction(text), encoding="utf-8")

    def write_environment(self, environment: Environment) -> None:
        """Write where and when the run took place."""
        self._write_json(files.ENVIRONMENT, environment)

    def event(self, event: Event) -> None:
        """Append an event; it is with the operating system when this returns. Safe to call from several threads.

        Logs that it names are named without their folder, which goes with the session.
        """
        line = self._redaction(msgspec.json.encode(_naming_logs(event)).decode()).encode() + b"\n"
        with self._lock:
            self._events.write(line)

    def table(self, table: Table) -> TableWriter:
        """Begin one of the tables that are this side's to write; it may be begun once.

        Raises:
            ValueError: The table is the load's.
            FileExistsError: The table has been begun already.
        """
        if table in (REQUESTS, ANSWERS):
            raise ValueError(f"{table.file} is written by the load's own process")
        writer = TableWriter(self._directory / table.file, table)
        self._tables[table] = writer
        return writer

    def seal(self) -> None:
        """End the record: close what is open, then write the end marker over everything in the directory.

        A table that was never begun is there with its header alone: whoever judges sees that nothing was found, and the
        events tell why.

        Raises:
            BrokenRecord: The record is not complete. Then there is no end marker, and none must be made up.
        """
        for table in TABLES:
            if table not in (REQUESTS, ANSWERS) and table not in self._tables:
                self.table(table)
        for writer in self._tables.values():
            writer.close()
        with self._lock:
            self._events.close()
        seal(self._directory)

    def _write_json(self, name: str, value: object) -> None:
        with (self._directory / name).open("xb") as file:
            file.write(
                self._redaction(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()).encode() + b"\n"
            )


def _naming_logs(event: Event) -> Event:
    texts = {name: by_name(text) for name, text in msgspec.structs.asdict(event).items() if isinstance(text, str)}
    return msgspec.structs.replace(event, **texts)


def _cell(value: Value) -> str:
    """One value as CSV writes it (RFC 4180): quoted only where it must be."""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"' if '"' in value or "," in value else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
