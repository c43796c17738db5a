"""HTTP/2 (RFC 9113): many requests at a time on each connection, each sent once.

A stream that is refused or reset is a failed request, and so is one that a server which goes (GOAWAY) has not taken:
other clients send those again in silence.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.event import Event as Signal
from gevent.lock import RLock
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError

from conformance.load.answer_check import Keep
from conformance.load.clock import now_ns
from conformance.load.engine import Engine
from conformance.load.kinds.ends import End
from conformance.load.kinds.exchange import Body, HeadLines, conclude, parts_of
from conformance.load.kinds.spec import Kind
from conformance.load.kinds.stream import Part, StreamReader, Unkept
from conformance.load.kinds.wire import Cut, Wire, seconds_until
from conformance.load.request import Request, Template
from conformance.vocabulary import ErrorClass

MOST_STREAMS = 100
"""At once on a connection, as RFC 9113 recommends servers to allow at least; beyond it there is another connection."""
_OF_HTTP1 = ("host", "connection", "content-length")
"""Header lines that are said otherwise here."""


class FramedReader(StreamReader):
    """Reads an answer that comes in frames."""

    __slots__ = ()

    def head(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Its head is whole."""
        self.first_ns = self.first_ns or now_ns()
        for name, value in headers:
            if name == b":status":
                self.status = int(value)
            else:
                self.on_header(name, value)

    def end(self) -> None:
        """All of it has come."""
        self.complete = True


@dataclass(eq=False)
class Stream:
    """One request on a connection."""

    number: int
    reader: FramedReader
    error: ErrorClass | None = None
    changed: Signal = field(default_factory=Signal)
    """Something of it has come, or may be sent."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be waited for."""
        return self.error is not None or self.reader.complete or self.reader.over

    def fail(self, before: ErrorClass, within: ErrorClass) -> None:
        """It ends before or within its answer, unless that has ended already."""
        if not self.is_over:
            self.error = within if self.reader.first_ns else before
        self.changed.set()

    def wait(self, deadline_ns: int) -> None:
        """For news of it; Cut where there are none in time."""
        self.changed.clear()
        if not self.is_over and not self.changed.wait(seconds_until(deadline_ns)) and now_ns() >= deadline_ns:
            before, within = ErrorClass.TIMEOUT_BEFORE_ANSWER, ErrorClass.TIMEOUT_IN_ANSWER
            raise Cut(within if self.reader.first_ns else before)


