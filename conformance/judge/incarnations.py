"""The lives of incarnations, as the events tell them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from conformance.record import events
from conformance.record.events import Event

STOP_SIGNALS = frozenset({"SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL"})
"""Signals that ask for an end; SIGSTOP and SIGCONT are a fault's business."""


@dataclass(frozen=True, slots=True)
class IncarnationFacts:
    """One incarnation. Times are nanoseconds since the run's origin; None: it did not happen, or nobody saw it."""

    service: str
    instance: str
    incarnation: str
    version: str | None
    """What was launched; None for an incarnation that ran before the run began."""
    launch_step: str
    """Empty for an incarnation that ran before the run began."""
    down_step: str
    """Step in which its way down began."""
    launched_ns: int | None
    ready_ns: int | None
    registered_ns: int | None
    listed: tuple[tuple[str, int], ...]
    """Observers, and when each listed it."""
    listed_by_time_ns: int | None
    """When those of its callers that do not show their lists have had it by the longest delay of their lists."""
    held: tuple[str, ...]
    """Writes that were in flight on it when its way down began."""
    held_ns: int | None
    drained_ns: int | None
    marked_ns: int | None
    performed_ns: int | None
    """When the last act of its way down was done that has no event of its own, such as a command."""
    quiet_ns: int | None
    unlisted: tuple[tuple[str, int], ...]
    stop_signal: str
    stopped_ns: int | None
    """When it was sent the first signal that asks for an end."""
    silenced_ns: int | None
    """When it was sent SIGSTOP: it is there, and answers nobody."""
    struck_ns: int | None
    """When a fault had struck it: it answers nobody, until it is mended."""
    killed_ns: int | None
    """When it was sent SIGKILL, after a signal that it did not heed."""
    exited_ns: int | None
    disappeared_ns: int | None
    """When it was listed no more, in a system that stands already: how it ended, nobody saw."""
    exit: str
    """``exit 0`` or ``SIGKILL``."""
    out_of_memory: bool
    """Whether the kernel ended it for want of memory."""
    survivors: int
    """Processes of its own that outlived it, with connections, and were killed for that."""

    @property
    def down_ns(self) -> int | None:
        """When the run first did something to take it down."""
        times = (self.drained_ns, self.marked_ns, self.performed_ns, self.silenced_ns, self.stopped_ns)
        return min((at_ns for at_ns in times if at_ns is not None), default=None)

    @property
    def gone_ns(self) -> int | None:
        """When it stopped answering, as far as the run had a hand in it."""
        if self.killed_ns is not None:
            return self.killed_ns
        return self.silenced_ns if self.silenced_ns is not None else self.stopped_ns

    @property
    def unanswering_ns(self) -> int | None:
        """When it stopped answering, whoever had a hand in it: the release, a fault, or nobody but itself."""
        times = (self.gone_ns, self.struck_ns, self.exited_ns)
        return min((at_ns for at_ns in times if at_ns is not None), default=None)

    @property
    def over_ns(self) -> int | None:
        """When it was seen to be gone: by its end, or by the list."""
        return self.disappeared_ns if self.exited_ns is None else self.exited_ns

    @property
    def ended_by_itself(self) -> bool:
        """Whether it ended and nobody had asked it to."""
        return self.exited_ns is not None and (self.stopped_ns is None or self.stopped_ns > self.exited_ns)


_WayDown = (
    events.WritesInFlight
    | events.DrainAcknowledged
    | events.MarkedOffline
    | events.Performed
    | events.NothingInFlight
    | events.Signalled
    | events.Exited
    | events.Disappeared
)
_OfInstance = (
    _WayDown
    | events.Launched
    | events.Ready
    | events.Registered
    | events.Unlisted
    | events.Listed
    | events.ListedByTime
    | events.Answered
    | events.Struck
)

E = TypeVar("E", bound=_OfInstance)


