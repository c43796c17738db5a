"""One load by a team's locustfile from beginning to end: as every load, but what is due are task executions."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

import gevent
import msgspec

from conformance.load import warm_up
from conformance.load.channel import LEAD_NS, CannotLoad, Parent
from conformance.load.clock import now_ns
from conformance.load.connection import Target
from conformance.load.connection_limits import most_connections, warm_connections
from conformance.load.engine import Engine, Limits
from conformance.load.recorder import Recorder, TaskRecorder, write_end
from conformance.load.request import Known, Request, user_lines
from conformance.load.schedule import SECOND_NS, Turn
from conformance.load.selftest import Outcome
from conformance.load.session import Report, Session
from conformance.load.spec import LoadSpec, Tasks
from conformance.load.tasks import proof as task_proof
from conformance.load.tasks.client import Client
from conformance.load.tasks.execution import Execution
from conformance.load.tasks.line import Line, Settings
from conformance.load.tasks.pool import Pool, UserKind
from conformance.load.tasks.routes import Kind
from conformance.load.wrong_answers import WrongAnswers, masked
from conformance.record.load_end import TasksEnd

MOST_ERRORS = 20
"""Different ones of which the end marker tells."""
_LOOK_S = 0.05
_FAREWELL_S = 5.0
"""In which a user's ``on_stop`` has to be done once it has begun."""


class Due(Request):
    """A task execution that is due, in the engine's eyes."""

    __slots__ = ("execution",)

    def __init__(self, execution: Execution) -> None:
        super().__init__(Turn(execution.number, 0, 0, fresh=False), b"", execution.due_ns)
        self.execution = execution


class TaskSession(Session):
    """Carries out an order with tasks."""

    def __init__(  # noqa: PLR0913 - an order, its parent, and what a locustfile was found to hold
        self,
        spec: LoadSpec,
        tasks: Tasks,
        kinds: Callable[[], Sequence[UserKind]],
        *,
        parent: Parent,
        report: Callable[[Kind], Callable[[Request], None]],
        failures: Sequence[type[Exception]],
    ) -> None:
        """Prepare a session.

        Args:
            spec: What to do.
            tasks: The part of it that is about tasks.
            kinds: Reads the locustfile; raises CannotLoad where it cannot be used.
            parent: Who ordered it.
            report: For a kind of request, what is told each of them once it is accounted for.
            failures: See Client.
        """
        super().__init__(spec, parent, _drop)
        self._tasks = tasks
        self._read_kinds = kinds
        self._report_of = report
        self._failures = failures
        self._pool: Pool

    def _prove(self) -> Outcome:
        proof = super()._prove() | task_proof.self_test(self._spec.run, self._spec.headers)
        self._kinds = self._read_kinds()
        return proof

    def _prepare_engine(self) -> Engine:
        spec = self._spec
        try:
            target = Target.look_up(spec.host, spec.port)
        except OSError as error:
            raise CannotLoad(f"{spec.host} has no address: {error}") from error
        limits = Limits(most_connections(spec), warm_connections(spec))
        numbers = count(spec.own_number(0) + 1, spec.workers)
        engine = Engine(target, [], limits, Known(()), numbers, headers=spec.headers)
        line = Line(engine, Settings.of(spec))
        users = max(self._tasks.users, spec.users.count if spec.users else 1)
        own = max(1, spec.own_share(users))
        most = max(own, most_connections(spec))
        self._pool = Pool(line, self._kinds, own, most, partial(self._client, line))
        return engine

    def _client(self, line: Line, number: int) -> Client:
        users = self._spec.users
        mark = b"" if users is None else user_lines(users, number % users.count).removeprefix(b"\r\n") + b"\r\n"
        return Client(line, mark, self._failures)

    # The warm-up.

    def _warm_up(self, engine: Engine) -> None:
        """Send the warm-up: as many executions as it has requests, one at least of each user. It must not fail."""
        number = max(self._spec.own_share(self._spec.warm_up_requests), self._pool.users)
        failed: list[Request] = []
        raised: list[Execution] = []

        def record(request: Request) -> None:
            self._gauge.add(request)
            if request.error:
                failed.append(request)

        def ended(execution: Execution) -> None:
            if execution.outcome in ("raised", "not started"):
                raised.append(execution)

        engine.warm()
        stretch = _Stretch(engine, self._pool, self._spec, f"warm-{self._spec.run}")
        line = stretch.begin(record, ended, lambda _: None)
        begin_ns = now_ns() + LEAD_NS
        self._gauge.follow("warm-up", engine, self._due_since(begin_ns, engine))
        stretch.run(self._due(begin_ns, number), last=False)
        if failed or raised:
            raise CannotLoad(masked(_describe(number, failed, raised, line), self._spec.secrets))

    def _due(self, begin_ns: int, number: int | None = None) -> Iterator[Due]:
        """Executions, in the order of their due times."""
        for place in count() if number is None else range(number):
            execution = self._spec.own_number(place)
            yield Due(Execution(execution, begin_ns + self._schedule.due_ns(execution)))

    # The load.

    def _load(self, engine: Engine, proof: Outcome, *, realtime: bool) -> None:
        spec = self._spec
        recorder, executions, wrong = Recorder(spec), TaskRecorder(spec), WrongAnswers(spec.secrets)
        reports: list[Report] = []
        outcomes: Counter[str] = Counter()
        errors: Counter[str] = Counter()

        def record(request: Request) -> None:
            recorder.add(request)
            self._gauge.add(request)
            reports[request.route](request)
            wrong.add(request)

        def ended(execution: Execution) -> None:
            executions.add(execution)
            outcomes[execution.outcome] += 1
            if execution.text:
                errors[execution.text] += 1

        def added(kind: Kind) -> None:
            recorder.add_route(kind.name, write=kind.write)
            reports.append(self._report_of(kind))

        stretch = _Stretch(engine, self._pool, spec, spec.run)
        line = stretch.begin(record, ended, added)
        begin_ns = self._begin_ns()
        self._gauge.follow("loading", engine, self._due_since(begin_ns, engine))
        until_ns = begin_ns + int(spec.max_seconds * SECOND_NS)
        stretch.run(self._due(begin_ns), identify=recorder.identify, until_ns=until_ns, last=True)
        written, rows = recorder.close(), executions.close()
        planned = self._schedule.planned(engine.stop_ns - begin_ns)
        if written.rows != line.used or rows != planned:
            raise CannotLoad(
                f"{written.rows} requests and {rows} task executions are recorded, but {line.used} were sent and"
                f" {planned} were due"
            )
        told = TasksEnd(
            planned=planned,
            started=planned - outcomes["not started"],
            ended=outcomes["ended"],
            raised=outcomes["raised"],
            outlived=outcomes["outlived"],
            users=self._pool.greatest,
            unused_ids=line.numbers - line.used,
            apart=line.apart,
            errors=tuple(errors.most_common(MOST_ERRORS)),
            notices=tuple(masked(notice, spec.secrets) for notice in line.notices),
        )
        end = self._end(engine, written, proof, begin_ns, wrong, realtime=realtime)
        routes = tuple(kind.facts() for kind in line.kinds.all)
        write_end(Path(spec.directory), msgspec.structs.replace(end, routes=routes, tasks=told))


