"""Proof that a task's client is as honest as the engine: n calls, n arrivals, each failure by its own class.

The same misbehaviour as in ``load.selftest``, met the way a team's task meets it: through ``self.client``.
"""

from collections.abc import Iterator

import gevent
from gevent.pool import Group

from conformance.load.connection import Target
from conformance.load.engine import Engine, Limits
from conformance.load.misbehaving import HOST, MisbehavingServer
from conformance.load.request import Known, Request
from conformance.load.selftest import (
    IMPATIENT_S,
    METHODS,
    PATIENT_S,
    REUSED,
    SINGLE,
    STALE,
    Case,
    Outcome,
    Place,
    arrived,
    wanted_of,
)
from conformance.load.tasks.client import Client
from conformance.load.tasks.line import Line, Settings
from conformance.record.request_headers import USUAL, RequestHeaders

_NAME = "task client"
_CONNECTIONS = 128


def self_test(run: str, headers: RequestHeaders = USUAL) -> Outcome:
    """Ask every case by a task's client. Takes about a second; must be called in a greenlet.

    Args:
        run: The run's id.
        headers: By which requests tell their ids.

    Raises:
        RuntimeError: The misbehaving server did not start.
    """
    with MisbehavingServer(header=headers.request_id) as server:
        ports: dict[Place, int] = {"serving": server.port, "refusing": server.refusing_port, "full": server.full_port}
        examinations = [_Examination(f"test-{run}-{place}", place, port, headers) for place, port in ports.items()]
        gevent.joinall([gevent.spawn(one.ask) for one in examinations], raise_error=True)
        arrivals = arrived(server, headers)
    seen: dict[str, str] = {}
    wanted: dict[str, str] = {}
    wrong: list[str] = []
    for examination in examinations:
        for name, case, request in examination.asked:
            problems = list(_problems(case, request, arrivals.get(request.id.decode(), 0)))
            seen[name], wanted[name] = "; ".join([request.error or "none", *problems]), wanted_of(case)
            wrong += [f"{name}: {problem}" for problem in problems]
        if len(examination.asked) != examination.calls or examination.beyond:
            rows = len(examination.asked) + examination.beyond
            wrong.append(f"{_NAME}: {examination.calls} calls made {rows} rows")
    return Outcome(seen, tuple(wrong), wanted)


class _Examination:
    """The cases of one port."""

    def __init__(self, name: str, place: Place, port: int, headers: RequestHeaders) -> None:
        self._place: Place = place
        self._engine = Engine(Target.look_up(HOST, port), [], Limits(_CONNECTIONS, warm=0), Known(()), headers=headers)
        self._line = Line(self._engine, Settings(f"{HOST}:{port}", PATIENT_S, headers=headers))
        self._rows: dict[str, Request] = {}
        self._line.begin(name, self._record)
        self._names: dict[str, tuple[str, Case]] = {}
        self._open = True
        self.calls = 0

    def _record(self, request: Request) -> None:
        self._rows[request.id.decode()] = request

    @property
    def asked(self) -> list[tuple[str, Case, Request]]:
        """Each call's name and case, and its row."""
        return [(*self._names[one], request) for one, request in self._rows.items() if one in self._names]

    @property
    def beyond(self) -> int:
        """Requests that no call was made for."""
        return len(self._rows.keys() - self._names.keys())

    def ask(self) -> None:
        """Make all the calls."""
        callers = Group()
        for case in sorted(SINGLE, key=lambda one: one.patient):
            for method in METHODS if case.place == self._place else ():
                callers.spawn(self._call, Client(self._line), case, method)
        for method in METHODS if self._place == "serving" else ():
            callers.spawn(self._ask_on_reused, method)
        gevent.spawn(self._conclude, callers)
        try:
            self._engine.run(iter(()), self._line.take, busy=lambda: self._open)
        finally:
            self._engine.close()

    def _conclude(self, callers: Group) -> None:
        try:
            callers.join(raise_error=True)
        except Exception as error:  # noqa: BLE001 - raised by run
            self._engine.abort(error)
        self._open = False
        self._engine.look_whether_over()

    def _ask_on_reused(self, method: str) -> None:
        client = Client(self._line)
        for case in REUSED:
            self._call(client, Case("answer before", "/honest", ""), method)
            self._call(client, case, method)
        self._call(client, Case("answer before", "/honest-then-close", ""), method)
        self._call(client, STALE, method)

    def _call(self, client: Client, case: Case, method: str) -> None:
        self.calls += 1
        request_id = client.new_id()
        self._names[request_id] = (f"{_NAME}: {case.name}, {method}", case)
        body = None if method == "GET" else b"{}"
        client.request(
            method,
            case.path,
            data=body,
            timeout=PATIENT_S if case.patient else IMPATIENT_S,
            request_id=request_id,
        )


def _problems(case: Case, request: Request, arrived: int) -> Iterator[str]:
    if case is STALE:
        if arrived > 1 or (arrived == 0 and not request.error):
            yield f"arrived {arrived} times"
        return
    if request.error != case.expected:
        yield f"recorded as {request.error or 'no error'}; should have been {case.expected or 'no error'}"
    if arrived != case.arrivals:
        yield f"arrived {arrived} times instead of {case.arrivals}"
