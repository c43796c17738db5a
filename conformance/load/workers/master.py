"""The master's side: starts the workers, has them begin and end at the same moments, and makes their record one.

It sends no request itself. Locust's master does what it does for every load: it gives each worker its one user, takes
its heart-beats and adds up its statistics. What is agreed here beyond that, see ``messages``.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
import msgspec
from gevent.event import Event

from conformance.load.channel import CannotLoad, Pipes
from conformance.load.clock import now_ns
from conformance.load.last_words import tell_what_holds
from conformance.load.recorder import write_end
from conformance.load.schedule import SECOND_NS
from conformance.load.spec import LoadSpec, Phase, Progress
from conformance.load.workers.clocks import QUESTIONS, Agreement, Answer, agreement, worse
from conformance.load.workers.crew import Crew, Worker
from conformance.load.workers.merge import Merger
from conformance.load.workers.messages import CLOCK, TOLD, WORD, Clock, Told, Word, packed, unpacked
from conformance.load.workers.together import combined, told_by_all
from conformance.record import files
from conformance.record.load_end import LoadEnd
from conformance.record.schema import ANSWERS, REQUESTS, TASKS, Table
from conformance.record.schema import TOLD as TOLD_TABLE

LEAD_NS = 500_000_000
"""Between the master's word and the moment that it names. A worker that needs longer to hear of it would have sent a
request later than any judge allows."""
_LOOK_S = 0.2
"""Between two looks at the workers, where none has said anything."""
_ANSWER_S = 1.0


class Master:
    """Carries out an order by its workers, in one greenlet."""

    def __init__(self, spec: LoadSpec, runner: Any, pipes: Pipes) -> None:  # noqa: ANN401 - Locust's
        """Prepare a load; ``runner`` is Locust's MasterRunner, whose port stands open."""
        self._spec = spec
        self._runner = runner
        self._pipes = pipes
        self._crew = Crew(spec)
        self._phase: Phase = "self-test"
        self._news = Event()
        self._answers: list[tuple[Clock, int]] = []
        """What has come to the last question about a clock, and when."""
        self._started = self._stopped = self._gone = False

    def run(self) -> None:
        """Carry the order out; tell the parent all that there is to tell. Ends this process, properly or not."""
        environment = self._runner.environment
        environment.process_exit_code = 1
        try:
            self._carry_out()
            environment.process_exit_code = 0
        except Exception as error:  # noqa: BLE001 - it is told, and ends the load
            known = isinstance(error, CannotLoad)
            why = str(error) if known else f"{type(error).__name__}: {error}"
            print(f"The load failed: {why}", file=sys.stdout, flush=True)  # noqa: T201 - into the load's log
            self._pipes.say(Progress(phase="failed", message=why))
            self._crew.end()
            gevent.spawn(sys.exit, 1)  # whatever Locust still waits for
            return
        finally:
            tell_what_holds()
            self._pipes.close()
        self._runner.stop(send_stop_to_client=False)  # or Locust gives a worker's user to those who are left
        for worker in self._crew.workers:  # each sends its last statistics, and ends
            self._runner.send_message("quit", client_id=worker.node)
        self._crew.await_end()
        self._runner.quit()

    def _carry_out(self) -> None:
        self._pipes.listen(self._start, self._stop, self._lose_parent)
        self._runner.register_message(TOLD, self._hear)
        self._runner.register_message(CLOCK, self._hear_clock)
        self._enter("self-test")
        self._crew.start(self._runner.server.port)
        self._await(lambda worker: worker.has_reached("ready"))
        self._enter("ready")
        while not self._started:
            self._look()
        self._say(Word(word="start"))
        self._enter("warm-up")
        self._await(lambda worker: worker.has_reached("warm"))
        clocks = [self._agree(worker) for worker in self._crew.workers]
        self._heed()
        merger = Merger(Path(self._spec.directory), self._crew.directories, self._further())
        self._say(Word(word="begin", at_ns=now_ns() + LEAD_NS))
        self._await(lambda worker: worker.has_reached("loading"))
        self._enter("loading")
        ends = self._see_out(merger)
        if self._spec.places:  # clocks of several machines may have drifted apart
            clocks = [worse(before, self._agree(one)) for before, one in zip(clocks, self._crew.workers, strict=True)]
        end = combined(self._spec, ends, clocks, merger.close())
        write_end(Path(self._spec.directory), end)
        self._remove_parts()
        self._enter("ended")

    def _see_out(self, merger: Merger) -> Sequence[LoadEnd]:
        """Until each has accounted for its part; what it says of that."""
        told_to_stop, followed_ns = False, 0
        while not self._all(lambda worker: worker.has_reached("ended")):
            if self._stopped and not told_to_stop:
                self._say(Word(word="stop", at_ns=now_ns() + LEAD_NS))
                told_to_stop = True
            if self._phase == "loading" and self._all(lambda worker: worker.has_reached("finishing")):
                self._enter("finishing")
            if now_ns() >= followed_ns + _LOOK_S * SECOND_NS:  # not at each word of each worker
                merger.follow()
                followed_ns = now_ns()
            self._look()
        return [self._end_of(directory) for directory in self._crew.directories]

    def _end_of(self, directory: Path) -> LoadEnd:
        return msgspec.json.decode((directory / files.LOAD).read_bytes(), type=LoadEnd)

    def _further(self) -> list[Table]:
        spec = self._spec
        told = [TOLD_TABLE] if spec.joined_by else []
        return [*told, TASKS] if spec.tasks is not None or spec.journeys else told

    def _remove_parts(self) -> None:
        """What has been put together stands there twice."""
        for directory in self._crew.directories:
            for name in (*(table.file for table in (REQUESTS, ANSWERS, *self._further())), files.LOAD):
                (directory / name).unlink()

    # The workers.

    def _all(self, reached: Callable[[Worker], bool]) -> bool:
        return all(reached(worker) for worker in self._crew.workers)

    def _await(self, reached: Callable[[Worker], bool]) -> None:
        """Until it holds of every worker; as long as the parent waits."""
        while not self._all(reached):
            self._look()

    def _look(self) -> None:
        """Wait for news; tell the parent how far the load is. Raises CannotLoad where it cannot go on."""
        self._news.wait(_LOOK_S)
        self._news.clear()
        if self._gone:
            raise CannotLoad("the process that ordered this load is gone")
        for worker in self._crew.workers:
            worker.require_well(started=self._started)
        if not self._started or self._phase in ("self-test", "ready", "warm-up"):
            self._heed()
        self._tell()

    def _heed(self) -> None:
        if self._stopped:
            raise CannotLoad("it was stopped before its first request")

    def _say(self, word: Word) -> None:
        for worker in self._crew.workers:
            self._runner.send_message(WORD, packed(word), client_id=worker.node)

    def _agree(self, worker: Worker) -> Agreement:
        """Ask a worker for its clock until it is known well enough. Raises CannotLoad where it is none to go by."""
        answers: list[Answer] = []
        for question in range(QUESTIONS):
            answer = self._ask_clock(worker, question)
            if answer is not None:
                answers.append(answer)
                if agreement(answers).sure:
                    break
        if not answers:
            raise CannotLoad(f"{worker.name} has not said what its clock says, asked {QUESTIONS} times")
        agreed = agreement(answers)
        if agreed.fault:
            raise CannotLoad(f"{worker.name}: {agreed.fault}")
        return agreed

    def _ask_clock(self, worker: Worker, question: int) -> Answer | None:
        """One question; None where no answer came in time."""
        self._answers.clear()
        asked_ns = now_ns()
        self._runner.send_message(CLOCK, packed(Clock(question=question)), client_id=worker.node)
        while now_ns() < asked_ns + _ANSWER_S * SECOND_NS:
            for answer, came_ns in self._answers:
                if (answer.worker, answer.question) == (worker.number, question):
                    return Answer(asked_ns, answer.now_ns, came_ns)
            self._look()
        return None

    def _hear(self, *, msg: Any, **_: object) -> None:  # noqa: ANN401 - Locust's
        self._crew.hear(msg.node_id, unpacked(msg.data, Told))
        self._news.set()

    def _hear_clock(self, *, msg: Any, **_: object) -> None:  # noqa: ANN401 - Locust's
        came_ns, answer = now_ns(), unpacked(msg.data, Clock)
        if answer.token == self._crew.token:
            self._answers.append((answer, came_ns))
            self._news.set()

    # The parent.

    def _start(self) -> None:
        for worker in self._crew.workers:
            worker.expect()
        self._started = True
        self._news.set()

    def _stop(self, _moment_ns: int) -> None:
        self._stopped = True
        self._news.set()

    def _lose_parent(self) -> None:
        self._gone = True
        self._news.set()

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._tell()

    def _tell(self) -> None:
        self._pipes.say(told_by_all(self._phase, [worker.progress for worker in self._crew.workers]))
