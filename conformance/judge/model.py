"""The judge's words: verdict, finding, judgement. Frozen, and serialised as they stand into verdict.json."""

from enum import StrEnum

import msgspec

from conformance.record.contract import Delay, Expected, ServiceFacts
from conformance.vocabulary import Aspect, Cause, FailureCause, FindingKind, Refuser


class Verdict(StrEnum):
    """What a judged run is. NO-GO outweighs INCONCLUSIVE, INCONCLUSIVE outweighs GO."""

    GO = "GO"
    NO_GO = "NO-GO"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def weight(self) -> int:
        """The greater, the worse."""
        return {"GO": 0, "INCONCLUSIVE": 1, "NO-GO": 2}[self.value]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands against GO."""

    check: str
    """The check that found it: the name of its module in judge/checks."""
    finding: FindingKind
    """What it is."""
    verdict: Verdict
    """NO-GO or INCONCLUSIVE."""
    message: str
    """The whole fact in one sentence, with its numbers."""
    step: str = ""
    """Title of the top-level step of the plan during which it happened: ``Batch 1 of 3``."""
    substep: str = ""
    """Number and title of the innermost one: ``2.3 Stop: SIGTERM``."""
    hop: str = ""
    instance: str = ""
    incarnation: str = ""
    error: str = ""
    count: int = 1
    first_ns: int = 0
    last_ns: int = 0
    requests: tuple[str, ...] = ()
    """The first few request ids."""
    detail: tuple[str, ...] = ()
    """Lines for people: hops of the first request, exit codes, what the record proves of the cause."""
    starved: bool = False
    """Whether it is INCONCLUSIVE because the machine was CPU-starved meanwhile."""
    cause: Cause = Cause.UNKNOWN
    """What the record proves of its cause."""


class FailedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose answer was not what the workload expects."""

    request: str
    route: str
    due_ns: int
    sent_ns: int
    done_ns: int
    status: int
    error: str
    hop: str
    instance: str
    incarnation: str
    hop_error: str
    step: str
    executed: str = "unknown"
    """``yes``, ``no`` or ``unknown``: whether it was executed where it failed."""
    cause: FailureCause = FailureCause.UNKNOWN


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that one caller lost to one callee since the release began."""

    hop: str
    caller: str
    """An instance, ``slb`` or ``client``; empty where nobody said who called."""
    instance: str
    """Who was called; empty where that was nobody."""
    incarnation: str
    count: int
    errors: tuple[tuple[str, int], ...]
    """Each error and how often, the most frequent first."""
    first_ns: int
    """When the first of them was due."""
    last_ns: int
    """When the last of them ended."""


class HopSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What one end of a hop saw of a request."""

    who: str
    """``client``, ``SLB`` or an incarnation."""
    version: str = ""
    status: int = 0
    """0: none."""
    error: str = ""
    end: str = ""
    """How it ended, where it failed and the events tell."""


class FirstLoss(msgspec.Struct, frozen=True, kw_only=True):
    """The first request since the release began that was seen to fail."""

    request: str
    method: str
    route: str
    due_ns: int
    into_load_ns: int
    """The same, since the load began."""
    took_ns: int | None
    """From when it was due until it had failed; None: it was never answered."""
    status: int
    error: str
    incarnation: str
    """At which it failed; empty where nobody knows."""
    step: str
    hops: tuple[HopSeen, ...]
    """From the client inwards."""


class StepSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the plan as it was taken. Since the run's origin; None: it never began, or never ended."""

    number: str
    title: str
    began_ns: int | None
    ended_ns: int | None
    done: bool
    saw: str
    """Where it failed: what was seen last."""
    top: bool = True
    """Whether it is a step of the plan itself, not one inside another."""
    undo: bool = False
    """Whether it rolls back."""


class PartialWrite(msgspec.Struct, frozen=True, kw_only=True):
    """A write that left some of its effects."""

    request: str
    found: tuple[str, ...]
    missing: tuple[str, ...]
    acknowledged: bool
    step: str


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """How long an instance was still called after it had said that it was going."""

    instance: str
    incarnation: str
    step: str
    marked_ns: int
    """When its drain was acknowledged (entry) or its offline hook had returned; its stop where it never said so. In a
    system that stands already: when the SLB's own list had dropped it."""
    stopped_ns: int
    last_start_ns: int
    """Start of its last execution; in a system that stands already: when the last request that it answered was sent."""
    lag_s: float
    """Seconds from the mark to that start; 0 where nothing started after the mark."""
    executions_after: int


class InstanceTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a system that stands already told of one of its instances by itself."""

    at_ns: int
    incarnation: str
    aspect: Aspect
    said: str


class ErrorWindow(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch's way down cost, and how long its callers went on calling. Since the run's origin; None: never."""

    step: str
    incarnations: tuple[str, ...]
    """Who went down."""
    marked_ns: int
    """When the first of them said, or was said, to be going; its stop where nobody said so."""
    gone_ns: int
    """When the first of them stopped answering."""
    lost: int
    """Requests that failed at them."""
    executed: int
    """Those of the lost that were executed all the same."""
    first_failed_ns: int | None
    """When the first of the lost was due."""
    last_failed_ns: int | None
    """When the last of them ended."""
    dropped_ns: int | None
    """When the registry, or the SLB, had dropped the last of them."""
    told_ns: int | None
    """When every caller had."""
    last_call_ns: int | None
    """When the last request that was sent on to one of them was sent."""
    called_s: float | None
    """Seconds from when the first of them was gone to that; 0 where nobody called after."""


