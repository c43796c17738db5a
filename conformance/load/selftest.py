"""Proof, before each load, that this client is honest: it is shown misbehaviour of every kind, by a real server.

A client is honest when it tells each kind of failure by its own class and never sends a request a second time;
otherwise it would hide the very losses that it is there to find. Each case is asked by GET, POST and PUT, because
clients that send again in secret do so for some methods only. What counts as sent is what the server saw arrive.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from operator import itemgetter
from typing import Literal, NamedTuple

import gevent

from conformance.load.clock import now_ns
from conformance.load.connection import Target
from conformance.load.engine import Engine, Limits
from conformance.load.misbehaving import HOST, MisbehavingServer
from conformance.load.request import Known, Request, Template
from conformance.load.schedule import Turn
from conformance.load.spec import Route
from conformance.record.request_headers import USUAL, RequestHeaders
from conformance.vocabulary import ErrorClass

METHODS = ("GET", "POST", "PUT")

PATIENT_S = 5.0
"""Timeout where the server does something: never reached, unless this machine is hopelessly busy."""
IMPATIENT_S = 0.7
"""Timeout where the server does nothing. Such cases are asked first: the others' work is no part of their time."""

Place = Literal["serving", "refusing", "full"]


class Case(NamedTuple):
    """A misbehaviour, and what an honest client makes of it."""

    name: str
    path: str
    expected: str
    """The error class; empty: no error."""
    arrivals: int = 1
    place: Place = "serving"
    patient: bool = True


SINGLE = (
    Case("honest answer", "/honest", ""),
    Case("interim answer first", "/interim-first", ""),
    Case("answer that ends with its connection", "/until-eof", ""),
    Case("end before the answer", "/close", ErrorClass.EOF_BEFORE_ANSWER),
    Case("reset before the answer", "/reset", ErrorClass.RESET_BEFORE_ANSWER),
    Case("reset while the answer is waited for", "/pause-then-reset", ErrorClass.RESET_BEFORE_ANSWER),
    Case("truncated answer", "/half-then-close", ErrorClass.EOF_IN_ANSWER),
    Case("reset in the answer", "/half-then-reset", ErrorClass.RESET_IN_ANSWER),
    Case("redirect", "/redirect", ErrorClass.UNEXPECTED_STATUS),
    Case("503", "/unavailable", ErrorClass.UNEXPECTED_STATUS),
    Case("garbage", "/garbage", ErrorClass.GARBLED_ANSWER),
    Case("two answers to one request", "/answer-twice", ErrorClass.GARBLED_ANSWER),
    Case("another request's id", "/wrong-id", ErrorClass.WRONG_ANSWER),
    Case("no answer", "/silence", ErrorClass.TIMEOUT_BEFORE_ANSWER, patient=False),
    Case("half an answer", "/half-then-silence", ErrorClass.TIMEOUT_IN_ANSWER, patient=False),
    Case("port that refuses", "/honest", ErrorClass.CONNECT_REFUSED, arrivals=0, place="refusing"),
    Case("port that does not accept", "/honest", ErrorClass.CONNECT_TIMEOUT, arrivals=0, place="full", patient=False),
)
"""Asked all at once, each on a connection of its own."""

REUSED = (
    Case("end on a reused connection", "/close", ErrorClass.EOF_BEFORE_ANSWER),
    Case("reset on a reused connection", "/reset", ErrorClass.RESET_BEFORE_ANSWER),
)
"""Asked one after the other, on a connection that has just carried an honest answer."""

STALE = Case("connection closed just before its reuse", "/honest", "")
"""Here a client may fail the request or have opened a new connection; it may not send it twice."""


def wanted_of(case: Case) -> str:
    """What an honest client records of it, for the end marker."""
    return "any" if case is STALE else case.expected or "none"


class Outcome(NamedTuple):
    """What the self-test showed."""

    seen: dict[str, str]
    """Each case and method, and the error class that was recorded (``none`` for no error) or what was wrong."""
    wrong: tuple[str, ...]
    """The cases in which the client was not honest, in a sentence each."""
    wanted: dict[str, str]
    """Each case and method as in ``seen``, and what an honest client records."""

    def __or__(self, other: "Outcome") -> "Outcome":
        """What two self-tests showed."""
        return Outcome(self.seen | other.seen, (*self.wrong, *other.wrong), self.wanted | other.wanted)


