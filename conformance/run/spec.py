"""All that is decided before a run begins."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from conformance.load.request import reads_back
from conformance.load.spec import Journey, Route, Tasks, TaskWrite, Tls
from conformance.plan import Plan
from conformance.record.contract import (
    Delay,
    EffectRule,
    Expected,
    JourneyFacts,
    LatencyPromise,
    RouteFacts,
    ServiceFacts,
    StatusRule,
)
from conformance.record.request_headers import USUAL, RequestHeaders
from conformance.record.thresholds import Thresholds
from conformance.run.timings import Timings
from conformance.run.world import Effect, WorkerPlace
from conformance.vocabulary import Refuser


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyTimers:
    """What the release stands in, as SLB, registry and clients were set."""

    server_settings: str
    """For people: what differs from the usual."""
    client: str
    """How services speak to the registry."""
    timers: Mapping[str, float]
    """Seconds."""
    chain: tuple[Delay, ...]
    """What passes, at most, from the first act of a way down until no caller lists the instance any more."""
    noticed_within_s: float | None
    """The longest time until callers have noticed that one whom a step or a fault has ended is gone; None: never."""
    told_within_s: float
    """The longest time from a deregistration, or a registration, until every consumer has been told of it."""

    def patient(self, timings: Timings) -> Timings:
        """Timings that wait for as long as these topology timers need, and some more."""
        known = sum(delay.at_most_s for delay in self.chain if delay.at_most_s is not None)
        noticed = 1.1 * (known if self.noticed_within_s is None else self.noticed_within_s) + timings.slack
        told = 1.5 * self.told_within_s + timings.slack
        return replace(
            timings,
            unlisted=noticed if self.noticed_within_s is None else max(timings.unlisted, noticed),
            served_out=max(timings.served_out, told),
            listed=max(timings.listed, told),
            healthy=max(timings.healthy, told),
        )


@dataclass(frozen=True, slots=True)
class Review:
    """What the gray's own traffic says so far."""

    enough: bool
    """Whether it is enough to decide by."""
    against: str
    """Why the new version is to be refused; empty where nothing speaks against it."""
    figures: str
    """What was seen, for people."""
    by: Refuser
    """What speaks against it: the record of the requests, or the ledger; empty where nothing does."""


Reviewer = Callable[
    [int, Sequence[str], Callable[[], Sequence[Effect]], Callable[[], Iterable[tuple[str, str]]]], Review
]
"""Reviews what has been recorded: since when, which incarnations are new, how the ledger is read, and how the SLB's
log, which gives request ids and who answered them."""
OperatorCommand = Literal["", "pause", "resume", "abort"]
"""What a person orders of a release that is under way; the last one counts."""
AskOperator = Callable[[str], bool | None]
"""Asks a person the question; None as long as there is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOrder:
    """How the ledger is read."""

    joined_by: str = ""
    """What is taken of a write's answer and stands in the ledger in the place of the request's id; empty: that does."""
    settles_s: float = 0.0
    """How long after its answer a write's effects may come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One release under load, as ordered."""

    run: str
    """The run's id, from which the ids of its requests follow. Letters and digits only."""
    directory: Path
    """The run directory, empty."""
    scenario: str
    title: str
    promise: str
    expected: Expected
    plan: Plan
    platform: str
    registry: str
    slb: str
    slb_lines: bool
    """Whether the SLB tells what it did with each request."""
    sticky: bool = False
    """Whether the SLB keeps a user at the instance that answered first."""
    topology_timers: TopologyTimers
    descriptor: str
    services: tuple[ServiceFacts, ...]
    routes: tuple[Route, ...]
    columns: tuple[str, ...] = ()
    """The names of the columns of the workload's data."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The data."""
    journeys: tuple[Journey, ...] = ()
    """Where there are some, ``rate`` is of starts."""
    tls: Tls | None = None
    """Where requests by TLS go; None where no route speaks it."""
    tasks: Tasks | None = None
    """A team's own locustfile, in the place of routes; what it asks for is known only by the load's end."""
    secrets: tuple[str, ...] = ()
    """What no record may hold."""
    effects: Mapping[str, tuple[str, ...]]
    """Route -> the effects that an acknowledged request of it must leave."""
    status_rules: Mapping[str, tuple[StatusRule, ...]] = field(default_factory=dict)
    """Route -> where what is right depends on a version."""
    effect_rules: Mapping[str, tuple[EffectRule, ...]] = field(default_factory=dict)
    """Route -> where that depends on the answer's status or on a version."""
    headers: RequestHeaders = USUAL
    """By which requests tell their id and their lane."""
    audit: AuditOrder = AuditOrder()
    promised: LatencyPromise = field(default_factory=LatencyPromise)
    rate: int
    workers: int = 1
    """Processes that share the load."""
    places: tuple[WorkerPlace, ...] = ()
    """Of each, where they are none of this machine's."""
    fresh_share: float
    warm_up_requests: int
    entries: Mapping[str, str]
    """Entry service -> the prefix of its paths."""
    ready_s: float
    """How long the slowest version may take to become ready."""
    resolved: Mapping[str, str]
    versions: Mapping[str, str]
    """Server or library -> version, for the record."""
    spawned: Callable[[int, str], None]
    """Told the process id of the load's process, so that the platform can sweep it."""
    review: Reviewer
    """By whom a gray is confirmed automatically."""
    ask: AskOperator
    """By whom it is confirmed where a person decides."""
    control: Callable[[], OperatorCommand]
    """What a person has ordered last."""
    redaction: Callable[[str], str] = str
    """Takes secrets out of what is kept: events, logs, the load's specification."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    timings: Timings = field(default_factory=Timings)

    def entry_of(self, path: str) -> str:
        """The entry service whose prefix, of those that fit, is the longest; empty where none fits."""
        fitting = [name for name, prefix in self.entries.items() if path.startswith(prefix)]
        return max(fitting, key=lambda name: len(self.entries[name]), default="")

    def route_facts(self) -> tuple[RouteFacts, ...]:
        """The routes as the judge needs them; of a locustfile the writes that are declared, until it has asked."""
        if self.tasks is not None:
            return tuple(self._declared(write) for write in self.tasks.writes)
        read_back = reads_back(self.routes, self.journeys)
        return tuple(
            RouteFacts(
                name=route.name,
                method=route.method,
                weight=route.weight,
                expect=route.expect,
                write=route.write,
                effects=self.effects.get(route.name, ()),
                statuses=self.status_rules.get(route.name, ()),
                rules=self.effect_rules.get(route.name, ()),
                entry=self.entry_of(route.path),
                within_ms=route.within_ms,
                timeout_s=route.timeout_s,
                reads_back=route.name in read_back,
                rpc=route.kind is not None and route.kind.rpc is not None,
                lasts=route.kind is not None and route.kind.takes_a_while,
                goes_on=route.kind is not None and route.kind.goes_on,
                looked_at=route.looked_at,
            )
            for route in self.routes
        )

    def journey_facts(self) -> tuple[JourneyFacts, ...]:
        """The journeys as the judge needs them."""
        return tuple(
            JourneyFacts(
                name=one.name,
                weight=one.weight,
                steps=tuple(self.routes[step].name for step in one.steps),
                session_begins=None if one.session is None else one.session.begins,
            )
            for one in self.journeys
        )

    def _declared(self, write: TaskWrite) -> RouteFacts:
        method, _, path = write.name.partition(" ")
        return RouteFacts(
            name=write.name,
            method=method,
            weight=0.0,
            expect=(),
            write=True,
            effects=write.effects,
            rules=write.rules,
            entry=self.entry_of(path),
        )
