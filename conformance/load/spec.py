"""What the load's process is told to do, and what it says while it does it: JSON, over two pipes.

The order is read from the file descriptor in ``CONFORMANCE_LOAD_ORDER``: a file without a name, since a request may
hold a secret; the copy in the run directory holds none. On the control pipe (a file descriptor in
``CONFORMANCE_LOAD_CONTROL``) the parent writes one word a line: ``start``, ``stop``; the pipe's end means that the
parent is gone, and the load stops at once. On the progress pipe (``CONFORMANCE_LOAD_PROGRESS``) the process writes one
Progress as a line of JSON five times a second and at each change of phase.
"""

from typing import Literal

import msgspec


class BodyPart(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a body: a text with names in braces, or bytes as they are."""

    text: str = ""
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
    acknowledged earlier, in the warm-up at the latest), ``{work_ms}``, what any route takes of an answer, and
    ``{data.COLUMN}`` (the load's data; request i has row ``i % rows``).
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


class Users(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: request i is user ``i % count``'s, who says so in ``X-User``."""

    count: int
    marked: int = 0
    """The first so many users carry the mark."""
    mark: str = ""
    """A line of the request's head: ``X-Release-Lane: gray``."""


class Tasks(msgspec.Struct, frozen=True, kw_only=True):
    """A team's own locustfile, whose tasks are due in the place of requests."""

    file: str
    users: int
    """So many there are from the beginning; where all of them are busy, there is one more."""
    writes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Requests that are writes, ``POST /orders`` or with ``*`` in the path, and the effects of each."""
    entries: tuple[tuple[str, str], ...] = ()
    """Entry service, and the prefix of its paths."""


class LoadSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One open-loop load."""

    run: str
    """Request i has the id ``f"{run}-{i:08x}"``; warm-up ids begin with ``warm-``, self-test ids with ``test-``."""
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
    columns: tuple[str, ...] = ()
    """The names of the data's columns."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The data, a value for each column."""
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


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the load is."""

    phase: Literal["self-test", "ready", "warm-up", "loading", "finishing", "ended", "failed"]
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