class _Stretch:
    """A part of a session: the warm-up, or the load."""

    def __init__(self, engine: Engine, pool: Pool, spec: LoadSpec, name: str) -> None:
        """``name``: what its ids begin with."""
        self._engine, self._pool, self._line, self._name = engine, pool, pool.line, name
        self._timeout_s = spec.timeout_s
        self._between_s = 1 / spec.own_rate
        self._open = True

    def begin(
        self, record: Callable[[Request], None], ended: Callable[[Execution], None], added: Callable[[Kind], None]
    ) -> Line:
        """Count from 0."""
        self._line.begin(self._name, record, added)
        self._pool.begin(ended, self._engine.abort)
        return self._line

    def run(
        self,
        due: Iterator[Due],
        *,
        last: bool,
        identify: Callable[[tuple[bytes, ...]], int] = lambda _: 0,
        until_ns: int | None = None,
    ) -> None:
        """Begin what is due, wait for what has begun, and account for all of it; ``last``: then dismiss the users."""

        def start(due: Request) -> None:
            self._pool.start(cast("Due", due).execution)

        end = gevent.spawn(self._see_out, last=last)
        bounds = {} if until_ns is None else {"until_ns": until_ns}
        try:
            self._engine.run(due, self._line.take, identify=identify, begin=start, busy=lambda: self._open, **bounds)
        finally:
            end.kill()
        self._line.settle_all()

    def _see_out(self, *, last: bool) -> None:
        """Wait until nothing is due any more, then for what has begun, as long as a request may take."""
        try:
            while not self._engine.all_sent:
                gevent.sleep(_LOOK_S)
            self._wait_for(lambda: not self._pool.open, self._timeout_s)
            self._pool.cut_off()
            if last:
                for _ in self._pool.dismiss(self._between_s):
                    pass
                self._wait_for(lambda: not self._pool.seats, _FAREWELL_S)
                for seat in tuple(self._pool.seats):
                    if seat.greenlet is not None:
                        seat.greenlet.kill(block=False)
        except Exception as error:  # noqa: BLE001 - raised by run
            self._engine.abort(error)
        self._open = False
        self._engine.look_whether_over()

    @staticmethod
    def _wait_for(reached: Callable[[], bool], within_s: float) -> None:
        deadline = now_ns() + int(within_s * SECOND_NS)
        while not reached() and now_ns() < deadline:
            gevent.sleep(_LOOK_S)


def _describe(number: int, failed: Sequence[Request], raised: Sequence[Execution], line: Line) -> str:
    if failed:
        return warm_up.failures(
            failed,
            f"the requests of {number} task executions of the warm-up",
            lambda request: f"{line.kinds.all[request.route].name}, {warm_up.came_to(request)}",
        )
    first_raised = raised[0]
    what = f"{first_raised.name or 'on_start'}: {first_raised.text or 'no user was free'}"
    return f"{len(raised)} of {number} task executions of the warm-up raised; the first: {what}"


def _drop(_request: Request) -> None:
    """Each kind has a report of its own."""
