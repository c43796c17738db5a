"""One request: as bytes to send, and as what came of it."""

import re
from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, Protocol

from conformance.load.answer import AnswerReader
from conformance.load.answer_check import Keep, Look
from conformance.load.spec import BodyPart, Route, Users

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
        "saw",
        "sent_ns",
        "seq",
        "status",
        "terms",
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
        self.saw: tuple[str, str] = ("", "")
        """Of a wrong answer: what was expected, and what was seen."""
        self.terms: Terms
        """Set when it is sent."""


class Terms(Protocol):
    """What is asked of an answer."""

    write: bool
    expect: Container[int]
    """Statuses."""
    timeout_ns: int
    """From the moment that the request was due."""
    keep: Keep | None
    """What is kept of it; None: its body stays unread."""
    look: Look | None
    """What the engine itself makes of what is kept."""
    receive: Callable[[AnswerReader], None] | None
    """Is given what has come, whole or not, before the request is accounted for."""


class Known:
    """What requests may name that answers have told, and the load's data."""

    def __init__(
        self, routes: Sequence[Route], columns: Sequence[str] = (), rows: Sequence[Sequence[str]] = ()
    ) -> None:
        self.written = b""
        """The id of the write that was acknowledged last."""
        self.taken: dict[str, bytes] = {take.name: b"" for route in routes for take in route.take}
        """What was taken last, by name; empty until then."""
        self.columns = tuple(columns)
        self.rows = [[value.encode() for value in row] for row in rows]


class Template:
    """A route's requests as bytes, prepared as far as they are the same."""

    def __init__(  # noqa: PLR0913 - where it goes, and what it may name
        self, route: Route, host: str, port: int, known: Known, *, timeout_s: float, users: Users | None = None
    ) -> None:
        """``timeout_s``: of a route that has none of its own."""
        self.route = route
        self.expect: Container[int] = frozenset(route.expect)
        self.write = route.write
        self.look = Look(route) if route.checks or route.take else None
        self.keep: Keep | None = self.look
        self.receive: Callable[[AnswerReader], None] | None = None
        self.timeout_ns = int((route.timeout_s or timeout_s) * 1_000_000_000)
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        own = dict(route.headers)
        host_line = "" if any(name.lower() == "host" for name in own) else f"\r\nHost: {authority}"
        agent = "" if any(name.lower() == "user-agent" for name in own) else f"\r\nUser-Agent: {USER_AGENT}"
        head = f" HTTP/1.1{host_line}{agent}"
        head += "".join(f"\r\n{name}: {value}" for name, value in route.headers)
        self._line = _Text([BodyPart(text=f"{route.method} {route.path}{head}\r\nX-Request-Id: {{id}}")], known)
        parts = (BodyPart(text=route.body),) if isinstance(route.body, str) else route.body
        self._body = None if parts is None else _Text(parts, known)
        self._type = f"\r\nContent-Type: {route.content_type}\r\nContent-Length: ".encode()
        self._users = [b""] if users is None else [user_lines(users, number) for number in range(users.count)]

    def fill(self, request: Request) -> bytes:
        """The bytes of one request."""
        close = b"\r\nConnection: close" if request.fresh else b""
        more = self._users[request.seq % len(self._users)] + close
        line = self._line.fill(request)
        if self._body is None:
            return b"%b%b\r\n\r\n" % (line, more)
        body = self._body.fill(request)
        return b"%b%b%b%d\r\n\r\n%b" % (line, more, self._type, len(body), body)


def user_lines(users: Users, number: int) -> bytes:
    """The lines of the head by which a user is known, each after a line break."""
    mark = f"\r\n{users.mark}" if number < users.marked else ""
    return f"\r\nX-User: user-{number}{mark}".encode()


class _Text:
    """A text that may name what Known knows, and ``{id}`` and ``{work_ms}``. Other braces are its own."""

    def __init__(self, parts: Sequence[BodyPart], known: Known) -> None:
        self._parts: list[bytes] = []
        self._slots: list[tuple[int, Slot]] = []
        for part in parts:
            for number, piece in enumerate(_NAME.split(part.text)):
                slot = _slot(piece, known) if number % 2 else None
                if slot is not None:
                    self._slots.append((len(self._parts), slot))
                self._parts.append(b"" if slot else f"{{{piece}}}".encode() if number % 2 else piece.encode())
            self._parts.append(part.data)
        if not self._slots:
            self._parts = [b"".join(self._parts)]

    def fill(self, request: Request) -> bytes:
        """With the values in the place of their names."""
        if not self._slots:
            return self._parts[0]
        parts = self._parts
        for place, slot in self._slots:
            parts[place] = slot(request)
        return b"".join(parts)


_NAME = re.compile(r"\{(data\.[A-Za-z0-9_-]+|[a-z][a-z0-9_-]*)\}")
Slot = Callable[[Request], bytes]


def _slot(name: str, known: Known) -> Slot | None:
    """What fills this name; None where it is none that is known."""
    if name == "id":
        return lambda request: request.id
    if name == "written":
        return lambda _: known.written
    if name == "work_ms":
        return lambda request: b"%d" % request.work_ms
    if name in known.taken:
        return lambda _: known.taken[name]
    column = name.removeprefix("data.")
    if name.startswith("data.") and column in known.columns:
        place, rows = known.columns.index(column), known.rows
        return lambda request: rows[request.seq % len(rows)][place]
    return None
