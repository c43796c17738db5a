"""What several checks need to know of a run, worked out once: its steps, batches, incarnations and failures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conformance.judge.cpu_starvation import Starvation, starvation
from conformance.judge.derived import (
    derive_failures,
    derive_hops,
    derive_lives,
    derive_outcomes,
    derive_served,
    derive_users,
    derive_windows,
)
from conformance.judge.hop_calls import derive_hop_calls
from conformance.judge.incarnations import IncarnationFacts, lives
from conformance.judge.sql import count, rows
from conformance.judge.timeline import FOREVER_NS, Timeline, Window
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
    drift_ns: int
    """How far wall clock and monotonic clock parted: what the instances' logs may be off by."""
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
    outages: Mapping[str, tuple[Window, ...]]
    """By server, the steps in which the plan itself restarted it: what it lists until everybody is back is no proof."""

    def of(self, service: str) -> "RunFacts":
        """The same story, with the batches of this service alone."""
        return replace(self, batches=tuple(batch for batch in self.batches if batch.service == service))

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
    starved = starvation(record.events, contract.thresholds.starved_share)
    derive_windows(db, timeline.windows, FOREVER_NS if began is None else began)
    derive_lives(db, known.values())
    derive_outcomes(db, contract)
    derive_users(db, by_tasks=record.load.tasks is not None)
    derive_served(db, contract)
    derive_hops(db, contract)
    derive_hop_calls(db, contract, known.values())
    derive_failures(db, starved)
    derive_writes(db, contract.load.routes)
    return RunFacts(
        timeline=timeline,
        lives=known,
        batches=batches,
        requests=count(db, "SELECT count(*) FROM requests"),
        release_began_ns=began,
        release_ended_ns=ended,
        load_began_ns=_when(record, events.LoadBegan),
        load_ended_ns=_when(record, events.LoadEnded),
        drift_ns=drift_ns,
        troubles=tuple(event for event in record.events if isinstance(event, events.Trouble)),
        lost=tuple(event for event in record.events if isinstance(event, events.LeftRotation)),
        starvation=starved,
        executed=_executed(record, drift_ns, ended),
        wrote=dict(rows(db, "SELECT incarnation, count(*) FROM ledger WHERE incarnation <> '' GROUP BY incarnation")),
        opened_ns=next((event.at_ns for event in record.events if isinstance(event, events.Opened)), None),
        refused=tuple(event for event in record.events if isinstance(event, events.Refused)),
        outages=_outages(record, timeline),
    )


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
               count(*) FILTER (start_ns > mark_ns + $drift_ns), count(*) FILTER (start_ns > $ended_ns + $drift_ns)
        FROM served e LEFT JOIN lives l ON l.incarnation = e.incarnation
        GROUP BY e.service, instance, e.incarnation
        """,
        {"drift_ns": drift_ns, "ended_ns": FOREVER_NS if release_ended_ns is None else release_ended_ns},
    )
    return {row[2]: Executed(*row) for row in found}
