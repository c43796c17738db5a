"""Whether the machine was CPU-starved: what came late then may be late for that alone."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from conformance.record.events import Starved, Trouble
from conformance.record.thresholds import Thresholds
from conformance.run.clock import Clock
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


def processors(cgroup: Path = Path("/sys/fs/cgroup")) -> float:
    """How many processors this process may use: of the machine's those that its affinity and its control group leave.

    Args:
        cgroup: Where the control group's files are: ``cpu.max`` of version 2, or ``cpu/cpu.cfs_quota_us`` and
            ``cpu.cfs_period_us`` of version 1. A container sees its own group there.
    """
    allowed = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return min(allowed, *(share for share in _quotas(cgroup) if share > 0), allowed)


def _quotas(cgroup: Path) -> Iterator[float]:
    """Processors that a quota leaves, where there is one."""
    for texts in ((cgroup / "cpu.max",), (cgroup / "cpu/cpu.cfs_quota_us", cgroup / "cpu/cpu.cfs_period_us")):
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota, period = " ".join(path.read_text() for path in texts).split()
            yield float(quota) / float(period)  # "max" and -1 stand for none


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
    """A thread that looks twice a second at what the processors did, and records the stretches that were CPU-starved.

    A thread of its own, for whoever looks at SLB and registry waits for their answers, and longest when this counts.
    """

    def __init__(
        self,
        record: Callable[[Starved | Trouble], None],
        clock: Clock,
        thresholds: Thresholds,
        timings: Timings,
        look: Callable[[], Spent] = spent,
    ) -> None:
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
