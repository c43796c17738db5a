"""The run's clock: nanoseconds since its origin, monotonic; and how the wall clock stood to it."""

import time
from dataclasses import dataclass


def wall_minus_monotonic() -> int:
    """Nanoseconds by which the wall clock is ahead of the monotonic one, now."""
    before = time.monotonic_ns()
    wall = time.time_ns()
    return wall - (before + time.monotonic_ns()) // 2


@dataclass(frozen=True, slots=True)
class Clock:
    """Times of one run.

    Instances stamp their logs by the wall clock, the harness by the monotonic one; this brings them together.
    """

    origin_ns: int
    offset_ns: int
    """Wall minus monotonic, at the origin."""

    @classmethod
    def start(cls) -> "Clock":
        """A clock whose origin is now."""
        return cls(time.monotonic_ns(), wall_minus_monotonic())

    def now(self) -> int:
        """Nanoseconds since the origin."""
        return time.monotonic_ns() - self.origin_ns

    def of_monotonic(self, monotonic_ns: int) -> int:
        """A time of the machine's monotonic clock as nanoseconds since the origin."""
        return monotonic_ns - self.origin_ns

    def of_wall(self, wall_ns: int) -> int:
        """A wall-clock time, in nanoseconds since the epoch, as nanoseconds since the origin."""
        return wall_ns - self.offset_ns - self.origin_ns
