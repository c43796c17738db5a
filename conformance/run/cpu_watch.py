"""Whether the machine was CPU-starved: what came late then may be late for that alone."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from conformance.record.events import Starved, Trouble
from conformance.record.thresholds import Thresholds
from conformance.run.clock import Clock
from conformance.run.control_group import Quota, quotas
from conformance.run.periodic_thread import PeriodicThread
from conformance.run.timings import Timings


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that all processors together have spent since the machine was started."""

    idle: float
    """Doing nothing, waiting for a disk included; and what processes of a lower priority took, for they give it up to
    whoever needs it."""
    total: float

    def since(self, before: "Spent") -> "Spent":
        """What was spent since then; never below 0, for Linux may take back what it has counted as waiting."""
        return Spent(max(0.0, self.idle - before.idle), max(0.0, self.total - before.total))

    @property
    def idle_share(self) -> float:
        """Of the whole time, 0 to 1; 1 where no time has passed, for then nothing is known."""
        return min(1.0, self.idle / self.total) if self.total else 1.0


def spent() -> Spent:
    """What this machine's processors have spent until now."""
    times = psutil.cpu_times()
    by_kind: dict[str, float] = times._asdict()
    guests = by_kind.get("guest", 0.0) + by_kind.get("guest_nice", 0.0)  # Linux counts them as user and nice, too
    # Where this run was made nice itself its own time is counted there, and whoever else is nice is its equal.
    yielding = by_kind.get("nice", 0.0) if os.getpriority(os.PRIO_PROCESS, 0) <= 0 else 0.0
    return Spent(by_kind["idle"] + by_kind.get("iowait", 0.0) + yielding, sum(by_kind.values()) - guests)


def processors(bound_by: Callable[[], Mapping[Path, Quota]] = quotas) -> float:
    """How many processors this process may use: of the machine's those that affinity and control groups leave."""
    allowed = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return min(allowed, *(quota.processors for quota in bound_by().values()), allowed)


@dataclass(frozen=True, slots=True)
class _Look:
    at_s: float
    machine: Spent
    quotas: Mapping[Path, Quota]


class Room:
    """What there was to spare from look to look: on the machine, or of a quota, whichever had less.

    Who has spent a quota waits as for a busy processor, however idle the machine is.
    """

    def __init__(
        self,
        machine: Callable[[], Spent] = spent,
        bound_by: Callable[[], Mapping[Path, Quota]] = quotas,
        time_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine, self._bound_by, self._time_s = machine, bound_by, time_s
        self._last = self._look()
        self._until_now = Spent(0.0, 0.0)

    def _look(self) -> _Look:
        return _Look(self._time_s(), self._machine(), self._bound_by())

    def __call__(self) -> Spent:
        """All that there was to spare since the first look, of all there was."""
        before, now = self._last, self._look()
        self._last = now
        window = now.machine.since(before.machine)
        of_quotas = (
            _left(before.quotas[group], quota, now.at_s - before.at_s)
            for group, quota in now.quotas.items()
            if group in before.quotas
        )
        share = min(window.idle_share, *of_quotas, 1.0)
        until_now = self._until_now
        self._until_now = Spent(until_now.idle + share * window.total, until_now.total + window.total)
        return self._until_now


def _left(before: Quota, now: Quota, passed_s: float) -> float:
    """In which share of the periods the group had something left of its quota; in one without work it had."""
    periods = max(passed_s // now.period_s, now.periods - before.periods, 1.0)
    return max(0.0, 1.0 - (now.throttled - before.throttled) / periods)


class Stretches:
    """Joins windows in which there was next to no idle time, one after the other, to stretches."""

    def __init__(self, scarce_below: float, at_ns: int, now: Spent) -> None:
        self._scarce_below = scarce_below
        self._last = (at_ns, now)
        self._began: tuple[int, Spent] | None = None

    def look(self, at_ns: int, now: Spent) -> Starved | None:
        """The window since the last look; the stretch that this window shows to be over."""
        scarce = now.since(self._last[1]).idle_share < self._scarce_below
        over = None if scarce else self.end()
        if scarce and self._began is None:
            self._began = self._last
        self._last = (at_ns, now)
        return over

    def end(self) -> Starved | None:
        """The stretch that lasts until the last look, if there is one."""
        if self._began is None:
            return None
        (since_ns, before), (until_ns, after) = self._began, self._last
        self._began = None
        return Starved(at_ns=until_ns, step="", since_ns=since_ns, idle=round(after.since(before).idle_share, 4))


class CpuWatch:
    """A thread that looks twice a second at what there was to spare, and records the stretches that were CPU-starved.

    A thread of its own, for whoever looks at SLB and registry waits for their answers, and longest when this counts.
    """

    def __init__(
        self,
        record: Callable[[Starved | Trouble], None],
        clock: Clock,
        thresholds: Thresholds,
        timings: Timings,
        look: Callable[[], Spent] | None = None,
    ) -> None:
        look = look or Room()
        self._record = record
        self._clock = clock
        self._spent = look
        self._failing = False
        self._stretches = Stretches(thresholds.spare_processors, clock.now(), look())
        self._looking = PeriodicThread(
            "machine", timings.processors, self._look, self._failed, joined_within_s=timings.joined
        )

    def __enter__(self) -> Self:
        self._looking.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._looking.__exit__()
        self._tell(self._stretches.end())

    def _look(self) -> None:
        self._tell(self._stretches.look(self._clock.now(), self._spent()))

    def _failed(self, error: Exception) -> None:
        if self._failing:
            return  # once is enough to know by
        self._failing = True
        what = f"the watch of the processors failed: {type(error).__name__}: {error}"
        self._record(Trouble(at_ns=self._clock.now(), step="", what=what))

    def _tell(self, stretch: Starved | None) -> None:
        if stretch is not None:
            self._record(stretch)
