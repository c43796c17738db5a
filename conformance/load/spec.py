"""What the load's process is told to do, and what it says while it does it: JSON, over two pipes.

The order is read from the file descriptor in ``CONFORMANCE_LOAD_ORDER``: a file without a name, since a request may
hold a secret; the copy in the run directory holds none. On the control pipe (a file descriptor in
``CONFORMANCE_LOAD_CONTROL``) the parent writes one word a line: ``start``, ``stop``; the pipe's end means that the
parent is gone, and the load stops at once. On the progress pipe (``CONFORMANCE_LOAD_PROGRESS``) the process writes one
Progress as a line of JSON five times a second and at each change of phase.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from conformance.load.kinds.spec import Kind
from conformance.record.contract import EffectRule
from conformance.record.request_headers import USUAL, RequestHeaders

BODILESS = (204, 205)
"""Statuses of success whose answers have no body."""
Quoting = Literal["", "form", "json", "path", "header"]
"""As what the values that are put into a text are written; empty: as they are."""


class BodyPart(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a body: a text with names in braces, or bytes as they are."""

    text: str = ""
    quoting: Quoting = ""
    data: bytes = b""


class AnswerCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer's body must be; every field that is given must hold."""

    pointer: str | None = None
    """RFC 6901: the value that ``equal`` and ``exists`` are about; ``""`` is the whole body, which must be JSON."""
    equal: bytes | None = None
    """The JSON of what stands there."""
    exists: bool | None = None
    pattern: str | None = None
    """A regular expression that is found in the body."""
    length: int | None = None
    """Of the body, in bytes."""


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """A value of an expected answer that later requests name in braces: by exactly one of pointer, header, pattern."""

    name: str
    pointer: str | None = None
    header: str | None = None
    pattern: str | None = None
    """Its first group, or all of it where it has none."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request.

    ``path``, ``headers`` and ``body`` may name ``{id}`` (this request's id), ``{written}`` (the id of a write that was
    acknowledged earlier, in the warm-up at the latest, by a status that leaves something; of a route that only reads by
    turns one of the first), ``{work_ms}``, what any route takes of an answer, and ``{data.COLUMN}`` (the load's data;
    request i has row ``i % rows``).
    """

    name: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    body: str | tuple[BodyPart, ...] | None = None
    weight: float
    expect: tuple[int, ...]
    write: bool
    leaves: tuple[int, ...] | None = None
    """Of a write: the expected statuses whose answers say that it has left something; None: each of them."""
    long_share: float = 0.0
    """Share of this route's requests with a ``work_ms`` above 0."""
    long_ms: tuple[int, int] = (0, 0)
    """Least and greatest ``work_ms`` of those."""
    timeout_s: float | None = None
    """From the moment that the request was due; None: the load's own."""
    within_ms: float | None = None
    """What the team promises; held against the record by the judge, not by the load."""
    checks: tuple[AnswerCheck, ...] = ()
    take: tuple[Take, ...] = ()
    kind: Kind | None = None
    """How it is carried out, where the engine's own way will not do."""
    renew_s: float | None = None
    """What is taken of its answers is used for no longer than this: it is due at an even pace, and once more right
    before the load. None: for as long as the load lasts."""

    @property
    def tells_written(self) -> bool:
        """Whether ``{written}`` may be the id of one of its requests."""
        return self.write and self.leaves != ()

    @property
    def looked_at(self) -> bool:
        """Whether more than the status is asked of its answers, where there is more to them.

        A redirection or a refusal says by its status what came of the request.
        """
        bodies = [status for status in self.expect if status // 100 == 2 and status not in BODILESS]  # noqa: PLR2004
        ends = self.kind is not None and self.kind.has_an_end
        return not bodies or bool(self.checks or self.take) or ends


class KeptSession(msgspec.Struct, frozen=True, kw_only=True):
    """How it shows that the servers still know a user's session: by the cookie, by statuses, or both."""

    cookie: str | None = None
    """Its name: an answer that sets it to another value has begun another session."""
    begins: int = 0
    """The place of the step that begins the session; until then nothing is lost."""
    lost: tuple[int, ...] = ()
    """Statuses of answers to a user whose session is not known."""


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """One user's requests in order; cookies and what is taken of answers are the user's own."""

    name: str
    weight: float
    """Its share of the starts, relative to routes and other journeys."""
    steps: tuple[int, ...]
    """Indices into the order's routes."""
    think_ms: tuple[int, int] = (0, 0)
    """Least and greatest time from an answer to the user's next request."""
    session: KeptSession | None = None


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests by TLS go."""

    host: str
    port: int
    name: str
    """Whom the certificate must name, wherever it is reached."""
    authority: str
    """The certificate, as PEM, that is trusted there, and no other."""


class Users(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: request i is user ``i % count``'s, who says so in ``X-User``."""

    count: int
    marked: int = 0
    """The first so many users carry the mark."""
    mark: str = ""
    """A line of the request's head: ``X-Release-Lane: gray``."""


class TaskWrite(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of tasks that are writes, and what each must leave."""

    name: str
    """``POST /orders``, or with ``*`` in the path."""
    effects: tuple[str, ...] = ()
    rules: tuple[EffectRule, ...] = ()
    """Where that depends on the answer's status, or on a version."""


class Tasks(msgspec.Struct, frozen=True, kw_only=True):
    """A team's own locustfile, whose tasks are due in the place of requests."""

    file: str
    users: int
    """So many there are from the beginning; where all of them are busy, there is one more."""
    writes: tuple[TaskWrite, ...] = ()
    """As the descriptor has them; a task may say otherwise."""
    entries: tuple[tuple[str, str], ...] = ()
    """Entry service, and the prefix of its paths."""


class WorkerPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a worker runs that does not run here."""

    name: str
    """For people: ``load-3``."""
    command: tuple[str, ...]
    """What runs a program there, its stdin and output here; the program's words follow. See ``workers/liaison.py``."""
    reaches: Mapping[str, str] = {}
    """``host:port`` where this machine reaches something -> where it is reached there, if that is another."""


class LoadSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One open-loop load."""

    run: str
    """Request i has the id ``headers.ids(run).of(i)``; ids of the warm-up are those of ``warm-<run>``, of the self-test
    of ``test-<run>``."""
    headers: RequestHeaders = USUAL
    """By which a request tells its id."""
    directory: str
    """Where requests.csv, answers.csv and load.json are written: the run directory. None of them may exist yet."""
    origin_ns: int
    """The monotonic clock at the run's origin."""
    host: str
    port: int
    rate: int
    """Requests per second; request i is due at t0 + i / rate whatever the system does."""
    timeout_s: float
    """From the moment that the request was due."""
    fresh_share: float
    """Share of requests that open a connection of their own and close it."""
    routes: tuple[Route, ...]
    tls: Tls | None = None
    """None: no route speaks it."""
    journeys: tuple[Journey, ...] = ()
    """Where there are some, ``rate`` is of starts: of journeys, and of single requests of the routes with a weight."""
    columns: tuple[str, ...] = ()
    """The names of the data's columns."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The data, a value for each column."""
    joined_by: str = ""
    """The name of what is taken of each write's answer and kept in the record; see record.schema.TOLD."""
    secrets: tuple[str, ...] = ()
    """What is masked where the record shows a piece of an answer."""
    tasks: Tasks | None = None
    """In the place of routes; ``rate`` is then of task executions."""
    users: Users | None = None
    """None: nobody says who asks."""
    seed: int
    """The same order gives the same sequence of routes, work_ms and connection kinds."""
    warm_up_requests: int
    max_seconds: float
    """The load ends by itself after this long, whatever the parent does."""
    worker: int = 0
    workers: int = 1
    """This process sends the requests whose index is ``worker`` modulo ``workers``."""
    places: tuple[WorkerPlace, ...] = ()
    """Of each worker; empty: they are the master's processes, on its machine."""

    @property
    def own_rate(self) -> float:
        """This process's share of the rate."""
        return self.rate / self.workers

    def own_share(self, number: int) -> int:
        """How many of so many things are this process's, where each takes its turn."""
        return (number - self.worker + self.workers - 1) // self.workers

    def own_number(self, count: int) -> int:
        """What the whole load numbers the thing that is number ``count`` here; both from 0."""
        return count * self.workers + self.worker

    @property
    def starts(self) -> tuple[Journey, ...]:
        """What is due: each route with a weight, as a journey of one step, then the journeys."""
        return starts_of(self.routes, self.journeys)

    def address_of(self, route: Route) -> tuple[str, int]:
        """Host and port that a request of this route goes to."""
        secure = self.tls if route.kind is not None and route.kind.tls else None
        return (self.host, self.port) if secure is None else (secure.host, secure.port)

    @property
    def requests_each(self) -> tuple[float, ...]:
        """Of each route, how many of its requests there are on average whenever something is due."""
        return requests_each(self.routes, self.journeys)


def starts_of(routes: Sequence[Route], journeys: Sequence[Journey]) -> tuple[Journey, ...]:
    """See ``LoadSpec.starts``."""
    single = [Journey(name=one.name, weight=one.weight, steps=(i,)) for i, one in enumerate(routes) if one.weight]
    return (*single, *journeys)


def requests_each(routes: Sequence[Route], journeys: Sequence[Journey]) -> tuple[float, ...]:
    """See ``LoadSpec.requests_each``."""
    starts = starts_of(routes, journeys)
    whole = sum(one.weight for one in starts) or 1.0
    return tuple(sum(one.weight / whole * one.steps.count(i) for one in starts) for i in range(len(routes)))


Phase = Literal["self-test", "ready", "warm-up", "warm", "loading", "finishing", "ended", "failed"]
"""In this order; ``warm`` is a worker that waits for the moment at which all of them begin."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the load is."""

    phase: Phase
    due: int = 0
    sent: int = 0
    done: int = 0
    failed: int = 0
    writes: int = 0
    """Writes among the sent."""
    p99_ms: float = 0.0
    """Of the last second."""
    message: str = ""
    """Why it failed."""
