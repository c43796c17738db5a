"""A world of no servers: it does at once what it is told, and whatever a test wants to go wrong goes wrong in it.

Every call is counted by its name (``slb.members``, ``orders-01.1 status``), and ``meddle`` sees each before it is
carried out: it may raise ``Gone``, or change the world.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.plan import CommandAct, HttpAct, Position, RegistryState, Service
from conformance.run.world import (
    Access,
    Effect,
    Execution,
    ExitStatus,
    Gone,
    Member,
    Registration,
    RegistryName,
    Rule,
    Signal,
    Status,
    TlsEnd,
    World,
)
from tests.run.stub_servers import Calls, StubProcess, StubServer

HOOK = HttpAct(method="POST", path="/offline?notify=true", notifies=True)
"""Takes a stub instance off every list."""


@dataclass(eq=False)
class StubInstance:
    """One incarnation."""

    group: "StubGroup"
    name: str
    incarnation: str
    version: str
    address: str
    lane: str = ""
    ready: bool = True
    offline: bool = False
    silent: bool = False
    """It runs and answers nobody."""
    sick: bool = False
    """It fails the SLB's health check."""
    ended: ExitStatus | None = None
    deaf_to: tuple[Signal, ...] = ()
    shows: frozenset[str] = frozenset({"in_flight", "held_writes", "held", "sees", "executions"})
    """What it tells of itself; held: that it holds a write now."""
    in_flight: int = 0
    answered: int = 0
    received: list[Signal] = field(default_factory=list)
    performed: list[HttpAct | CommandAct] = field(default_factory=list)
    grace_s: float = 0.05
    ready_s: float = 0.15
    ready_key: str = "services.it.ready_s"

    @property
    def service(self) -> str:
        return self.group.name

    @property
    def log(self) -> Path:
        return self.group.world.folder / f"{self.incarnation}.log"

    def _called(self, what: str) -> None:
        self.group.world.calls(f"instance.{what}", self.incarnation)
        if self.ended is not None:
            raise Gone(f"{self.incarnation} has ended")

    def status(self) -> Status:
        self._called("status")
        if self.silent:
            raise Gone(f"{self.incarnation} does not answer")
        self.answered += 1
        held = (f"{self.group.world.run}-{self.answered:08x}",) if "held" in self.shows else ()
        return Status(
            ready=self.ready,
            offline=self.offline,
            in_flight=self.in_flight if "in_flight" in self.shows else None,
            held_writes=held if "held_writes" in self.shows else None,
            executions=100 * self.answered if "executions" in self.shows else None,
            sees=self.group.world.lists() if "sees" in self.shows else None,
        )

    def perform(self, act: HttpAct | CommandAct) -> None:
        self._called(f"perform {act}")
        self.performed.append(act)
        self.offline = self.offline or act == HOOK

    def open_lane(self) -> None:
        self._called("open_lane")
        self.lane = ""

    def signal(self, signal: Signal) -> None:
        self._called(f"signal {signal}")
        self.received.append(signal)
        if signal in self.deaf_to:
            return
        if signal in {"SIGSTOP", "SIGCONT"}:
            self.silent = signal == "SIGSTOP"
        else:
            self.ended = ExitStatus(0, None) if signal == "SIGTERM" else ExitStatus(None, signal)

    def vanish(self) -> None:
        self._called("vanish")
        self.received.append("SIGKILL")
        if "SIGKILL" not in self.deaf_to:
            self.ended = ExitStatus(None, "SIGKILL")

    def cut_off(self) -> None:
        self._called("cut_off")
        self.silent = True

    def reconnect(self) -> None:
        self._called("reconnect")
        self.silent = False

    def exit_status(self) -> ExitStatus | None:
        return self.ended

    def executions(self) -> Iterable[Execution]:
        self.group.world.calls("instance.executions", self.incarnation)
        return ()


@dataclass
class StubGroup:
    """The instances of one service."""

    world: "StubWorld"
    service: Service
    every: list[StubInstance] = field(default_factory=list)
    newcomers: Callable[[StubInstance], None] = lambda _instance: None
    """Sees each new incarnation before the run does."""

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def position(self) -> Position:
        return self.service.position

    @property
    def calls(self) -> tuple[str, ...]:
        return self.service.calls

    @property
    def registered_as(self) -> RegistryName | None:
        return RegistryName(f"shop.{self.name}", "team") if self.service.registered else None

    def living(self) -> tuple[StubInstance, ...]:
        return tuple(one for one in sorted(self.every, key=lambda it: it.incarnation) if one.ended is None)

    def all(self) -> tuple[StubInstance, ...]:
        return tuple(self.every)

    def start(self, name: str, version: str, *, lane: str = "") -> StubInstance:
        self.world.calls("group.start", name)
        life = 1 + sum(one.name == name for one in self.every)
        host = name if self.service.kept_addresses else f"{name}-{life}"
        instance = StubInstance(self, name, f"{name}.{life}", version, f"{host}:8080", lane)
        self.newcomers(instance)
        self.every.append(instance)
        return instance


