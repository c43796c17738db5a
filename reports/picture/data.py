"""What is drawn of a run: frozen, and no more of it than a picture can show, however large the record.

Times are nanoseconds since the run's origin, as in the record.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from conformance.judge.model import SlowStart, Verdict


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time."""

    began_ns: int
    ended_ns: int

    @property
    def length_ns(self) -> int:
        """How long it lasts; never below 0."""
        return max(0, self.ended_ns - self.began_ns)

    def meets(self, other: "Span") -> bool:
        """Whether the two have a moment in common."""
        return self.began_ns <= other.ended_ns and other.began_ns <= self.ended_ns

    def joined(self, other: "Span") -> "Span":
        """From the beginning of the earlier to the end of the later."""
        return Span(min(self.began_ns, other.began_ns), max(self.ended_ns, other.ended_ns))

    def within(self, whole: "Span") -> "Span":
        """What of it lies in another one."""
        began_ns = min(max(self.began_ns, whole.began_ns), whole.ended_ns)
        return Span(began_ns, max(began_ns, min(self.ended_ns, whole.ended_ns)))


class BandKind(Enum):
    """What a step of the plan is to the release."""

    LOOK = "look"
    """Baseline, confirmation, verify: nobody is touched."""
    BATCH = "batch"
    FAULT = "fault"
    UNDO = "undo"
    """It rolls a batch back, or looks afterwards."""


@dataclass(frozen=True, slots=True)
class Band:
    """A top-level step of the plan, as it was taken."""

    number: str
    title: str
    span: Span
    kind: BandKind
    failed: bool
    saw: str
    """Where it failed: what was seen last."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The release went no further: a person said so, or the world was not whole."""

    span: Span
    why: str


@dataclass(frozen=True, slots=True)
class Slice:
    """The requests that were due in one slice of the time, by who answered, and how quickly."""

    span: Span
    old: int
    new: int
    third: int
    """Answered by a version that is neither of the two."""
    elsewhere: int
    """Answered, and nothing says by which version of the service: it was not asked, or nobody says who it was."""
    failed: int
    p50_ms: float | None
    """Of the expected answers, writes that were asked to be held left out; None: too few to tell."""
    p99_ms: float | None

    @property
    def total(self) -> int:
        """All that were sent."""
        return self.old + self.new + self.third + self.elsewhere + self.failed


@dataclass(frozen=True, slots=True)
class Traffic:
    """The load, slice by slice."""

    service: str
    """Whose version is meant."""
    first_of: int
    """How many services are released; it is the first of them."""
    rate: int
    """Requests per second as planned."""
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """What went wrong with the requests that were due in one slice of the time."""

    span: Span
    failed: int
    partial: int


@dataclass(frozen=True, slots=True)
class Loss:
    """What was lost during one top-level step."""

    step: str
    before: bool
    """Whether that was before the release began; then it is not the release's doing."""
    windows: tuple[Span, ...]
    """From when the first request that failed was due to when the last one ended, pauses left out."""
    failed: int
    partial: int
    routes: str
    where: tuple[str, ...]
    """Hops and instances: several ways to say it, the longest first."""


@dataclass(frozen=True, slots=True)
class Losses:
    """All that was lost."""

    bars: tuple[Bar, ...]
    steps: tuple[Loss, ...]
    failed: int
    """Since the release began."""
    failed_before: int
    others: tuple[str, ...]
    """Partial, lost and repeated writes, each with its number."""


@dataclass(frozen=True, slots=True)
class Blind:
    """A stretch of time that proves nothing, and why."""

    span: Span
    why: str
    placed: bool = True
    """Whether it is this time that lacks evidence; else the run does, and nobody says when."""


class State(StrEnum):
    """What an incarnation is doing."""

    OLD = "serving old"
    NEW = "serving new"
    THIRD = "serving a third version"
    OTHER = "serving, not released"
    LEAVING = "leaving"
    """Drained or offline, and serving on."""
    STOPPING = "stopping"
    """Asked to end, and there yet."""
    HANGING = "hanging"
    """There, and answering nobody."""
    STOPPED = "stopped"
    STARTING = "starting"
    WAITING = "waiting"
    """Ready, and not yet listed by any caller."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A state of an incarnation; beside another incarnation of the same instance it has half of the row."""

    span: Span
    state: State
    half: int | None
    """0: the upper half, 1: the lower one."""
    said: str


@dataclass(frozen=True, slots=True)
class Lag:
    """How long an instance was still called once it was going."""

    span: Span
    bad: bool
    """Whether it is held against the release."""


@dataclass(frozen=True, slots=True)
class Row:
    """One instance through the run."""

    instance: str
    segments: tuple[Segment, ...]
    ends: tuple[int, ...]
    """When an incarnation was killed or ended by itself."""
    left: tuple[int, ...]
    """When the SLB's health check took it out of rotation."""
    lags: tuple[Lag, ...]
    note: str
    """What is held against the release here, in a few words."""
    against: bool
    """Whether that is NO-GO; else it is INCONCLUSIVE."""


@dataclass(frozen=True, slots=True)
class Group:
    """The instances of one service."""

    title: str
    batches: tuple[tuple[str, ...], ...]
    """The names of the instances that are replaced together."""
    rows: tuple[Row, ...]
    entry: bool = False
    """Whether the SLB stands before it: its instances are drained."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What old and new are called, and what was launched besides."""

    old: str
    new: str
    third: str = "another version"


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn."""

    verdict: Verdict
    headline: str
    title: str
    about: str
    """The release in one line."""
    whole: Span
    """What the picture spans."""
    timed: bool
    """Whether anything is known of its time."""
    versions: Versions
    bands: tuple[Band, ...]
    pauses: tuple[Pause, ...]
    starved: tuple[Span, ...]
    """When the machine was CPU-starved."""
    traffic: Traffic | None
    """None: the record has no requests that can be believed."""
    losses: Losses | None
    blind: tuple[Blind, ...]
    cut_ns: int | None
    """Where a record that was cut off ends."""
    missing: str
    """What a broken record lacks, for people; empty where it is whole."""
    groups: tuple[Group, ...]
    run: str
    totals: str
    slow_starts: tuple[SlowStart, ...] = ()
