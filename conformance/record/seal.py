"""The end marker: which files a complete record holds, how long they are, and what they hash to.

Integrity is kept apart from the data, so that the tables stay plain CSV. The marker is written last and by an atomic
rename: a run that was cut off has none. It protects against accidents and against edits by hand, not against somebody
who seals an invented record anew.
"""

import hashlib
import os
import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from conformance.record.contract import SCHEMA
from conformance.record.files import END, REQUIRED, UNREADABLE, BrokenRecord
from conformance.record.schema import OPTIONAL, REQUESTS, TABLES

_CHUNK = 1 << 20
_TABLE_FILES = frozenset(table.file for table in (*TABLES, *OPTIONAL))


class SealedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the end marker says of one file."""

    bytes: int
    sha256: str
    rows: int | None = None
    """Lines after the header; None for what is not a table."""


class EndMarker(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end marker."""

    schema: str
    files: dict[str, SealedFile]
    """By path relative to the run directory, in order."""
    checksum: str
    """SHA-256 over the marker's own schema and files, as :func:`_checksum` computes it."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One file, read once."""

    bytes: int
    sha256: str
    lines: int
    crc32: int
    """Of the load's own table only, which the load's end marker sums up; 0 for other files."""
    whole: bool
    """Whether it is empty or its last line has an end."""


def seal(directory: Path) -> EndMarker:
    """Write the end marker over everything that is in the directory now.

    Raises:
        BrokenRecord: A file is missing or ends within a line, so that there is nothing complete to seal.
    """
    for name in REQUIRED:
        if not (directory / name).is_file():
            raise BrokenRecord(f"{name} was never written: there is no complete record to seal")
    names = sorted(
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file() and path.name != END
    )
    files = {}
    for name, digest in _digests(directory, names).items():
        if name in _TABLE_FILES and not (digest.lines and digest.whole):
            raise BrokenRecord(f"{name} ends within a line: there is no complete record to seal")
        files[name] = _facts(name, digest)
    marker = EndMarker(schema=SCHEMA, files=files, checksum=_checksum(SCHEMA, files))
    _write_at_once(directory / END, _render(marker))
    return marker


@dataclass(frozen=True, slots=True)
class Verified:
    """A directory whose files are those that were sealed."""

    marker: EndMarker
    digests: Mapping[str, Digest]


def verify(directory: Path) -> Verified:
    """Compare the directory with its end marker, every byte of every file.

    Raises:
        BrokenRecord: There is no end marker, it is damaged, or a file is missing, changed or incomplete.
    """
    marker = _read_marker(directory)
    for name, sealed in marker.files.items():
        path = directory / name
        if not path.is_file():
            raise BrokenRecord(f"{name} is missing from {directory.name}")
        size = path.stat().st_size
        if size != sealed.bytes:
            raise BrokenRecord(f"{name} of {directory.name} has {size} bytes; {sealed.bytes} were sealed")
    digests = _digests(directory, marker.files)
    for name, digest in digests.items():
        if _facts(name, digest) != marker.files[name]:
            raise BrokenRecord(f"{name} of {directory.name} is not what was sealed: its checksum differs")
    return Verified(marker, digests)


def _read_marker(directory: Path) -> EndMarker:
    if not directory.is_dir():
        raise BrokenRecord(f"{directory} is not a run directory")
    try:
        raw = (directory / END).read_bytes()
    except FileNotFoundError:
        raise BrokenRecord(
            f"{directory.name} has no end marker: the run was cut off before its record was complete"
        ) from None
    try:
        marker = msgspec.json.decode(raw, type=EndMarker)
    except UNREADABLE as error:
        raise BrokenRecord(f"the end marker of {directory.name} cannot be read: {error}") from None
    if marker.checksum != _checksum(marker.schema, marker.files) or _render(marker) != raw:
        raise BrokenRecord(f"the end marker of {directory.name} has been changed: it does not match its own checksum")
    if marker.schema != SCHEMA:
        raise BrokenRecord(f"{directory.name} is a {marker.schema} record; this suite reads {SCHEMA}")
    for name in REQUIRED:
        if name not in marker.files:
            raise BrokenRecord(f"the end marker of {directory.name} does not list {name}")
    return marker


def _facts(name: str, digest: Digest) -> SealedFile:
    rows = digest.lines - 1 if name in _TABLE_FILES else None
    return SealedFile(bytes=digest.bytes, sha256=digest.sha256, rows=rows)


def _checksum(schema: str, files: Mapping[str, SealedFile]) -> str:
    return hashlib.sha256(msgspec.json.encode([schema, files])).hexdigest()


def _render(marker: EndMarker) -> bytes:
    return msgspec.json.format(msgspec.json.encode(marker), indent=2) + b"\n"


def _digests(directory: Path, names: Iterable[str]) -> dict[str, Digest]:
    """Every file read once, on all cores: hashing lets other threads run."""
    ordered = list(names)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(ordered, pool.map(lambda name: _digest(directory / name), ordered), strict=True))


def _digest(path: Path) -> Digest:
    sha256 = hashlib.sha256()
    size = lines = crc32 = 0
    last = b""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            crc32 = zlib.crc32(chunk, crc32) if path.name == REQUESTS.file else 0
            lines += chunk.count(b"\n")
            size += len(chunk)
            last = chunk[-1:]
    return Digest(size, sha256.hexdigest(), lines, crc32, whole=last in (b"", b"\n"))


def _write_at_once(path: Path, data: bytes) -> None:
    """The file is there in full or not at all, also after a crash of the machine."""
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
