"""What an instance's way down and way up are made of: acts in order, as a descriptor declares them."""

from dataclasses import dataclass
from typing import Literal

RegistryState = Literal["out of service", "in service"] | int
"""What the registry's own API is told of an instance: its state, or its weight."""
StopSignal = Literal["SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL"]
"""What ends a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAct:
    """A request to the instance itself, at its admin address unless said otherwise; done when it is answered by 2xx."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    """With its own query."""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    address: str = ""
    """``host:port``, with the instance's templates; empty for its admin address."""
    within_s: float = 15.0
    """How long its answer may take: a deregistration is answered when it is done."""
    notifies: bool = False
    """Whether the instance tells its callers from then on that it is going."""

    def __str__(self) -> str:
        """As the descriptor has it: ``POST /offline``."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAct:
    """A command of the team's, word by word, without a shell; done when it exits with 0."""

    argv: tuple[str, ...]
    within_s: float = 60.0
    notifies: bool = False

    def __str__(self) -> str:
        """The command as people type it."""
        return " ".join(self.argv)


@dataclass(frozen=True, slots=True)
class RegistryAct:
    """The registry's own API: no line of the application changes."""

    state: RegistryState

    def __str__(self) -> str:
        """``out of service``, ``weight 0``."""
        return self.state if isinstance(self.state, str) else f"weight {self.state}"


@dataclass(frozen=True, slots=True)
class DrainAct:
    """Out of the SLB's group, until nothing of what the SLB has sent to it is in flight."""


@dataclass(frozen=True, slots=True)
class UnlistedAct:
    """Until neither the registry nor a caller lists it any more."""


@dataclass(frozen=True, slots=True)
class QuietAct:
    """Until nothing is in flight on it: by its status, or by what a command or its log tells of it."""

    command: CommandAct | None = None
    """Quiet as soon as this exits with 0."""
    log: str = ""
    """Quiet as soon as a line that its log has gained since the way down began matches this regular expression."""
    within_s: float | None = None
    """How long it may take; None: as long as the suite waits for its callers to drop it."""


@dataclass(frozen=True, slots=True)
class WaitAct:
    """Until this time has passed, under load."""

    seconds: float


@dataclass(frozen=True, slots=True)
class SignalAct:
    """A signal to its process."""

    signal: StopSignal = "SIGTERM"
    at_once: bool = False
    """Whether the next act begins at the same moment, as when a pod is deleted; else it begins when the process has
    ended."""


Act = HttpAct | CommandAct | RegistryAct | DrainAct | UnlistedAct | QuietAct | WaitAct | SignalAct
LEAVES = HttpAct | CommandAct | RegistryAct | DrainAct
"""The acts by which an instance leaves its callers: the first of them is the offline mark."""
