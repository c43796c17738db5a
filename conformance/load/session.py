"""One load from beginning to end: prove the client, wait for the word, warm up, load, wait for what is in flight, seal.

Whatever goes wrong ends the load as failed, with a message that says what. Only a load that went its whole way has an
end marker.
"""

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from time import process_time
from typing import NamedTuple

from gevent.event import Event

from conformance.load import warm_up
from conformance.load.answer_check import SHOWN
from conformance.load.channel import LEAD_NS, CannotLoad, Parent
from conformance.load.clock import now_ns, request_realtime
from conformance.load.connection import Target
from conformance.load.connection_limits import allow_open_files, most_connections, warm_connections
from conformance.load.engine import Engine, Identify, Limits
from conformance.load.gauge import Gauge
from conformance.load.kinds.beside import Beside, exchanges_of
from conformance.load.kinds.ends import Ends
from conformance.load.kinds.proof import self_test_of_kinds
from conformance.load.lateness import Lateness
from conformance.load.recorder import Recorder, Written, write_end
from conformance.load.request import WRITTEN, Known, Request, Template
from conformance.load.schedule import SECOND_NS, Schedule, Turn
from conformance.load.selftest import Outcome, self_test
from conformance.load.spec import LoadSpec, Route
from conformance.load.wrong_answers import WrongAnswers
from conformance.record.load_end import LoadEnd, WorkerEnd

Report = Callable[[Request], None]
"""Is told each request of the load once it is accounted for."""


