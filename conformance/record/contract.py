"""What a run promised before it began: scenario, expectation, release, workload, thresholds.

Written first, changed never.
"""

from typing import Final, Literal

import msgspec

from conformance.record.thresholds import Thresholds
from conformance.vocabulary import FindingKind, StepKind

SCHEMA = "release-record/1"
USUAL_SLB = "nginx"
"""The kind of SLB of a record that names none; where another one stood, a verdict says so in its headline."""

Hop = str
"""``caller->callee`` by the names of services: ``slb->storefront``, ``storefront->orders``."""
Position = Literal["entry", "provider", "worker", "supporting"]
SLB_CALLS: Final = "slb"
"""Stands for the SLB where callers are named."""


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict that a scenario expects, and for NO-GO the finding that must be there."""

    verdict: Literal["GO", "NO-GO", "ANY"] = "GO"
    finding: str | tuple[str, ...] | None = None
    """One of them must be there."""
    hop: Hop | None = None
    """``->orders``: any hop to that service."""
    step: str | None = None
    also: tuple[str, ...] = (FindingKind.PARTIAL_WRITE,)
    """Findings of damage to data that may be there besides; what is not named must not be there. A record that says
    nothing of it is older, and its scenario did not have to name partial writes."""


class Delay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the delays that pass until no caller lists an instance any more."""

    part: Literal["SLB", "server", "push", "cache"]
    """Whose: the SLB's, the registry's server's, its push's, the consumer's list's."""
    what: str
    at_most_s: float | None
    """None: it does not end."""


class ServiceFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service of the topology as the run resolved it."""

    name: str
    position: Position
    calls: tuple[str, ...] = ()
    """The services that it calls, in either version."""
    registered: bool = True
    """Whether its instances stand in the registry."""
    instances: tuple[str, ...]
    version: str
    evidence: tuple[Literal["identity", "hops", "executions", "in_flight", "offline", "sees"], ...]
    """What the descriptor declares that an instance can show; a check whose evidence is missing here is untested."""


class ExposureFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose requests meet the gray while it is being confirmed."""

    by: Literal["instances", "weights", "mark", "users"] = "instances"
    """Each instance its equal part; the SLB's weights; a mark of the request; a share of the users."""
    share: float = 0.0
    """Of the requests (weights), or of the users (mark, users)."""


class BatchFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One batch of the plan: the number of its step, its title and the instances that it replaces.

    One in which instances come and go again, beyond the service's own, is scaling.
    """

    step: str
    title: str
    instances: tuple[str, ...]
    to: str = ""
    """The version that it brings; empty in old records: the release's own."""
    gray: bool = False
    """Whether it is confirmed before the rest follows."""


class ReleaseFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The release under test."""

    service: str
    position: Position
    callers: tuple[str, ...] = ()
    """Who calls it, by name; ``slb`` for the SLB."""
    old: str
    new: str
    strategy: str
    """For people; the fields below and the batches say the same."""
    met_by: str = ""
    """Whose requests meet the gray, for people; empty where everybody's do."""
    together: bool = True
    """Whether several services are released at the same time; else one after the other, providers first."""
    overtaken_by: str = ""
    """A version that is released in its turn when the first batch is done."""
    start_first: bool = False
    """Whether each new incarnation is started before the old one is stopped."""
    offline: str
    """The offline policy's name."""
    lossless: bool
    removal_bound_s: float | None
    """Longest removal lag that the policy allows; None where it promises nothing."""
    minimum_in_rotation: int
    baseline_step: str
    batches: tuple[BatchFacts, ...]
    exposure: ExposureFacts = ExposureFacts()
    undo: tuple[BatchFacts, ...] = ()
    """What rolls each batch back; taken only where the new version is refused."""

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The hops whose far end is being released; none of a worker, which nobody calls."""
        return tuple(f"{caller}->{self.service}" for caller in self.callers)


class RouteFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of request of the workload."""

    name: str
    method: str
    weight: float
    expect: tuple[int, ...]
    """Empty: what is right, only the load knows."""
    write: bool
    effects: tuple[str, ...]
    """Effects that an acknowledged request must leave, exactly once each."""
    entry: str = ""
    """The entry service whose path it has."""
    within_ms: float | None = None
    """What the team promises: an answer that takes longer is a failed request."""
    timeout_s: float | None = None
    """Of its requests; None: the client's own."""
    overruled: dict[int, int] = {}
    """Statuses that are not expected and that the workload itself took for right, and how often."""


class LoadFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The load as planned."""

    rate: int
    """Requests per second, open model."""
    fresh_share: float
    """Share of requests that open a connection of their own."""
    routes: tuple[RouteFacts, ...]
    users: int = 0
    """Request i is user ``i % users``'s; 0: nobody says who asks."""
    marked_users: int = 0
    """The first so many users carry the mark by which a gray chooses its requests."""


