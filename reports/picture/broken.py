"""What can be read of a record that must not be believed: its promise, its plan and its events, line by line."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from conformance.record import files
from conformance.record.contract import Contract, PlanNode
from conformance.record.events import Event

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remains:
    """As much as there is. None of it is verified."""

    contract: Contract | None
    plan: tuple[PlanNode, ...]
    events: tuple[Event, ...]
    """In the order of their times; lines that are no event are left out."""
    missing: tuple[str, ...]
    """Files of a complete record that are not there."""


def remains(directory: Path) -> Remains:
    """Read what is left. Never raises because of what is in it."""
    absent = tuple(name for name in (*files.REQUIRED, files.END) if not (directory / name).is_file())
    contract = _read(directory / files.CONTRACT, Contract)
    plan = _read(directory / files.PLAN, tuple[PlanNode, ...])
    return Remains(contract, plan or (), _events(directory / files.EVENTS), absent)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _events(path: Path) -> tuple[Event, ...]:
    decoder = msgspec.json.Decoder[Event](Event)
    found = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        lines = []
    for line in lines:
        try:
            found.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return tuple(sorted(found, key=lambda event: event.at_ns))
