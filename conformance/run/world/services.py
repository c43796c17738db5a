"""The services under test, as a run meets them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from conformance.plan import CommandAct, HttpAct, Position
from conformance.run.world.platform import ExitStatus, Signal
from conformance.run.world.servers import RegistryName


@dataclass(frozen=True, slots=True)
class Status:
    """What an instance says of itself at its admin address. None: not declared as evidence by its descriptor."""

    ready: bool
    offline: bool | None
    in_flight: int | None
    held_writes: tuple[str, ...] | None
    """Request ids of writes between their first commit and their answer, held by ``work_ms``."""
    executions: int | None
    """Finished since it started."""
    sees: Mapping[str, tuple[str, ...]] | None
    """Service -> incarnations that it would call now."""
    why_not_ready: str = ""
    """What its ready check saw instead; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One line of an instance's log; times by the wall clock, in nanoseconds since the Unix epoch."""

    request_id: str
    operation: str
    start_wall_ns: int
    end_wall_ns: int
    status: int
    resolution_ns: int = 0
    """How finely the line tells them, where that is more than a nanosecond."""


class Instance(Protocol):
    """One incarnation of an instance of a service under test."""

    @property
    def service(self) -> str:
        """The name of its service."""
        ...

    @property
    def name(self) -> str:
        """``orders-03``: persists over incarnations."""
        ...

    @property
    def incarnation(self) -> str:
        """``orders-03.2``: this life."""
        ...

    @property
    def version(self) -> str:
        """The version that was started."""
        ...

    @property
    def address(self) -> str:
        """``host:port`` where it serves."""
        ...

    @property
    def grace_s(self) -> float:
        """How long it has to end, once asked to, before it is killed."""
        ...

    @property
    def ready_s(self) -> float:
        """How long its version may take to become ready."""
        ...

    @property
    def ready_key(self) -> str:
        """By which key its descriptor gives it that long; empty where none does."""
        ...

    @property
    def log(self) -> Path:
        """Where its output goes."""
        ...

    def status(self) -> Status:
        """Ask it; raises Gone where it does not answer."""
        ...

    def perform(self, act: HttpAct | CommandAct) -> None:
        """Send it the request, or run the command about it, and return once that is done. Raises Gone."""
        ...

    def open_lane(self) -> None:
        """Let it stand in no lane any more; returns when its registry has been told. Raises Gone."""
        ...

    def signal(self, signal: Signal) -> None:
        """Deliver a signal; raises Gone when it has ended already."""
        ...

    def vanish(self) -> None:
        """Kill it, and take its address away with it. Raises Gone where the platform cannot."""
        ...

    def cut_off(self) -> None:
        """Take it off the network while it runs on. Raises Gone where the platform cannot."""
        ...

    def reconnect(self) -> None:
        """Put it back, at its address."""
        ...

    def exit_status(self) -> ExitStatus | None:
        """None while it runs."""
        ...

    def executions(self) -> Iterable[Execution]:
        """Every execution in its log so far."""
        ...


class ServiceGroup(Protocol):
    """The instances of one service under test."""

    @property
    def name(self) -> str:
        """The service's name in descriptor and registry."""
        ...

    @property
    def position(self) -> Position:
        """Its place in the call graph."""
        ...

    @property
    def calls(self) -> tuple[str, ...]:
        """The services that it calls, by name."""
        ...

    @property
    def registered_as(self) -> RegistryName | None:
        """Under what the registry lists it; None where it does not."""
        ...

    def living(self) -> tuple[Instance, ...]:
        """The incarnations that run now, by instance name."""
        ...

    def all(self) -> tuple[Instance, ...]:
        """Every incarnation since the run began, ended ones too."""
        ...

    def start(self, name: str, version: str, *, lane: str = "") -> Instance:
        """Start a new incarnation of this instance; returns when its process exists, not when it is ready.

        In a lane it is called for the requests of that lane alone, as long as there is anybody else for the others.
        """
        ...
