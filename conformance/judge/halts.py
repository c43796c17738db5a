"""Stretches of time that events tell of: in which a release was halted, or the machine was CPU-starved."""

from collections.abc import Iterator

from conformance.judge.contradictions import contradiction
from conformance.judge.cpu_starvation import IDLE_ROUNDING
from conformance.judge.model import Finding, Verdict
from conformance.judge.wording import MILLISECOND_NS, seconds
from conformance.record import events
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

OVERLAP_NS = 5 * MILLISECOND_NS
"""How far two stretches may overlap: each is stamped before it is written."""


def halts(record: Record, check: str, acts: tuple[type, ...]) -> Iterator[Finding]:
    """A release is halted once at a time, takes no act while it is, and goes on only when it was resumed.

    Args:
        record: Whose events are looked at.
        check: The name of the check that says it.
        acts: Kinds of events that tell of what only a step of the plan does.
    """
    halted: events.Halted | None = None
    for event in record.events:
        if isinstance(event, events.Halted):
            if halted is not None:
                message = f"the release was halted at {seconds(event.at_ns)} and had been halted before"
                yield contradiction(check, message)
            halted = event
        elif isinstance(event, events.Resumed):
            if halted is None:
                message = f"the release was resumed at {seconds(event.at_ns)} and had not been halted"
                yield contradiction(check, message)
            else:
                yield from _amid(record, check, acts, halted.at_ns, event.at_ns)
            halted = None
    refused = any(isinstance(event, events.Refused) for event in record.events)
    if halted is not None and not refused:
        yield Finding(
            check=check,
            finding=FindingKind.STEP_NOT_PROVED,
            verdict=Verdict.INCONCLUSIVE,
            message=f"the release was halted at {seconds(halted.at_ns)} and never resumed, yet its steps went on",
            first_ns=halted.at_ns,
            last_ns=halted.at_ns,
        )


def _amid(record: Record, check: str, acts: tuple[type, ...], since_ns: int, until_ns: int) -> Iterator[Finding]:
    """What went on between the two: the one thread that takes the steps was waiting."""
    amid = [
        event
        for event in record.events
        if isinstance(event, (*acts, events.StepBegan)) and since_ns < event.at_ns < until_ns
    ]
    if amid:
        first = amid[0]
        who = getattr(first, "incarnation", "") or f"step {first.step}"
        message = f"the release was halted from {seconds(since_ns)} to {seconds(until_ns)}, and went on meanwhile"
        yield contradiction(
            check, f"{message}: first {type(first).__name__} of {who} at {seconds(first.at_ns)}", len(amid)
        )


def stretches(record: Record, check: str) -> Iterator[Finding]:
    """Stretches in which the machine was CPU-starved follow each other in the time of the run, each without idle time.

    One may be as long as the run: a machine that nothing else is left of serves nobody late, or all.
    """
    spare, until_ns = record.contract.thresholds.spare_processors, 0
    told = [event for event in record.events if isinstance(event, events.Starved)]
    for event in sorted(told, key=lambda one: one.since_ns):
        when = f"from {seconds(event.since_ns)} to {seconds(event.at_ns)}"
        if event.since_ns < 0:
            yield contradiction(check, f"the machine was CPU-starved {when}, before the run began")
        elif not event.since_ns < event.at_ns or event.since_ns < until_ns - OVERLAP_NS:
            yield contradiction(
                check, f"the machine was CPU-starved {when}, amid another such stretch by the same events"
            )
        elif not 0 <= event.idle < spare + IDLE_ROUNDING:
            yield contradiction(check, f"the machine was CPU-starved {when}, with {event.idle:.0%} of its time idle")
        until_ns = max(until_ns, event.at_ns)
