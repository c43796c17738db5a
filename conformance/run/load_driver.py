"""What a run needs of the load: a Protocol, so that a release can be carried out under any load that tells as much."""

from typing import Protocol

from conformance.load.spec import Progress


class LoadDriver(Protocol):
    """One load: it gets ready by itself, begins when told to, and ends when told to. ``load.process`` implements it.

    Every call raises ``load.process.LoadFailed`` where the load has failed or died.
    """

    def launch(self) -> None:
        """Let it get ready; returns at once."""
        ...

    def wait_ready(self, within_s: float) -> None:
        """Wait until it is."""
        ...

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def progress(self) -> Progress:
        """How far it is, by what it said last."""
        ...

    def stop(self, within_s: float) -> object:
        """Send nothing that is due after now, and wait until what is in flight is accounted for."""
        ...

    def kill(self) -> None:
        """End it at once. Repeatable; raises nothing."""
        ...
