"""WebSocket sessions (RFC 6455): numbered messages, none of which may be missing, over one connection or several."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError

from conformance.load.answer import AnswerReader
from conformance.load.clock import now_ns
from conformance.load.engine import Engine
from conformance.load.kinds.ends import End
from conformance.load.kinds.exchange import HeadLines
from conformance.load.kinds.numbered import Numbers, OutOfOrder, counted
from conformance.load.kinds.spec import Messages
from conformance.load.kinds.wire import Cut, Wire
from conformance.load.request import Request as LoadRequest
from conformance.load.request import Template
from conformance.vocabulary import ErrorClass

GOING = (1001, 1012)
"""Close codes by which a server says that it goes and its clients may come again: going away, service restart."""
DONE = 1000
RECEIVED = "{received}"
"""In the path: the number of the last message that has come, 0 at first; where a session goes on."""
_FAREWELL_NS = 1_000_000_000
_OWN = re.compile(r"(host|connection|upgrade):", re.IGNORECASE)


class _Closed(Exception):
    """The server has closed the session; carries its close code and reason."""


@dataclass
class _Session:
    """How far a session is, over all its connections."""

    messages: Messages
    sent: int = 0
    received: int = 0

    @property
    def is_over(self) -> bool:
        return self.received >= self.messages.count

    @property
    def has_more(self) -> bool:
        """Whether the client has a message to send."""
        return self.messages.text is not None and self.sent < self.messages.count

    def go_on(self) -> None:
        """On another connection: what was sent and not answered is sent there, under its number."""
        self.sent = self.received


class WebSocketExchange:
    """One session, with the handshake's request as its head."""

    def __init__(self, end: End, template: Template, messages: Messages) -> None:
        self._end = end
        self._template = template
        self._messages = messages
        self._numbers = Numbers(template.route, messages)

    def carry_out(self, request: LoadRequest, engine: Engine, lines: HeadLines) -> None:
        """See Exchange."""
        terms = request.terms
        session = _Session(self._messages)
        error, connections = "", 0
        saw = ("", "")
        reader = AnswerReader(self._template.headers)
        while not session.is_over and not error:
            connections += 1
            reader = AnswerReader(self._template.headers)
            reader.expect(terms.keep)
            try:
                self._connect(request, engine, session, reader, (connections, lines()))
            except Cut as cut:
                error = cut.error
            except OutOfOrder as wrong:
                error, saw = ErrorClass.WRONG_ANSWER, wrong.told
            except _Closed as closed:
                if closed.args[0] in GOING and self._messages.reconnects:
                    session.go_on()
                    engine.reconnects += 1
                    if terms.receive is not None:
                        terms.receive(reader)
                    continue
                error = ErrorClass.CLOSED_EARLY
                saw = (
                    f"messages up to {self._messages.count}",
                    f"close {_said(*closed.args)} after {session.received}",
                )
            if not error and reader.status not in terms.expect:
                break  # the handshake was refused; the status says so
        reader.first_ns = request.first_ns
        engine.evaluate(request, reader, error)
        request.saw = saw

    def close(self) -> None:
        """See Exchange: it keeps none."""

    def _connect(
        self, request: LoadRequest, engine: Engine, session: _Session, reader: AnswerReader, head: tuple[int, bytes]
    ) -> None:
        """One connection of the session, until the session is over. Raises Cut, OutOfOrder and _Closed.

        ``head``: the connection's number, and the lines of its head.
        """
        number, lines = head
        with Wire(engine.number_connection()) as wire:
            wire.carry(request, request.due_ns + request.terms.timeout_ns)
            wire.connect(self._end)
            ws = WSConnection(ConnectionType.CLIENT)
            wire.send(ws.send(self._handshake(request, session, lines, number)))
            if number == 1:
                engine.began(request)
            talk = _Talk(wire, ws, session, reader, self._numbers, request.id.decode())
            if talk.opened():
                talk.carry_on()
        if reader.echo is not None and self._template.headers.is_of(reader.echo, request.id, number):
            reader.echo = None  # of this connection, as it should be

    def _handshake(self, request: LoadRequest, session: _Session, lines: bytes, connection: int) -> Request:
        head = self._template.fill_apart(request, lines, connection)[0]
        first, *said = head.decode("latin-1").split("\r\n")
        path = first.split(" ")[1].replace(RECEIVED, str(session.received))
        host = next(line.partition(": ")[2] for line in said if line.lower().startswith("host:"))
        own = [line.partition(": ") for line in said if not _OWN.match(line)]
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, _, value in own]
        return Request(host=host, target=path, extra_headers=headers)