class SlowStart(msgspec.Struct, frozen=True, kw_only=True):
    """A new incarnation that was slow at first. Times since the run's origin."""

    service: str
    instance: str
    incarnation: str
    version: str
    since_ns: int
    """When it was ready; its launch where nobody saw that."""
    seconds: float
    """For how long after that most of its answers were slow."""
    slow: int
    """Answers that were, of..."""
    served: int
    """...so many in that time."""
    slower_than_ms: float
    """What is slow: more than nearly all answers took before the release."""
    longest_ms: float

    @property
    def told(self) -> str:
        """``shop-01.2 (v2) was slow for the first 2.3 s after it was ready: 80 of 84 answers ...``."""
        return (
            f"{self.incarnation} ({self.version}) was slow for the first {self.seconds:.1f} s after it was ready:"
            f" {self.slow:,} of {self.served:,} answers took longer than {self.slower_than_ms:,.0f} ms,"
            f" the longest {self.longest_ms / 1000:.1f} s"
        )


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a caller that has met a version of its provider."""

    caller: str
    caller_version: str
    provider: str
    provider_version: str
    requests: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """How a new version was refused, and what it had cost by then."""

    at_ns: int
    by: Refuser
    why: str
    requests: int
    """That ended between the moment when the first of the new incarnations could be called and the refusal."""
    lost: int
    """Of them."""
    share: float
    """Lost, of those."""
    lost_after: int
    """Requests that were due after the last of the new incarnations was gone, and failed."""


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that a service does not declare, and all that therefore was not tested."""

    service: str
    evidence: str
    shows: tuple[str, ...]
    """What it would show."""
    untested: tuple[str, ...]
    """The lines of ``Judgement.untested`` that it stands for."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What the counts of a run bound, exactly (Clopper-Pearson, one-sided).

    As though requests, and stops, were independent trials; they are not: see docs/checks.md.
    """

    requests: int
    """That ended since the release began."""
    failed: int
    requests_at_most: float
    """The share of requests that may be lost by what was seen."""
    stops: int
    """Incarnations that the release took down."""
    stops_amid_writes: int
    """On how many of them a write was in flight then, as far as anything tells."""
    stops_at_most: float | None
    """The share of stops at which something may be lost; None where something was, or nothing was stopped."""
    confidence: float


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The judge's answer for one run."""

    run: str
    scenario: str
    title: str
    expected: Expected = Expected()
    """What the record's own contract expects; see expectation.py."""
    platform: str = ""
    registry: str = ""
    slb: str = ""
    """The kind of the SLB before the entry service: what the verdict stands for."""
    descriptor: str = ""
    versions: tuple[str, str] | None = None
    """The old one and the new one; None where the record could not be read."""
    position: str = ""
    """Of the released service."""
    services: tuple[ServiceFacts, ...] = ()
    """Of the topology; empty where the record could not be read."""
    released: tuple[str, ...] = ()
    """Which of them."""
    offline: str = ""
    """The offline policy."""
    null_release: bool = False
    """Whether nothing was released: the control that shows what the system loses by itself."""
    verdict: Verdict
    headline: str
    findings: tuple[Finding, ...]
    """Worst first, then by time."""
    untested: tuple[str, ...]
    """``check: why`` for each check whose evidence the descriptor does not declare."""
    lacks: tuple[Lack, ...] = ()
    """The same, as far as declared evidence would help, one for each service and evidence."""
    loosened: tuple[str, ...] = ()
    """What the contract asks less of than the suite does by default."""
    passed: tuple[str, ...]
    """The checks that were carried out and found nothing."""
    counts: dict[str, int]
    """requests, since_release (those that ended since the release began), failed, writes, acknowledged_writes,
    partial_writes, lost_writes, duplicates, phantoms, executions, stops (incarnations that were taken down),
    stops_amid_writes (those with a write in flight), ..."""
    proof: Proof | None = None
    """What was proved; None where evidence is lacking."""
    load: dict[str, float]
    """rate, planned, sent, sent_share, worst_second_share, lateness_p99_ms, lateness_max_ms, seconds."""
    latency: dict[str, float]
    """p50_ms, p99_ms, max_ms, stalls, longest_gap_ms."""
    failed_requests: tuple[FailedRequest, ...]
    """Since the release began; the first 1,000, counts has the number."""
    losses: tuple[Loss, ...] = ()
    """All failed requests since the release began, by caller and callee, the largest share first; the first 100."""
    first_loss: FirstLoss | None = None
    steps: tuple[StepSeen, ...] = ()
    """Every step of the plan, in its order; of a record that is broken, what can still be read."""
    notes: tuple[str, ...] = ()
    """What the run could not see, or saw fail on single instances, each with its time."""
    partial_writes: tuple[PartialWrite, ...]
    """The first 1,000; counts has the number."""
    held_writes: tuple[str, ...] = ()
    """Ids of the writes that were known to be in flight on an instance when its way down began."""
    removals: tuple[Removal, ...]
    told: tuple[InstanceTold, ...] = ()
    """In the order of time, instance by instance; the first 1,000."""
    windows: tuple[ErrorWindow, ...] = ()
    """One for each batch."""
    slow_starts: tuple[SlowStart, ...] = ()
    """New incarnations that were slow at first, in the order of their starts."""
    pairs: tuple[Pair, ...] = ()
    """Who met whom since the release began; where several services are released."""
    refusal: Refusal | None = None
    """Where the new version was refused."""
    server_settings: str = ""
    """What the release stood in, where that differs from the usual."""
    client: str = ""
    """How services spoke to the registry."""
    timers: dict[str, float] = {}
    """Of SLB, registry and clients, in seconds."""
    chain: tuple[Delay, ...] = ()
    """What passes, at most, until no caller lists an instance that goes down as these did."""
    implied_s: float | None = None
    """The chain's sum; None where it never ends."""
    error_window_ns: tuple[int, int] | None
    """When the first failed request was due and the last one done."""
