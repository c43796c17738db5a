"""What a run directory says of itself before anything is verified: enough to describe a run, never to judge by."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from conformance.record import files, older
from conformance.record.contract import Contract, Environment, PlanNode
from conformance.record.events import Event, StepEnded, Trouble

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PartialRecord:
    """As much of a record as can be read, of one that was cut off or damaged too."""

    contract: Contract | None
    plan: tuple[PlanNode, ...]
    events: tuple[Event, ...]
    """In the order of their times; lines that are no event are left out."""
    environment: Environment | None
    """None where the run did not come to its end."""
    missing: tuple[str, ...]
    """Files of a complete record that are not there."""

    @property
    def wall_ns(self) -> int | None:
        """What makes nanoseconds since 1970 of the record's times; None where it is not known."""
        known = self.environment
        return None if known is None else known.origin_ns + known.wall_minus_monotonic_start_ns

    @property
    def last_words(self) -> tuple[str, ...]:
        """What the run said of its troubles."""
        said = []
        for event in self.events:
            if isinstance(event, Trouble):
                said.append(event.what)
            elif isinstance(event, StepEnded) and event.saw:
                said.append(f"step {event.step}: {event.saw}")
        return tuple(said)


NOTHING = PartialRecord(None, (), (), None, ())
"""Of a scenario that made no record."""


def remains(directory: Path) -> PartialRecord:
    """Read what is there; what is missing or damaged is left out. Raises nothing."""
    return PartialRecord(
        contract=(_read(directory / files.CONTRACT, older.read_contract) or (None, None))[0],
        plan=_read(directory / files.PLAN, older.read_plan) or (),
        events=_events(directory / files.EVENTS),
        environment=_read(directory / files.ENVIRONMENT, msgspec.json.Decoder(Environment).decode),
        missing=tuple(name for name in (*files.REQUIRED, files.END) if not (directory / name).is_file()),
    )


def _read(path: Path, decode: Callable[[bytes], T]) -> T | None:
    try:
        return decode(path.read_bytes())
    except (OSError, *files.UNREADABLE):
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
        except files.UNREADABLE:
            continue  # the last line of a run that was killed
    return tuple(sorted(read, key=lambda event: event.at_ns))
