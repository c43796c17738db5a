"""The top-level steps and the pauses of a run, from its plan, its contract and its events."""

from collections.abc import Sequence

from conformance.judge.timeline import FOREVER_NS, Timeline
from conformance.record import events
from conformance.record.contract import Contract
from conformance.record.events import Event
from reports.picture.data import Band, BandKind, Pause, Span


def bands(timeline: Timeline, contract: Contract, happened: Sequence[Event], until_ns: int) -> tuple[Band, ...]:
    """Every top-level step that began, in the order in which they did; one that never ended lasts ``until_ns``."""
    batches = {batch.step for release in contract.releases for batch in release.batches}
    faults = {event.step.partition(".")[0] for event in happened if isinstance(event, events.Struck)}
    faults |= {event.step.partition(".")[0] for event in happened if isinstance(event, events.ServerStopped)}
    undo = {batch.step for release in contract.releases for batch in release.undo}

    def kind(number: str) -> BandKind:
        if number in batches:
            return BandKind.BATCH
        if number in undo:
            return BandKind.UNDO
        return BandKind.FAULT if number in faults else BandKind.LOOK

    found = []
    for window in timeline.windows:
        step = timeline.step(window.number)
        ended_ns = step.ended_ns if step else None
        span = Span(window.began_ns, min(window.until_ns, until_ns) if ended_ns is None else ended_ns)
        failed = ended_ns is not None and step is not None and not step.done
        saw = next((part.saw for part in timeline.steps if part.saw and _within(part.number, window.number)), "")
        found.append(Band(window.number, window.title, span, kind(window.number), failed, saw))
    return tuple(found)


def pauses(happened: Sequence[Event], until_ns: int) -> tuple[Pause, ...]:
    """From each halt to where the release went on; where it never did, ``until_ns``."""
    found = []
    halted: events.Halted | None = None
    for event in happened:
        if isinstance(event, events.Halted):
            halted = halted or event
        elif halted is not None and isinstance(event, events.Resumed | events.Refused):
            found.append(Pause(Span(halted.at_ns, event.at_ns), halted.why))
            halted = None
    if halted is not None:
        found.append(Pause(Span(halted.at_ns, until_ns), halted.why))
    return tuple(found)


def starved(happened: Sequence[Event], whole: Span) -> tuple[Span, ...]:
    """The stretches in which the machine was CPU-starved, as far as the picture shows their time."""
    spans = (Span(event.since_ns, event.at_ns) for event in happened if isinstance(event, events.Starved))
    return tuple(span.within(whole) for span in spans if span.meets(whole))


def steps_span(timeline: Timeline) -> Span | None:
    """From when the first step began to when the last ended, as far as any did; None where none began."""
    times = [at_ns for step in timeline.steps for at_ns in (step.began_ns, step.ended_ns) if at_ns is not None]
    return Span(min(times), max(times)) if times else None


def window_of(timeline: Timeline, title: str, whole: Span) -> Span | None:
    """The share of the run of the top-level step of this title; None where none of it began."""
    span = None
    for window in timeline.windows:
        if window.title == title:
            until_ns = whole.ended_ns if window.until_ns == FOREVER_NS else window.until_ns
            own = Span(window.began_ns, until_ns)
            span = own if span is None else span.joined(own)
    return span


def _within(number: str, top: str) -> bool:
    return number == top or number.startswith(f"{top}.")
