"""The open-loop engine: sends each request when it is due, whatever the system does, and accounts for it exactly once.

A request is late only if this process is; how late, its row says. It counts as failed when it was not answered within
the timeout from the moment that it was due. A request never waits for a connection: where the pool has none idle, a new
one is opened.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Literal, NamedTuple

from gevent import get_hub
from gevent.event import Event

from conformance.load.answer import NOBODY, AnswerReader, Identity
from conformance.load.answer_check import SHOWN, Look, shown
from conformance.load.clock import Alarm, alarm, now_ns
from conformance.load.connection import Connection, Target
from conformance.load.request import Known, Request, Template, Terms
from conformance.record.load_end import AN_EXPECTED_STATUS
from conformance.record.request_headers import USUAL, RequestHeaders
from conformance.vocabulary import ErrorClass

_BURST = 32
"""Requests sent in a row when late, before answers are looked at."""

_PACE_NS = 250_000
"""Least time between two rings of the alarm. Waking up costs more than a request: above 4,000 requests per second a few
are sent at a time, late by this much at most."""

_TICK_S = 0.02
"""Seconds between two looks for requests that have run out of time."""

_NEVER_NS = 1 << 62
_REFUSES = 400
"""An answer of such a status, expected or not, has nothing to be taken."""

Take = Callable[[Request], None]
"""Is given each request once it is accounted for."""

Begin = Callable[[Request], None]
"""Begins what is due; the engine itself sends the request."""

Identify = Callable[[Identity], int]
"""Numbers a distinct set of identity headers; the empty one is 0 and is not asked for."""


class Limits(NamedTuple):
    """What the engine may use and how long it waits."""

    connections: int
    """Most connections at once; a request beyond it is ``not sent``."""
    warm: int
    """Connections held open even where the load needs fewer."""


class Engine:
    """Sends requests to one target. Its connections outlive a run, so that a warm-up warms them."""

    def __init__(  # noqa: PLR0913 - where it sends what
        self,
        target: Target,
        templates: Sequence[Template],
        limits: Limits,
        known: Known,
        numbers: Iterator[int] | None = None,
        *,
        headers: RequestHeaders = USUAL,
    ) -> None:
        """Prepare it, connecting nothing; ``numbers`` are those of its connections, 1, 2 ... where none are given."""
        self.headers = headers
        """By which requests tell their ids."""
        self._known = known
        self.sent = 0
        """Requests of this run that were handed to the kernel, at least in part."""
        self.sent_writes = 0
        self.reconnects = 0
        """How often a session of this run went on on another connection."""
        self.ended_by_answers = 0
        """Connections of this run that were to be kept, and of which an answer said that they end with it."""
        self._target = target
        self._templates = templates
        self._limits = limits
        self._connections: set[Connection] = set()
        self.opened = 0
        """Connections so far."""
        self._numbers = numbers or count(1)
        self._idle: deque[Connection] = deque()
        self._in_flight: dict[int, dict[int, Connection]] = {one.timeout_ns: {} for one in templates}
        """By time-out, then by seq, in the order in which they were due."""
        self._alarm: Alarm = alarm(self._ring)
        self._requests: Iterator[Request] = iter(())
        self._next: Request | None = None
        self._stop_ns = _NEVER_NS
        self._take: Take = _drop
        self._begin: Begin = self.send_due
        self._busy: Callable[[], bool] = _never
        self._identify: Identify = _nobody
        self._over = Event()
        self._defect: Exception | None = None

    @property
    def timer(self) -> Literal["timerfd", "sleep"]:
        """Which alarm clock it goes by: ``timerfd`` or ``sleep``."""
        return self._alarm.kind

    @property
    def all_sent(self) -> bool:
        """Whether no more requests are to be sent: those in flight are being waited for."""
        return self._next is None

    @property
    def stop_ns(self) -> int:
        """The last moment at which a request of this run may be due."""
        return self._stop_ns

    def warm(self) -> None:
        """Open the connections that are held open in any case."""
        for _ in range(self._limits.warm - len(self._connections)):
            self._open()

    def run(  # noqa: PLR0913 - what is due, and who is told
        self,
        requests: Iterator[Request],
        take: Take,
        *,
        identify: Identify = lambda _: 0,
        until_ns: int = _NEVER_NS,
        begin: Begin | None = None,
        busy: Callable[[], bool] | None = None,
    ) -> None:
        """Send the requests that are due up to ``until_ns`` and return once all of them are accounted for.

        Args:
            requests: In the order of their due times, with distinct ``seq``.
            take: Is given each of them, in the order in which they end.
            identify: Numbers who answered.
            until_ns: The last moment at which a request may be due; ``stop_at`` may bring it forward.
            begin: Is called with each of them when it is due, in the place of sending it; it sends by ``send`` what it
                likes, then or later.
            busy: Whether something may still send, where ``begin`` was given; ``look_whether_over`` asks again.

        Raises:
            Exception: Whatever ``take`` raised, ``abort`` was given, or a defect of the client.
        """
        self._requests, self._take, self._identify = requests, take, identify
        self._begin, self._busy = begin or self.send_due, busy or _never
        self._stop_ns = until_ns
        self.sent = self.sent_writes = self.reconnects = self.ended_by_answers = 0
        self._over.clear()
        self._advance()
        ticker = get_hub().loop.timer(_TICK_S, _TICK_S)
        ticker.start(self._tick)
        if self._next is not None:
            self._alarm.start(self._next.due_ns)
        try:
            self._end_if_over()
            self._over.wait()
        finally:
            ticker.stop()
            ticker.close()
        if self._defect is not None:
            raise self._defect

    def stop_at(self, moment_ns: int) -> None:
        """Send what is due up to this moment, and nothing after it."""
        self._stop_ns = min(self._stop_ns, moment_ns)
        if self._next is not None and self._next.due_ns > self._stop_ns:
            self._next = None
            self._end_if_over()

    def abort(self, error: Exception) -> None:
        """End the run at once, with this error."""
        self._defect = self._defect or error
        self._next = None
        self._over.set()

    def close(self) -> None:
        """Close every connection. Repeatable."""
        self._alarm.close()
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._idle.clear()

    # The schedule.

    def _ring(self) -> int | None:
        """Send what is due; say when the next request is due."""
        try:
            for _ in range(_BURST):
                request = self._next
                if request is None:
                    break
                now = now_ns()
                if request.due_ns > now:
                    return max(request.due_ns, now + _PACE_NS)
                self._begin(request)
                self._advance()
        except Exception as error:  # noqa: BLE001 - raised by run
            self.abort(error)
            return None
        self._end_if_over()
        return None if self._next is None else self._next.due_ns

    def _advance(self) -> None:
        request = next(self._requests, None)
        self._next = None if request is None or request.due_ns > self._stop_ns else request

    def send_due(self, request: Request) -> None:
        """Send a request of one of the templates now; only while ``run`` runs."""
        template = self._templates[request.route]
        self.send(request, template, template.fill(request))

    def send(self, request: Request, terms: Terms, data: bytes) -> None:
        """Send a request now; only while ``run`` runs, which accounts for it."""
        request.terms = terms
        idle = None if request.fresh else self._take_idle()
        connection = idle or self._new_connection()
        if connection is None:
            request.error = ErrorClass.NOT_SENT
            self.account(request)
            return
        in_flight = self._in_flight.get(terms.timeout_ns)
        if in_flight is None:
            in_flight = self._in_flight[terms.timeout_ns] = {}
        in_flight[request.seq] = connection
        connection.carry(request, data, terms.keep)
        if connection is not idle:
            connection.connect(self._target)

    # The connections.

    def _open(self) -> None:
        connection = self._new_connection()
        if connection is not None:
            connection.connect(self._target)

    def _new_connection(self) -> Connection | None:
        """A connection yet to be connected; None where the client has no room for one."""
        if len(self._connections) >= self._limits.connections:
            spare = self._take_idle()
            if spare is None:
                return None
            self._discard(spare)
        try:
            connection = Connection(self.number_connection(), self._target, self)
        except OSError:
            return None
        self._connections.add(connection)
        return connection

    def number_connection(self) -> int:
        """The number of a further connection."""
        self.opened += 1
        return next(self._numbers)

    def _take_idle(self) -> Connection | None:
        """The connection that has been idle longest, so that all of them stay in use."""
        while self._idle:
            connection = self._idle.popleft()
            if not connection.closed:
                return connection
        return None

    def _discard(self, connection: Connection) -> None:
        connection.close()
        self._connections.discard(connection)

    def connected(self, connection: Connection) -> None:
        """See connection.Owner."""
        self._idle.append(connection)

    def began(self, request: Request) -> None:
        """See connection.Owner."""
        self.sent += 1
        self.sent_writes += request.terms.write

    def lost(self, connection: Connection) -> None:
        """See connection.Owner."""
        self._connections.discard(connection)  # and from the idle ones when its turn comes: it says that it is closed

    # The answers.

    def finished(self, connection: Connection, error: str) -> None:
        """See connection.Owner."""
        request = connection.request
        if request is None:
            return
        connection.request = None
        del self._in_flight[request.terms.timeout_ns][request.seq]
        strange = self.evaluate(request, connection.reader, error)
        if connection.reusable() and not request.fresh and not error and not strange:
            self._idle.append(connection)
        else:
            self.ended_by_answers += not (request.fresh or error or connection.reusable())
            self._discard(connection)
        self.account(request)
        self._end_if_over()

    def evaluate(self, request: Request, reader: AnswerReader, error: str) -> bool:
        """Say what came of a request, by what was read of its answer; whether another request's id came back.

        ``error``: what ended it before its answer was whole.
        """
        terms = request.terms
        request.first_ns, request.status = reader.first_ns, reader.status
        identity = reader.identity
        if identity is not NOBODY:
            request.answer = self._identify(identity)
        strange = reader.echo is not None and reader.echo != request.id and self._is_another(reader.echo, request)
        if error:
            request.error = error
        elif request.status not in terms.expect:
            request.error = ErrorClass.UNEXPECTED_STATUS
            reads = terms.keep is SHOWN if terms.look is None else terms.look.body
            if reads and reader.body:
                request.saw = (AN_EXPECTED_STATUS, shown(reader.body))
        elif strange or (terms.look is not None and not self._is_right(request, reader, terms.look)):
            request.error = ErrorClass.WRONG_ANSWER
        elif terms.write and request.status in terms.leaves:
            (request.known or self._known).wrote(request.id)
        if terms.receive is not None:
            terms.receive(reader)
        return strange

    def _is_another(self, echo: bytes, request: Request) -> bool:
        """Whether what came back in the header of the id names another request."""
        return self.headers.id_in(echo.decode("latin-1")) != request.id.decode()

    def _is_right(self, request: Request, reader: AnswerReader, look: Look) -> bool:
        """Whether the answer is what the route promises; what later requests name is then taken from it."""
        body = reader.body if look.body else b""
        request.saw = look.wrong(body, reader.body_length)
        if request.saw[0]:
            return False
        if request.status >= _REFUSES:
            return True
        taken = list(look.taken(body, reader.headers))
        missing = [name for name, value in taken if value is None]
        if missing:
            request.saw = (f"an answer to take {missing[0]} from", shown(body))
            return False
        known = request.known or self._known
        for name, value in taken:
            if value is not None:
                known.taken[name] = value
                if request.terms.write:
                    if request.status in request.terms.leaves:
                        known.keep(name, value)
                    if name == self._known.joined_by:
                        request.told = value
        return True

    def account(self, request: Request) -> None:
        """It has ended: hand it to whoever takes the requests of this run."""
        request.done_ns = now_ns()
        self._take(request)

    def _tick(self) -> None:
        """Give up what has run out of time; hold the pool at its size."""
        try:
            now = now_ns()
            for timeout_ns, in_flight in tuple(self._in_flight.items()):
                while in_flight:
                    oldest = next(iter(in_flight.values()))
                    if oldest.request is None or oldest.request.due_ns > now - timeout_ns:
                        break
                    oldest.give_up()
            if len(self._connections) < self._limits.warm and self._next is not None:
                self._open()
        except Exception as error:  # noqa: BLE001 - raised by run
            self.abort(error)

    def look_whether_over(self) -> None:
        """Ask ``busy`` again: end the run if nothing is left to be sent or waited for."""
        self._end_if_over()

    def _end_if_over(self) -> None:
        if self._next is None and not any(self._in_flight.values()) and not self._busy():
            self._over.set()


def _drop(_request: Request) -> None:
    """Nothing is run yet."""


def _never() -> bool:
    return False


def _nobody(_identity: Identity) -> int:
    return 0
