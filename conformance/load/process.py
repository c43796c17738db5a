"""The parent's side of a load: start its process, tell it when, watch it, take its end marker.

The load is a process of its own because Locust makes the whole standard library cooperative where it is imported, and
because nothing that the parent does may delay a request. Locust is never imported here. Where there are workers, the
child is their master, which starts them in its own process group.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import msgspec

from conformance.load.environment import CONTROL, ORDER, PROGRESS
from conformance.load.spec import LoadSpec, Progress
from conformance.load.spec_check import refuse_faulty
from conformance.load.workers.messages import HOST
from conformance.record import files
from conformance.record.load_end import LoadEnd

LOG = "load.log"
SPEC = "load-order.json"

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_PROJECT = Path(__file__).parents[2]
_SUMMARY = ("Type ", "--------", "Aggregated ", "Response time percentiles")
"""How lines of Locust's own tables begin, which it writes at its end and which are empty here."""
_LOG_LINES = 15
_KILLED_S = 5.0
_LINGERS_S = 15.0
"""How long a load's process may take to exit once its record is whole: Locust's summary, and what a team's file does at
the end. See last_words, by which its log says sooner what holds it."""
_LOOK_S = 0.02


def _nameless(content: bytes) -> BinaryIO:
    """A file to be read from its beginning that lies in no folder: it goes with the processes that have it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is the caller's
    file.write(content)
    file.seek(0)
    return cast("BinaryIO", file)


class LoadFailed(RuntimeError):
    """The load did not go its whole way: a sick harness, never a sick product. Carries the last lines of its log."""


def _nobody(_pid: int) -> None:
    """Nobody needs to know."""


class LoadProcess:
    """One load, carried out by a child process. A context manager: at its end the child is gone."""

    def __init__(
        self,
        spec: LoadSpec,
        started: Callable[[int], None] = _nobody,
        redaction: Callable[[str], str] = str,
    ) -> None:
        """Check an order, starting nothing.

        Args:
            spec: What to do.
            started: Is told the child's process id, which is its process group too, as soon as it exists.
            redaction: Takes secrets out of the copy of the order that stays in the run directory.

        Raises:
            SpecRefused: The order cannot be carried out; says what to change.
        """
        refuse_faulty(spec)
        self._spec = spec
        self._tell_started = started
        self._redaction = redaction
        self._directory = Path(spec.directory)
        self._child: subprocess.Popen[bytes] | None = None
        self._control = -1
        self._news = threading.Condition()
        self._progress = Progress(phase="self-test")
        self._silent = False  # the progress pipe has ended
        self._reader: threading.Thread | None = None

    def launch(self) -> None:
        """Start the child. It proves itself and is then ready, whether or not the system under test is up."""
        order = msgspec.json.format(msgspec.json.encode(self._spec)) + b"\n"
        (self._directory / SPEC).write_text(self._redaction(order.decode()), encoding="utf-8")
        private = _nameless(order)
        control, self._control = os.pipe()
        progress, told = os.pipe()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")} | {
            ORDER: str(private.fileno()),
            CONTROL: str(control),
            PROGRESS: str(told),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH", "")])),
        }
        try:
            with (self._directory / LOG).open("ab") as log, private:
                self._child = subprocess.Popen(
                    self._argv(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=self._directory,  # Locust reads settings from where it stands
                    pass_fds=(control, told, private.fileno()),
                    start_new_session=True,
                )
        finally:
            os.close(control)
            os.close(told)
            self._reader = threading.Thread(target=self._read, args=(progress,), name="load progress", daemon=True)
            self._reader.start()
        self._tell_started(self._child.pid)

    def _argv(self) -> list[str]:
        """Locust, by itself or as the master of so many workers, each with one user, on a port that is free."""
        workers = str(self._spec.workers)
        argv = [sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), "--headless", "-u", workers, "-r", workers]
        argv += ["--only-summary", "--loglevel", "WARNING"]
        if self._spec.workers > 1:
            argv += ["--master", "--master-bind-host", HOST, "--master-bind-port", "0", "--expect-workers", workers]
        return argv

    @property
    def exit_code(self) -> int | None:
        """Of the child; None while it runs or before it was started, minus the signal's number where one ended it.

        It stays a zombie until ``kill``, so that its process group is still its own, whoever else is in it.
        """
        child = self._child
        if child is None:
            return None
        if child.returncode is not None:
            return child.returncode
        try:
            end = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # another thread has just ended it and waited for it
            return child.wait(_KILLED_S)
        if end is None:
            return None
        return end.si_status if end.si_code == os.CLD_EXITED else -end.si_status

    def wait_ready(self, within_s: float) -> None:
        """Wait until the child has proved itself and waits for ``start``. Raises LoadFailed."""
        self._await("ready", lambda: self._progress.phase != "self-test", within_s)

    def start(self) -> None:
        """Begin: the warm-up, then the load. Returns at once; ``progress`` tells how far it is. Raises LoadFailed."""
        self._say("start")

    def progress(self) -> Progress:
        """What the child said last. Raises LoadFailed where it has failed or died."""
        with self._news:
            self._raise_if_failed()
            return self._progress

    def stop(self, within_s: float) -> LoadEnd:
        """Send nothing that is due after now, wait for what is in flight and return the end marker. Raises LoadFailed.

        Args:
            within_s: Seconds that it may take; allow for the order's timeout. The process then has some time to exit;
                one that does not is ended, for its record is whole, and the load's log says so.
        """
        with contextlib.suppress(LoadFailed):  # it may have ended by itself, in good order
            self._say("stop")
        self._await("ended", lambda: self._progress.phase == "ended", within_s)
        code = self._wait_for_code(_LINGERS_S)
        self.kill()
        if code is None:
            with (self._directory / LOG).open("a") as log:
                log.write(f"The load's record is whole, but its process did not exit within {_LINGERS_S:g} s: killed\n")
        elif code != 0:
            raise self._failure(f"ended, but its process did not exit properly: {code}")
        return msgspec.json.decode((self._directory / files.LOAD).read_bytes(), type=LoadEnd)

    def kill(self) -> None:
        """End the child and whatever it has started, at once. Repeatable; also before ``launch``."""
        child = self._child
        if child is not None and child.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: of a group that is no more
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(_KILLED_S)
        self._forget_control()
        if self._reader is not None:
            self._reader.join(_KILLED_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.kill()

    def _say(self, word: str) -> None:
        with self._news:
            self._raise_if_failed()
        try:
            os.write(self._control, f"{word}\n".encode())
        except OSError as error:
            raise self._failure(f"does not listen: {error}") from error

    def _read(self, descriptor: int) -> None:
        with open(descriptor, "rb") as lines:
            for line in lines:
                progress = msgspec.json.decode(line, type=Progress)
                with self._news:
                    self._progress = progress
                    self._news.notify_all()
        with self._news:
            self._silent = True
            self._news.notify_all()

    def _await(self, what: str, reached: Callable[[], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        with self._news:
            while not reached():
                self._raise_if_failed()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._failure(f"{what}: not within {within_s:g} s; last seen: {self._progress}")
                self._news.wait(left)
            self._raise_if_failed()

    def _raise_if_failed(self) -> None:
        if self.exit_code is not None:  # what it said last may not have been read yet, that it has ended neither
            self._news.wait_for(lambda: self._silent or self._progress.phase == "ended", _KILLED_S)
        if self._progress.phase == "ended":
            return
        if self._progress.phase == "failed":
            raise self._failure(f"failed: {self._progress.message}")
        if self._silent:
            raise self._failure(f"died in phase {self._progress.phase}, exit code {self._wait_for_code()}")
        if self._child is None:
            raise self._failure("was not launched")

    def _wait_for_code(self, within_s: float = _KILLED_S) -> int | None:
        """The exit code; None where the child has not exited by then."""
        deadline = time.monotonic() + within_s
        while (code := self.exit_code) is None and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        return code

    def _failure(self, what: str) -> LoadFailed:
        log = self._directory / LOG
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        told = [line for line in lines if line.strip() and not line.lstrip().startswith(_SUMMARY)]
        tail = "".join(f"\n  {line}" for line in told[-_LOG_LINES:])
        return LoadFailed(f"the load {what}" + (f"\nlast lines of {log}:{tail}" if tail else ""))

    def _forget_control(self) -> None:
        if self._control >= 0:
            os.close(self._control)
            self._control = -1
