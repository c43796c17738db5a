"""What releases a system that stands already: a Protocol."""

from pathlib import Path
from typing import Protocol


class OwnCommand(Protocol):
    """The team's own release command, carried out once."""

    @property
    def stop_after(self) -> int:
        """So many failed requests end the load."""
        ...

    @property
    def logs(self) -> tuple[Path, ...]:
        """What it says, and what else of the team's own is watched meanwhile."""
        ...

    def begin(self) -> None:
        """Start it; raises Gone where that cannot be done."""
        ...

    def ended(self) -> str | None:
        """How it failed, with its last lines; empty where it ended with 0, None while it runs."""
        ...