def self_test(run: str, headers: RequestHeaders = USUAL) -> Outcome:
    """Show this client every misbehaviour. Takes about a second; must be called in a greenlet.

    Args:
        run: The run's id: ids of the self-test are those of ``test-<run>``.
        headers: By which requests tell their ids.

    Raises:
        RuntimeError: The misbehaving server did not start.
    """
    with MisbehavingServer(header=headers.request_id) as server:
        examination = _Examination(run, headers, server)
        tasks = [
            gevent.spawn(examination.ask_at_once, [case for case in SINGLE if (case.place, case.patient) == group])
            for group in sorted({(case.place, case.patient) for case in SINGLE}, key=itemgetter(1))
        ]
        tasks.append(gevent.spawn(examination.ask_on_reused_connections))
        gevent.joinall(tasks, raise_error=True)
        return examination.judge(arrived(server, headers))


def arrived(server: MisbehavingServer, headers: RequestHeaders) -> dict[str, int]:
    """End the server; how often each request arrived, by its id."""
    return {headers.id_in(told): times for told, times in server.arrivals().items()}


class _Asked(NamedTuple):
    case: Case
    method: str
    request: Request
    on_reused: bool


class _Examination:
    """The requests of one self-test, and what came of them."""

    def __init__(self, run: str, headers: RequestHeaders, server: MisbehavingServer) -> None:
        self._headers = headers
        self._ids = headers.ids(f"test-{run}")
        self._ports: dict[Place, int] = {
            "serving": server.port,
            "refusing": server.refusing_port,
            "full": server.full_port,
        }
        self._asked: list[_Asked] = []
        self._numbers = count()

    def ask_at_once(self, cases: Sequence[Case]) -> None:
        """Ask cases of one place and patience, all of them at the same time."""
        questions = [(case, method) for case in cases for method in METHODS]
        engine = self._engine(questions)
        requests = [self._request(route, fresh=True) for route in range(len(questions))]
        self._asked += [
            _Asked(case, method, request, on_reused=False)
            for (case, method), request in zip(questions, requests, strict=True)
        ]
        try:
            engine.run(iter(requests), _ignore)
        finally:
            engine.close()

    def ask_on_reused_connections(self) -> None:
        """Have an honest answer first, then ask on the same connection."""
        for method in METHODS:
            for case in REUSED:
                self._ask_second(Case("first", "/honest", ""), case, method)
            self._ask_second(Case("first", "/honest-then-close", ""), STALE, method)

    def _ask_second(self, first: Case, second: Case, method: str) -> None:
        engine = self._engine([(first, method), (second, method)])
        try:
            for route, case in enumerate((first, second)):
                request = self._request(route, fresh=False)
                if case is second:
                    self._asked.append(_Asked(case, method, request, on_reused=case is not STALE))
                engine.run(iter([request]), _ignore)
        finally:
            engine.close()

    def judge(self, arrivals: dict[str, int]) -> Outcome:
        """Compare what was recorded with what was to be recorded, and with what arrived."""
        seen, wrong, wanted = {}, [], {}
        for asked in self._asked:
            name = f"{asked.case.name}, {asked.method}"
            problems = list(_problems(asked, arrivals.get(asked.request.id.decode(), 0)))
            seen[name], wanted[name] = asked.request.error or "none", wanted_of(asked.case)
            if problems:
                seen[name] += f" ({'; '.join(problems)})"
                wrong.append(f"{name}: recorded as {asked.request.error or 'no error'}: {'; '.join(problems)}")
        return Outcome(seen, tuple(wrong), wanted)

    def _engine(self, questions: Sequence[tuple[Case, str]]) -> Engine:
        case = questions[0][0]
        port = self._ports[case.place]
        known, timeout_s = Known(()), PATIENT_S if case.patient else IMPATIENT_S
        templates = [
            Template(
                Route(
                    name=case.name,
                    method=method,
                    path=case.path,
                    body=None if method == "GET" else '{"id": "{id}"}',
                    weight=1.0,
                    expect=(200,),
                    write=False,
                ),
                HOST,
                port,
                known,
                timeout_s=timeout_s,
                headers=self._headers,
            )
            for case, method in questions
        ]
        limits = Limits(len(questions), warm=0)
        return Engine(Target.look_up(HOST, port), templates, limits, known, headers=self._headers)

    def _request(self, route: int, *, fresh: bool) -> Request:
        number = next(self._numbers)
        return Request(Turn(number, route, 0, fresh), self._ids.of(number).encode(), now_ns())


def _problems(asked: _Asked, arrived: int) -> Iterator[str]:
    case, request = asked.case, asked.request
    if case is STALE:
        if arrived > 1 or (arrived == 0 and not request.error):
            yield f"arrived {arrived} times"
        return
    if request.error != case.expected:
        yield f"should have been {case.expected or 'no error'}"
    if arrived != case.arrivals:
        yield f"arrived {arrived} times instead of {case.arrivals}"
    if asked.on_reused and not request.connection_uses:
        yield "was not sent on the reused connection"


def _ignore(_request: Request) -> None:
    """The request itself holds what came of it."""
