"""What a run promised before it began: scenario, expectation, release, workload, thresholds.

Written first, changed never.
"""

from typing import Final, Literal

import msgspec

from conformance.record.request_headers import USUAL, RequestHeaders, RequestIds
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
    evidence: tuple[Literal["identity", "hops", "executions", "in_flight", "held_writes", "offline", "sees"], ...]
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
    quiet: bool = True
    """Whether its way down waits until nothing is in flight on an instance."""
    removal_bound_s: float | None
    """Longest removal lag that the policy allows; None where it promises nothing."""
    minimum_in_rotation: int
    baseline_step: str
    batches: tuple[BatchFacts, ...]
    exposure: ExposureFacts = ExposureFacts()
    own_command: bool = False
    """Whether one command of the team's own replaced everything while the suite watched: how instances were told to
    stop, and how they ended, nobody saw."""
    nothing: bool = False
    """Whether nothing was released: a null release, whose one batch replaces nobody."""
    undo: tuple[BatchFacts, ...] = ()
    """What rolls each batch back; taken only where the new version is refused."""

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The hops whose far end is being released; none of a worker, which nobody calls."""
        return tuple(f"{caller}->{self.service}" for caller in self.callers)


class EffectRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some writes of a route leave in the place of the route's own effects."""

    effects: tuple[str, ...]
    """One that is named twice must be there twice."""
    statuses: tuple[int, ...] = ()
    """Of the answer; empty: any."""
    service: str = ""
    """Whose version decides; empty: none does."""
    version: str = ""


class StatusRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which statuses of a route are right where this version has worked on the request."""

    service: str
    version: str
    expect: tuple[int, ...]


class RouteFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of request of the workload."""

    name: str
    method: str
    weight: float
    expect: tuple[int, ...]
    """In whatever version; empty: what is right, only the load knows."""
    write: bool
    effects: tuple[str, ...]
    """Effects that an acknowledged request must leave, each as often as it is named."""
    rules: tuple[EffectRule, ...] = ()
    """Where that depends on the answer's status, or on a version; of one service at most."""
    statuses: tuple[StatusRule, ...] = ()
    """Where the versions of a service differ in what is right; then one for each of them."""
    entry: str = ""
    """The entry service whose path it has."""
    within_ms: float | None = None
    """What the team promises: an answer that takes longer is a failed request."""
    rpc: bool = False
    """Whether it is called by gRPC: its statuses are those of its calls, an SLB's lines have those of HTTP."""
    lasts: bool = False
    """Whether its requests last by their nature, as an upload or a session does: no part of any latency."""
    goes_on: bool = False
    """Whether its client goes on on another connection where an instance that goes closes the one that it has."""
    timeout_s: float | None = None
    """Of its requests; None: the client's own."""
    reads_back: bool = False
    """Whether it reads what acknowledged writes have told, old and new by turns; see read_back.py."""
    looked_at: bool = True
    """Whether the load asks more of its answers than their status, if there is more to them."""
    overruled: dict[int, int] = {}
    """Statuses that are not expected and that the workload itself took for right, and how often."""

    @property
    def declares_effects(self) -> bool:
        """Whether it is said what its writes leave; that may be nothing."""
        return bool(self.effects or self.rules)

    def leaves(self, status: int | None, version: str) -> tuple[str, ...]:
        """What a write must leave that was answered so (None: by a status that no rule names) in this version.

        Of the rules that fit one that names the version beats one that does not, then one that names the status.
        """
        fitting = [
            rule
            for rule in self.rules
            if rule.version in {"", version} and (not rule.statuses or status in rule.statuses)
        ]
        best = max(fitting, key=lambda rule: (bool(rule.version), bool(rule.statuses)), default=None)
        return self.effects if best is None else best.effects


class JourneyFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One user's requests in order."""

    name: str
    weight: float
    """Its share of what is due, relative to routes and other journeys."""
    steps: tuple[str, ...]
    """Routes, by name."""
    session_begins: int | None = None
    """The place of the step that begins a session with the servers; None: it is not watched."""


class LoadFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The load as planned."""

    rate: int
    """Requests per second, open model."""
    fresh_share: float
    """Share of requests that open a connection of their own."""
    routes: tuple[RouteFacts, ...]
    users: int = 0
    """Request i is user ``i % users``'s; 0: nobody says who asks."""
    journeys: tuple[JourneyFacts, ...] = ()
    """Where there are some, ``rate`` is of starts: of journeys, and of single requests."""
    marked_users: int = 0
    """The first so many users carry the mark by which a gray chooses its requests."""
    workers: int = 1
    """Processes that share it."""


class LatencyPromise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How quickly a team promises that its system answers, from when a request is due. None: nothing is promised."""

    p99_ms: float | None = None
    """99 of 100 answers, in each step of the release."""
    stall_ms: float | None = None
    """Every answer of a route that promises nothing itself."""


class Contract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the judge needs to know besides what happened."""

    schema: str = SCHEMA
    run: str
    """The run's id; the ids of its requests follow from it."""
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
    headers: RequestHeaders = USUAL
    """By which headers requests tell their id and their lane."""
    thresholds: Thresholds
    promised: LatencyPromise = LatencyPromise()
    server_settings: str = ""
    """What differs from the usual in what the scenario chose of the servers, for people."""
    slb: str = USUAL_SLB
    """The kind of the SLB before the entry service; old records, which do not name it, had this one."""
    sticky: bool = False
    """Whether that SLB keeps a user at the instance that answered first."""
    slb_lines: bool = True
    """Whether that SLB tells what it did with each request."""
    client: str = ""
    """How services spoke to the registry."""
    timers: dict[str, float] = {}
    """Every timer of SLB, registry and clients as it was set, in seconds."""
    chain: tuple[Delay, ...] = ()
    """What passes, at most, from the first act of an instance's way down until no caller lists it any more."""
    joined_by: str = ""
    """The name of what is taken of a write's answer and stands in the ledger in the place of the request's id; empty:
    the request's own id does. Rows of ids that no answer told are then of the warm-up, or of writes that failed."""
    settles_s: float = 0.0
    """How long after its answer a write's effects may come, in seconds."""
    incarnation_address: Literal["new", "kept"] = "new"
    resolved: dict[str, str] = {}
    """The descriptor's settings as used, flattened and without secrets, for people."""

    @property
    def ids(self) -> RequestIds:
        """The ids of this run's requests."""
        return self.headers.ids(self.run)

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
