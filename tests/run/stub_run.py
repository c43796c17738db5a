"""Whole releases into the stub world, under a load that only counts: well under a second each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from conformance.load.process import LoadFailed
from conformance.load.spec import LoadSpec, Progress, Route
from conformance.plan import Plan, QuietAct, Release, Service, SignalAct, Step, UnlistedAct, plan
from conformance.record import events, files
from conformance.record.contract import Expected, ServiceFacts
from conformance.record.events import Event
from conformance.record.request_headers import USUAL, RequestHeaders
from conformance.record.thresholds import Thresholds
from conformance.run.conductor import Run
from conformance.run.load_driver import LoadDriver
from conformance.run.spec import OperatorCommand, Review, RunSpec, TopologyTimers
from conformance.run.timings import Timings
from conformance.run.world import Effect
from conformance.vocabulary import Refuser
from tests.run.honesty import false_claims
from tests.run.stub_world import HOOK, StubWorld

E = TypeVar("E", bound=Event)

VERSIONS = ("v1", "v2", "v3")
OWN_WAY = (HOOK, UnlistedAct(), QuietAct(), SignalAct())
STOREFRONT = Service(
    name="storefront", position="entry", calls=("orders",), registered=False, version="v1", next="v2", versions=VERSIONS
)
ORDERS = Service(
    name="orders",
    position="provider",
    calls=("inventory",),
    depth=1,
    version="v1",
    next="v2",
    versions=VERSIONS,
    way_down=OWN_WAY,
)
INVENTORY = Service(name="inventory", position="provider", depth=2, version="v1", next="v2", versions=VERSIONS)
"""Without a way of its own: by the registry's API."""
MAILER = Service(name="mailer", position="worker", registered=False, version="v1", next="v2", versions=VERSIONS)
CHAIN = (STOREFRONT, ORDERS, INVENTORY)

IN_VAIN_S = 0.15
"""How long what cannot come is waited for here."""
TINY = Timings(
    load_ready=1,
    load_began=1,
    load_stopped=1,
    answer=IN_VAIN_S,
    write_in_flight=IN_VAIN_S,
    any_write=IN_VAIN_S / 3,
    drained=IN_VAIN_S,
    served_out=IN_VAIN_S,
    stopped=IN_VAIN_S,
    silent=IN_VAIN_S,
    unlisted=IN_VAIN_S,
    healthy=IN_VAIN_S,
    paused=IN_VAIN_S,
    ready=IN_VAIN_S,
    listed=IN_VAIN_S,
    enough_traffic=IN_VAIN_S,
    quiet=IN_VAIN_S,
    audit=IN_VAIN_S,
    audit_apart=0.001,
    review=0.002,
    look=0.001,
    sample=0.002,
    joined=1,
    slack=0,
)
THRESHOLDS = Thresholds(client_timeout_s=IN_VAIN_S, rotation_gap_s=30.0)
WRITES = Route(
    name="order", method="POST", path="/", weight=1, expect=(201,), write=True, long_share=0.1, long_ms=(200, 600)
)
READS = Route(name="list", method="GET", path="/", weight=1, expect=(200,), write=False)


RIGHT = Review(enough=True, against="", figures="1,000 requests", by=Refuser.NOBODY)


@dataclass
class StubLoad:
    """A load that has sent a thousand more requests each time that it is asked."""

    failed: int = 0
    phase: str = "ready"
    said: list[str] = field(default_factory=list)
    done: int = 0
    dead: str = ""
    writes: bool = True

    def launch(self) -> None:
        self.said.append("launch")

    def wait_ready(self, within_s: float) -> None:
        assert within_s

    def start(self) -> None:
        self.phase = "loading"

    def progress(self) -> Progress:
        if self.dead:
            raise LoadFailed(self.dead)
        self.done += 1_000
        return msgspec.convert(
            {"phase": self.phase, "done": self.done, "writes": self.done * self.writes, "failed": self.failed}, Progress
        )

    def stop(self, within_s: float) -> None:
        assert within_s
        self.said.append("stop")

    def kill(self) -> None:
        self.said.append("kill")


@dataclass
class Teller:
    """A narrator that lets a test act when a step begins."""

    at: str = ""
    at_now: str = ""
    """The step that began last."""
    act: Callable[[], None] = lambda: None
    ends: dict[str, str] = field(default_factory=dict)
    """Step number -> what it saw; empty where it was done."""
    halts: list[str] = field(default_factory=list)

    def planned(self, plan: Plan) -> None: ...

    def began(self, step: Step) -> None:
        self.at_now = step.number
        if step.number == self.at:
            self.act()

    def ended(self, step: Step, *, done: bool, saw: str) -> None:
        self.ends[step.number] = "" if done else saw or "a part of it failed"

    def progress(self, progress: Progress) -> None: ...

    def halted(self, why: str) -> None:
        self.halts.append(why)

    def finished(self, doing: str) -> None: ...


