"""What several checks need to know of a run, worked out once: its steps, batches, incarnations and failures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conformance.judge.attribution import attribute
from conformance.judge.cpu_starvation import Starvation, starvation
from conformance.judge.derived import (
    derive_failures,
    derive_hops,
    derive_lives,
    derive_outcomes,
    derive_repeated,
    derive_served,
    derive_users,
    derive_windows,
)
from conformance.judge.hop_calls import derive_hop_calls
from conformance.judge.incarnations import IncarnationFacts, lives
from conformance.judge.load import LoadKept, load_kept
from conformance.judge.sql import count, make_table, rows
from conformance.judge.statuses import judge_statuses
from conformance.judge.stops import amid_writes, held_writes
from conformance.judge.timeline import FOREVER_NS, Timeline, Window
from conformance.judge.witnesses import disown_further, gather, know
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS
from conformance.judge.write_outcomes import derive_writes
from conformance.record import events
from conformance.record.contract import BatchFacts, ReleaseFacts
from conformance.record.reader import Record


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of the release, as it happened."""

    service: str
    to: str
    """The version that it brings: the new one, or, rolling back, the old one."""
    gray: bool
    """Whether it is confirmed before the rest follows."""
    undo: bool
    """Whether it rolls another batch back."""
    done: bool
    """Whether it came to its end."""
    step: str
    title: str
    instances: tuple[str, ...]
    began_ns: int | None
    """None: it never began."""
    ended_ns: int | None
    until_ns: int
    """When what follows it began."""
    old: tuple[IncarnationFacts, ...]
    """Incarnations that it took down."""
    new: tuple[IncarnationFacts, ...]
    """Incarnations that it launched."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What one incarnation executed, by its log, or by what the SLB tells of its answers."""

    service: str
    instance: str
    incarnation: str
    count: int
    first_start_ns: int
    last_start_ns: int
    last_end_ns: int
    after_mark: int
    """Executions that started after its mark."""
    after_release: int
    """Executions that started after the end of the last batch."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run, told. ``None`` stands for what did not happen."""

    timeline: Timeline
    lives: Mapping[str, IncarnationFacts]
    """By incarnation."""
    batches: tuple[Batch, ...]
    requests: int
    release_began_ns: int | None
    """Begin of the first batch."""
    release_ended_ns: int | None
    """End of the last batch."""
    load_began_ns: int | None
    load_ended_ns: int | None
    load: LoadKept
    """How well it kept its schedule."""
    drift_ns: int
    """How far wall clock and monotonic clock parted: what the instances' logs may be off by."""
    resolution_ns: Mapping[str, int]
    """By service, how finely its log tells times, where that is more than a nanosecond."""
    troubles: tuple[events.Trouble, ...]
    lost: tuple[events.LeftRotation, ...]
    """Who left the SLB's rotation though no step was taking it down."""
    starvation: Starvation
    """When the machine was CPU-starved."""
    executed: Mapping[str, Executed]
    """By incarnation."""
    wrote: Mapping[str, int]
    """By incarnation, how many of the ledger's rows it left."""
    opened_ns: int | None
    """When the gray was opened to everybody; None where it was open from the start, or never came so far."""
    refused: tuple[events.Refused, ...]
    """Why the new version was refused; what had begun was then rolled back."""
    amid_writes: Mapping[str, int]
    """By incarnation that was taken down, how many writes that it worked on were under way, as far as rows tell."""
    held_writes: Mapping[str, int]
    """By incarnation, how many of the writes that it named as held before its way down began were so by the rows."""
    outages: Mapping[str, tuple[Window, ...]]
    """By server, the steps in which the plan itself restarted it: what it lists until everybody is back is no proof."""

    @property
    def coarsest_ns(self) -> int:
        """How finely the coarsest of the services' logs tells times."""
        return max(self.resolution_ns.values(), default=0)

    def of(self, service: str) -> "RunFacts":
        """The same story, with the batches of this service alone."""
        return replace(self, batches=tuple(batch for batch in self.batches if batch.service == service))

    @property
    def stops(self) -> tuple[IncarnationFacts, ...]:
        """Every incarnation that the release took down, once."""
        found = {life.incarnation: life for batch in self.batches for life in batch.old}
        return tuple(life for life in found.values() if life.stopped_ns is not None or life.over_ns is not None)

    def blur_ns(self, service: str) -> int:
        """By how much later than a moment an execution of this service must have begun to have begun after it."""
        return self.drift_ns + self.resolution_ns.get(service, 0)

    def step_of(self, at_ns: int) -> tuple[str, str]:
        """Title of the top-level step, and name of the innermost one, at this time."""
        return self.timeline.top_at(at_ns), self.timeline.innermost_at(at_ns)

    def before_release(self, at_ns: int) -> bool:
        """Whether this was before anything was touched."""
        return self.release_began_ns is None or at_ns < self.release_began_ns


