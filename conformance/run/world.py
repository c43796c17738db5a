"""What a run needs of the world it releases into: Protocols only, no platform, no server, no service by name.

``fixtures`` implements them. Every call that waits takes its deadline from its caller and raises :class:`Gone` or
``waiting.Unmet`` (never AssertionError) when the world does not do as asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import httpx

Starts = Literal["commands", "images"]
Signal = Literal["SIGTERM", "SIGINT", "SIGKILL", "SIGSTOP", "SIGCONT"]


class Gone(RuntimeError):
    """A part of the world that should be there is not; the message carries its last log lines."""


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How a process ended: exactly one of exit code and signal name."""

    code: int | None
    signal: str | None
    out_of_memory: bool = False
    """Whether the kernel killed it for using more memory than it was given."""

    def __str__(self) -> str:
        """``exit 0`` or ``SIGKILL``."""
        return f"exit {self.code}" if self.signal is None else self.signal + ", out of memory" * self.out_of_memory


class Process(Protocol):
    """One process (or container) that the platform started for this session, known by its recorded id."""

    @property
    def name(self) -> str:
        """What people call it: ``orders-03.2``, ``nginx``."""
        ...

    @property
    def log(self) -> Path:
        """Where its output goes; a file that grows while it lives."""
        ...

    def signal(self, signal: Signal) -> None:
        """Deliver a signal; raises Gone when the process has ended already."""
        ...

    def exit_status(self) -> ExitStatus | None:
        """None while it runs."""
        ...


@dataclass(frozen=True, slots=True)
class Launch:
    """An order to a platform: start this."""

    name: str
    argv: tuple[str, ...]
    """The command; with an image, what takes the place of the image's own CMD: empty leaves it."""
    env: Mapping[str, str]
    """The whole environment besides PATH, HOME, LANG (or the image's own); nothing of the caller's leaks in."""
    image: str | None = None
    """What a platform that starts images starts."""
    host: str = ""
    """Where it listens: a host reserved for it; empty for what listens nowhere."""
    published: tuple[int, ...] = ()
    """Those of its ports that more of this machine than ``Platform.client`` must reach; see ``Platform.outside``."""
    cwd: Path | None = None
    folders: tuple[Path, ...] = ()
    """The session's folders that it works in."""
    memory_mb: int | None = None
    """The most memory that it may use, where the platform can limit it; more, and the kernel kills it."""
    init: bool = False
    """Whether an init process stands before it that hands signals on; only where it starts as process 1."""
    stop_signal: Signal = "SIGTERM"
    """How it is asked to end."""
    grace_s: float = 5.0
    """How long it then has before SIGKILL."""
    user: int | None = None
    """The unprivileged uid to run as; None for the session's own."""
    group: int | None = None