@dataclass
class StubRun:
    """A release into a stub world, made ready for a test to meddle with, and what its record has in the end."""

    folder: Path
    release: Release
    services: tuple[Service, ...] = CHAIN
    """The topology; a service of the release stands in it as the release has it."""
    timings: Timings = TINY
    thresholds: Thresholds = THRESHOLDS
    routes: tuple[Route, ...] = (WRITES,)
    headers: RequestHeaders = USUAL
    told_within_s: float = 0.01
    review: Review = RIGHT
    answer: Callable[[], bool | None] = lambda: True
    control: Callable[[], OperatorCommand] = lambda: ""
    teller: Teller = field(default_factory=Teller)
    load: StubLoad = field(default_factory=StubLoad)
    ordered: list[LoadSpec] = field(default_factory=list)
    happened: list[Event] = field(default_factory=list)
    reviewed: list[str] = field(default_factory=list)
    """Whose answers the last review was shown, by the SLB's log."""

    def __post_init__(self) -> None:
        self.plan = plan(self.release)
        parts = {part.service.name: part for part in self.release.parts}
        services = {one.name: one for one in self.services} | {name: part.service for name, part in parts.items()}
        released = {name: len(part.names) for name, part in parts.items()}
        self.stub = StubWorld(self.folder, services.values(), released)

    def go(self) -> "StubRun":
        """Carry it out; whatever it raises, and whatever it claims that did not happen, is a fault of the runner's."""
        directory = self.folder / "run"
        directory.mkdir()
        run = Run(self._spec(directory), self.stub.slb.address, self.teller, self._driver)
        run.carry_out(self.stub.world)
        lines = (directory / files.EVENTS).read_bytes().splitlines()
        self.happened = happened = [msgspec.json.decode(line, type=Event) for line in lines]
        assert false_claims(self.stub, happened) == []
        return self

    def all(self, kind: type[E]) -> list[E]:
        """The events of this kind, as they were recorded."""
        return [event for event in self.happened if isinstance(event, kind)]

    def of(self, incarnation: str) -> list[str]:
        """The names of the events of this incarnation, in the order of their times."""
        own = [event for event in self.happened if getattr(event, "incarnation", "") == incarnation]
        return [type(event).__name__ for event in sorted(own, key=lambda event: event.at_ns)]

    @property
    def failed(self) -> dict[str, str]:
        """Step number -> what was seen last, of the steps that failed, by the record."""
        ends = self.all(events.StepEnded)
        return {event.step: event.saw for event in ends if event.outcome == "failed"}

    @property
    def troubles(self) -> list[str]:
        """What the plan did not ask for."""
        return [event.what for event in self.all(events.Trouble)]

    @property
    def versions(self) -> set[str]:
        """Of the released service, what runs in the end."""
        return {one.version for one in self.stub.groups[self.release.service.name].living()}

    def _driver(
        self, spec: LoadSpec, started: Callable[[int], None], redaction: Callable[[str], str] = str
    ) -> LoadDriver:
        del started, redaction  # there is no process to tell of, and no secret
        self.ordered.append(spec)
        return self.load

    def _review(
        self,
        since_ns: int,
        new: Sequence[str],
        effects: Callable[[], Sequence[Effect]],
        accesses: Callable[[], Iterable[tuple[str, str]]],
    ) -> Review:
        assert since_ns
        assert new
        assert effects() == ()
        self.reviewed = [whose for _, whose in accesses()]
        return self.review

    def _spec(self, directory: Path) -> RunSpec:
        return RunSpec(
            run=StubWorld.run,
            directory=directory,
            scenario="stub",
            title="a release into a stub world",
            promise="A8",
            expected=Expected(),
            plan=self.plan,
            platform="stub",
            registry="nacos",
            slb="nginx",
            slb_lines=True,
            topology_timers=TopologyTimers(
                server_settings="",
                client="stub",
                timers={},
                chain=(),
                noticed_within_s=None,
                told_within_s=self.told_within_s,
            ),
            descriptor="stub",
            services=tuple(
                ServiceFacts(
                    name=group.name,
                    position=group.position,
                    calls=group.calls,
                    registered=group.registered_as is not None,
                    instances=tuple(one.name for one in group.living()),
                    version="v1",
                    evidence=("identity", "executions", "in_flight", "held_writes", "offline", "sees"),
                )
                for group in self.stub.groups.values()
            ),
            routes=self.routes,
            headers=self.headers,
            effects={},
            rate=300,
            entries={one.name: "/" for one in self.services if one.position == "entry"},
            ready_s=IN_VAIN_S,
            fresh_share=0.5,
            warm_up_requests=1,
            resolved={},
            versions={},
            spawned=lambda _pid, _name: None,
            review=self._review,
            ask=lambda _question: self.answer(),
            control=self.control,
            thresholds=self.thresholds,
            timings=replace(self.timings),
        )