def analyse(record: Record) -> RunFacts:
    """Work it out, and derive the tables that the checks share."""
    contract, db = record.contract, record.db
    timeline = Timeline(record.plan, record.events)
    known = lives(record.events)
    batches = _batches(record, timeline, known)
    began = batches[0].began_ns if batches else None
    ended = max((batch.ended_ns for batch in batches if batch.ended_ns is not None), default=None)
    refused = any(isinstance(event, events.Refused) for event in record.events)
    ended = None if not refused and any(batch.ended_ns is None for batch in batches) else ended
    environment = record.environment
    drift_ns = abs(environment.wall_minus_monotonic_end_ns - environment.wall_minus_monotonic_start_ns)
    resolution_ns = _resolutions(record)
    starved = starvation(record.events, contract.thresholds)
    if not record.load.reconnects:
        disown_further(db, contract.ids)
    derive_windows(db, timeline.windows, FOREVER_NS if began is None else began)
    derive_lives(db, known.values())
    derive_outcomes(db, contract)
    derive_users(db, by_tasks=record.load.tasks is not None)
    derive_served(db, contract)
    derive_hops(db, contract)
    judge_statuses(db, contract)
    derive_hop_calls(db, contract, known.values())
    derive_failures(db, starved)
    attribute(db, record.events, known.values(), round(contract.thresholds.rotation_gap_s * SECOND_NS))
    derive_writes(db, contract)
    allowed_ns = round(contract.thresholds.clock_drift_ms * MILLISECOND_NS) + max(resolution_ns.values(), default=0)
    gather(db, allowed_ns, record.contract.ids, reconnects=record.load.reconnects > 0)
    requests = count(db, "SELECT count(*) FROM requests")
    derive_repeated(db, contract, requests)
    know(db, contract, known)
    return RunFacts(
        timeline=timeline,
        lives=known,
        batches=batches,
        requests=requests,
        release_began_ns=began,
        release_ended_ns=ended,
        load_began_ns=_when(record, events.LoadBegan),
        load_ended_ns=_when(record, events.LoadEnded),
        load=load_kept(record),
        drift_ns=drift_ns,
        resolution_ns=resolution_ns,
        troubles=tuple(event for event in record.events if isinstance(event, events.Trouble)),
        lost=tuple(event for event in record.events if isinstance(event, events.LeftRotation)),
        starvation=starved,
        executed=_executed(record, drift_ns, ended),
        wrote=dict(rows(db, "SELECT incarnation, count(*) FROM ledger WHERE incarnation <> '' GROUP BY incarnation")),
        opened_ns=next((event.at_ns for event in record.events if isinstance(event, events.Opened)), None),
        refused=tuple(event for event in record.events if isinstance(event, events.Refused)),
        held_writes=held_writes(db, contract.ids, known.values()),
        amid_writes=amid_writes(db, [life for batch in batches for life in batch.old]),
        outages=_outages(record, timeline),
    )


def _resolutions(record: Record) -> dict[str, int]:
    """How finely logs tell times, by service; makes ``coarse``, which says the same."""
    told = {event.service: event.resolution_ns for event in record.events if isinstance(event, events.ExecutionsRead)}
    make_table(record.db, "coarse", "service VARCHAR, resolution_ns BIGINT", told.items())
    return told


def _outages(record: Record, timeline: Timeline) -> dict[str, tuple[Window, ...]]:
    found: dict[str, tuple[Window, ...]] = {}
    for event in record.events:
        if isinstance(event, events.ServerStopped):
            window = timeline.window(event.step.partition(".")[0])
            found[event.server] = (*found.get(event.server, ()), *((window,) if window else ()))
    return found


def _batches(record: Record, timeline: Timeline, known: Mapping[str, IncarnationFacts]) -> tuple[Batch, ...]:
    """Of every service that is released, in the order of their steps."""
    found = [
        _batch(release, facts, timeline, known, _names(record, release), undo=undo)
        for release in record.contract.releases
        for undo, every in ((False, release.batches), (True, release.undo))
        for facts in every
    ]
    found = [batch for batch in found if not batch.undo or batch.began_ns is not None]
    return tuple(sorted(found, key=lambda batch: FOREVER_NS if batch.began_ns is None else batch.began_ns))


def _batch(  # noqa: PLR0913 - what is planned, what happened, and who there was to begin with
    release: ReleaseFacts,
    facts: BatchFacts,
    timeline: Timeline,
    known: Mapping[str, IncarnationFacts],
    own_names: frozenset[str],
    *,
    undo: bool,
) -> Batch:
    step, window = timeline.step(facts.step), timeline.window(facts.step)
    scaled = not undo and not own_names.intersection(facts.instances)  # they come and go in it
    own = [life for life in known.values() if life.service == release.service]
    new = tuple(life for life in own if _within(life.launch_step, facts.step))
    old = tuple(life for life in own if _within(life.down_step, facts.step) and (scaled or life not in new))
    return Batch(
        service=release.service,
        to=release.old if undo else facts.to or release.new,
        gray=facts.gray,
        undo=undo,
        done=step is not None and step.done,
        step=facts.step,
        title=facts.title,
        instances=facts.instances,
        began_ns=step.began_ns if step else None,
        ended_ns=step.ended_ns if step else None,
        until_ns=window.until_ns if window else FOREVER_NS,
        old=old,
        new=new,
    )


def _names(record: Record, release: ReleaseFacts) -> frozenset[str]:
    return frozenset(record.contract.service(release.service).instances)


def _within(step: str, batch: str) -> bool:
    return step == batch or step.startswith(f"{batch}.")


def _when(record: Record, kind: type[events.LoadBegan | events.LoadEnded]) -> int | None:
    return next((event.at_ns for event in record.events if isinstance(event, kind)), None)


def _executed(record: Record, drift_ns: int, release_ended_ns: int | None) -> dict[str, Executed]:
    found = rows(
        record.db,
        """
        SELECT e.service, instance, e.incarnation, count(*), min(start_ns), max(start_ns), max(end_ns),
               count(*) FILTER (start_ns > mark_ns + $drift_ns + coalesce(resolution_ns, 0)),
               count(*) FILTER (start_ns > $ended_ns + $drift_ns + coalesce(resolution_ns, 0))
        FROM served e LEFT JOIN lives l ON l.incarnation = e.incarnation LEFT JOIN coarse c ON c.service = e.service
        GROUP BY e.service, instance, e.incarnation
        """,
        {"drift_ns": drift_ns, "ended_ns": FOREVER_NS if release_ended_ns is None else release_ended_ns},
    )
    return {row[2]: Executed(*row) for row in found}
