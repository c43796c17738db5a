"""One TCP connection, with at most one request in flight on it: connect, send, read, and say how it ended.

No retry, no redirect, no pipelining: what goes wrong is told once, by the first thing that went wrong, and the
connection is closed. Everything happens in callbacks of gevent's event loop, without a greenlet per request.
"""

import errno
import socket
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from gevent import get_hub, monkey

from conformance.load.answer import AnswerReader
from conformance.load.answer_check import Keep
from conformance.load.clock import now_ns
from conformance.load.request import Request
from conformance.record.request_headers import RequestHeaders
from conformance.vocabulary import ErrorClass

# Locust makes the standard library's sockets cooperative; these are meant to be the kernel's own.
_Socket: Any = monkey.get_original("socket", "socket")

_READ, _WRITE = 1, 2
_CHUNK = 65_536

_OUT_OF_ROOM = frozenset({errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""The client has no port, descriptor or memory left: the load failed, not the product."""


class Target(NamedTuple):
    """Where the load goes, looked up once."""

    family: socket.AddressFamily
    address: tuple[Any, ...]

    @classmethod
    def look_up(cls, host: str, port: int) -> "Target":
        """The first address of a host; raises OSError where it has none."""
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return cls(family, address)


class Owner(Protocol):
    """Who is told what becomes of a connection."""

    headers: RequestHeaders
    """By which requests tell their ids."""

    def connected(self, connection: "Connection") -> None:
        """It is open and has no request to carry."""
        ...

    def began(self, request: Request) -> None:
        """The first bytes of a request were handed to the kernel."""
        ...

    def finished(self, connection: "Connection", error: str) -> None:
        """Its request was answered in full (no error), or failed and the connection is closed."""
        ...

    def lost(self, connection: "Connection") -> None:
        """It ended while it had no request to carry."""
        ...

    def abort(self, error: Exception) -> None:
        """The client itself has a defect: end the run with this error."""
        ...


class Connection:
    """One TCP connection; ``request`` is the one in flight on it, if any."""

    __slots__ = (
        "_born_ns",
        "_open",
        "_owner",
        "_socket",
        "_unsent",
        "_uses",
        "_watcher",
        "closed",
        "number",
        "reader",
        "request",
    )

    def __init__(self, number: int, target: Target, owner: Owner) -> None:
        """Open a socket; raises OSError where the client has none left."""
        self.number = number
        self.reader = AnswerReader(owner.headers)
        self.request: Request | None = None
        self._owner = owner
        self._uses = 0
        self._born_ns = 0
        self._open = False
        self.closed = False
        self._unsent = b""
        self._socket = _Socket(target.family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watcher: Any = get_hub().loop.io(self._socket.fileno(), _WRITE)

    def connect(self, target: Target) -> None:
        """Begin to connect. Its outcome is told to the owner, also where it is known at once."""
        code = self._socket.connect_ex(target.address)
        if code in (0, errno.EINPROGRESS):
            self._watch(_WRITE, self._conclude_connect)
        else:
            self._end(connect_error(code))

    def carry(self, request: Request, data: bytes, look: Keep | None = None) -> None:
        """Send a request now, or as soon as the connection is open. Only where none is in flight.

        ``look`` says what of the answer is kept.
        """
        self.request = request
        self.reader.expect(look)
        request.connection = self.number
        request.connection_uses = self._uses
        self._uses += 1
        self._unsent = data
        if self._open:
            self._send()

    def reusable(self) -> bool:
        """Whether it may carry another request after this answer."""
        return not self.closed and not self._unsent and self.reader.keep_alive

    def give_up(self) -> None:
        """The request in flight has run out of time: close the connection and say where it stood."""
        if not self._open:
            self._end(ErrorClass.CONNECT_TIMEOUT)
        else:
            self._end(ErrorClass.TIMEOUT_IN_ANSWER if self.reader.first_ns else ErrorClass.TIMEOUT_BEFORE_ANSWER)

    def close(self) -> None:
        """Close it, telling nobody. Repeatable."""
        if self.closed:
            return
        self.closed = True
        self._watcher.stop()
        self._watcher.close()
        self._socket.close()

    def _watch(self, events: int, step: Callable[[], None]) -> None:
        self._watcher.stop()
        self._watcher.events = events
        self._watcher.start(self._guarded, step)

    def _guarded(self, step: Callable[[], None]) -> None:
        # The event loop would print an exception and go on: a client with a defect must not go on.
        try:
            step()
        except Exception as error:  # noqa: BLE001 - handed to the owner, who ends the load with it
            self._owner.abort(error)

    def _conclude_connect(self) -> None:
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._end(connect_error(code))
            return
        self._open = True
        self._born_ns = now_ns()
        self._watch(_READ, self._read)
        if self.request is None:
            self._owner.connected(self)
        else:
            self._send()

    def _send(self) -> None:
        request = self.request
        if request is None:
            return
        try:
            count = self._socket.send(self._unsent)
        except BlockingIOError:
            count = 0
        except OSError:
            self._end(ErrorClass.SEND_FAILED)
            return
        if count and not request.sent_ns:
            request.sent_ns = now_ns()
            request.connection_age_us = (request.sent_ns - self._born_ns) // 1_000
            self._owner.began(request)
        if count == len(self._unsent):
            self._unsent = b""
        else:
            self._unsent = self._unsent[count:]
            self._watch(_READ | _WRITE, self._send_rest)

    def _send_rest(self) -> None:
        """The kernel takes bytes again, or an answer came before it had taken all of them."""
        self._read()
        if self.closed or self.request is None:
            return
        self._send()
        if not self._unsent and not self.closed:
            self._watch(_READ, self._read)

    def _read(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._end(ErrorClass.RESET_IN_ANSWER if self.reader.first_ns else ErrorClass.RESET_BEFORE_ANSWER)
            return
        if self.request is None:
            self._end("")  # the server closed an idle connection, or said something that nobody had asked for
            return
        reader = self.reader
        if not data:
            self._end_of_stream()
            return
        reader.feed(data, now_ns())
        if reader.garbled:
            self._end(ErrorClass.GARBLED_ANSWER)
        elif reader.complete:
            self._owner.finished(self, "")

    def _end_of_stream(self) -> None:
        reader = self.reader
        if reader.ends_with_connection:
            self.close()
            self._owner.finished(self, "")
        else:
            self._end(ErrorClass.EOF_IN_ANSWER if reader.first_ns else ErrorClass.EOF_BEFORE_ANSWER)

    def _end(self, error: str) -> None:
        if self.closed:
            return
        self.close()
        if self.request is None:
            self._owner.lost(self)
        else:
            self._owner.finished(self, error)


def connect_error(code: int) -> ErrorClass:
    """What a connection that did not come about is, by its errno."""
    if code == errno.ECONNREFUSED:
        return ErrorClass.CONNECT_REFUSED
    return ErrorClass.NOT_SENT if code in _OUT_OF_ROOM else ErrorClass.CONNECT_FAILED
