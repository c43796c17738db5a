"""One request: as bytes to send, and as what came of it."""

from collections.abc import Callable, Container, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from conformance.load.answer import AnswerReader
from conformance.load.answer_check import Keep, Look
from conformance.load.filling import NAME, Text
from conformance.load.spec import BodyPart, Journey, Quoting, Route, Users
from conformance.record.read_back import reads_old
from conformance.record.request_headers import USUAL, RequestHeaders

if TYPE_CHECKING:
    from conformance.load.schedule import Turn

USER_AGENT = "release-conformance"
KEPT = 64
"""How many of the first writes are kept, to be read again until the load ends."""
WRITTEN = "written"
"""The name of the id of a write that was acknowledged."""


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
        "known",
        "route",
        "saw",
        "sent_ns",
        "seq",
        "status",
        "terms",
        "told",
        "user",
        "work_ms",
    )

    def __init__(self, turn: "Turn", request_id: bytes, due_ns: int) -> None:
        self.seq, self.route, self.work_ms, self.fresh = turn
        self.id = request_id
        self.user = self.seq
        """Who asks: a number."""
        self.known: Known | None = None
        """What its user knows; None: what all know."""
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
        self.told = b""
        """Of an acknowledged write: the id that its answer told, where the ledger knows it by that."""
        self.terms: Terms
        """Set when it is sent."""


class Terms(Protocol):
    """What is asked of an answer."""

    write: bool
    expect: Container[int]
    """Statuses."""
    leaves: Container[int]
    """Those of a write that has left something: others give it no id to read it by."""
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
        self,
        routes: Sequence[Route],
        columns: Sequence[str] = (),
        rows: Sequence[Sequence[str]] = (),
        joined_by: str = "",
    ) -> None:
        self.joined_by = joined_by
        """The name of what writes tell that the record keeps."""
        self.written = b""
        """The id of the write that was acknowledged last, and left something."""
        self.first: dict[str, list[bytes]] = {name: [] for name in told_by_writes(routes)}
        """What the first acknowledged writes have told, by name; a user has none of its own."""
        self.taken: dict[str, bytes] = {take.name: b"" for route in routes for take in route.take}
        """What was taken last, by name; empty until then."""
        self.columns = tuple(columns)
        self.rows = [[value.encode() for value in row] for row in rows]

    def wrote(self, request_id: bytes) -> None:
        """This write was acknowledged, and has left something."""
        self.written = request_id
        self.keep(WRITTEN, request_id)

    def keep(self, name: str, value: bytes) -> None:
        """This was told by a write; it is read again if it is one of the first."""
        values = self.first.get(name)
        if values is not None and len(values) < KEPT:
            values.append(value)

    def old(self, name: str, seq: int) -> bytes | None:
        """What this request is to read of the first writes; None: it is to read what was told last."""
        values = self.first.get(name) if reads_old(seq) else None
        return values[(seq >> 1) % len(values)] if values else None

    def of_a_user(self) -> "Known":
        """What a user knows: its own, and else what all know."""
        own = Known(())
        own.taken, own.written = _Own(self.taken), self.written
        return own


class _Own(dict[str, bytes]):
    """What a user has taken itself; else what all know by now."""

    def __init__(self, common: dict[str, bytes]) -> None:
        super().__init__()
        self._common = common

    def __missing__(self, name: str) -> bytes:
        return self._common[name]