class Contract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the judge needs to know besides what happened."""

    schema: str = SCHEMA
    run: str
    """The run's id; every request id begins with it."""
    scenario: str
    title: str
    promise: str
    """The scenario's docstring: what must hold."""
    expected: Expected
    platform: str
    registry: str
    descriptor: str
    """The descriptor's name."""
    services: tuple[ServiceFacts, ...]
    release: ReleaseFacts
    also: tuple[ReleaseFacts, ...] = ()
    """Further services that are released in the same steps."""
    load: LoadFacts
    thresholds: Thresholds
    server_settings: str = msgspec.field(default="", name="neighbourhood")
    """What differs from the usual in what the release stood in, for people."""
    slb: str = USUAL_SLB
    """The kind of the SLB before the entry service; old records, which do not name it, had this one."""
    slb_lines: bool = True
    """Whether that SLB tells what it did with each request."""
    client: str = ""
    """How services spoke to the registry."""
    timers: dict[str, float] = {}
    """Every timer of SLB, registry and clients as it was set, in seconds."""
    chain: tuple[Delay, ...] = ()
    """What passes, at most, from the first act of an instance's way down until no caller lists it any more."""
    settles_s: float = 0.0
    """How long after its answer a write's effects may come, in seconds."""
    incarnation_address: Literal["new", "kept"] = "new"
    resolved: dict[str, str] = {}
    """The descriptor's settings as used, flattened and without secrets, for people."""

    @property
    def releases(self) -> tuple[ReleaseFacts, ...]:
        """One per service."""
        return (self.release, *self.also)

    def service(self, name: str) -> ServiceFacts:
        """The facts of one service; KeyError where the topology has none of that name."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    @property
    def hops(self) -> tuple[tuple[Hop, str, str], ...]:
        """Every hop that a call can take: its name, the caller and the callee."""
        entries = [(SLB_CALLS, one.name) for one in self.services if one.position == "entry"]
        calls = [(one.name, callee) for one in self.services for callee in one.calls]
        return tuple((f"{caller}->{callee}", caller, callee) for caller, callee in (*entries, *calls))

    def callers(self, service: str) -> tuple[ServiceFacts, ...]:
        """The services that call this one."""
        return tuple(one for one in self.services if service in one.calls)

    def shown(self, service: str) -> frozenset[str]:
        """What can be known of a service: what it declares, and of an entry its executions by the SLB's lines."""
        facts = self.service(service)
        by_slb = facts.position == "entry" and self.slb_lines
        return frozenset(facts.evidence) | ({"executions"} if by_slb else frozenset())

    @property
    def entries(self) -> tuple[str, ...]:
        """The services that the SLB stands before."""
        return tuple(one.name for one in self.services if one.position == "entry")

    @property
    def distances(self) -> dict[str, int]:
        """Of each service that requests reach: the most hops from the SLB to it; a caller is always nearer."""
        found = dict.fromkeys(self.entries, 1)
        for _ in self.services:  # a call graph has no cycles, so no way is longer than there are services
            for _, caller, callee in self.hops:
                if caller in found:
                    found[callee] = max(found.get(callee, 0), found[caller] + 1)
        return found

    @property
    def implied_s(self) -> float | None:
        """The longest window in which callers can still call who is gone, by the timers; None where it never ends."""
        times = [delay.at_most_s for delay in self.chain]
        return None if None in times else sum(at_most for at_most in times if at_most is not None)


class PlanNode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the plan, as people read it."""

    number: str
    title: str
    instances: tuple[str, ...] = ()
    children: tuple["PlanNode", ...] = ()
    kind: StepKind = StepKind.OTHER
    """What a top-level step is for; empty in older records."""
    what: str = ""
    """Of a fault or scaling: what happens, for titles."""
    undo: bool = False
    """Whether it is a part of the rollback, which is taken only where the new version is refused."""


class Environment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and when the run took place, and how its two clocks stood to each other."""

    started: str
    """UTC, ISO 8601."""
    wall_minus_monotonic_start_ns: int
    wall_minus_monotonic_end_ns: int
    origin_ns: int
    """The monotonic clock at the run's origin; all times in the tables are nanoseconds since then."""
    host: dict[str, str]
    versions: dict[str, str]


class WrongAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer of an expected status that was not what the route promises."""

    seq: int
    expected: str
    saw: str
    """As far as it is shown; secrets are masked."""


class TasksEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of the task executions of a team's own locustfile; tasks.csv has a row for each."""

    planned: int
    """Executions that were due."""
    started: int
    ended: int
    raised: int
    """By an exception."""
    outlived: int
    """They had not ended when the load had waited for them as long as a request may take."""
    users: int
    """Greatest number at once."""
    unused_ids: int
    """Ids of requests that were asked for and not used: their numbers have no row."""
    apart: int
    """Requests that belong to no execution: a user's farewell, or what runs beside its tasks."""
    errors: tuple[tuple[str, int], ...] = ()
    """What was raised, with its place, and how often; the most frequent ones."""
    notices: tuple[str, ...] = ()
    """What its tasks asked for that the load does not do."""


class LoadEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The load's own end marker, written by its process after the last row."""

    planned: int
    """Requests that were due before the load was told to stop."""
    sent: int
    rows: int
    crc32: int
    """Running CRC-32 over all bytes of requests.csv."""
    answers: int
    started_ns: int
    stopped_ns: int
    """When the last request was due; both since the run's origin."""
    realtime: bool
    """Whether SCHED_FIFO was granted."""
    timer: Literal["timerfd", "sleep"]
    self_test: dict[str, str]
    """Each misbehaviour that the client was shown, and the error class that it recorded; see load/selftest.py."""
    self_test_passed: bool
    workers: int = 1
    routes: tuple[RouteFacts, ...] = ()
    """What tasks have asked for: the contract of such a load cannot say it."""
    tasks: TasksEnd | None = None
    """None: the load had no locustfile of the team's own; a request was due each time."""
    wrong_answers: tuple[WrongAnswer, ...] = ()
    """The first of them; every one is a row with the error ``wrong answer``."""
