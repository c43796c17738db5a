"""Server-sent events (the HTML standard, section 9.2): read until the last one, over one connection or several.

A client that reconnects asks again, with ``Last-Event-ID``, where a stream that had begun ends before its last event,
in good order or cut: that is how such a server goes. An answer that does not begin is a failure each time.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import gevent

from conformance.load.answer_check import Keep
from conformance.load.clock import now_ns
from conformance.load.engine import Engine
from conformance.load.kinds.exchange import HeadLines
from conformance.load.kinds.numbered import Numbers, OutOfOrder, counted, read
from conformance.load.kinds.spec import Kind, Messages
from conformance.load.kinds.stream import MOST_OF_A_LINE, Part, StreamReader, Unkept, ends_with, lacking
from conformance.load.request import Request, Template
from conformance.vocabulary import ErrorClass

RETRY_S = 1.0
"""Between the end of a stream and the next one, where the server does not say it (``retry:``)."""
_CUT = ("", ErrorClass.EOF_IN_ANSWER, ErrorClass.RESET_IN_ANSWER)
"""How a stream that has begun may end where its client reconnects."""


class Event(NamedTuple):
    """One event, as its block of lines has it."""

    text: bytes
    """All of its lines."""
    data: bytes
    id: bytes | None
    retry: bytes | None


class Events:
    """The events of one answer. What of a block has come without its end is no event."""

    def __init__(self, hear: Callable[[Event], bool]) -> None:
        """``hear`` is told each, and says whether it was the last."""
        self._hear = hear
        self._rest = b""
        self._lines: list[bytes] = []
        self._event = b""
        self._over = False

    def feed(self, chunk: bytes) -> bool:
        """See Part. What comes after the last event is passed over."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._take(line.removesuffix(b"\r"))
        return self._over

    def _take(self, line: bytes) -> None:
        if line.startswith(b":") or self._over:  # a comment, which keeps the connection alive
            return
        if line:
            self._lines.append(line[:MOST_OF_A_LINE])
        elif self._lines:
            self._event = b"\n".join(self._lines)
            fields = [_field(one) for one in self._lines]
            self._lines.clear()
            data = b"\n".join(value for name, value in fields if name == b"data")
            told = dict(fields)
            self._over = self._hear(Event(self._event, data, told.get(b"id"), told.get(b"retry")))

    @property
    def last(self) -> bytes:
        """See Part."""
        return self._event


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")


class Way(Protocol):
    """How one stream of an answer is asked for: a version of HTTP."""

    def reader(self, keep: Keep, parts: Part) -> StreamReader:
        """Reads its answer."""
        ...

    def fetch(
        self, request: Request, engine: Engine, reader: StreamReader, lines: bytes, connection: int
    ) -> ErrorClass | None:
        """Ask and read; what ended it before its answer was whole. ``connection``: see Template.fill_apart."""
        ...

    def close(self) -> None:
        """Close the connections that it keeps. Repeatable."""
        ...


class _Heard:
    """What one client has heard, over all its connections."""

    def __init__(self, kind: Kind, numbers: Numbers | None) -> None:
        self._messages = kind.messages or Messages()
        self._watched = kind.messages is not None
        self._last = kind.last
        self._numbers = numbers
        self.received = 0
        """Events that are numbered."""
        self.last_id = b""
        self.retry_s = RETRY_S
        self.wrong = ("", "")
        """What was expected and what was seen in its place."""

    def take(self, event: Event) -> bool:
        """Whether it was the last, or is not what was to come."""
        if event.id is not None:
            self.last_id = event.id
        if event.retry is not None and event.retry.isdigit():
            self.retry_s = int(event.retry) / 1_000
        try:
            return self._count(event)
        except OutOfOrder as wrong:
            self.wrong = wrong.told
            return True

    def _count(self, event: Event) -> bool:
        """Whether it was the last. Raises OutOfOrder."""
        number = read(event.id) if self._numbers is None else self._numbers.of(event.data)
        if self._watched and number is not None:
            self.received = counted(self.received, number, event.text)
        if self._last is None:
            return self.received >= self._messages.count
        over = ends_with(self._last, event.text)
        if over and self.received < self._messages.count:
            raise OutOfOrder(f"message {self.received + 1}", event.text)
        return over

    def lacks(self, last: bytes) -> tuple[str, str]:
        """Of a stream that has ended before its last event: what was expected, and what was seen."""
        if self._last is not None:
            return lacking(self._last, last)
        return f"messages up to {self._messages.count}", f"an end after {self.received}"


class EventsExchange:
    """One client of a stream of events."""

    def __init__(self, way: Way, template: Template, kind: Kind) -> None:
        self._way = way
        self._kind = kind
        messages = kind.messages
        by_id = messages is None or (messages.pointer is None and messages.pattern is None)
        self._numbers = None if messages is None or by_id else Numbers(template.route, messages)

    def carry_out(self, request: Request, engine: Engine, lines: HeadLines) -> None:
        """See Exchange."""
        heard = _Heard(self._kind, self._numbers)
        terms, connections, first_ns = request.terms, 0, 0
        while True:
            connections += 1
            events = Events(heard.take)
            reader = self._way.reader(terms.keep or Unkept(), events)
            resumed = b"\r\nLast-Event-ID: " + heard.last_id if connections > 1 and heard.last_id else b""
            error = self._way.fetch(request, engine, reader, lines() + resumed, connections)
            first_ns = first_ns or reader.first_ns or request.first_ns
            if reader.echo is not None and engine.headers.is_of(reader.echo, request.id, connections):
                reader.echo = None  # of this connection, as it should be
            if reader.over or not self._is_resumed(request, reader, error):
                break
            if now_ns() + int(heard.retry_s * 1e9) >= request.due_ns + terms.timeout_ns:
                error = error or ErrorClass.TIMEOUT_IN_ANSWER
                break
            engine.reconnects += 1
            if terms.receive is not None:
                terms.receive(reader)
            gevent.sleep(heard.retry_s)
        reader.first_ns = first_ns
        if heard.wrong[0]:
            error = ErrorClass.WRONG_ANSWER
        engine.evaluate(request, reader, error or "")
        if heard.wrong[0]:
            request.saw = heard.wrong
        elif not request.error and not reader.over:
            request.error, request.saw = ErrorClass.CLOSED_EARLY, heard.lacks(events.last)

    def close(self) -> None:
        """See Exchange."""
        self._way.close()

    def _is_resumed(self, request: Request, reader: StreamReader, error: ErrorClass | None) -> bool:
        messages = self._kind.messages
        comes_again = messages is not None and messages.reconnects
        return comes_again and reader.status in request.terms.expect and (error or "") in _CUT
