"""One load from beginning to end: prove the client, wait for the word, warm up, load, wait for what is in flight, seal.

Whatever goes wrong ends the load as failed, with a message that says what. Only a load that went its whole way has an
end marker.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from gevent.event import Event

from conformance.load.channel import Control, ProgressPipe
from conformance.load.clock import now_ns, request_realtime
from conformance.load.connection import Target
from conformance.load.connection_limits import allow_open_files, most_connections, warm_connections
from conformance.load.engine import Engine, Limits
from conformance.load.gauge import Gauge
from conformance.load.recorder import Recorder, Written, write_end
from conformance.load.request import Known, Request, Template
from conformance.load.schedule import SECOND_NS, Schedule, Turn
from conformance.load.selftest import Outcome, self_test
from conformance.load.spec import LoadSpec
from conformance.record.contract import LoadEnd, WrongAnswer

LEAD_NS = 20_000_000
"""Between the decision to begin and the moment that the first request is due."""

MOST_WRONG_ANSWERS = 100
"""Of a load whose text is kept; all of them are counted."""
MASK = "***"

Report = Callable[[Request], None]
"""Is told each request of the load once it is accounted for."""


class CannotLoad(RuntimeError):
    """The load cannot go its way; the message says why."""


class Session:
    """Carries out one order, in one greenlet and the event loop's callbacks."""

    def __init__(self, spec: LoadSpec, control: int, progress: int, report: Report) -> None:
        """Prepare a session; ``control`` and ``progress`` are the descriptors of the two pipes."""
        self._spec = spec
        self._report = report
        self._schedule = Schedule(spec)
        self._gauge = Gauge(ProgressPipe(progress))
        self._engine: Engine | None = None
        self._started = Event()
        self._stopped = False
        self._parent_gone = False
        self._control = Control(control, self._hear, self._lose_parent)

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
            self._control.close()
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
        """Show the client every misbehaviour."""
        return self_test(self._spec.run)

    def _prepare_engine(self) -> Engine:
        spec = self._spec
        try:
            target = Target.look_up(spec.host, spec.port)
        except OSError as error:
            raise CannotLoad(f"{spec.host} has no address: {error}") from error
        known = Known(spec.routes, spec.columns, spec.rows)
        templates = [
            Template(route, spec.host, spec.port, known, timeout_s=spec.timeout_s, users=spec.users)
            for route in spec.routes
        ]
        return Engine(target, templates, Limits(most_connections(spec), warm_connections(spec)), known)

    # The parent's words.

    def _hear(self, word: str) -> None:
        if word == "start":
            self._started.set()
        elif word == "stop":
            self._stopped = True
            self._started.set()  # whoever waits for it then finds that it was called off
            if self._engine is not None:
                self._engine.stop_at(now_ns())

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

    # The warm-up.

    def _warm_up(self, engine: Engine) -> None:
        """Send the warm-up. It is not recorded, but it must not fail."""
        failed: list[Request] = []

        def take(request: Request) -> None:
            self._gauge.add(request)
            if request.error:
                failed.append(request)

        engine.warm()
        for turns in filter(None, self._warm_up_legs()):
            # The legs follow each other at once, whatever the first one took.
            begin_ns = now_ns() + LEAD_NS - self._schedule.due_ns(turns[0].seq)
            self._gauge.follow("warm-up", engine, self._due_since(begin_ns, engine))
            engine.run(self._requests(turns, f"warm-{self._spec.run}", begin_ns), take)
        if failed:
            raise CannotLoad(self._describe_failures(failed))

    def _warm_up_legs(self) -> Iterator[list[Turn]]:
        """What others name comes first, one leg each: what is taken of answers, then a write; then the load's mix."""
        number = self._spec.warm_up_requests
        first = [index for index, route in enumerate(self._spec.routes) if route.take]
        first += [index for index, route in enumerate(self._spec.routes) if route.write and index not in first]
        first = first[:number]
        for seq, route in enumerate(first):
            yield [Turn(seq, route, 0, fresh=False)]
        mix = islice(self._schedule.turns(), number - len(first))
        yield [turn._replace(seq=seq, work_ms=0) for seq, turn in enumerate(mix, start=len(first))]

    def _describe_failures(self, failed: list[Request]) -> str:
        first = failed[0]
        status = f"status {first.status}" if first.status else "no status"
        return (
            f"{len(failed)} of {self._spec.warm_up_requests} warm-up requests failed; the first:"
            f" {self._spec.routes[first.route].name}, {status}, {first.error} ({first.id.decode()})"
        )

    # The load.

    def _load(self, engine: Engine, proof: Outcome, *, realtime: bool) -> None:
        spec = self._spec
        recorder, wrong = Recorder(spec), list[WrongAnswer]()

        def take(request: Request) -> None:
            recorder.add(request)
            self._gauge.add(request)
            self._report(request)
            if request.saw[0] and len(wrong) < MOST_WRONG_ANSWERS:
                wrong.append(wrong_answer(request, spec.secrets))

        begin_ns = now_ns() + LEAD_NS
        self._gauge.follow("loading", engine, self._due_since(begin_ns, engine))
        engine.run(
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
        wrong: Sequence[WrongAnswer],
        *,
        realtime: bool,
    ) -> LoadEnd:
        origin_ns = self._spec.origin_ns
        due = self._schedule.planned(engine.stop_ns - begin_ns)
        last_ns = self._schedule.due_ns(due - 1) if due else 0
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
            wrong_answers=tuple(wrong),
        )

    def _requests(self, turns: Iterable[Turn], name: str, begin_ns: int) -> Iterator[Request]:
        for turn in turns:
            yield Request(turn, f"{name}-{turn.seq:08x}".encode(), begin_ns + self._schedule.due_ns(turn.seq))

    def _due_since(self, begin_ns: int, engine: Engine) -> Callable[[], int]:
        """Counts the requests that are due by now, if request 0 was due at ``begin_ns``."""
        return lambda: self._schedule.planned(min(now_ns(), engine.stop_ns) - begin_ns)


def wrong_answer(request: Request, secrets: Sequence[str]) -> WrongAnswer:
    """What the record says of it, without secrets."""
    expected, saw = request.saw
    return WrongAnswer(seq=request.seq, expected=expected, saw=masked(saw, secrets))


def masked(text: str, secrets: Sequence[str]) -> str:
    """The same without secrets."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
