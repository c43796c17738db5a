"""What comes bit by bit of the misbehaving server: streams and server-sent events that end too soon, or go on.

Only the standard library is imported here, so that the server starts at once.
"""

import socket
import struct
import time
from collections.abc import Callable
from typing import NamedTuple

LAST_LINE, LAST_EVENT = "^end$", "^event: end$"
"""What the last line of a stream holds, and one of the lines of the last event, where they are whole."""
PAUSE_S = 0.3  # between two parts of an answer, so that they do not arrive as one


class Arrived(NamedTuple):
    """A request that arrived whole, on its connection."""

    connection: socket.socket
    request_id: str
    """What the header of its id holds."""
    header: str = ""
    """The name of that header."""
    last_event: str = ""
    """The id of the last event that its client has had."""


def answer(arrived: Arrived, status: str, *headers: str, body: str = "ok", echo: str | None = None) -> bytes:
    """A whole answer; ``echo``: the id that it names, where that is another than the request's."""
    lines = [
        f"HTTP/1.1 {status}",
        f"{arrived.header}: {arrived.request_id if echo is None else echo}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def unavailable(arrived: Arrived) -> bool:
    """Answer by 503; the connection stays open."""
    arrived.connection.sendall(answer(arrived, "503 Service Unavailable", "Retry-After: 0"))
    return True


def reset(arrived: Arrived) -> bool:
    """Have the connection reset when it is closed, which it is to be."""
    arrived.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def _streamed(arrived: Arrived, *parts: str, whole: bool = True) -> bool:
    """An answer in parts, as a chunked body."""
    head = f"HTTP/1.1 200 OK\r\n{arrived.header}: {arrived.request_id}\r\nTransfer-Encoding: chunked\r\n\r\n"
    arrived.connection.sendall(head.encode())
    for part in parts:
        time.sleep(PAUSE_S)
        arrived.connection.sendall(f"{len(part):x}\r\n{part}\r\n".encode())
    if whole:
        arrived.connection.sendall(b"0\r\n\r\n")
    return whole


def _stream_reset(arrived: Arrived) -> bool:
    _streamed(arrived, "one\n", "two\n", whole=False)
    time.sleep(PAUSE_S)
    return reset(arrived)


def _stream_silence(arrived: Arrived) -> bool:
    _streamed(arrived, "one\n", whole=False)
    return True


def _events_endless(arrived: Arrived) -> bool:
    """The last event does not end the stream: it is the client that goes."""
    _streamed(arrived, "data: 1\n\n", ": alive\n\n", "event: end\n", "data: 2\n\n", whole=False)
    return True


def _events(first: tuple[str, ...], then: tuple[str, ...], *, whole: bool = False) -> Callable[[Arrived], bool]:
    """Events to one that has had none, then that to one that has had the second; ``whole``: the first end in order."""

    def told(arrived: Arrived) -> bool:
        if arrived.last_event not in ("", "2"):
            return unavailable(arrived)
        parts = then if arrived.last_event else first
        text = "".join(_EVENTS.get(part, part) for part in parts)
        return _streamed(arrived, text, whole=whole or bool(arrived.last_event))

    return told


_EVENTS = {str(number): f"id: {number}\ndata: {number}\n\n" for number in range(1, 5)}
_EVENTS |= {"retry": "retry: 50\n\n", "end": "event: end\ndata: 0\n\n"}
_TWO = ("retry", "1", "2", "id: 3\ndata: 3")
"""Two, and one that is cut before its end."""


def _events_gone(arrived: Arrived) -> bool:
    return unavailable(arrived) if arrived.last_event else _events(_TWO, ())(arrived)


STREAMS: dict[str, Callable[[Arrived], bool]] = {
    "/stream": lambda arrived: _streamed(arrived, "one\n", "two\ne", "nd\n"),
    "/stream-cut": lambda arrived: _streamed(arrived, "one\n", "two\n", whole=False),
    "/stream-reset": _stream_reset,
    "/stream-short": lambda arrived: _streamed(arrived, "one\n", "two\n"),
    "/stream-silence": _stream_silence,
    "/events": _events_endless,
    "/events-cut": lambda arrived: _streamed(arrived, "data: 1\n\n", whole=False),
    "/events-resumed": _events(_TWO, ("3", "end")),
    "/events-parted": _events(_TWO, ("3", "end"), whole=True),
    "/events-forgotten": _events(_TWO, ("4", "end")),
    "/events-again": _events(_TWO, ("2", "3", "end")),
    "/events-fewer": _events(_TWO, ("end",)),
    "/events-gone": _events_gone,
    "/events-short": lambda arrived: _streamed(arrived, "data: 1\n\n"),
}
"""As ``misbehaving.BEHAVIOURS``."""
