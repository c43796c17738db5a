"""What releases a system that stands already: a Protocol, and what such a system tells of itself meanwhile."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from conformance.vocabulary import Aspect


@dataclass(frozen=True, slots=True)
class Told:
    """Something that the system itself tells of one of its instances."""

    monotonic_ns: int
    """When it was heard, by the machine's monotonic clock."""
    incarnation: str
    """By its id in the list."""
    aspect: Aspect
    said: str
    """In the system's own words: ``Running``, ``Ready=True``, ``serving, terminating``."""
    is_leaving: bool = False
    """Of an endpoint: whether nothing new is to be sent to it from now on, because it is going."""


class OwnCommand(Protocol):
    """The team's own release command, carried out once, and the one that takes the release back."""

    @property
    def stop_after(self) -> int:
        """So many failed requests end the load."""
        ...

    @property
    def logs(self) -> tuple[Path, ...]:
        """What it says, and what else of the team's own is watched meanwhile."""
        ...

    def begin(self, *, undo: bool = False) -> None:
        """Start it, or the one that takes the release back; raises Gone where that cannot be done."""
        ...

    def ended(self) -> str | None:
        """How what was begun last failed, with its last lines; empty where it ended with 0, None while it runs."""
        ...

    def give_up(self) -> str:
        """End what was begun last, which runs still, with all that it has started; how that was, its last lines."""
        ...

    def told(self, known: Collection[str]) -> Iterable[Told]:
        """What the system has told of these incarnations, in the order of time, and was not returned before."""
        ...
