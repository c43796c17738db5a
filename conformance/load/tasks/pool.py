"""The users of a load by tasks: each with a client of its own, busy with one task execution at a time.

An execution that is due is the longest idle user's of its kind. Where all are busy there is one more user, up to a
bound: an execution waits for nobody, for then a slow system would be asked less.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from fractions import Fraction
from typing import NamedTuple

import gevent
from gevent.event import Event

from conformance.load.clock import now_ns
from conformance.load.tasks.client import Client
from conformance.load.tasks.execution import Execution, Outcome
from conformance.load.tasks.line import Line

Lives = Callable[["Seat"], None]
"""What a user does, in a greenlet of its own: it begins, and asks its seat for one turn after the other until there are
no more."""


class UserKind(NamedTuple):
    """One user class of the locustfile."""

    name: str
    weight: float
    fixed: int
    """So many of the users are of this kind; 0: as the weight says."""
    live: Lives
    says_farewell: bool
    """Whether it has something to do at the end."""


SEAT: ContextVar["Seat"] = ContextVar("seat")
"""The seat of the user whose greenlet this is."""


class Seat:
    """A user's place in the pool."""

    def __init__(self, pool: "Pool", kind: int, number: int, client: Client) -> None:
        self.number = number
        self.kind = kind
        self.client = client
        self.greenlet: gevent.Greenlet[..., object] | None = None
        self.leaving = False
        """There are no more turns: the user says farewell."""
        self._pool = pool
        self._turn = Event()

    def give(self, execution: Execution) -> None:
        """The next turn is this one; the user is idle, or yet to begin."""
        execution.user = self.number
        self.client.execution = execution
        self._turn.set()

    def await_turn(self, name: str) -> bool:
        """Wait for an execution to be due, of the task of this name; False: the load is over."""
        while self.client.execution is None:
            if self.leaving:
                return False
            self._turn.clear()
            self._pool.rest(self)
            self._turn.wait()
        self.client.execution.name = name
        return True

    def end_turn(self, outcome: Outcome, text: str = "") -> None:
        """The execution in hand is over; nothing happens where there is none."""
        execution, self.client.execution = self.client.execution, None
        if execution is not None:
            self._pool.end(execution, outcome, text)

    def dismiss(self) -> None:
        """There are no more turns."""
        self.leaving = True
        self._turn.set()


class Pool:
    """The users of a load."""

    def __init__(
        self,
        line: Line,
        kinds: Sequence[UserKind],
        users: int,
        most: int,
        client: Callable[[int], Client],
    ) -> None:
        """None of them is there yet.

        Args:
            line: Where their requests go.
            kinds: What they do.
            users: So many there are in any case.
            most: So many there are at most.
            client: Makes the client of a user, by its number.
        """
        self.line = line
        self._kinds = kinds
        self.users, self._most = users, most
        self._client = client
        self._shares = _shares(kinds, users)
        self._credit = [Fraction(0) for _ in kinds]
        self._idle: list[deque[Seat]] = [deque() for _ in kinds]
        self._of_kind = [0 for _ in kinds]
        self._made = 0
        self.seats: set[Seat] = set()
        self.greatest = 0
        """Most users at once."""
        self.open: dict[int, Execution] = {}
        """Executions that have begun and not ended, by number."""
        self._ended: Callable[[Execution], None] = lambda _: None
        self._defect: Callable[[Exception], None] = lambda _: None

    def begin(self, ended: Callable[[Execution], None], defect: Callable[[Exception], None]) -> None:
        """A stretch begins: ``ended`` is told each execution once, ``defect`` what is wrong with the pool itself."""
        self._ended, self._defect = ended, defect

    def start(self, execution: Execution) -> None:
        """An execution is due: it is an idle user's, or a new one's, or is not started."""
        kind = self._next_kind()
        seat = self._seat(kind)
        if seat is None:
            execution.end("not started")
            self._ended(execution)
            return
        execution.started_ns = now_ns()
        self.open[execution.number] = execution
        seat.give(execution)

    def rest(self, seat: Seat) -> None:
        """A user has nothing to do."""
        self._idle[seat.kind].append(seat)

    def end(self, execution: Execution, outcome: Outcome, text: str) -> None:
        """An execution is over: say the last word on its requests."""
        if self.open.pop(execution.number, None) is None:
            return
        execution.end(outcome, text)
        held = execution.held
        for request in execution.open.values():
            execution.failed = execution.failed or bool(request.error)
        if outcome == "raised" and not execution.failed and held is not None:
            self.line.find_wrong(held, text)
        for request in (*execution.open.values(), *([] if held is None else [held])):
            self.line.settle(request)
        execution.held = None
        execution.open.clear()
        self._ended(execution)

    def cut_off(self) -> None:
        """What has not ended by now has outlived the load."""
        for seat in tuple(self.seats):
            if seat.client.execution is not None:
                seat.end_turn("outlived")
                if seat.greenlet is not None:
                    seat.greenlet.kill(block=False)

    def dismiss(self, between_s: float) -> Iterator[Seat]:
        """Dismiss the users one after the other; the pause between two who say farewell keeps the load's pace."""
        for seat in tuple(self.seats):
            seat.dismiss()
            if self._kinds[seat.kind].says_farewell:
                gevent.sleep(between_s)
            yield seat

    def _seat(self, kind: int) -> Seat | None:
        idle = self._idle[kind]
        # Until all the users of this kind are there, each turn is a new one's.
        if idle and self._of_kind[kind] >= self._share_of(kind):
            return idle.popleft()
        if len(self.seats) >= self._most:
            return idle.popleft() if idle else None
        number = self.line.settings.number(self._made)
        seat = Seat(self, kind, number, self._client(number))
        self._made += 1
        self._of_kind[kind] += 1
        self.seats.add(seat)
        self.greatest = max(self.greatest, len(self.seats))
        seat.greenlet = gevent.spawn(self._live, seat)
        return seat

    def _share_of(self, kind: int) -> int:
        return max(1, round(self._shares[kind] * self.users)) if self._shares[kind] else 0

    def _live(self, seat: Seat) -> None:
        SEAT.set(seat)
        try:
            self._kinds[seat.kind].live(seat)
        except Exception as error:  # noqa: BLE001 - the pool itself is at fault: what a task raises ends its execution
            self._defect(error)
        finally:
            seat.end_turn("ended")
            self.seats.discard(seat)
            self._of_kind[seat.kind] -= 1
            if seat in self._idle[seat.kind]:
                self._idle[seat.kind].remove(seat)

    def _next_kind(self) -> int:
        """Shares are exact: up to each execution, each kind has had its part to within one."""
        credit = self._credit
        for number, share in enumerate(self._shares):
            credit[number] += share
        kind = max(range(len(credit)), key=credit.__getitem__)
        credit[kind] -= 1
        return kind


def _shares(kinds: Sequence[UserKind], users: int) -> list[Fraction]:
    """Of the executions: a fixed number of users has that part of all, the weights share what is left."""
    fixed = [Fraction(min(kind.fixed, users), max(1, users)) for kind in kinds]
    weights = [Fraction(0) if kind.fixed else Fraction(repr(float(kind.weight))) for kind in kinds]
    left, whole = max(Fraction(0), 1 - sum(fixed, Fraction(0))), sum(weights, Fraction(0))
    shares = [part + (left * weight / whole if whole else 0) for part, weight in zip(fixed, weights, strict=True)]
    total = sum(shares, Fraction(0))
    return [share / total for share in shares]