@dataclass
class _Talk:
    """What is said on one connection."""

    wire: Wire
    ws: WSConnection
    session: _Session
    reader: AnswerReader
    numbers: Numbers
    request_id: str
    message: bytes = b""
    """What has come of one that comes in pieces."""

    def opened(self) -> bool:
        """Whether the server has agreed; its answer is read in any case."""
        while True:
            data = self.wire.receive()
            if not data:
                raise Cut(self.wire.ended())
            if not self.reader.complete:
                self.reader.feed(data, now_ns())
            self._feed(data)
            events = self._events()
            first = next(events, None)
            if isinstance(first, RejectConnection):
                return False
            if first is not None:
                self._meet_all(events)  # messages may come with the handshake's answer
                return True

    def carry_on(self) -> None:
        """Send and read until the session is over."""
        session, messages = self.session, self.session.messages
        every_ns, next_ns = int(messages.every_s * 1e9), now_ns()
        while not session.is_over:
            if self.wire.readable(next_ns if session.has_more else now_ns() + _FAREWELL_NS):
                self._receive()
            elif session.has_more:
                session.sent += 1
                text = (messages.text or "").replace("{n}", str(session.sent)).replace("{id}", self.request_id)
                self._send(TextMessage(data=text))
                next_ns += every_ns
        self._say_farewell()

    def _receive(self) -> None:
        data = self.wire.receive()
        if not data:
            raise Cut(self.wire.ended())
        self._take(data)

    def _send(self, event: Event) -> None:
        """Send; where the server is gone already, what it has said before that counts."""
        try:
            self.wire.send(self.ws.send(event))
        except Cut as cut:
            if cut.error is not ErrorClass.SEND_FAILED:
                raise
            while not self.session.is_over and (data := self.wire.receive()):
                self._take(data)
            if not self.session.is_over:
                raise Cut(ErrorClass.RESET_IN_ANSWER) from None

    def _take(self, data: bytes) -> None:
        self._feed(data)
        self._meet_all(self._events())

    def _meet_all(self, events: Iterator[Event]) -> None:
        """Meet what has come, in its order, up to the last message.

        What stands behind that does not matter, as in the next segment it would not: a server that has said all closes.
        """
        while not self.session.is_over and (event := next(events, None)) is not None:
            self._meet(event)

    def _meet(self, event: Event) -> None:
        if isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, CloseConnection):
            with suppress(Cut):
                self.wire.send(self.ws.send(event.response()))
            raise _Closed(event.code, event.reason or "")
        elif isinstance(event, TextMessage | BytesMessage):
            self._read(event.data, whole=event.message_finished)

    def _read(self, data: str | bytes | bytearray, *, whole: bool) -> None:
        self.message += data.encode() if isinstance(data, str) else bytes(data)
        if whole:
            number = self.numbers.of(self.message)
            self.session.received, self.message = counted(self.session.received, number, self.message), b""

    def _feed(self, data: bytes) -> None:
        try:
            self.ws.receive_data(data)
        except RemoteProtocolError:
            raise Cut(ErrorClass.GARBLED_ANSWER) from None

    def _events(self) -> Iterator[Event]:
        """What has come and was not met yet, one by one: a frame that is none spoils nothing before it."""
        try:
            yield from self.ws.events()
        except RemoteProtocolError:
            raise Cut(ErrorClass.GARBLED_ANSWER) from None

    def _say_farewell(self) -> None:
        """Close in good order; all has come, so whatever happens now is no failure of the request."""
        with suppress(Cut):
            self.wire.send(self.ws.send(CloseConnection(code=DONE)))
            if self.wire.readable(now_ns() + _FAREWELL_NS):
                self.wire.receive()


def _said(code: int, reason: str) -> str:
    return f"{code} {reason}".rstrip()
