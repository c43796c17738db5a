"""One load of journeys from beginning to end: as every load, but what is due are starts.

A start is due on the open schedule, whatever the system does; each later request of the user is due when its user has
thought about the answer before. A failed request does not end the journey: it goes on, as its user would, unless its
next step names what the failed one should have told, or the user's session is lost. What was then left out is counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from heapq import heappop, heappush
from itertools import islice
from pathlib import Path
from random import Random
from typing import cast

import gevent
import msgspec

from conformance.load.channel import LEAD_NS, CannotLoad, Parent
from conformance.load.clock import Alarm, alarm, now_ns
from conformance.load.engine import Engine
from conformance.load.kinds.beside import Beside
from conformance.load.recorder import Recorder, TaskRecorder, write_end
from conformance.load.request import Request
from conformance.load.schedule import SECOND_NS, Schedule, Turn
from conformance.load.selftest import Outcome
from conformance.load.session import (
    Report,
    Session,
    Tells,
    tellers_first,
    told_by,
)
from conformance.load.spec import Journey, LoadSpec, Route
from conformance.load.tasks.execution import Execution
from conformance.load.tasks.execution import Outcome as Ending
from conformance.load.visit import Plan, Step, Visit, VisitTerms
from conformance.load.wrong_answers import WrongAnswers
from conformance.record.load_end import TasksEnd
from conformance.vocabulary import ErrorClass

_LOOK_S = 0.05


class _Start(Request):
    """A journey's start that is due, in the engine's eyes."""

    __slots__ = ("visit",)

    def __init__(self, visit: Visit) -> None:
        execution = visit.execution
        super().__init__(Turn(execution.number, 0, 0, fresh=False), b"", execution.due_ns)
        self.visit = visit


class JourneySession(Session):
    """Carries out an order with journeys."""

    def __init__(self, spec: LoadSpec, parent: Parent, report: Report) -> None:
        """As every session."""
        super().__init__(spec, parent, report)
        self._kinds = spec.starts
        starts = tuple(_as_route(kind, self._renew_s(kind)) for kind in self._kinds)
        self._schedule = Schedule(msgspec.structs.replace(spec, routes=starts))

    def _renew_s(self, kind: Journey) -> float | None:
        """See Route; a log-in is a start of its own."""
        return self._spec.routes[kind.steps[0]].renew_s if len(kind.steps) == 1 else None

    def _prepare_engine(self) -> Engine:
        engine = super()._prepare_engine()
        self._plans = [self._plan(kind) for kind in self._kinds]
        self._begun_by = self._beside or Beside(engine, self._templates, {})
        return engine

    def _plan(self, kind: Journey) -> Plan:
        told: frozenset[str] = frozenset()
        steps = []
        for route in kind.steps:
            template = self._templates[route]
            steps.append(Step(route, template, template.names & told))
            told |= told_by(self._spec.routes[route])
        return Plan(kind, tuple(steps), kind.session)

    # The warm-up.

    def _warm_up(self, engine: Engine) -> None:
        """Send the warm-up: as many starts as make its requests, one at least of each kind. It must not fail."""
        failed: list[Request] = []
        broken: list[Execution] = []

        def record(request: Request) -> None:
            self._gauge.add(request)
            if request.error:
                failed.append(request)

        def ended(execution: Execution) -> None:
            if execution.outcome != "ended":
                broken.append(execution)

        engine.warm()
        for leg in filter(None, self._warm_up_starts()):
            name = f"warm-{self._spec.run}-{leg[0][0]:x}"
            traffic = _Traffic(self._spec, engine, self._begun_by, name, hurried=True)
            begin_ns = now_ns() + LEAD_NS - self._schedule.due_ns(leg[0][0])
            visits = (self._visit(number, kind, begin_ns) for number, kind in leg)
            self._gauge.follow("warm-up", engine, self._due_since(begin_ns, engine))
            traffic.run(visits, record, ended, identify=lambda _: 0, until_ns=None)
        if failed or broken:
            raise CannotLoad(self._describe_failures(failed) if failed else f"a journey was {broken[0].outcome}")

    def _warm_up_starts(self) -> Iterator[list[tuple[int, int]]]:
        """Number and kind of each. What others name comes first, one leg each; then each kind, then the load's mix.

        At the end stands what runs out, anew: its age counts from its log-in, whatever the warm-up took. What takes a
        while is tried once: the warm-up is not to wait for it again and again.
        """
        routes = self._spec.routes
        asks = [[routes[step] for step in kind.steps] for kind in self._kinds]
        first = tellers_first(
            [self._tells(i) for i, steps in enumerate(asks) if any(one.take or one.write for one in steps)]
        )
        own = self._spec.own_number
        for place, kind in enumerate(first):
            yield [(own(place), kind)]
        mean = sum(len(steps) for steps in asks) / len(asks)
        rest = [i for i in range(len(asks)) if i not in first]
        slow = {i for i, steps in enumerate(asks) if any(one.kind and one.kind.takes_a_while for one in steps)}
        wanted = int(self._spec.own_share(self._spec.warm_up_requests) / mean)
        more = max(0, wanted - len(asks)) if len(slow) < len(asks) else 0
        quick = (turn.route for turn in self._schedule.turns() if turn.route not in slow)
        kinds = [*rest, *islice(quick, more)]
        yield [(own(place), kind) for place, kind in enumerate(kinds, start=len(first))]
        renewed = [i for i, kind in enumerate(self._kinds) if self._renew_s(kind) is not None]
        yield [(own(place), kind) for place, kind in enumerate(renewed, start=len(first) + len(kinds))]

    def _tells(self, kind: int) -> Tells:
        """What its steps name that is not their own; a journey keeps to itself what it takes."""
        steps = self._plans[kind].steps
        own = frozenset(take.name for step in steps for take in step.template.route.take)
        names = frozenset(name for step in steps for name in step.template.names)
        return Tells(kind, names - own, told_by(steps[0].template.route) if len(steps) == 1 else frozenset())

    def _visit(self, number: int, kind: int, begin_ns: int) -> Visit:
        execution = Execution(number, begin_ns + self._schedule.due_ns(number))
        execution.name, execution.user = self._kinds[kind].name, number
        plan = self._plans[kind]
        known = None if len(plan.steps) == 1 else self._known.of_a_user()
        return Visit(plan, execution, known, self._spec.seed)

    # The load.

    def _load(self, engine: Engine, proof: Outcome, *, realtime: bool) -> None:
        spec = self._spec
        recorder, executions, wrong = Recorder(spec), TaskRecorder(spec), WrongAnswers(spec.secrets)
        outcomes: Counter[str] = Counter()

        def record(request: Request) -> None:
            recorder.add(request)
            self._gauge.add(request)
            self._report(request)
            wrong.add(request)

        def ended(execution: Execution) -> None:
            executions.add(execution)
            outcomes[execution.outcome] += 1

        traffic = _Traffic(spec, engine, self._begun_by, spec.run)
        begin_ns = self._begin_ns()
        self._gauge.follow("loading", engine, self._due_since(begin_ns, engine))
        visits = (self._visit(turn.seq, turn.route, begin_ns) for turn in self._schedule.turns())
        until_ns = begin_ns + int(spec.max_seconds * SECOND_NS)
        traffic.run(visits, record, ended, identify=recorder.identify, until_ns=until_ns)
        written, rows = recorder.close(), executions.close()
        planned = self._schedule.planned(engine.stop_ns - begin_ns)
        if written.rows != traffic.numbers or rows != planned:
            raise CannotLoad(
                f"{written.rows} requests and {rows} journeys are recorded, but {traffic.numbers} were sent and"
                f" {planned} were due"
            )
        told = TasksEnd(
            planned=planned,
            started=planned,
            ended=outcomes["ended"],
            raised=0,
            broken_off=outcomes["broken off"],
            outlived=outcomes["outlived"],
            users=traffic.greatest,
            unused_ids=0,
            apart=0,
        )
        end = self._end(engine, written, proof, begin_ns, wrong, realtime=realtime)
        write_end(Path(spec.directory), msgspec.structs.replace(end, tasks=told))


class _Traffic:
    """The requests of one stretch, the warm-up or the load: they are numbered from 0 in the order of their sending."""

    def __init__(self, spec: LoadSpec, engine: Engine, begun_by: Beside, name: str, *, hurried: bool = False) -> None:
        """``begun_by``: begins each request, of whatever kind; ``hurried``: nobody thinks, and no write is held."""
        self._engine, self._begun_by, self._hurried = engine, begun_by, hurried
        self._ids = spec.headers.ids(name)
        self._own_number = spec.own_number
        self._timeout_ns = round(max(route.timeout_s or spec.timeout_s for route in spec.routes) * SECOND_NS)
        self._held = [_Held(route, spec.seed, hurried=hurried) for route in spec.routes]
        self._fresh = Fraction(repr(spec.fresh_share))
        self.numbers = 0
        """Requests sent so far."""
        self.greatest = 0
        """The most users at once."""
        self._under_way: dict[int, Visit] = {}
        self._thinking: list[tuple[int, int, Visit]] = []
        """When each is due to ask again, the soonest first."""
        self._alarm: Alarm = alarm(self._ring)
        self._open = True
        self._late = False
        """Whether no journey goes on: the load has ended, and its journeys were waited for."""

    def run(
        self,
        visits: Iterator[Visit],
        record: Callable[[Request], None],
        ended: Callable[[Execution], None],
        *,
        identify: Callable[[tuple[bytes, ...]], int],
        until_ns: int | None,
    ) -> None:
        """Begin what is due, see each journey to its end, and account for all of it."""
        self._record, self._ended = record, ended
        bounds = {} if until_ns is None else {"until_ns": until_ns}
        out = gevent.spawn(self._see_out)
        try:
            self._engine.run(
                (_Start(visit) for visit in visits),
                self._take,
                identify=identify,
                begin=self._begin,
                busy=lambda: self._open,
                **bounds,
            )
        finally:
            out.kill()
            self._alarm.close()

    def _begin(self, due: Request) -> None:
        visit = cast("_Start", due).visit
        visit.execution.started_ns = now_ns()
        self._under_way[visit.execution.number] = visit
        self.greatest = max(self.greatest, len(self._under_way))
        self._ask(visit, visit.execution.due_ns)

    def _ask(self, visit: Visit, due_ns: int) -> None:
        step = visit.step
        count, self.numbers = self.numbers, self.numbers + 1
        over, under = self._fresh.numerator, self._fresh.denominator
        fresh = (count + 1) * over // under > count * over // under
        seq = self._own_number(count)
        turn = Turn(seq, step.route, self._held[step.route].next(), fresh)
        request = Request(turn, self._ids.of(seq).encode(), due_ns)
        request.user, request.known = visit.execution.number, visit.known
        visit.execution.requests.append(seq)
        cookies = partial(visit.cookies.line, step.template.route.path)
        self._begun_by.send(request, VisitTerms(step.template, visit), cookies)

    def _take(self, request: Request) -> None:
        visit = cast("VisitTerms", request.terms).visit
        visit.judge(request)
        self._record(request)
        visit.at += 1
        if visit.at == len(visit.plan.steps):
            self._end(visit, "ended")
        elif request.error == ErrorClass.SESSION_LOST or not visit.can_ask():
            self._end(visit, "broken off")
        elif self._late:
            self._end(visit, "outlived")
        else:
            self._let_think(visit, request.done_ns + (0 if self._hurried else visit.think_ns()))

    def _let_think(self, visit: Visit, due_ns: int) -> None:
        heappush(self._thinking, (due_ns, visit.execution.number, visit))
        if self._thinking[0][2] is visit:
            self._alarm.start(due_ns)

    def _ring(self) -> int | None:
        try:
            while self._thinking and self._thinking[0][0] <= now_ns():
                due_ns, _, visit = heappop(self._thinking)
                self._ask(visit, due_ns)
        except Exception as error:  # noqa: BLE001 - raised by run
            self._engine.abort(error)
            return None
        return self._thinking[0][0] if self._thinking else None

    def _end(self, visit: Visit, outcome: Ending) -> None:
        visit.execution.end(outcome)
        self._ended(visit.execution)
        del self._under_way[visit.execution.number]

    def _see_out(self) -> None:
        """Wait until nothing is due any more, then for the journeys that have begun, as long as a request may take."""
        try:
            while not self._engine.all_sent:
                gevent.sleep(_LOOK_S)
            deadline = now_ns() + self._timeout_ns
            while self._under_way and now_ns() < deadline:
                gevent.sleep(_LOOK_S)
            self._late = True
            for _, _, visit in self._thinking:
                self._end(visit, "outlived")
            self._thinking.clear()
            while self._under_way:  # each waits for an answer, which has a deadline of its own
                gevent.sleep(_LOOK_S)
        except Exception as error:  # noqa: BLE001 - raised by run
            self._engine.abort(error)
        self._open = False
        self._engine.look_whether_over()


class _Held:
    """How long each request of a route is asked to be held: its share exact, as the schedule's is."""

    def __init__(self, route: Route, seed: int, *, hurried: bool) -> None:
        share = Fraction(0) if hurried else Fraction(repr(route.long_share))
        self._over, self._under = share.numerator, share.denominator
        self._range = route.long_ms
        self._random = Random(f"{seed}/{route.name}")  # noqa: S311 - the same order holds the same
        self._count = 0

    def next(self) -> int:
        """Milliseconds; 0 of most."""
        before, self._count = self._count, self._count + 1
        if before * self._over // self._under == self._count * self._over // self._under:
            return 0
        return self._random.randint(*self._range)


def _as_route(kind: Journey, renew_s: float | None) -> Route:
    """A kind of start, to the schedule."""
    return Route(name=kind.name, method="GET", path="/", weight=kind.weight, expect=(), write=False, renew_s=renew_s)