class Session:
    """Carries out one order, in one greenlet and the event loop's callbacks."""

    def __init__(self, spec: LoadSpec, parent: Parent, report: Report) -> None:
        """Prepare a session; ``parent`` is whoever ordered it, ``report`` is told each request of the load."""
        self._spec = spec
        self._report = report
        self._schedule = Schedule(spec)
        self._parent = parent
        self._gauge = Gauge(parent.say)
        self._engine: Engine | None = None
        self._beside: Beside | None = None
        """None: the engine carries out every request."""
        self._started = Event()
        self._stopped = False
        self._parent_gone = False
        self._began_cpu_s = 0.0
        parent.listen(self._started.set, self._stop, self._lose_parent)

    def run(self) -> None:
        """Carry the order out; tell the parent all that there is to tell. Raises whatever made the load fail."""
        try:
            self._carry_out()
        except Exception as error:
            known = isinstance(error, CannotLoad)
            self._gauge.enter("failed", str(error) if known else f"{type(error).__name__}: {error}")
            raise
        finally:
            self._gauge.close()
            self._parent.close()
            if self._beside is not None:
                self._beside.close()
            if self._engine is not None:
                self._engine.close()

    def _carry_out(self) -> None:
        self._gauge.enter("self-test")
        proof = self._prove()
        if proof.wrong:
            raise CannotLoad(f"the self-test found this client dishonest: {'; '.join(proof.wrong)}")
        self._gauge.enter("ready")
        self._started.wait()
        self._heed()
        allow_open_files(self._spec)
        realtime = request_realtime()
        self._engine = engine = self._prepare_engine()
        self._warm_up(engine)
        self._heed()
        # What lives now lives to the end: the garbage collector need not look at it again.
        gc.collect()
        gc.freeze()
        self._load(engine, proof, realtime=realtime)
        self._gauge.enter("ended")

    def _prove(self) -> Outcome:
        """Show the client every misbehaviour; what carries out other kinds of requests, theirs."""
        return self_test(self._spec.run, self._spec.headers) | self_test_of_kinds(self._spec)

    def _prepare_engine(self) -> Engine:
        spec = self._spec
        try:
            target = Target.look_up(spec.host, spec.port)
        except OSError as error:
            raise CannotLoad(f"{spec.host} has no address: {error}") from error
        self._known = known = Known(spec.routes, spec.columns, spec.rows, spec.joined_by)
        self._templates = [
            Template(
                route,
                *spec.address_of(route),
                known,
                timeout_s=spec.timeout_s,
                users=spec.users,
                headers=spec.headers,
            )
            for route in spec.routes
        ]
        limits = Limits(most_connections(spec), warm_connections(spec))
        numbers = count(spec.own_number(0) + 1, spec.workers)  # of connections: no other worker gives them
        engine = Engine(target, self._templates, limits, known, numbers, headers=spec.headers)
        exchanges = exchanges_of(Ends(spec.host, spec.port, spec.tls), self._templates)
        if exchanges:
            self._beside = Beside(engine, self._templates, exchanges)
        return engine

    # The parent's words.

    def _stop(self, moment_ns: int) -> None:
        self._stopped = True
        self._started.set()  # whoever waits for it then finds that it was called off
        if self._engine is not None:
            self._engine.stop_at(moment_ns)

    def _lose_parent(self) -> None:
        self._parent_gone = True
        self._started.set()
        if self._engine is not None:
            self._engine.abort(CannotLoad("the process that ordered this load is gone"))

    def _heed(self) -> None:
        """Raise if the load was called off before its first request."""
        if self._parent_gone:
            raise CannotLoad("the process that ordered this load is gone")
        if self._stopped:
            raise CannotLoad("it was stopped before its first request")

    def _begin_ns(self) -> int:
        """When request 0 is due, once the parent knows."""
        self._gauge.enter("warm")
        begin_ns = self._parent.begin_ns()
        self._heed()
        self._began_cpu_s = process_time()
        return begin_ns

    # The warm-up.

    def _warm_up(self, engine: Engine) -> None:
        """Send the warm-up. It is not recorded, but it must not fail."""
        failed: list[Request] = []

        def take(request: Request) -> None:
            self._gauge.add(request)
            if request.error:
                failed.append(request)

        engine.warm()
        unseen = [template for template in self._templates if template.look is None]
        for template in unseen:  # what a service says of itself where it is not right is read once, not under load
            template.keep = SHOWN
        for turns in filter(None, self._warm_up_legs()):
            # The legs follow each other at once, whatever the first one took.
            begin_ns = now_ns() + LEAD_NS - self._schedule.due_ns(turns[0].seq)
            self._gauge.follow("warm-up", engine, self._due_since(begin_ns, engine))
            self._run(engine, self._requests(turns, f"warm-{self._spec.run}", begin_ns), take)
        if failed:
            raise CannotLoad(self._describe_failures(failed))
        for template in unseen:
            template.keep = None

    def _warm_up_legs(self) -> Iterator[list[Turn]]:
        """What others name comes first, one leg each: what is taken of answers, then a write; then the load's mix.

        What runs out is told anew at the end: its age counts from its log-in, whatever the warm-up took.
        """
        number, routes = self._warm_up_requests(), self._spec.routes
        first = [index for index, route in enumerate(routes) if route.take or route.write]
        first = tellers_first([Tells(one, self._templates[one].names, told_by(routes[one])) for one in first])
        first = first[:number]
        own = self._spec.own_number
        for place, route in enumerate(first):
            yield [Turn(own(place), route, 0, fresh=False)]
        # What takes a while is tried once: the warm-up is not to wait for it again and again.
        slow = [index for index, route in enumerate(routes) if route.kind is not None and route.kind.takes_a_while]
        usual = [index for index, route in enumerate(routes) if route.weight > 0 and index not in slow]
        mix = islice((turn for turn in self._schedule.turns() if turn.route not in slow), number - len(first))
        last = [Turn(0, index, 0, fresh=True) for index in slow if index not in first]
        last += mix if usual else []
        yield [turn._replace(seq=own(place), work_ms=0) for place, turn in enumerate(last, start=len(first))]
        renewed = [index for index, route in enumerate(routes) if route.renew_s is not None]
        behind = len(first) + len(last)
        yield [Turn(own(place), index, 0, fresh=False) for place, index in enumerate(renewed, start=behind)]

    def _warm_up_requests(self) -> int:
        """This process's part; what others name is told to each worker by its own requests."""
        spec = self._spec
        tellers = sum(bool(route.take) or route.write for route in spec.routes)
        return spec.warm_up_requests if spec.workers == 1 else max(tellers, spec.own_share(spec.warm_up_requests))

    def _describe_failures(self, failed: list[Request]) -> str:
        routes = self._spec.routes
        text = warm_up.failures(
            failed,
            f"{self._warm_up_requests()} warm-up requests",
            lambda request: warm_up.asked_of(routes[request.route], request),
        )
        named = any(one.known is None and WRITTEN in self._templates[one.route].names for one in failed)
        return f"{text}; {warm_up.NOTHING_WRITTEN}" if named and not self._known.written else text

    # The load.

    def _load(self, engine: Engine, proof: Outcome, *, realtime: bool) -> None:
        spec = self._spec
        recorder, wrong = Recorder(spec), WrongAnswers(spec.secrets)

        def take(request: Request) -> None:
            recorder.add(request)
            self._gauge.add(request)
            self._report(request)
            wrong.add(request)

        begin_ns = self._begin_ns()
        self._gauge.follow("loading", engine, self._due_since(begin_ns, engine))
        self._run(
            engine,
            self._requests(self._schedule.turns(), spec.run, begin_ns),
            take,
            identify=recorder.identify,
            until_ns=begin_ns + int(spec.max_seconds * SECOND_NS),
        )
        written = recorder.close()
        planned = self._schedule.planned(engine.stop_ns - begin_ns)
        if written.rows != planned:
            raise CannotLoad(f"{written.rows} requests are recorded, but {planned} were due")
        write_end(Path(spec.directory), self._end(engine, written, proof, begin_ns, wrong, realtime=realtime))

    def _end(  # noqa: PLR0913 - what the end marker says
        self,
        engine: Engine,
        written: Written,
        proof: Outcome,
        begin_ns: int,
        wrong: WrongAnswers,
        *,
        realtime: bool,
    ) -> LoadEnd:
        origin_ns = self._spec.origin_ns
        due = self._schedule.planned(engine.stop_ns - begin_ns)
        last_ns = self._schedule.due_ns(self._spec.own_number(due - 1)) if due else 0
        return LoadEnd(
            planned=written.rows,
            sent=written.sent,
            rows=written.rows,
            crc32=written.crc32,
            answers=written.answers,
            started_ns=begin_ns - origin_ns,
            stopped_ns=begin_ns + last_ns - origin_ns,
            realtime=realtime,
            timer=engine.timer,
            self_test=proof.seen,
            self_test_passed=not proof.wrong,
            self_test_wanted=proof.wanted,
            wrong_answers=wrong.told(),
            reconnects=engine.reconnects,
            ended_by_answers=engine.ended_by_answers,
            workers=self._spec.workers,
            each=() if written.lateness is None else (self._of_worker(engine, written, written.lateness, realtime),),
        )

    def _of_worker(self, engine: Engine, written: Written, lateness: Lateness, realtime: bool) -> WorkerEnd:
        return WorkerEnd(
            number=self._spec.worker + 1,
            process=os.getpid(),
            planned=written.rows,
            sent=written.sent,
            rows=written.rows,
            crc32=written.crc32,
            lateness_p99_ms=lateness.p99_ms,
            lateness_max_ms=lateness.longest_ms,
            cpu_s=round(process_time() - self._began_cpu_s, 3),
            connections=engine.opened,
            realtime=realtime,
            timer=engine.timer,
            told_before_ns=self._parent.lead_ns,
        )

    def _run(
        self,
        engine: Engine,
        requests: Iterator[Request],
        take: Report,
        *,
        identify: Identify = lambda _: 0,
        until_ns: int | None = None,
    ) -> None:
        beside = self._beside
        begin, busy = (None, None) if beside is None else (beside.begin, beside.busy)
        bounds = {} if until_ns is None else {"until_ns": until_ns}
        engine.run(requests, take, identify=identify, begin=begin, busy=busy, **bounds)

    def _requests(self, turns: Iterable[Turn], name: str, begin_ns: int) -> Iterator[Request]:
        ids = self._spec.headers.ids(name)
        for turn in turns:
            yield Request(turn, ids.of(turn.seq).encode(), begin_ns + self._schedule.due_ns(turn.seq))

    def _due_since(self, begin_ns: int, engine: Engine) -> Callable[[], int]:
        """Counts the requests that are due by now, if request 0 was due at ``begin_ns``."""
        return lambda: self._schedule.planned(min(now_ns(), engine.stop_ns) - begin_ns)


class Tells(NamedTuple):
    """Something that may be asked: what it names, and what its answers tell."""

    number: int
    names: frozenset[str]
    tells: frozenset[str]


def tellers_first(asked: Sequence[Tells]) -> list[int]:
    """Their numbers, in an order in which nothing is named before it was told, as far as there is one."""
    left, found = list(asked), list[int]()
    while left:
        waiting = [one for one in left if any(one.names & other.tells for other in left if other is not one)]
        ready = [one for one in left if one not in waiting] or left[:1]
        found += [one.number for one in ready]
        left = [one for one in left if one not in ready]
    return found


def told_by(route: Route) -> frozenset[str]:
    """What the answers to a route tell all."""
    return frozenset(take.name for take in route.take) | ({WRITTEN} if route.tells_written else frozenset())