class Link:
    """One connection and its streams."""

    def __init__(self, wire: Wire) -> None:
        """On a wire that is connected; its first request has it until then."""
        self.wire = wire
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self._streams: dict[int, Stream] = {}
        self._sending: Any = RLock()
        self.is_going = False
        """Whether it takes no more requests."""
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(1 << 24)
        self.flush()
        self._reading = gevent.spawn(self._read)

    @property
    def has_room(self) -> bool:
        """For another request."""
        return not self.is_going and len(self._streams) < MOST_STREAMS

    def flush(self) -> None:
        """Hand what is to be sent to the kernel, in its order."""
        with self._sending:
            data = self._h2.data_to_send()
            if data:
                self.wire.send_raw(data)

    def open(self, headers: list[tuple[bytes, bytes]], reader: FramedReader, *, ends: bool) -> Stream:
        """A stream with its head on its way."""
        stream = Stream(self._h2.get_next_available_stream_id(), reader)
        self._streams[stream.number] = stream
        self._h2.send_headers(stream.number, headers, end_stream=ends)
        self.flush()
        return stream

    def write(self, stream: Stream, piece: memoryview, deadline_ns: int) -> None:
        """Send a piece of its body, as the other side has room for it; not the rest of one that is over."""
        while piece and not stream.is_over:
            room = min(self._h2.local_flow_control_window(stream.number), self._h2.max_outbound_frame_size, len(piece))
            if room:
                self._h2.send_data(stream.number, bytes(piece[:room]))
                piece = piece[room:]
                self.flush()
            else:
                stream.wait(deadline_ns)

    def finish(self, stream: Stream) -> None:
        """Its body is whole."""
        if not stream.is_over:
            self._h2.end_stream(stream.number)
            self.flush()

    def leave(self, stream: Stream) -> None:
        """Nobody waits for it any more; where it is not over, the other side is told."""
        self._streams.pop(stream.number, None)
        if not stream.reader.complete and stream.error is None and not self.is_going:
            try:
                self._h2.reset_stream(stream.number, error_code=8)  # CANCEL
                self.flush()
            except (ProtocolError, Cut):
                self.close()

    def close(self) -> None:
        """Close it. Repeatable."""
        self.is_going = True
        self._reading.kill(block=False)
        self.wire.close()

    def _read(self) -> None:
        """Hand what comes to its streams, until the connection ends."""
        before, within = ErrorClass.EOF_BEFORE_ANSWER, ErrorClass.EOF_IN_ANSWER
        reset = ErrorClass.RESET_BEFORE_ANSWER, ErrorClass.RESET_IN_ANSWER
        try:
            while data := self.wire.receive_raw():
                for event in self._h2.receive_data(data):
                    self._hand_over(event)
                try:
                    self.flush()
                except Cut:  # what had come before the reset is there to be read still
                    before, within = reset
        except ProtocolError:
            before = within = ErrorClass.GARBLED_ANSWER
        except OSError:
            before, within = reset
        self.is_going = True
        for stream in tuple(self._streams.values()):
            stream.fail(before, within)

    def _hand_over(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self.is_going = True
            for stream in tuple(self._streams.values()):
                if event.last_stream_id is not None and stream.number > event.last_stream_id:
                    stream.fail(ErrorClass.EOF_BEFORE_ANSWER, ErrorClass.EOF_IN_ANSWER)
            return
        if isinstance(event, WindowUpdated) and not event.stream_id:
            for stream in self._streams.values():
                stream.changed.set()
            return
        if isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        found = self._streams.get(getattr(event, "stream_id", 0) or 0)
        if found is not None:
            _meet(found, event)


def _meet(stream: Stream, event: Event) -> None:
    """What comes on one stream."""
    if isinstance(event, ResponseReceived):
        stream.reader.head([(bytes(name), bytes(value)) for name, value in event.headers])
    elif isinstance(event, DataReceived):
        stream.reader.keep(event.data)
    elif isinstance(event, StreamEnded):
        stream.reader.end()
    elif isinstance(event, StreamReset):
        stream.fail(ErrorClass.RESET_BEFORE_ANSWER, ErrorClass.RESET_IN_ANSWER)
    stream.changed.set()


class Links:
    """The connections to one listener."""

    def __init__(self, end: End) -> None:
        self.end = end
        self._links: deque[Link] = deque()

    def of(self, request: Request, engine: Engine, deadline_ns: int) -> Link:
        """One with room for this request; a new one where there is none, or it is to have one of its own."""
        self._links = deque(link for link in self._links if not link.is_going)
        link = None if request.fresh else next((one for one in self._links if one.has_room), None)
        if link is not None:
            link.wire.carry(request, deadline_ns)
            return link
        wire = Wire(engine.number_connection())
        wire.carry(request, deadline_ns)
        wire.connect(self.end)
        link = Link(wire)
        if not request.fresh:
            self._links.append(link)
        return link

    def close(self) -> None:
        """Close all. Repeatable."""
        for link in self._links:
            link.close()


class Http2Exchange:
    """One request and its answer, as a stream."""

    def __init__(self, links: Links, template: Template, kind: Kind) -> None:
        self._links = links
        self._template = template
        self._kind = kind

    def carry_out(self, request: Request, engine: Engine, lines: HeadLines) -> None:
        """See Exchange."""
        reader = FramedReader(self._template.headers, request.terms.keep or Unkept(), parts_of(self._kind))
        error = self.fetch(request, engine, reader, lines())
        conclude(request, engine, reader, error or "", self._kind.last)

    def reader(self, keep: Keep, parts: Part) -> StreamReader:
        """See Way."""
        return FramedReader(self._template.headers, keep, parts)

    def fetch(
        self, request: Request, engine: Engine, reader: StreamReader, lines: bytes, connection: int = 1
    ) -> ErrorClass | None:
        """See Way."""
        assert isinstance(reader, FramedReader)  # noqa: S101 - it is this class's own
        deadline_ns = request.due_ns + request.terms.timeout_ns
        error: ErrorClass | None = None
        link: Link | None = None
        stream: Stream | None = None
        try:
            link = self._links.of(request, engine, deadline_ns)
            link.wire.began(request)
            if connection == 1:
                engine.began(request)
            stream = self._ask(link, request, reader, self._template.fill_apart(request, lines, connection))
            while not stream.is_over:
                stream.wait(deadline_ns)
            error = stream.error
        except Cut as cut:
            error = cut.error
        if link is not None and stream is not None:
            link.leave(stream)
        if link is not None and request.fresh:
            link.close()
        return error

    def close(self) -> None:
        """See Exchange."""
        self._links.close()

    def _ask(self, link: Link, request: Request, reader: FramedReader, asked: tuple[bytes, bytes | None]) -> Stream:
        deadline_ns, (head, own) = request.due_ns + request.terms.timeout_ns, asked
        body = Body(self._kind, own)
        headers = self._headers(head, body.length)
        stream = link.open(headers, reader, ends=not body.length)
        for piece, next_ns in body.pieces():
            link.write(stream, piece, deadline_ns)
            while next_ns and not stream.is_over and now_ns() < next_ns:
                stream.changed.clear()
                stream.changed.wait(seconds_until(min(next_ns, deadline_ns)))
        if body.length:
            link.finish(stream)
        return stream

    def _headers(self, head: bytes, length: int | None) -> list[tuple[bytes, bytes]]:
        first, *lines = head.split(b"\r\n")
        method, path, _ = first.split(b" ")
        end = self._links.end
        said = [line.partition(b": ") for line in lines]
        hosts = [value for name, _, value in said if name.lower() == b"host"]
        authority = hosts[0] if hosts else end.authority.encode()
        headers = [
            (b":method", method),
            (b":scheme", end.scheme.encode()),
            (b":authority", authority),
            (b":path", path),
        ]
        headers += [(name.lower(), value) for name, _, value in said if name.lower().decode() not in _OF_HTTP1]
        if length is not None:
            headers += [
                (b"content-type", self._template.route.content_type.encode()),
                (b"content-length", b"%d" % length),
            ]
        return headers
