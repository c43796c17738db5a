"""What goes wrong besides the release, for the detection matrix: with the load, the servers, the record, the plan."""

import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from unittest.mock import patch

import msgspec
import psutil
import psycopg

from conformance.judge import judge as judging
from conformance.judge.check import all_checks
from conformance.judge.model import Finding, Judgement
from conformance.load.process import LoadProcess
from conformance.load.spec import Progress
from conformance.plan import Plan, Step
from conformance.plan.steps import Start
from conformance.record.schema import REQUESTS
from conformance.record.thresholds import Thresholds
from conformance.run.world import Process
from docs.detection_limits import (
    fill,
    hold,
    own_group,
    own_network,
    small_disk,
    spend_processors,
    take_ports,
)
from fixtures.databases.server import AUDIT, SERVICES
from tests.end_to_end.small import THRESHOLDS, Small

HELD_S: Final = 1.0
HELD_FOR_A_MOMENT_S: Final = 0.4
HELD_LONG_S: Final = 12.0
"""Longer than the client waits for an answer."""
FROZEN_S: Final = 3.0
LATE_S: Final = 6.0
SET_FORTH_NS: Final = 1_000_000_000
_SET_FORTH: Final = threading.Event()
RELOADS, RELOADED_EVERY_S = 20, 0.1


def _load(small: Small) -> int:
    return small.load_pid


def _session(_small: Small) -> int:
    return os.getpid()


def _load_worker(small: Small) -> int:
    """The last of those that the load's master has started."""
    pid: int = psutil.Process(small.load_pid).children()[-1].pid
    return pid


def _take_open_files(small: Small) -> None:
    """The load may open no file more than it has: a connection needs one."""
    most = psutil.Process(small.load_pid).num_fds()
    resource.prlimit(small.load_pid, resource.RLIMIT_NOFILE, (most, most))


def _kill_bystander(small: Small) -> None:
    victim = small.world.group("inventory").living()[0]
    victim.signal("SIGKILL")
    small.until_recorded("ended by itself", victim.name)


def _server(small: Small, name: str) -> Process:
    return next(one.process for one in small.world.servers if one.process.name == name)


def _kill_server(name: str) -> Callable[[Small], None]:
    def kill(small: Small) -> None:
        _server(small, name).signal("SIGKILL")
        small.until_recorded("ended by itself", name)

    return kill


def _empty_log(small: Small) -> None:
    os.truncate(small.world.group("orders").living()[0].log, 0)


def _slb_pid(small: Small) -> int:
    return small.pid_of(_server(small, "nginx"))


def _remove_slb_log(small: Small) -> None:
    opened = (Path(one.path) for one in psutil.Process(_slb_pid(small)).open_files())
    next(one for one in opened if one.name == "access.log").unlink()


def _reload_slb(small: Small) -> None:
    for _ in range(RELOADS):
        os.kill(_slb_pid(small), signal.SIGHUP)
        time.sleep(RELOADED_EVERY_S)


def _lock_audit_out(small: Small) -> None:
    """By the services' own role, which the database belongs to."""
    instance = small.world.group("orders").living()[0]
    dsn = psutil.Process(small.pid_of(instance)).environ()["DATABASE"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"REVOKE CONNECT ON DATABASE {SERVICES} FROM {AUDIT}")


AMID: Final[dict[str, Callable[[Small], None]]] = {
    "the load is killed": lambda small: os.kill(small.load_pid, signal.SIGKILL),
    "the load is held": hold(HELD_S, _load),
    "the load is held for a moment": hold(HELD_FOR_A_MOMENT_S, _load),
    "the load is held for longer than it waits": hold(HELD_LONG_S, _load),
    "the session is held": hold(FROZEN_S, _session),
    "session and load are held": hold(FROZEN_S, _load, _session),
    "the load runs out of ports": take_ports,
    "session and load have spent their processors": spend_processors,
    "the wall clock is set forth": lambda _: _SET_FORTH.set(),
    "the load is asked to end": lambda small: os.kill(small.load_pid, signal.SIGTERM),
    "the load runs out of open files": _take_open_files,
    "a load worker is killed": lambda small: os.kill(_load_worker(small), signal.SIGKILL),
    "a load worker is held": hold(HELD_S, _load_worker),
    "a bystander is killed": _kill_bystander,
    "a log is emptied": _empty_log,
    "the SLB's log is removed": _remove_slb_log,
    "the SLB is reloaded": _reload_slb,
    "the audit is locked out": _lock_audit_out,
    "the disk is full": fill,
    "the registry is killed": _kill_server("nacos"),
    "the database is killed": _kill_server("postgresql"),
}
"""At the beginning of a step."""


