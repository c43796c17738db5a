"""One request: as bytes to send, and as what came of it."""

from typing import TYPE_CHECKING

from conformance.load.spec import Route, Users

if TYPE_CHECKING:
    from conformance.load.schedule import Turn

USER_AGENT = "release-conformance"


class Request:
    """One request of the load and what came of it; one row of the record. Times are monotonic, 0: did not happen."""

    __slots__ = (
        "answer",
        "connection",
        "connection_age_us",
        "connection_uses",
        "done_ns",
        "due_ns",
        "error",
        "first_ns",
        "fresh",
        "id",
        "route",
        "sent_ns",
        "seq",
        "status",
        "work_ms",
    )

    def __init__(self, turn: "Turn", request_id: bytes, due_ns: int) -> None:
        self.seq, self.route, self.work_ms, self.fresh = turn
        self.id = request_id
        self.due_ns = due_ns
        self.sent_ns = 0
        """When the first bytes of it were handed to the kernel."""
        self.first_ns = 0
        self.done_ns = 0
        """When it was accounted for: answered, failed or given up."""
        self.connection = 0
        self.connection_age_us = 0
        self.connection_uses = 0
        self.status = 0
        self.error = ""
        """Empty, or one of ``record.schema.ERRORS``."""
        self.answer = 0


class Template:
    """A route's requests as bytes, prepared as far as they are the same."""

    def __init__(self, route: Route, host: str, port: int, users: Users | None = None) -> None:
        self.route = route
        self.expect = frozenset(route.expect)
        self.write = route.write
        self._path = _Text(route.path)
        self._body = None if route.body is None else _Text(route.body)
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._method = route.method.encode()
        self._users = [b""] if users is None else [_of_user(users, number) for number in range(users.count)]
        self._head = f" HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {USER_AGENT}\r\nX-Request-Id: ".encode()

    def fill(self, request: Request, written: bytes) -> bytes:
        """The bytes of one request; ``written`` is the id of a write that was acknowledged earlier."""
        path = self._path.fill(request.id, written, request.work_ms)
        close = b"\r\nConnection: close" if request.fresh else b""
        more = self._users[request.seq % len(self._users)] + close
        if self._body is None:
            return b"%b %b%b%b%b\r\n\r\n" % (self._method, path, self._head, request.id, more)
        body = self._body.fill(request.id, written, request.work_ms)
        return b"%b %b%b%b%b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
            self._method,
            path,
            self._head,
            request.id,
            more,
            len(body),
            body,
        )


def _of_user(users: Users, number: int) -> bytes:
    """The lines of the head by which a user is known."""
    mark = f"\r\n{users.mark}" if number < users.marked else ""
    return f"\r\nX-User: user-{number}{mark}".encode()


class _Text:
    """A path or a body that may name ``{id}``, ``{written}`` and ``{work_ms}``. Other braces are its own."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode()
        self._names_id = b"{id}" in self._bytes
        self._names_written = b"{written}" in self._bytes
        self._names_work = b"{work_ms}" in self._bytes

    def fill(self, request_id: bytes, written: bytes, work_ms: int) -> bytes:
        text = self._bytes
        if self._names_id:
            text = text.replace(b"{id}", request_id)
        if self._names_written:
            text = text.replace(b"{written}", written)
        if self._names_work:
            text = text.replace(b"{work_ms}", b"%d" % work_ms)
        return text
