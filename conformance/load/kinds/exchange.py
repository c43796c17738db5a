"""HTTP requests that take a while: bodies written at a pace, answers that come bit by bit, server-sent events."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from conformance.load.answer_check import Keep
from conformance.load.clock import now_ns
from conformance.load.engine import Engine
from conformance.load.kinds.ends import End
from conformance.load.kinds.spec import Kind
from conformance.load.kinds.stream import Lines, Part, StreamReader, Unkept, lacking
from conformance.load.kinds.wire import Cut, Wire
from conformance.load.request import Request, Template
from conformance.vocabulary import ErrorClass

_STEP_S = 0.05
"""Between two pieces of a body that is written at a pace."""
_MOST_AT_ONCE = 65_536
_CLOSE = b"\r\nConnection: close"
_FILLING = memoryview(bytes(range(256)) * (_MOST_AT_ONCE // 256))


HeadLines = Callable[[], bytes]
"""Further lines of a request's head at the time of asking, each after a line break: a user's cookies."""


def no_lines() -> bytes:
    """Of a request that is nobody's in particular."""
    return b""


class Exchange(Protocol):
    """How requests of one route are carried out."""

    def carry_out(self, request: Request, engine: Engine, lines: HeadLines) -> None:
        """Carry one out, once, in the greenlet that calls, and say what came of it.

        Args:
            request: With the terms of its answer.
            engine: Numbers connections and evaluates answers; it is told nothing but that.
            lines: Of its head, besides the route's own.
        """
        ...

    def close(self) -> None:
        """Close the connections that it keeps. Repeatable."""
        ...


class Body:
    """What a request carries, in pieces at its pace."""

    def __init__(self, kind: Kind, own: bytes | None) -> None:
        """``own``: the route's, where the kind has none to be made."""
        self._own = None if own is None or kind.body_bytes else memoryview(own)
        self._over_s = kind.upload_s
        self.length: int | None = kind.body_bytes or (None if own is None else len(own))
        """In bytes; None: there is none."""

    def pieces(self) -> Iterator[tuple[memoryview, int]]:
        """Each, and when the next one is due; 0 after the last."""
        length = self.length or 0
        steps = max(1, round(self._over_s / _STEP_S), math.ceil(length / _MOST_AT_ONCE)) if length else 0
        began_ns, sent = now_ns(), 0
        for step in range(1, steps + 1):
            more = length * step // steps - sent
            piece = _FILLING[:more] if self._own is None else self._own[sent : sent + more]
            sent += more
            yield piece, began_ns + int(self._over_s * 1e9 * step / steps) if step < steps else 0


def parts_of(kind: Kind) -> Part | None:
    """What answers of this kind are made of, where that matters."""
    if kind.last is None:
        return None
    return Lines()


def conclude(request: Request, engine: Engine, reader: StreamReader, error: str, last: str | None) -> bool:
    """Say what came of a request; whether its connection may be used again.

    Args:
        request: It.
        engine: Evaluates the answer.
        reader: Has read it.
        error: What ended it before its answer was whole.
        last: What the end of the answer must hold, where something must.
    """
    reader.first_ns = reader.first_ns or request.first_ns
    strange = engine.evaluate(request, reader, error)
    if reader.parts is not None and last is not None and not request.error:
        request.saw = lacking(last, reader.parts.last)
        if request.saw[0]:
            request.error = ErrorClass.CLOSED_EARLY
    return not error and not strange


class HttpExchange:
    """One request and its answer, by HTTP/1.1.

    What takes a while has its connection for itself; other requests of such a route, which are here for TLS, keep
    theirs as the engine's do.
    """

    def __init__(self, end: End, template: Template, kind: Kind) -> None:
        self._end = end
        self._template = template
        self._kind = kind
        self._keeps = not (kind.last or kind.body_bytes or kind.upload_s)
        self._idle: deque[Wire] = deque()

    def carry_out(self, request: Request, engine: Engine, lines: HeadLines) -> None:
        """See Exchange."""
        reader = StreamReader(self._template.headers, request.terms.keep or Unkept(), parts_of(self._kind))
        keeps = self._keeps and not request.fresh
        error = ""
        idle = self._take_idle() if keeps else None
        wire = idle or Wire(engine.number_connection())
        wire.carry(request, request.due_ns + request.terms.timeout_ns)
        try:
            if idle is None:
                wire.connect(self._end)
            self._send(wire, request, engine, lines() if keeps else lines() + _CLOSE)
            self._read(wire, reader)
        except Cut as cut:
            error = cut.error
        if conclude(request, engine, reader, error, self._kind.last) and keeps and reader.keep_alive:
            self._idle.append(wire)
        else:
            wire.close()

    def close(self) -> None:
        """See Exchange."""
        for wire in self._idle:
            wire.close()

    def reader(self, keep: Keep, parts: Part) -> StreamReader:
        """See Way."""
        return StreamReader(self._template.headers, keep, parts)

    def fetch(
        self, request: Request, engine: Engine, reader: StreamReader, lines: bytes, connection: int
    ) -> ErrorClass | None:
        """See Way: each time on a connection of its own."""
        with Wire(engine.number_connection()) as wire:
            wire.carry(request, request.due_ns + request.terms.timeout_ns)
            try:
                wire.connect(self._end)
                self._send(wire, request, engine, lines + _CLOSE, connection)
                self._read(wire, reader)
            except Cut as cut:
                return cut.error
        return None

    def _take_idle(self) -> Wire | None:
        """The connection that has been idle longest; one of which something is heard is at its end."""
        while self._idle:
            wire = self._idle.popleft()
            if not wire.has_news():
                return wire
            wire.close()
        return None

    def _send(self, wire: Wire, request: Request, engine: Engine, lines: bytes, connection: int = 1) -> None:
        head, own = self._template.fill_apart(request, lines, connection)
        body = Body(self._kind, own)
        if body.length is None:
            wire.send(head + b"\r\n\r\n")
        else:
            wire.send(b"%b%b%d\r\n\r\n" % (head, self._template.type_line, body.length))
        if connection == 1:
            engine.began(request)
        for piece, next_ns in body.pieces():
            wire.send(piece)
            if wire.readable(next_ns):
                return  # an answer that comes before the body's end is the answer: the rest is not sent

    @staticmethod
    def _read(wire: Wire, reader: StreamReader) -> None:
        """Read until the answer is whole, or has come to its end by what it says itself."""
        while not reader.complete:
            data = wire.receive()
            if not data:
                if reader.ends_with_connection:
                    return
                raise Cut(wire.ended())
            reader.feed(data, now_ns())
            if reader.garbled:
                raise Cut(ErrorClass.GARBLED_ANSWER)
            if reader.over:
                return
