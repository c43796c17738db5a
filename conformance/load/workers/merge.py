"""One record from the tables of all workers, made while they are written.

The workers number their requests, connections and answers so that no two give the same number: whole lines, one
worker's after the other's, are the record that one process would have written, in another order. What has come so far
is there within a fraction of a second, for a gray is reviewed by it. Lines are copied, not read: their number costs
next to nothing.
"""

import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from conformance.record.schema import ANSWERS, REQUESTS, Table

_CHUNK = 1 << 20
"""Bytes that are read of a worker's table at a time: memory does not grow with the record."""


class Merged(NamedTuple):
    """What has been put together."""

    rows: int
    """Of requests."""
    crc32: int
    """Over all bytes of the table of requests."""
    answers: int
    parts: tuple[int, ...]
    """The CRC-32 of each worker's own table of requests, as it was read."""


class _Part:
    """A worker's table, read as it grows."""

    def __init__(self, path: Path, header: str) -> None:
        self._path = path
        self._header = header.encode() + b"\n"
        self._file: BinaryIO | None = None
        self._rest = b""
        self.crc32 = 0

    def more(self) -> bytes:
        """Whole lines that have come since, up to a chunk; the header is none of them."""
        if self._file is None:
            if not self._path.exists():
                return b""
            self._file = self._path.open("rb", buffering=0)
        data = self._file.read(_CHUNK) or b""
        self.crc32 = zlib.crc32(data, self.crc32)
        data = self._rest + data
        if self._header:
            if len(data) < len(self._header):
                self._rest = data
                return b""
            data, self._header = data.removeprefix(self._header), b""
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        return data[:end]

    def close(self) -> None:
        """Read no more. Repeatable."""
        if self._file is not None:
            self._file.close()


class _Whole:
    """The table that all of them make."""

    def __init__(self, directory: Path, parts: Sequence[Path], table: Table) -> None:
        self.rows = 0
        self.crc32 = 0
        self.parts = [_Part(part / table.file, table.header) for part in parts]
        self._descriptor = os.open(directory / table.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._write(table.header.encode() + b"\n")

    def more(self) -> list[bytes]:
        """What has come of each part."""
        return [part.more() for part in self.parts]

    def add(self, lines: Sequence[bytes]) -> None:
        """Append them."""
        for some in filter(None, lines):
            self.rows += some.count(b"\n")
            self._write(some)

    def copy(self) -> None:
        """Append all that has come of each."""
        while any(lines := self.more()):
            self.add(lines)

    def close(self) -> None:
        """Bring it to the disk."""
        os.fsync(self._descriptor)
        os.close(self._descriptor)
        for part in self.parts:
            part.close()

    def _write(self, data: bytes) -> None:
        self.crc32 = zlib.crc32(data, self.crc32)
        while data:
            data = data[os.write(self._descriptor, data) :]


class Merger:
    """Puts the workers' tables together. None of the whole ones may exist yet; raises FileExistsError."""

    def __init__(self, directory: Path, parts: Sequence[Path], further: Sequence[Table] = ()) -> None:
        """Begin with empty tables.

        Args:
            directory: Where the whole tables go.
            parts: Each worker's directory.
            further: Tables besides those of requests and answers.
        """
        self._requests = _Whole(directory, parts, REQUESTS)
        self._answers = _Whole(directory, parts, ANSWERS)
        self._others = [self._answers, *(_Whole(directory, parts, table) for table in further)]

    def follow(self) -> bool:
        """Copy what has come, up to a chunk of each worker's requests; whether there was any."""
        lines = self._requests.more()
        for other in self._others:  # read after the requests and written before them: they name what stands there
            other.copy()
        self._requests.add(lines)
        return any(lines)

    def close(self) -> Merged:
        """Copy what is left, when all workers have written their last row; bring all of it to the disk."""
        while self.follow():
            pass
        for table in (*self._others, self._requests):
            table.close()
        parts = tuple(part.crc32 for part in self._requests.parts)
        return Merged(self._requests.rows, self._requests.crc32, self._answers.rows, parts)
