"""The topology as plan data: which service calls which, in how many instances, in which versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from conformance.plan.acts import Act

Position = Literal["entry", "provider", "worker", "supporting"]
Order = Literal["stop first", "start first"]
Strategy = Literal["gray", "batches"]


class Absent(LookupError):
    """The topology lacks what a scenario needs; carries what would mend that."""

    def __init__(self, kind: str, why: str, remedy: str) -> None:
        super().__init__(why)
        self.kind = kind
        """In one or two words, for lists: ``variant absent``."""
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDefaults:
    """How a team releases a service where a scenario does not say otherwise; None leaves it to the suite.

    The suite's own follow from the number of instances: 10 in 3 batches or 2 first; 4 in 2 or 1 first; 2 one by one; a
    single one is started before the old one stops.
    """

    strategy: Strategy = "batches"
    batches: int | tuple[int, ...] | str | None = None
    """How many, their sizes, or a share; of a gray, of the rest."""
    first: int | None = None
    """How many the gray takes."""
    order: Order | None = None
    interval_s: float = 0.0
    manual: bool = False
    """Whether an operator confirms the gray, instead of its own traffic."""
    confirm_within_s: float | None = None
    at_least: int | None = None
    """Of a release by the team's own command: how many instances serve at all times; None: one."""
    command_within_s: float = 600.0
    """How long that command may take."""
    command_undoes: bool = False
    """Whether the team has another one that takes the release back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of the topology."""

    name: str
    position: Position
    """Derived from the call graph: behind the SLB, called by others, calling or called by nobody, never released."""
    calls: tuple[str, ...] = ()
    """The services that it calls, by name."""
    depth: int = 0
    """How many calls away from the SLB, by the longest way: a service is released before those that call it."""
    registered: bool = True
    """Whether its instances stand in the registry."""
    in_sight_of_a_registry: bool = True
    """Whether its topology has a registry at all, whoever stands in it."""
    version: str
    """What runs before the release."""
    next: str = ""
    """What is released; empty for a service that is not."""
    versions: tuple[str, ...] = ()
    """Everything that can be started."""
    variants: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What a version is made for, such as ``never ready`` -> its name."""
    written: bool = True
    """Whether the load writes: else it is a read that is in flight where an instance begins to leave."""
    shows_in_flight: bool = True
    """Whether its instances show what they have in flight: else nobody waits for a write there, nor for its end."""
    kept_addresses: bool = False
    """Whether an instance's next incarnation has the address of the one before."""
    instances: int = 2
    """How many run while another service is released."""
    released_instances: int = 10
    """How many run while this one is released."""
    most_starting: int | None = None
    """How many of its instances may be starting at the same time; None: all of a batch."""
    way_down: tuple[Act, ...] = ()
    """How the team takes an instance down; empty leaves it to the suite."""
    way_up: tuple[Act, ...] = ()
    """What the team does once a new instance is ready, before it is listed."""
    release: ReleaseDefaults = ReleaseDefaults()

    @property
    def old_and_new(self) -> tuple[str, str]:
        """What runs before the release, and what is released."""
        return self.version, self.next

    def variant(self, made_for: str) -> str:
        """The version that is made for this, such as ``never ready``.

        Raises:
            Absent: The descriptor declares none.
        """
        if made_for not in self.variants:
            why = f"{self.name} has no version with the variant {made_for!r}"
            raise Absent("variant absent", why, f"give one of services.{self.name}.versions variant = {made_for!r}")
        return self.variants[made_for]

    def becoming(self, made_for: str) -> "Service":
        """The same, released to the version that is made for this. Raises as ``variant``."""
        return replace(self, next=self.variant(made_for))

    def names(self, count: int) -> tuple[str, ...]:
        """The names of ``count`` instances: ``orders-01``, ``orders-02`` ...; a name persists over incarnations."""
        return tuple(f"{self.name}-{number:02d}" for number in range(1, count + 1))


@dataclass(frozen=True, slots=True)
class Topology:
    """The services and who calls whom."""

    name: str
    services: tuple[Service, ...]
    """Each after all that call it: entries first."""

    def service(self, name: str) -> Service:
        """The service of this name; KeyError where there is none."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    def callers(self, name: str) -> tuple[Service, ...]:
        """The services that call this one; the SLB, which calls the entries, is none."""
        return tuple(service for service in self.services if name in service.calls)

    def released_callee(self, caller: Service) -> Service:
        """A provider with a next version that this service calls; Absent where there is none."""
        for service in self.released:
            if service.name in caller.calls and service.position == "provider":
                return service
        behind = [one.name for one in self.services if one.name in caller.calls and one.position == "provider"]
        if not behind:
            why = f"{caller.name} calls no provider"
            raise Absent("no provider behind it", why, "release a service that calls one")
        why = f"{caller.name} calls {' and '.join(behind)}, of which nothing is released"
        remedy = f"release {' or '.join(behind)}, too: by --release, or give it a next version where it has none"
        raise Absent("provider not released", why, remedy)

    @property
    def entries(self) -> tuple[Service, ...]:
        """The services behind the SLB."""
        return tuple(service for service in self.services if service.position == "entry")

    @property
    def released(self) -> tuple[Service, ...]:
        """The services that have a next version."""
        return tuple(service for service in self.services if service.next)