@dataclass
class StubSlb:
    """Groups in memory; an instance that runs and answers passes its health check."""

    world: "StubWorld"
    address: str = "127.0.0.1:1"
    tls: TlsEnd | None = None
    group: dict[str, Member] = field(default_factory=dict)
    now: Rule | None = None
    forgets_rules: bool = False
    rules: list[Rule] = field(default_factory=list)
    """Each that it was told."""
    weighed: int = 0
    opened: int = 0
    lines_each: int = 0
    """How many lines its log has of each member that it has ever had."""

    def enrol(self, instance: object, *, weight: int = 1, lane: str = "") -> None:
        assert isinstance(instance, StubInstance)
        assert lane == instance.lane
        self.world.calls("slb.enrol")
        who = instance.service, instance.name, instance.incarnation, instance.address
        self.group[instance.incarnation] = Member(*who, enrolled=True, healthy=True, weight=weight, in_flight=0)

    def withdraw(self, instance: object) -> None:
        assert isinstance(instance, StubInstance)
        self.world.calls("slb.withdraw")
        if instance.incarnation in self.group:
            self.group[instance.incarnation] = replace(self.group[instance.incarnation], enrolled=False)

    def weigh(self, instance: object, weight: int) -> None:
        assert isinstance(instance, StubInstance)
        self.world.calls("slb.weigh")
        self.weighed += 1
        self.group[instance.incarnation] = replace(self.group[instance.incarnation], weight=weight)

    def divert(self, rule: Rule) -> None:
        self.world.calls("slb.divert")
        self.now = None if self.forgets_rules else rule
        self.rules.append(rule)

    def rule(self) -> Rule | None:
        self.world.calls("slb.rule")
        return self.now

    def open(self) -> None:
        self.world.calls("slb.open")
        self.opened += 1
        self.now = None

    def members(self) -> tuple[Member, ...]:
        self.world.calls("slb.members")
        serving = {one.incarnation for one in self.world.living() if not (one.silent or one.sick)}
        return tuple(replace(one, healthy=one.incarnation in serving) for one in tuple(self.group.values()))

    def accesses(self, run: str) -> Iterator[Access]:
        self.world.calls("slb.accesses")
        for member in tuple(self.group.values()):
            for number in range(self.lines_each):
                yield Access(
                    request_id=f"{run}-{number:08x}",
                    wall_ns=1,
                    attempt=1,
                    status=200,
                    peer="",
                    incarnation=member.incarnation,
                    address=member.address,
                    connected=True,
                    answered=1,
                )


@dataclass
class StubRegistry:
    """Knows every instance that runs and has not said to be offline; what it is told of an address it keeps."""

    world: "StubWorld"
    server: StubServer
    name: str = "nacos"
    says_who: bool = True
    """Whether it shows more of an instance than its address."""
    states: dict[str, RegistryState] = field(default_factory=dict)
    told: list[tuple[str, RegistryState]] = field(default_factory=list)

    def registrations(self, service: RegistryName) -> tuple[Registration, ...]:
        self.world.calls("registry.registrations")
        return tuple(
            Registration(
                one.address,
                self.calls_for(one),
                one.name if self.says_who else "",
                one.incarnation if self.says_who else "",
            )
            for one in self._known(service)
        )

    def other_names(self, service: RegistryName, address: str) -> tuple[RegistryName, ...]:
        raise NotImplementedError

    def set_state(self, service: RegistryName, address: str, state: RegistryState) -> None:
        self.world.calls(f"registry.set_state {state}")
        if address not in {one.address for one in self._known(service)}:
            raise Gone(f"{self.name} does not know {address}")
        self.states[address] = state
        self.told.append((address, state))

    def calls_for(self, one: StubInstance) -> bool:
        """Whether consumers are to call it."""
        return not one.offline and self.states.get(one.address) not in {"out of service", 0}

    def _known(self, service: RegistryName) -> list[StubInstance]:
        """Those of this service; a registration ends with its process, or by its own word."""
        return [one for one in self.world.living() if one.group.registered_as == service and not one.offline]


@dataclass
class StubLedger:
    """Nobody has written anything."""

    calls: Calls

    def effects(self, run: str) -> tuple[Effect, ...]:
        self.calls("ledger.effects")
        assert run
        return ()


class StubWorld:
    """These services: as many instances of each as the release asks for, two of each other."""

    run = "s1s"

    def __init__(self, folder: Path, services: Iterable[Service], released: Mapping[str, int]) -> None:
        self.folder = folder
        self.calls = Calls()
        self.slb = StubSlb(self)
        self.servers = {
            name: StubServer(StubProcess(name, folder / f"{name}.log"), self.calls)
            for name in ("nginx", "nacos", "postgres")
        }
        self.registry = StubRegistry(self, self.servers["nacos"])
        self.groups = {service.name: StubGroup(self, service) for service in services}
        for name, group in self.groups.items():
            for instance in group.service.names(released.get(name, 2)):
                started = group.start(instance, group.service.version)
                if group.position == "entry":
                    self.slb.enrol(started)
        self.calls.made.clear()
        self.world = World(
            platform="stub",
            slb=self.slb,
            registries=(self.registry,) if any(one.registered_as for one in self.groups.values()) else (),
            ledger=StubLedger(self.calls),
            groups=tuple(self.groups.values()),
            servers=tuple(self.servers.values()),
            restartable={
                what: (self.servers[name],)
                for what, name in (("SLB", "nginx"), ("registry", "nacos"), ("database", "postgres"))
            },
        )

    def everybody(self) -> list[StubInstance]:
        """Every incarnation, ended or not."""
        return [one for group in self.groups.values() for one in group.every]

    def living(self) -> list[StubInstance]:
        """Who runs now."""
        return [one for group in self.groups.values() for one in group.living()]

    def lists(self) -> dict[str, tuple[str, ...]]:
        """Service -> the incarnations that consumers would call."""
        return {
            name: tuple(one.incarnation for one in group.living() if self.registry.calls_for(one))
            for name, group in self.groups.items()
        }

    def instance(self, incarnation: str) -> StubInstance:
        """This incarnation; StopIteration where there is none yet."""
        return next(one for group in self.groups.values() for one in group.every if one.incarnation == incarnation)
