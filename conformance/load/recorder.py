"""Writing what came of every request: requests.csv, answers.csv and, after the last row, the end marker load.json.

Rows are written as they come, 64 at a time, so that a process that is killed leaves all but the last moment behind, and
no end marker: without one the record does not count. A worker of several numbers requests, connections and answers as
no other does, so that the rows of all of them, put together, are one record.
"""

import os
import zlib
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from conformance.load.answer import NOBODY, Identity
from conformance.load.lateness import Lateness
from conformance.load.request import Request
from conformance.load.spec import LoadSpec
from conformance.load.tasks.execution import Execution
from conformance.record import files
from conformance.record.load_end import LoadEnd
from conformance.record.schema import ANSWERS, REQUESTS, TASKS, TOLD, Table

_BATCH = 64


class Recorder:
    """Records one load into its directory. None of the files may exist yet; raises FileExistsError."""

    def __init__(self, spec: LoadSpec) -> None:
        self._directory = Path(spec.directory)
        self._origin_ns = spec.origin_ns
        self._routes: list[str] = []
        for route in spec.routes:
            self.add_route(route.name, write=route.write)
        if (self._directory / files.LOAD).exists():
            raise FileExistsError(f"{self._directory / files.LOAD} exists: the directory holds another run's record")
        self._requests = _CsvFile(self._directory, REQUESTS, batch=_BATCH)
        self._answers = _CsvFile(self._directory, ANSWERS, batch=1)
        self._numbers: dict[Identity, int] = {NOBODY: 0}
        self._further = count(spec.own_number(0) + 1, spec.workers)
        """Numbers of those who answer, which no other worker gives."""
        if spec.worker == 0:
            self._answers.add(self._row_of(0, NOBODY))
        self._sent = 0
        self._lateness = Lateness() if spec.workers > 1 else None
        """None: nobody asks for one process's part."""
        self._told = _CsvFile(self._directory, TOLD, batch=1) if spec.joined_by else None

    def add_route(self, name: str, *, write: bool) -> None:
        """A further kind of request; they are numbered from 0."""
        self._routes.append(f"{_cell(name)},{'true' if write else 'false'}")

    def identify(self, identity: Identity) -> int:
        """The number of a set of identity headers. Its row is written before any request can name it."""
        number = self._numbers.get(identity)
        if number is None:
            number = self._numbers[identity] = next(self._further)
            self._answers.add(self._row_of(number, identity))
        return number

    def add(self, request: Request) -> None:
        """Record one request that has been accounted for."""
        origin = self._origin_ns
        sent, first = request.sent_ns, request.first_ns
        if sent:
            self._sent += 1
            if self._lateness is not None:
                self._lateness.add(sent - request.due_ns)
        if request.told and self._told is not None:  # before the row that says that it was acknowledged
            self._told.add(f"{request.seq},{_cell(request.told.decode('utf-8', 'backslashreplace'))}")
        self._requests.add(
            f"{request.seq},{self._routes[request.route]},{request.work_ms},{request.due_ns - origin},"
            f"{sent - origin if sent else 0},{first - origin if first else 0},{request.done_ns - origin},"
            f"{request.connection},{request.connection_age_us},{request.connection_uses},"
            f"{request.status},{request.error},{request.answer}"
        )

    @staticmethod
    def _row_of(number: int, identity: Identity) -> str:
        values = (value.decode("utf-8", "backslashreplace") for value in identity)
        return ",".join([str(number), *map(_cell, values)])

    def close(self) -> "Written":
        """Bring all rows to the disk; returns what was written."""
        self._answers.close()
        if self._told is not None:
            self._told.close()
        self._requests.close()
        return Written(self._requests.rows, self._requests.crc32, self._answers.rows, self._sent, self._lateness)


class TaskRecorder:
    """Records what became of each task execution. The file may not exist yet; raises FileExistsError."""

    def __init__(self, spec: LoadSpec) -> None:
        self._origin_ns = spec.origin_ns
        self._file = _CsvFile(Path(spec.directory), TASKS, batch=_BATCH)

    def add(self, execution: Execution) -> None:
        """One that is over."""
        origin, started = self._origin_ns, execution.started_ns
        self._file.add(
            f"{execution.number},{_cell(execution.name)},{execution.user},{execution.due_ns - origin},"
            f"{started - origin if started else 0},{execution.ended_ns - origin},{execution.outcome},"
            f"{' '.join(map(str, execution.requests))}"
        )

    def close(self) -> int:
        """Bring all rows to the disk; returns their number."""
        self._file.close()
        return self._file.rows


class Written(NamedTuple):
    """What a recorder has written."""

    rows: int
    crc32: int
    """Over all bytes of requests.csv."""
    answers: int
    sent: int
    """Rows with a time of sending."""
    lateness: Lateness | None = None
    """Of those, where they are one worker's of several."""


def write_end(directory: Path, end: LoadEnd) -> None:
    """Write the end marker: it is there in full or not at all, also after a crash."""
    whole, part = directory / files.LOAD, directory / f".{files.LOAD}.part"
    with part.open("xb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(end)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(whole)
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _CsvFile:
    """A table that is being written: a header, then rows in batches; counted and summed as they go."""

    def __init__(self, directory: Path, table: Table, *, batch: int) -> None:
        self.rows = 0
        self.crc32 = 0
        self._batch = batch
        self._waiting: list[str] = []
        self._descriptor = os.open(directory / table.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._write(table.header + "\n")

    def add(self, row: str) -> None:
        """Add a row, given without its end."""
        self.rows += 1
        self._waiting.append(row)
        if len(self._waiting) >= self._batch:
            self._flush()

    def close(self) -> None:
        """Write what waits and bring the file to the disk."""
        self._flush()
        os.fsync(self._descriptor)
        os.close(self._descriptor)

    def _flush(self) -> None:
        if self._waiting:
            self._waiting.append("")
            self._write("\n".join(self._waiting))
            self._waiting.clear()

    def _write(self, text: str) -> None:
        data = text.encode()
        self.crc32 = zlib.crc32(data, self.crc32)
        while data:  # a write of a regular file is short only where the disk is full, and then the next one says so
            data = data[os.write(self._descriptor, data) :]


def _cell(text: str) -> str:
    """One value as CSV writes it (RFC 4180): quoted only where it must be."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
