"""The servers between and behind the services: SLB, registry, ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from conformance.plan import RegistryState
from conformance.run.world.platform import Process


@dataclass(frozen=True, slots=True)
class Member:
    """One instance in the SLB's group of its service."""

    service: str
    instance: str
    incarnation: str
    address: str
    enrolled: bool
    """In the group: the controller wants it there."""
    healthy: bool | None
    """By the SLB's own health check; None where it makes none and has seen nothing that speaks against the member."""
    weight: int
    in_flight: int | None
    """What the SLB has sent to it and has no answer to yet; None where it cannot count, and there may be some."""

    @property
    def in_rotation(self) -> bool:
        """Whether it gets requests now."""
        return self.enrolled and self.healthy is not False and self.weight > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One attempt of the SLB to have a request answered; see record.schema.SLB for the fields.

    The adapter reads them out of its product's log: nobody else knows how that looks.
    """

    request_id: str
    wall_ns: int
    attempt: int
    status: int
    peer: str
    incarnation: str
    address: str
    connected: bool
    answered: int


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


class Target(Protocol):
    """What an SLB needs to know of an instance."""

    @property
    def service(self) -> str:
        """``storefront``: whose group it belongs to."""
        ...

    @property
    def name(self) -> str:
        """``storefront-03``."""
        ...

    @property
    def incarnation(self) -> str:
        """``storefront-03.2``."""
        ...

    @property
    def address(self) -> str:
        """``host:port`` where it serves."""
        ...


GRPC_HEALTH = "/grpc.health.v1.Health/Check"
"""The path of gRPC's own health protocol, as an SLB asks a member whether it serves."""


@dataclass(frozen=True, slots=True)
class TlsEnd:
    """Where an SLB speaks TLS."""

    address: str
    """``host:port``."""
    name: str
    """Whom its certificate names, wherever it is reached."""
    authority: str
    """The certificate, as PEM, that its clients trust, and no other."""


class Slb(Protocol):
    """The load balancer before the entry services: a group for each, by the path's prefix."""

    @property
    def address(self) -> str:
        """``host:port`` that the load is sent to."""
        ...

    @property
    def tls(self) -> TlsEnd | None:
        """Where it speaks TLS; None: nowhere."""
        ...

    def enrol(self, instance: Target, *, weight: int = 1, lane: str = "") -> None:
        """Put it into the group; it is in rotation once the SLB's own health check, where it has one, has passed.

        In a lane it gets the requests of that lane and no others, as long as there is anybody else for those.
        """
        ...

    def withdraw(self, instance: Target) -> None:
        """Take it out of the group; those in flight go on. It is drained once the members show 0 in flight on it."""
        ...

    def weigh(self, instance: Target, weight: int) -> None:
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
        """Every group as the SLB sees it now; raises Gone."""
        ...

    def accesses(self, run: str) -> Iterable[Access]:
        """What became of the requests of this run, whose ids begin with its id; raises Gone."""
        ...


@dataclass(frozen=True, slots=True)
class RegistryName:
    """Under what a service is registered."""

    name: str
    group: str = ""
    """Empty for the registry's default; of a registry without groups of no concern."""
    namespace: str = ""
    """Likewise."""

    def __str__(self) -> str:
        """For messages: the name, with group and namespace where they are not the default."""
        where = [f"{key} {value}" for key, value in (("group", self.group), ("namespace", self.namespace)) if value]
        return " ".join([self.name, *([f"({', '.join(where)})"] if where else [])])


@dataclass(frozen=True, slots=True)
class Registration:
    """One instance as the registry lists it to consumers: known by its address."""

    address: str
    healthy: bool
    """Whether consumers are to call it: up, enabled, in service, of a weight above 0."""
    instance: str = ""
    """By its metadata; empty where that says nothing."""
    incarnation: str = ""
    """Likewise."""


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

    def registrations(self, service: RegistryName) -> tuple[Registration, ...]:
        """What it lists for this service now; nothing for one that it does not know. Raises Gone."""
        ...

    def other_names(self, service: RegistryName, address: str) -> tuple[RegistryName, ...]:
        """Under what else it lists this address, in the service's namespace; nothing where it does not. Raises Gone."""
        ...

    def set_state(self, service: RegistryName, address: str, state: RegistryState) -> None:
        """Tell it, by its own API, that the instance at this address is out of service, in service, or of a weight.

        Returns when the registry shows it itself. Raises Gone where it does not know the instance, or refuses.
        """
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
