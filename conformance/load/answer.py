"""Reading one answer off a connection: status, who answered, and whether it is whole."""

from functools import cache
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from conformance.load.answer_check import Keep
from conformance.record.request_headers import USUAL, RequestHeaders

IDENTITY_HEADERS = (b"x-slb-peer", b"x-instance", b"x-incarnation", b"x-version", b"x-hops")
"""In the order of the columns of ``record.schema.ANSWERS``."""

Identity = tuple[bytes, ...]
"""The values of the identity headers, empty where one was not sent."""

NOBODY: Identity = (b"",) * len(IDENTITY_HEADERS)

_PLACES = {name: place for place, name in enumerate(IDENTITY_HEADERS)}
_ECHO, _FRAMING = len(_PLACES), len(_PLACES) + 1
_PLACES |= {b"content-length": _FRAMING, b"transfer-encoding": _FRAMING}

_FIRST_FINAL = 200
_SWITCHING = 101


class AnswerReader:
    """Reads the answers of one connection, one at a time. Interim answers (1xx) are passed over."""

    __slots__ = (
        "_chunks",
        "_in_body",
        "_keeps_headers",
        "_length_given",
        "_look",
        "_looking",
        "_now_ns",
        "_parser",
        "_places",
        "_plain",
        "_room",
        "_values",
        "body_length",
        "complete",
        "echo",
        "first_ns",
        "garbled",
        "headers",
        "keep_alive",
        "lines",
        "status",
    )

    def __init__(self, headers: RequestHeaders = USUAL) -> None:
        """``headers``: by which an answer may repeat its request's id."""
        self._places = _places(headers.request_id)
        self._plain: Any = HttpResponseParser(self)
        self._looking: Any = None
        self._parser: Any = self._plain
        self._now_ns = 0
        self.headers: dict[bytes, bytes] = {}
        self.lines: list[tuple[bytes, bytes]] = []
        self.expect()

    def expect(self, look: Keep | None = None) -> None:
        """The next bytes begin a new answer; ``look`` says what of it is kept, without one the body is unread."""
        self._look = look
        if look is None:
            self._parser = self._plain
            self._keeps_headers = False
        else:
            self._looking = self._looking or HttpResponseParser(_Looking(self))
            self._parser = self._looking
            self._chunks: list[bytes] = []
            self._room, self.body_length = look.most_kept, 0
            self._keeps_headers = look.all_headers or bool(look.headers)
            if self._keeps_headers:
                self.headers, self.lines = {}, []
        self.status = 0
        """0 until a status line was read."""
        self.first_ns = 0
        """When the first byte of it came."""
        self.complete = False
        self.garbled = False
        """Whether what came is not HTTP, or more than one answer."""
        self.keep_alive = False
        self.echo: bytes | None = None
        """What came back in the header of the request's id, if it did."""
        self._values: list[bytes] | None = None
        self._length_given = False
        self._in_body = False

    @property
    def identity(self) -> Identity:
        """Who answered, as far as it was read."""
        return NOBODY if self._values is None else tuple(self._values)

    @property
    def ends_with_connection(self) -> bool:
        """Whether the end of the connection is this answer's proper end: its head is whole and gave no length."""
        return self._in_body and not self._length_given

    @property
    def body(self) -> bytes:
        """What was kept of it."""
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)

    def keep(self, chunk: bytes) -> None:
        """A stretch of the body of an answer that is looked at."""
        length, room = len(chunk), self._room
        self.body_length += length
        if room > 0:
            self._chunks.append(chunk if length <= room else chunk[:room])
            self._room = room - length

    def feed(self, data: bytes, now_ns: int) -> None:
        """Read what came; afterwards ``complete`` and ``garbled`` tell how far the answer is."""
        self._now_ns = now_ns
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # on_message_complete has seen to it
        except HttpParserError:
            self.garbled = True
            self.first_ns = self.first_ns or now_ns

    # What follows is called by the parser.

    def on_message_begin(self) -> None:
        """A byte came that is not part of the answer before."""
        if self.complete:
            self.garbled = True
        elif not self.first_ns:
            self.first_ns = self._now_ns

    def on_status(self, _reason: bytes) -> None:
        """The status line is whole; not called where it gives no reason."""
        if not self.complete:
            self.status = self._parser.get_status_code()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header is whole."""
        name = name.lower()
        if self._keeps_headers and self._look is not None:
            if self._look.all_headers:
                self.lines.append((name, value))
            if name in self._look.headers:
                self.headers[name] = value
        place = self._places.get(name)
        if place is None or self.complete:
            return
        if place < _ECHO:
            if self._values is None:
                self._values = [*NOBODY]
            self._values[place] = value
        elif place == _ECHO:
            self.echo = value
        else:
            self._length_given = True

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if not self.complete:
            self.status = self._parser.get_status_code()
            self._in_body = True

    def on_message_complete(self) -> None:
        """The answer is whole; an interim one only makes room for the next."""
        if self.complete:
            return
        if self.status < _FIRST_FINAL and self.status != _SWITCHING:
            self.expect(self._look)
            return
        self.keep_alive = self.status != _SWITCHING and bool(self._parser.should_keep_alive())
        self.complete = True


@cache
def _places(request_id: str) -> dict[bytes, int]:
    return _PLACES | {request_id.lower().encode(): _ECHO}


class _Looking:
    """The same reader for a parser that hands bodies over: a parser without ``on_body`` does not even cut them out."""

    def __init__(self, reader: AnswerReader) -> None:
        self.on_message_begin = reader.on_message_begin
        self.on_status = reader.on_status
        self.on_header = reader.on_header
        self.on_headers_complete = reader.on_headers_complete
        self.on_body = reader.keep
        self.on_message_complete = reader.on_message_complete
