"""A connection of requests that are tasks of their own: it blocks one greenlet alone, and never beyond its time."""

import errno
import socket
import ssl
from types import TracebackType
from typing import Any, Self

import gevent
from gevent import monkey
from gevent import socket as gevent_socket

from conformance.load.clock import now_ns
from conformance.load.connection import connect_error
from conformance.load.kinds.ends import End
from conformance.load.kinds.secure_socket import SecureSocket
from conformance.load.request import Request
from conformance.vocabulary import ErrorClass

# Locust makes the standard library's select cooperative, where a look that does not wait would not look.
_poll: Any = monkey.get_original("select", "poll")
_POLLIN = 1
_CHUNK = 65_536
_NS = 1_000_000_000
_SHORTEST_S = 0.001
"""A time-out of 0 would mean: do not wait at all."""


class Cut(Exception):
    """The request has failed; ``error`` is its class: the first thing that went wrong."""

    def __init__(self, error: ErrorClass) -> None:
        super().__init__(error.value)
        self.error = error


def seconds_until(deadline_ns: int) -> float:
    """Seconds until this moment; a moment where it has passed."""
    return max(_SHORTEST_S, (deadline_ns - now_ns()) / _NS)


class Wire:
    """A TCP connection, with TLS or without. A context manager: at its end it is closed."""

    def __init__(self, number: int) -> None:
        """``number``: the connection's."""
        self.number = number
        self._request: Request
        self._deadline_ns = 0
        self._socket: Any = None
        self._born_ns = 0
        self._uses = 0

    def carry(self, request: Request, deadline_ns: int) -> None:
        """From now on it is this request's, which has run out of time at this moment."""
        self._request, self._deadline_ns = request, deadline_ns
        request.connection, request.connection_uses = self.number, self._uses
        self._uses += 1

    def connect(self, end: End) -> None:
        """Connect. Raises Cut, as everything here does where the request has failed by it."""
        try:
            self._socket = gevent_socket.socket(end.target.family, socket.SOCK_STREAM)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.settimeout(self.left_s())
            self._socket.connect(end.target.address)
            if end.context is not None:
                self._socket = SecureSocket(self._socket, end.context, end.name)
        except TimeoutError:
            raise Cut(ErrorClass.CONNECT_TIMEOUT) from None
        except ssl.SSLError:
            raise Cut(ErrorClass.CONNECT_FAILED) from None
        except OSError as error:
            raise Cut(connect_error(error.errno or 0)) from None
        self._born_ns = now_ns()

    def left_s(self) -> float:
        """Seconds until the request has run out of time."""
        return seconds_until(self._deadline_ns)

    def began(self, request: Request) -> None:
        """The first bytes of a request are handed to the kernel now."""
        if not request.sent_ns:
            request.sent_ns = now_ns()
            request.connection_age_us = (request.sent_ns - self._born_ns) // 1_000

    def send_raw(self, data: bytes) -> None:
        """Of no request in particular: hand all of it to the kernel, within what the last request has of time."""
        try:
            self._socket.settimeout(None)  # of both directions: the one that reads must not run out of the other's time
            with gevent.Timeout(self.left_s(), TimeoutError):
                self._socket.sendall(data)
        except OSError:
            raise Cut(ErrorClass.SEND_FAILED) from None

    def receive_raw(self) -> bytes:
        """For no request in particular: what comes next, however long that takes. Raises OSError."""
        data: bytes = self._socket.recv(_CHUNK)
        return data

    def _events(self) -> int:
        descriptor = self._socket.fileno()
        if descriptor < 0:
            raise OSError(errno.EBADF, "it is closed")
        poll = _poll()
        poll.register(descriptor, _POLLIN)
        return sum(events for _, events in poll.poll(0))

    def send(self, data: bytes | memoryview) -> None:
        """Hand all of it to the kernel."""
        self.began(self._request)
        try:
            self._socket.settimeout(self.left_s())
            self._socket.sendall(data)
        except TimeoutError:
            raise Cut(self._timeout()) from None
        except OSError:
            raise Cut(ErrorClass.SEND_FAILED) from None

    def receive(self) -> bytes:
        """What comes next; empty where the other side has ended."""
        request = self._request
        try:
            self._socket.settimeout(self.left_s())
            data: bytes = self._socket.recv(_CHUNK)
        except TimeoutError:
            raise Cut(self._timeout()) from None
        except OSError:
            raise Cut(self._reset()) from None
        if data and not request.first_ns:
            request.first_ns = now_ns()
        return data

    def readable(self, until_ns: int) -> bool:
        """Whether something comes, or the other side ends, before this moment."""
        if self.has_news():
            return True
        until_ns = min(until_ns, self._deadline_ns)
        try:
            gevent_socket.wait_read(self._socket.fileno(), timeout=max(0.0, (until_ns - now_ns()) / _NS))
        except TimeoutError:
            if now_ns() >= self._deadline_ns:
                raise Cut(self._timeout()) from None
            return False
        return True

    def has_news(self) -> bool:
        """Whether something has come by now, or the other side has ended."""
        if isinstance(self._socket, SecureSocket) and self._socket.pending():
            return True
        return bool(self._events())

    def ended(self) -> ErrorClass:
        """What an end of the connection is for the request, before its proper end."""
        return ErrorClass.EOF_IN_ANSWER if self._request.first_ns else ErrorClass.EOF_BEFORE_ANSWER

    def close(self) -> None:
        """Close it. Repeatable."""
        if self._socket is not None:
            self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _reset(self) -> ErrorClass:
        return ErrorClass.RESET_IN_ANSWER if self._request.first_ns else ErrorClass.RESET_BEFORE_ANSWER

    def _timeout(self) -> ErrorClass:
        return ErrorClass.TIMEOUT_IN_ANSWER if self._request.first_ns else ErrorClass.TIMEOUT_BEFORE_ANSWER
