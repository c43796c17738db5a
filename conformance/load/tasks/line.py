"""The way of a task's request: a number and an id, through the engine exactly once, into the record exactly once."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from gevent.event import Event

from conformance.load.engine import Engine
from conformance.load.request import Request
from conformance.load.schedule import Turn
from conformance.load.spec import LoadSpec, TaskWrite
from conformance.load.tasks.execution import Execution
from conformance.load.tasks.message import Encoded, Message
from conformance.load.tasks.routes import Kind, Kinds
from conformance.record.request_headers import USUAL, RequestHeaders
from conformance.vocabulary import ErrorClass

DEMANDED = "what its task demands"
"""Of a wrong answer: what was expected."""
_WITH_BODIES = ("POST", "PUT", "PATCH")
"""Without a body they say so."""


class Reserved(NamedTuple):
    """A number that was given away before its request is sent."""

    stretch: str
    seq: int
    id: str


class Outgoing(NamedTuple):
    """A request as its task asks for it."""

    kind: Kind
    encoded: Encoded
    message: Message
    reserved: Reserved
    execution: Execution | None
    """Whose it is; None: of no execution."""
    mark: bytes
    """Further lines of the head."""
    asked_ns: int
    """When the task asked for it."""


class Settings(NamedTuple):
    """What all requests of a load have in common."""

    authority: str
    timeout_s: float
    """Longest and usual."""
    fresh_share: float = 0.0
    writes: tuple[TaskWrite, ...] = ()
    entries: tuple[tuple[str, str], ...] = ()
    number: Callable[[int], int] = int
    """What the whole load numbers the request that is number so many here."""
    headers: RequestHeaders = USUAL
    """By which requests tell their ids."""

    @classmethod
    def of(cls, spec: LoadSpec) -> "Settings":
        """Of an order."""
        authority = f"[{spec.host}]:{spec.port}" if ":" in spec.host else f"{spec.host}:{spec.port}"
        tasks = spec.tasks
        writes, entries = ((), ()) if tasks is None else (tasks.writes, tasks.entries)
        return cls(authority, spec.timeout_s, spec.fresh_share, writes, entries, spec.own_number, spec.headers)


class Line:
    """All requests of one load. It goes in stretches, such as the warm-up: each counts its requests from 0."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self.settings = settings
        self._authority = settings.authority.encode()
        self._before_id, self._behind_id = (part.encode() for part in settings.headers.line)
        self.notices: Counter[str] = Counter()
        """What was asked for that is not done."""
        self._fresh = Fraction(repr(settings.fresh_share))
        self.begin("idle", lambda _: None)

    def begin(
        self, name: str, record: Callable[[Request], None], added: Callable[[Kind], None] = lambda _: None
    ) -> None:
        """A stretch begins: ids are those of its name; ``record`` is given each request once, ``added`` each kind."""
        self._name, self._ids = name, self.settings.headers.ids(name)
        self._record = record
        self.kinds = Kinds(self.settings.writes, self.settings.entries, added)
        self.numbers = 0
        """Numbers given away so far."""
        self.used = 0
        """Of those, the ones that are requests."""
        self.apart = 0
        """Requests of no execution."""
        self._unrecorded: dict[int, Request] = {}

    def reserve(self) -> Reserved:
        """A number, and the id that goes with it, before the request."""
        seq, self.numbers = self.settings.number(self.numbers), self.numbers + 1
        return Reserved(self._name, seq, self._ids.of(seq))

    def is_current(self, reserved: Reserved) -> bool:
        """Whether it is of this stretch."""
        return reserved.stretch == self._name

    def send(self, outgoing: Outgoing) -> Request:
        """Send a request and wait for what comes of it; the row is written when ``settle`` is called."""
        seq, execution, asked_ns = outgoing.reserved.seq, outgoing.execution, outgoing.asked_ns
        over, under = self._fresh.numerator, self._fresh.denominator
        fresh = (self.used + 1) * over // under > self.used * over // under
        self.used += 1
        due_ns = asked_ns if execution is None else execution.due_of_next(asked_ns)
        request = Request(Turn(seq, outgoing.kind.number, 0, fresh), outgoing.reserved.id.encode(), due_ns)
        if execution is None:
            self.apart += 1
        else:
            execution.requests.append(seq)
        self._unrecorded[seq] = request
        done, message = Event(), outgoing.message
        message.wake = done.set
        self._engine.send(request, message, self._bytes(outgoing, request))
        try:
            done.wait()
        except BaseException:
            # Whoever asked is gone; what becomes of the request is told all the same.
            message.wake = None
            if request.done_ns:
                self.settle(request)
            raise
        return request

    def _bytes(self, outgoing: Outgoing, request: Request) -> bytes:
        encoded, method = outgoing.encoded, outgoing.kind.method
        body = encoded.body
        length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
        if body is None and method in _WITH_BODIES:
            length = b"Content-Length: 0\r\n"
        return b"%b %b HTTP/1.1\r\nHost: %b\r\n%b%b%b%b%b\r\n%b%b\r\n%b" % (
            method.encode(),
            encoded.path.encode(),
            encoded.host or self._authority,
            encoded.head,
            outgoing.mark,
            self._before_id,
            request.id,
            self._behind_id,
            b"Connection: close\r\n" if request.fresh else b"",
            length,
            body or b"",
        )

    def take(self, request: Request) -> None:
        """The engine has accounted for it."""
        message = request.terms
        if isinstance(message, Message) and message.wake is not None:
            message.wake()
        else:
            self.settle(request)

    def settle(self, request: Request) -> None:
        """Write its row. What is said of it later comes too late."""
        if self._unrecorded.pop(request.seq, None) is not None:
            if not request.error:
                self.kinds.all[request.route].expect.add(request.status)
            self._record(request)

    def settle_all(self) -> None:
        """The stretch is over: write what nobody has had the last word on."""
        for request in tuple(self._unrecorded.values()):
            self.settle(request)

    def find_wrong(self, request: Request, why: str) -> None:
        """The task found the answer wrong; a request that has failed already stays what it is."""
        if not request.error:
            request.error = ErrorClass.WRONG_ANSWER
            request.saw = (DEMANDED, why)

    def find_right(self, request: Request, kind: Kind) -> None:
        """The task took the answer for right, whatever its status."""
        if request.error == ErrorClass.UNEXPECTED_STATUS:
            request.error = ""
            kind.overruled[request.status] = kind.overruled.get(request.status, 0) + 1
        elif request.error:
            self.notices["success() of a request that got no whole answer: it has failed all the same"] += 1