@contextmanager
def _clock_to_be_set(_small: Small) -> Iterator[None]:
    """This process alone reads the wall clock so: another one's, or the machine's own, is not to be set for a row."""
    read = time.time_ns
    with patch.object(time, "time_ns", lambda: read() + (SET_FORTH_NS if _SET_FORTH.is_set() else 0)):
        yield
    _SET_FORTH.clear()


AROUND: Final[dict[str, Callable[[Small], AbstractContextManager[None]]]] = {
    "the disk is full": small_disk,
    "the load runs out of ports": own_network,
    "session and load have spent their processors": own_group,
    "the wall clock is set forth": _clock_to_be_set,
}
"""For as long as the row is carried out: what is there before, and gone after."""
SPOILS: Final = (
    "the SLB's log is removed",
    "the audit is locked out",
    "the disk is full",
    "the load runs out of ports",
    "the registry is killed",
    "the database is killed",
)
"""After which the topology is made anew."""


def _cut(directory: Path) -> None:
    file = directory / REQUESTS.file
    os.truncate(file, file.stat().st_size // 2)


AFTER: Final[dict[str, Callable[[Path], None]]] = {"the record is cut": _cut}
"""To a record, before it is judged."""


def _judged_with_a_check_that_raises(directory: Path) -> Judgement:
    def raises(*_: object) -> Sequence[Finding]:
        raise ZeroDivisionError("division by zero")

    checks = tuple(replace(one, judge=raises) if one.name == "writes" else one for one in all_checks())
    with patch.object(judging, "all_checks", lambda: checks):
        return judging.judge(directory)


JUDGED: Final[dict[str, Callable[[Path], Judgement]]] = {"a check raises": _judged_with_a_check_that_raises}
"""How a record is judged, where it is not as usual."""


def _one_in_the_old_version(drawn: Plan) -> Plan:
    last = drawn.batches[-1]

    def changed(child: Step) -> Step:
        old = drawn.release.service.version
        return replace(child, action=replace(child.action, version=old)) if isinstance(child.action, Start) else child

    bad = replace(last, children=tuple(changed(child) for child in last.children))
    return replace(drawn, steps=tuple(bad if step is last else step for step in drawn.steps))


PLANS: Final[dict[str, Callable[[Plan], Plan]]] = {
    "one instance is started in the old version": _one_in_the_old_version
}
"""To a plan, before it is carried out."""
WANTED: Final[dict[str, Thresholds]] = {
    "more is wanted than can be sent": msgspec.structs.replace(THRESHOLDS, batch_requests=100_000)
}
"""Of a batch."""


class LateLoad(LoadProcess):
    """One that begins some seconds after it was told to."""

    def start(self) -> None:
        """Returns at once all the same."""
        self.late = threading.Timer(LATE_S, super().start)
        self.late.daemon = True
        self.late.start()


SENDING: Final = Progress(phase="loading", due=1_000, sent=1_000, done=1_000, writes=500)


class LyingLoad(LateLoad):
    """One that begins as late, and says from the first moment that it sends."""

    def progress(self) -> Progress:
        """By then what is so."""
        told = super().progress()
        return SENDING if told.phase in ("ready", "warm-up") else told


LOADS: Final[dict[str, type[LoadProcess]]] = {
    "the load begins late": LateLoad,
    "the load says that it has begun": LyingLoad,
}
"""What sends the load, where that is not as usual."""
KNOWN: Final = {*AMID, *AFTER, *JUDGED, *PLANS, *WANTED, *LOADS}