class Template:
    """A route's requests as bytes, prepared as far as they are the same."""

    def __init__(  # noqa: PLR0913 - where it goes, and what it may name
        self,
        route: Route,
        host: str,
        port: int,
        known: Known,
        *,
        timeout_s: float,
        users: Users | None = None,
        headers: RequestHeaders = USUAL,
    ) -> None:
        """``timeout_s``: of a route that has none of its own; ``headers``: by which its requests tell their ids."""
        self.headers = headers
        self.route = route
        self.expect: Container[int] = frozenset(route.expect)
        self.leaves: Container[int] = self.expect if route.leaves is None else frozenset(route.leaves)
        self.write = route.write
        self.look = Look(route) if route.checks or route.take else None
        self.keep: Keep | None = self.look
        """See Terms; SHOWN while the warm-up goes on, of answers that nobody looks into."""
        self.receive: Callable[[AnswerReader], None] | None = None
        self.timeout_ns = int((route.timeout_s or timeout_s) * 1_000_000_000)
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        own = dict(route.headers)
        host_line = "" if any(name.lower() == "host" for name in own) else f"\r\nHost: {authority}"
        agent = "" if any(name.lower() == "user-agent" for name in own) else f"\r\nUser-Agent: {USER_AGENT}"
        head = f" HTTP/1.1{host_line}{agent}"
        head += "".join(f"\r\n{name}: {value}" for name, value in route.headers)
        asked = BodyPart(text=f"{route.method} {route.path}", quoting="path")
        before, behind = headers.line
        self._behind_id = behind.encode()
        lines = BodyPart(text=f"{head}\r\n{before}", quoting="header")
        self._line = Text([asked, lines], known, reads=not route.write)
        """Up to the request's id, which stands last."""
        quoting: Quoting = "json" if "json" in route.content_type.lower() else ""
        parts = (BodyPart(text=route.body, quoting=quoting),) if isinstance(route.body, str) else route.body
        self._body = None if parts is None else Text(parts, known, reads=not route.write)
        self.type_line = f"\r\nContent-Type: {route.content_type}\r\nContent-Length: ".encode()
        """What stands before the length of a body."""
        self._users = [b""] if users is None else [user_lines(users, number) for number in range(users.count)]

    @property
    def names(self) -> frozenset[str]:
        """What its texts name in braces."""
        return names_of(self.route)

    def fill(self, request: Request, lines: bytes = b"") -> bytes:
        """The bytes of one request; ``lines`` are further ones of its head, each after a line break."""
        close = b"\r\nConnection: close" if request.fresh else b""
        more = self._users[request.user % len(self._users)] + lines + close
        line = self._line.fill(request)
        if self._body is None:
            return b"%b%b%b%b\r\n\r\n" % (line, request.id, self._behind_id, more)
        body = self._body.fill(request)
        head = (line, request.id, self._behind_id, more, self.type_line, len(body))
        return b"%b%b%b%b%b%d\r\n\r\n%b" % (*head, body)

    def fill_apart(self, request: Request, lines: bytes = b"", connection: int = 1) -> tuple[bytes, bytes | None]:
        """The head of a request without its end, and the body, if it has one.

        ``lines``: as of ``fill``. ``connection``: the number of the one that it goes on, of those of the same request:
        a further one has an id of its own.
        """
        own = self.headers.further(request.id.decode(), connection).encode()
        user = self._users[request.user % len(self._users)]
        head = b"%b%b%b%b%b" % (self._line.fill(request), own, self._behind_id, user, lines)
        return head, None if self._body is None else self._body.fill(request)


def names_of(route: Route) -> frozenset[str]:
    """What its texts name in braces."""
    return frozenset(NAME.findall("".join(_texts(route))))


def told_by_writes(routes: Sequence[Route]) -> frozenset[str]:
    """What is known of acknowledged writes that left something: their ids, and what is taken of their answers."""
    writes = [route for route in routes if route.tells_written]
    return frozenset({WRITTEN} if writes else ()) | {take.name for route in writes for take in route.take}


def reads_back(routes: Sequence[Route], journeys: Sequence[Journey]) -> frozenset[str]:
    """The names of the routes that read what anybody has written; a journey's step reads what its own user has."""
    stepped = {step for journey in journeys for step in journey.steps}
    told = told_by_writes(routes)
    reading = (one for number, one in enumerate(routes) if not one.write and one.weight > 0 and number not in stepped)
    return frozenset(one.name for one in reading if names_of(one) & told)


def _texts(route: Route) -> Iterator[str]:
    yield route.path
    yield from (value for _, value in route.headers)
    yield from (route.body,) if isinstance(route.body, str) else (part.text for part in route.body or ())


def user_lines(users: Users, number: int) -> bytes:
    """The lines of the head by which a user is known, each after a line break."""
    mark = f"\r\n{users.mark}" if number < users.marked else ""
    return f"\r\nX-User: user-{number}{mark}".encode()