class Platform(Protocol):
    """Where processes run. One per session."""

    @property
    def name(self) -> str:
        """``embedded`` or ``docker``, for records and headlines only; nothing may branch on it."""
        ...

    @property
    def starts(self) -> Starts:
        """Which of the two faces of a Launch it starts: the command, or the image."""
        ...

    def reserve(self, offsets: tuple[int, ...] = (0,), *, usual: int = 8080) -> tuple[str, int]:
        """Reserve a host and a base port for this session, such that every ``port + offset`` is free.

        The reservation holds until the session ends, across all sessions of the machine's user. Where the host is
        nobody else's, the port is the usual one.
        """
        ...

    def outside(self, address: str) -> str:
        """Where this machine reaches the port at this address, which was launched as published."""
        ...

    def client(self) -> httpx.Client:
        """How the harness talks HTTP to what it has launched, by the address where that listens.

        Each request is sent once, none by a proxy of the environment's.
        """
        ...

    def launch(self, order: Launch) -> Process:
        """Start a process and record it, so that the next session can sweep it if this one is killed."""
        ...

    def stop(self, process: Process) -> ExitStatus:
        """End it: its stop signal, its grace, then SIGKILL. Does nothing where it has ended."""
        ...

    def vanish(self, process: Process) -> None:
        """Kill it, and take its address away with it. Raises Gone where the platform cannot."""
        ...

    def cut_off(self, process: Process) -> None:
        """Take it off the network while it runs on. Raises Gone where the platform cannot."""
        ...

    def reconnect(self, process: Process) -> None:
        """Put it back, at its address."""
        ...

    def discard(self, process: Process) -> None:
        """Remove what is left of one that has ended, its address too; its log stays."""
        ...

    def scratch(self, name: str) -> Path:
        """A new private folder of this session's, removed at its end."""
        ...

    def close(self) -> None:
        """End everything that was launched and remove the session's folders. Repeatable."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """What an instance says of itself at its admin address. None: not declared as evidence by its descriptor."""

    ready: bool
    offline: bool | None
    in_flight: int | None
    held_writes: tuple[str, ...]
    """Request ids of writes between their first commit and their answer, held by ``work_ms``."""
    executions: int | None
    """Finished since it started."""
    sees: Mapping[str, tuple[str, ...]] | None
    """Service -> incarnations that it would call now."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One line of an instance's log; times by the wall clock, in nanoseconds since the Unix epoch."""

    request_id: str
    operation: str
    start_wall_ns: int
    end_wall_ns: int
    status: int


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
    def log(self) -> Path:
        """Where its output goes."""
        ...

    def status(self) -> Status:
        """Ask it; raises Gone where it does not answer."""
        ...

    def go_offline(self, *, notify: bool) -> None:
        """Call its offline hook and return once it has returned: deregistered, marked offline. Raises Gone."""
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
    def role(self) -> Literal["entry", "middle", "leaf"]:
        """Its place in the chain."""
        ...

    def living(self) -> tuple[Instance, ...]:
        """The incarnations that run now, by instance name."""
        ...

    def all(self) -> tuple[Instance, ...]:
        """Every incarnation since the run began, ended ones too."""
        ...

    def start(self, name: str, version: str) -> Instance:
        """Start a new incarnation of this instance; returns when its process exists, not when it is ready."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One instance in the SLB's group."""

    instance: str
    incarnation: str
    address: str
    enrolled: bool
    """In the group: the controller wants it there."""
    healthy: bool
    """By the SLB's own health check."""
    weight: int
    in_flight: int

    @property
    def in_rotation(self) -> bool:
        """Whether it gets requests now."""
        return self.enrolled and self.healthy and self.weight > 0


@dataclass(frozen=True, slots=True)
class Access:
    """One line of the SLB's access log; see record.schema.SLB for the fields."""

    request_id: str
    wall_ns: int
    status: int
    peer: str
    incarnation: str
    address: str
    upstream_status: str
    connect_s: str
    header_s: str
    response_s: str


class Slb(Protocol):
    """The load balancer before the entry service."""

    @property
    def address(self) -> str:
        """``host:port`` that the load is sent to."""
        ...

    def enrol(self, instance: Instance) -> None:
        """Put it into the group; it is in rotation once the SLB's own health check has passed."""
        ...

    def withdraw(self, instance: Instance) -> None:
        """Take it out of the group: no new request goes to it from now on; those in flight go on."""
        ...

    def members(self) -> tuple[Member, ...]:
        """The group as the SLB sees it now; raises Gone."""
        ...

    def accesses(self, run: str) -> Iterable[Access]:
        """The access log's lines of this run (request ids that begin with its id)."""
        ...


@dataclass(frozen=True, slots=True)
class Registration:
    """One instance as the registry lists it to consumers."""

    service: str
    instance: str
    incarnation: str
    address: str
    healthy: bool


class Registry(Protocol):
    """The service registry."""

    @property
    def name(self) -> str:
        """``nacos`` or ``eureka``."""
        ...

    def registrations(self, service: str) -> tuple[Registration, ...]:
        """What it lists for this service now; raises Gone."""
        ...


@dataclass(frozen=True, slots=True)
class Effect:
    """One row that a write left."""

    request_id: str
    effect: str
    instance: str
    incarnation: str
    version: str


class Ledger(Protocol):
    """What was written, wherever the services under test keep it."""

    def effects(self, run: str) -> tuple[Effect, ...]:
        """Every effect whose request id begins with ``run``, in a stable order; raises Gone."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """Everything that stands when a release begins."""

    platform: str
    slb: Slb
    registry: Registry
    ledger: Ledger | None
    """None where nobody says how the writes can be counted."""
    groups: tuple[ServiceGroup, ...]
    servers: tuple[Process, ...] = ()
    """The processes behind SLB, registry and ledger, watched during the run: none of them may end."""

    def group(self, service: str) -> ServiceGroup:
        """The group of this service; KeyError where there is none."""
        for group in self.groups:
            if group.name == service:
                return group
        raise KeyError(service)
