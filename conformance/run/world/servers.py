"""The servers between and behind the services: SLB, registry, ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from conformance.run.world.platform import Process
from conformance.run.world.services import Instance


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Whose requests go to the members of a lane: those with a header, those with a cookie, or a share of the users."""

    lane: str
    header: str = ""
    cookie: str = ""
    value: str = ""
    """Of the header or the cookie."""
    users: float = 0.0
    """Share of the users, who say their names in ``X-User``; always the same ones."""


class Slb(Protocol):
    """The load balancer before the entry service."""

    @property
    def address(self) -> str:
        """``host:port`` that the load is sent to."""
        ...

    def enrol(self, instance: Instance, *, weight: int = 1, lane: str = "") -> None:
        """Put it into the group; it is in rotation once the SLB's own health check has passed.

        In a lane it gets the requests of that lane and no others, as long as there is anybody else for those.
        """
        ...

    def withdraw(self, instance: Instance) -> None:
        """Take it out of the group: no new request goes to it from now on; those in flight go on."""
        ...

    def weigh(self, instance: Instance, weight: int) -> None:
        """Give a member another share of the requests; raises Gone."""
        ...

    def divert(self, rule: Rule) -> None:
        """Send the requests that the rule names to the members of its lane, and hand the lane on; raises Gone."""
        ...

    def rule(self) -> Rule | None:
        """The rule as the SLB has it now; None where there is none. Raises Gone."""
        ...

    def open(self) -> None:
        """No rule, no lanes, equal weights; raises Gone."""
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


class Server(Protocol):
    """A server behind SLB, registry or ledger."""

    @property
    def process(self) -> Process:
        """What runs now; another one after a restart."""
        ...


class RestartableServer(Server, Protocol):
    """One that can be ended and started anew in mid-run."""

    def stop(self) -> None:
        """End it, and with it all that it keeps in memory."""
        ...

    def restart(self) -> None:
        """Start it again at its address and return when it answers; raises Gone."""
        ...


class Registry(Protocol):
    """The service registry."""

    @property
    def server(self) -> RestartableServer:
        """What answers for it."""
        ...

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
