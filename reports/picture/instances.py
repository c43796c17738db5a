"""What every instance of the released services did, from the judge's lives of their incarnations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Judgement
from conformance.judge.wording import length, seconds
from conformance.record import events
from conformance.record.contract import Contract, ReleaseFacts
from conformance.record.events import Event
from reports.picture.data import Group, Row, Segment, Span, State
from reports.picture.notes import lags_of, note_of

MOST_OTHERS = 6
"""Instances that nobody releases, and that something befell."""

E = TypeVar("E", bound=events.Struck | events.Mended | events.LeftRotation)


def groups(
    contract: Contract,
    lives: Mapping[str, IncarnationFacts],
    happened: Sequence[Event],
    judgement: Judgement,
    whole: Span,
) -> tuple[Group, ...]:
    """One for each released service, then one for others that a fault struck or that left the rotation."""
    told = _Told(lives, happened, judgement, whole)
    found = []
    for release in contract.releases:
        planned = contract.service(release.service).instances
        added = {life.instance: None for life in lives.values() if life.service == release.service}
        rows = [
            _Instance(told, release.service, name, release, planned=name in planned).row()
            for name in dict.fromkeys((*planned, *added))
        ]
        batches = tuple(batch.instances for batch in release.batches)
        found.append(Group(f"{release.service} ({release.position})", batches, tuple(rows)))
    others = _others(contract, happened)
    if others:
        rows = [_Instance(told, service, name, None, planned=True).row() for service, name in others[:MOST_OTHERS]]
        found.append(Group("not released", (), tuple(rows)))
    return tuple(found)


def _others(contract: Contract, happened: Sequence[Event]) -> tuple[tuple[str, str], ...]:
    """Instances of services that nobody releases, by service and name."""
    released = {release.service for release in contract.releases}
    befell = (event for event in happened if isinstance(event, events.Struck | events.LeftRotation))
    return tuple(dict.fromkeys((event.service, event.instance) for event in befell if event.service not in released))


@dataclass(frozen=True, slots=True)
class _Told:
    """What all rows are told from."""

    lives: Mapping[str, IncarnationFacts]
    happened: Sequence[Event]
    judgement: Judgement
    whole: Span


@dataclass(frozen=True, slots=True)
class _Living:
    """One incarnation: when it was there, and when each of its states began."""

    name: str
    span: Span
    turns: tuple[tuple[int, State], ...]
    words: Mapping[State, str]

    def states(self) -> Iterator[tuple[State, Span]]:
        """What it did, one after the other, from its beginning to its end."""
        ends = [*(at_ns for at_ns, _ in self.turns[1:]), self.span.ended_ns]
        for (at_ns, state), end_ns in zip(self.turns, ends, strict=True):
            span = Span(at_ns, end_ns).within(self.span)
            if span.length_ns:
                yield state, span


class _Instance:
    """One instance, told as a row."""

    def __init__(self, told: _Told, service: str, name: str, release: ReleaseFacts | None, *, planned: bool) -> None:
        self._told = told
        self._name = name
        self._release = release
        self._planned = planned
        """Whether it is there from the beginning; else the run has added it."""
        self._lives = [life for life in told.lives.values() if (life.service, life.instance) == (service, name)]

    def row(self) -> Row:
        """Everything of it."""
        judgement = self._told.judgement
        note, against = note_of(judgement, self._lives)
        ends = [life.exited_ns for life in self._lives if life.exited_ns is not None and _violent(life)]
        return Row(
            instance=self._name,
            segments=tuple(self._segments()),
            ends=tuple(ends),
            left=tuple(event.at_ns for event in self._of(events.LeftRotation)),
            lags=lags_of(judgement, self._name),
            note=note,
            against=against,
        )

    def _segments(self) -> Iterator[Segment]:
        living = [self._living(life) for life in self._lives]
        if self._planned and all(life.launched_ns is not None for life in self._lives):
            living.append(self._from_the_beginning())
        living.sort(key=lambda one: one.span.began_ns)
        for index, one in enumerate(living):
            beside = [(other.span, index > at) for at, other in enumerate(living) if at != index]
            for state, span in one.states():
                said = f"{one.name} {one.words.get(state, state.value)}, {_when(span)}"
                for part, half in _halves(span, beside):
                    yield Segment(part, state, half, said)
        for gap in _gaps([one.span for one in living], self._told.whole) if self._planned else ():
            yield Segment(gap, State.STOPPED, None, f"{self._name} is stopped for {length(gap.length_ns)}")

    def _from_the_beginning(self) -> _Living:
        """The incarnation that was there before the run and that no event tells of: nobody has touched it."""
        serves = State.OTHER if self._release is None else State.OLD
        version = f"serves {self._release.old}" if self._release else "serves"
        turns = sorted(((self._told.whole.began_ns, serves), *self._struck(serves)), key=lambda turn: turn[0])
        return _Living(self._name, self._told.whole, tuple(turns), {serves: version})

    def _living(self, life: IncarnationFacts) -> _Living:
        whole = self._told.whole
        began_ns = whole.began_ns if life.launched_ns is None else life.launched_ns
        ended_ns = whole.ended_ns if life.exited_ns is None else life.exited_ns
        serves = self._serves(life)
        words = {
            serves: f"serves {life.version}" if life.version else "serves",
            State.LEAVING: "is out of its callers' lists, and serves on",
            State.STOPPING: f"was sent {life.stop_signal}",
            State.HANGING: "answers nobody",
            State.STARTING: f"starts {life.version}",
            State.WAITING: "is ready, and no caller lists it yet",
        }
        turns = sorted((*_ups(life, serves, began_ns), *_downs(life), *self._struck(serves)), key=lambda turn: turn[0])
        return _Living(life.incarnation, Span(began_ns, ended_ns).within(whole), tuple(turns), words)

    def _serves(self, life: IncarnationFacts) -> State:
        release = self._release
        if release is None:
            return State.OTHER
        known = {None: State.OLD, release.old: State.OLD, release.new: State.NEW}
        return known.get(life.version, State.THIRD)

    def _struck(self, serves: State) -> Iterator[tuple[int, State]]:
        """When a fault silenced it, and when that was over; one that kills is told by the end of its life."""
        yield from ((struck.at_ns, State.HANGING) for struck in self._of(events.Struck) if struck.harm != "kill")
        yield from ((mended.at_ns, serves) for mended in self._of(events.Mended))

    def _of(self, kind: type[E]) -> list[E]:
        return [event for event in self._told.happened if isinstance(event, kind) and event.instance == self._name]


def _ups(life: IncarnationFacts, serves: State, began_ns: int) -> Iterator[tuple[int, State]]:
    """Its way up; it serves from when the first of its callers lists it."""
    if life.launched_ns is None:
        yield began_ns, serves
        return
    listed = [at_ns for who, at_ns in life.listed if who != "registry"]
    steps = (
        (life.launched_ns, State.STARTING),
        (life.ready_ns, State.WAITING),
        (min(listed, default=life.registered_ns), serves),
    )
    yield from ((at_ns, state) for at_ns, state in steps if at_ns is not None)


def _downs(life: IncarnationFacts) -> Iterator[tuple[int, State]]:
    """Its way down. At the SLB it drains from when its way down began until nothing is in flight on it.

    Who is killed does not take its time.
    """
    leaving_ns = life.marked_ns
    if life.drained_ns is not None:
        leaving_ns = life.drained_ns if life.held_ns is None else min(life.held_ns, life.drained_ns)
    asked_ns = None if life.stop_signal == "SIGKILL" else life.stopped_ns
    steps = ((leaving_ns, State.LEAVING), (life.silenced_ns, State.HANGING), (asked_ns, State.STOPPING))
    yield from ((at_ns, state) for at_ns, state in steps if at_ns is not None)


def _when(span: Span) -> str:
    return f"{seconds(span.began_ns)} to {seconds(span.ended_ns)}"


def _halves(span: Span, beside: Sequence[tuple[Span, bool]]) -> Iterator[tuple[Span, int | None]]:
    """The span in parts: whole where it is alone, else its half of the row; the later incarnation has the lower one."""
    cuts = {span.began_ns, span.ended_ns}
    for other, _ in beside:
        cuts |= {at_ns for at_ns in (other.began_ns, other.ended_ns) if span.began_ns < at_ns < span.ended_ns}
    for began_ns, ended_ns in pairwise(sorted(cuts)):
        middle_ns = (began_ns + ended_ns) // 2
        half = next((int(later) for other, later in beside if other.began_ns <= middle_ns < other.ended_ns), None)
        yield Span(began_ns, ended_ns), half


def _gaps(alive: Sequence[Span], whole: Span) -> Iterator[Span]:
    """Where no incarnation is alive."""
    at_ns = whole.began_ns
    for span in sorted(alive, key=lambda one: one.began_ns):
        if span.began_ns > at_ns:
            yield Span(at_ns, span.began_ns)
        at_ns = max(at_ns, span.ended_ns)
    if at_ns < whole.ended_ns:
        yield Span(at_ns, whole.ended_ns)


def _violent(life: IncarnationFacts) -> bool:
    """Whether it was killed, or ended by itself."""
    return life.ended_by_itself or life.exit.startswith("SIGKILL")
