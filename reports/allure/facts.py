"""What a record says of itself before anything is verified: enough to describe a run, one that was cut off too."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from conformance.record import files
from conformance.record.contract import Contract, Environment, PlanNode
from conformance.record.events import Event

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Facts:
    """As much of a record as can be read; figures are the judge's business."""

    contract: Contract | None
    plan: tuple[PlanNode, ...]
    events: tuple[Event, ...]
    """In the order of their times; of a run that was cut off, those that were written."""
    environment: Environment | None
    """None where the run did not come to its end."""

    @property
    def wall_ns(self) -> int | None:
        """What makes nanoseconds since 1970 of the record's times; None where it is not known."""
        known = self.environment
        return None if known is None else known.origin_ns + known.wall_minus_monotonic_start_ns


NOTHING = Facts(None, (), (), None)
"""Of a scenario that made no record."""


def read_facts(directory: Path) -> Facts:
    """Read what is there; what is missing or damaged is left out. Raises nothing."""
    return Facts(
        contract=_read(directory / files.CONTRACT, Contract),
        plan=_read(directory / files.PLAN, tuple[PlanNode, ...]) or (),
        events=_events(directory / files.EVENTS),
        environment=_read(directory / files.ENVIRONMENT, Environment),
    )


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _events(path: Path) -> tuple[Event, ...]:
    decoder = msgspec.json.Decoder[Event](Event)
    read: list[Event] = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return ()
    for line in lines:
        try:
            read.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # the last line of a run that was killed
    return tuple(sorted(read, key=lambda event: event.at_ns))
