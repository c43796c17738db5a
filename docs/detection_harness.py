"""What goes wrong besides the release, for the detection matrix: with the load, the servers, the record, the plan."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from conformance.plan import Plan, Step
from conformance.plan.steps import Start
from conformance.record.schema import REQUESTS
from conformance.record.thresholds import Thresholds
from tests.end_to_end.small import THRESHOLDS, Small

HELD_S: Final = 1.0


def _signal_load(small: Small, sent: signal.Signals) -> None:
    os.kill(small.load_pid, sent)


def _hold_load(small: Small) -> None:
    _signal_load(small, signal.SIGSTOP)
    time.sleep(HELD_S)
    _signal_load(small, signal.SIGCONT)


def _kill_bystander(small: Small) -> None:
    victim = small.world.group("inventory").living()[0]
    victim.signal("SIGKILL")
    small.until_recorded("ended by itself", victim.name)


def _kill_server(name: str) -> Callable[[Small], None]:
    def kill(small: Small) -> None:
        next(one.process for one in small.world.servers if one.process.name == name).signal("SIGKILL")
        small.until_recorded("ended by itself", name)

    return kill


def _empty_log(small: Small) -> None:
    os.truncate(small.world.group("orders").living()[0].log, 0)


AMID: Final[dict[str, Callable[[Small], None]]] = {
    "the load is killed": lambda small: _signal_load(small, signal.SIGKILL),
    "the load is held": _hold_load,
    "a bystander is killed": _kill_bystander,
    "a log is emptied": _empty_log,
    "the registry is killed": _kill_server("nacos"),
    "the database is killed": _kill_server("postgresql"),
}
"""At the beginning of a step."""
SPOILS: Final = ("the registry is killed", "the database is killed")
"""After which the topology is made anew."""


def _cut(directory: Path) -> None:
    file = directory / REQUESTS.file
    os.truncate(file, file.stat().st_size // 2)


AFTER: Final[dict[str, Callable[[Path], None]]] = {"the record is cut": _cut}
"""To a record, before it is judged."""


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
KNOWN: Final = {*AMID, *AFTER, *PLANS, *WANTED}