def mark_of(life: IncarnationFacts) -> int | None:
    """When it said, or was said, to be going: its drain, its offline mark, or the last act of another way down.

    Its stop where there was nothing of all that.
    """
    marks = (life.drained_ns, life.marked_ns, life.performed_ns)
    return next((at_ns for at_ns in marks if at_ns is not None), life.gone_ns)


def lives(happened: Sequence[Event]) -> dict[str, IncarnationFacts]:
    """Every incarnation that an event names, by its name, in the order of its first event."""
    own: dict[str, list[_OfInstance]] = {}
    for event in happened:
        if isinstance(event, _OfInstance):
            own.setdefault(event.incarnation, []).append(event)
    return {incarnation: _life(told) for incarnation, told in own.items()}


def _life(told: Sequence[_OfInstance]) -> IncarnationFacts:
    """``acts`` are all but those of its way up."""
    launched, ready, held, exited = (
        _first(told, events.Launched),
        _first(told, events.Ready),
        _first(told, events.WritesInFlight),
        _first(told, events.Exited),
    )
    stop = next((e for e in told if isinstance(e, events.Signalled) and e.signal in STOP_SIGNALS), None)
    first = launched.step.partition(".")[0] if launched else ""
    acts = [e for e in told if not isinstance(e, events.Performed) or e.step.partition(".")[0] != first]
    kills = [e for e in told if isinstance(e, events.Signalled) and e.signal == "SIGKILL"]
    return IncarnationFacts(
        service=told[0].service,
        instance=told[0].instance,
        incarnation=told[0].incarnation,
        version=launched.version if launched else None,
        launch_step=_step(launched, ready),
        down_step=next((event.step for event in acts if isinstance(event, _WayDown)), ""),
        launched_ns=launched.at_ns if launched else None,
        ready_ns=_when(told, events.Ready),
        registered_ns=_when(told, events.Registered),
        listed=tuple((event.observer, event.at_ns) for event in told if isinstance(event, events.Listed)),
        listed_by_time_ns=_when(told, events.ListedByTime),
        held=held.requests if held else (),
        held_ns=held.at_ns if held else None,
        drained_ns=_when(told, events.DrainAcknowledged),
        marked_ns=_when(told, events.MarkedOffline),
        performed_ns=_last_act(acts, stop.at_ns if stop else None),
        quiet_ns=_when(told, events.NothingInFlight),
        unlisted=tuple((event.observer, event.at_ns) for event in told if isinstance(event, events.Unlisted)),
        stop_signal=stop.signal if stop else "",
        stopped_ns=stop.at_ns if stop else None,
        silenced_ns=next((e.at_ns for e in told if isinstance(e, events.Signalled) and e.signal == "SIGSTOP"), None),
        struck_ns=_when(told, events.Struck),
        killed_ns=next((kill.at_ns for kill in kills if stop and kill.at_ns > stop.at_ns), None),
        exited_ns=exited.at_ns if exited else None,
        disappeared_ns=_when(told, events.Disappeared),
        exit=_exit(exited) if exited else "",
        out_of_memory=exited is not None and exited.out_of_memory,
        survivors=exited.survivors if exited is not None else 0,
    )


def _step(*proofs: events.Launched | events.Ready | None) -> str:
    """The step that launched it: by its launch, or where that is not told by its being ready."""
    return next((proof.step for proof in proofs if proof), "")


def _last_act(acts: Sequence[_OfInstance], stopped_ns: int | None) -> int | None:
    times = [event.at_ns for event in acts if isinstance(event, events.Performed)]
    return max((at_ns for at_ns in times if stopped_ns is None or at_ns <= stopped_ns), default=None)


def _exit(exited: events.Exited) -> str:
    said = exited.signal or f"exit {exited.code}"
    return f"{said}, out of memory" if exited.out_of_memory else said


def _first(told: Sequence[_OfInstance], kind: type[E]) -> E | None:
    return next((event for event in told if isinstance(event, kind)), None)


def _when(told: Sequence[_OfInstance], kind: type[_OfInstance]) -> int | None:
    event = _first(told, kind)
    return event.at_ns if event else None
