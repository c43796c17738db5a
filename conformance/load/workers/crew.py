"""The workers as the master's processes: started, watched, ended. All are in the master's process group."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from conformance.load.channel import CannotLoad
from conformance.load.clock import now_ns
from conformance.load.environment import ORDER, WORKER, WORKER_LIFE, WORKER_TOKEN
from conformance.load.schedule import SECOND_NS
from conformance.load.spec import LoadSpec, Phase, Progress
from conformance.load.workers.messages import Told
from conformance.load.workers.places import folder_of, liaison_argv, worker_argv
from conformance.load.workers.together import named

LOG = "load.log"
SILENT_S = 5.0
"""Each says five times a second how far it is. What is silent for so long has sent later than any judge allows."""
ENDED_S = 5.0
_LOG_LINES = 3
_PHASES: tuple[Phase, ...] = ("self-test", "ready", "warm-up", "warm", "loading", "finishing", "ended")
_HEARD: tuple[Phase, ...] = ("warm-up", "warm", "loading")
"""In which a worker has nothing to do that would keep it from saying how far it is."""


class Worker:
    """One worker: its process, and what it said last."""

    def __init__(self, spec: LoadSpec, number: int, process: "subprocess.Popen[bytes]", directory: Path) -> None:
        self.number = number
        self.directory = directory
        self.process = process
        self.node = ""
        """By which Locust knows it; empty until it has spoken."""
        self.progress = Progress(phase="self-test")
        self._name = named(number, spec.workers)
        self._where = spec.places[number].name if spec.places else ""
        self._heard_ns = now_ns()

    @property
    def name(self) -> str:
        """For people."""
        return f"{self._name} ({self._where or f'process {self.process.pid}'})"

    def hear(self, node: str, told: Told) -> None:
        """It has said something."""
        self.node, self.progress, self._heard_ns = node, told.progress, now_ns()

    def expect(self) -> None:
        """From now on it may not be silent."""
        self._heard_ns = now_ns()

    def has_reached(self, phase: Phase) -> bool:
        """Whether it is in this phase or beyond."""
        return self.progress.phase != "failed" and _PHASES.index(self.progress.phase) >= _PHASES.index(phase)

    def require_well(self, *, started: bool) -> None:
        """Raise CannotLoad where it has failed, is gone, or has been silent for too long since it was ``started``."""
        progress = self.progress
        if progress.phase == "failed":
            raise CannotLoad(f"{self.name} failed: {progress.message}")
        code = self.process.poll()
        if code is not None and progress.phase != "ended":
            how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            raise CannotLoad(f"{self.name} was lost in phase {progress.phase}: {how}{self._last_words()}")
        silent_s = (now_ns() - self._heard_ns) / SECOND_NS
        if started and silent_s > SILENT_S and progress.phase in ("ready", *_HEARD):
            raise CannotLoad(f"{self.name} has been silent for {silent_s:.1f} s in phase {progress.phase}")

    def _last_words(self) -> str:
        lines = (self.directory / LOG).read_text(errors="replace").splitlines()
        said = [line for line in lines if line.strip()][-_LOG_LINES:]
        return f"; its last words: {' | '.join(said)}" if said else ""


class Crew:
    """All workers of a load. Ended by ``end``, or with the master: by a pipe that ends when its process does."""

    def __init__(self, spec: LoadSpec) -> None:
        """Start none yet."""
        self._spec = spec
        self.token = os.urandom(16).hex()
        self._life = -1
        self.workers: list[Worker] = []

    @property
    def directories(self) -> Sequence[Path]:
        """Where each writes."""
        return [folder_of(self._spec, number) for number in range(self._spec.workers)]

    def start(self, port: int) -> None:
        """Start them all, or what stands here for those elsewhere; each connects to the master at this port."""
        order = int(os.environ[ORDER])
        life, self._life = os.pipe()
        try:
            for number, directory in enumerate(self.directories):
                directory.mkdir(parents=True)
                environment = os.environ | {
                    WORKER: str(number),
                    WORKER_TOKEN: self.token,
                    WORKER_LIFE: str(life),
                }
                with (directory / LOG).open("ab") as log:
                    process = subprocess.Popen(
                        self._argv(number, port),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        env=environment,
                        cwd=directory,
                        pass_fds=(order, life),
                    )
                self.workers.append(Worker(self._spec, number, process, directory))
        finally:
            os.close(life)

    def _argv(self, number: int, port: int) -> Sequence[str]:
        places = self._spec.places
        return liaison_argv(port, places[number].command) if places else worker_argv(port)

    def hear(self, node: str, told: Told) -> None:
        """Somebody has said how far it is; whoever is none of this load's workers is not heard."""
        if told.token == self.token and 0 <= told.worker < len(self.workers):
            self.workers[told.worker].hear(node, told)

    def await_end(self) -> None:
        """Let them end by themselves, which Locust has told them to; whoever does not is ended."""
        for worker in self.workers:
            try:
                worker.process.wait(ENDED_S)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait(ENDED_S)

    def end(self) -> None:
        """End them at once. Repeatable."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.kill()
        if self._life >= 0:
            os.close(self._life)
            self._life = -1


def worker_order(order: LoadSpec) -> LoadSpec:
    """The part of an order that is this process's, as its environment says."""
    number = int(os.environ[WORKER])
    return msgspec.structs.replace(order, worker=number, directory=str(folder_of(order, number)))
