"""When: the schedule's alarm clock, and the priority that lets it ring on time.

The monotonic clock in nanoseconds is the only clock here. The alarm is a timerfd set to an absolute time, which does
not lose the time between reading the clock and going to sleep; where there is none, it is the event loop's own timer,
good to about a millisecond. Which of the two it was, and whether real-time priority was granted, goes into the record.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from time import monotonic_ns
from typing import Any, Literal, Protocol

from gevent import get_hub

from conformance.load.environment import CLOCK_AHEAD

__all__ = ["Alarm", "alarm", "now_ns", "request_realtime"]

_CLOCK_MONOTONIC = 1
_TIMER_ABSTIME = 1
_SECOND_NS = 1_000_000_000
_READ = 1

_AHEAD_NS = int(os.environ.get(CLOCK_AHEAD, "0"))
"""By how much this machine's clock is before that of the load's master: everything here goes by the master's."""


def _masters_ns() -> int:
    return monotonic_ns() - _AHEAD_NS


now_ns = _masters_ns if _AHEAD_NS else monotonic_ns
"""The monotonic clock of the load."""

Ring = Callable[[], int | None]
"""Called when the alarm rings; says when it is to ring next (the past means: at once), or None: not again."""


class Alarm(Protocol):
    """Rings at absolute times on the monotonic clock, in the event loop."""

    kind: Literal["timerfd", "sleep"]

    def start(self, at_ns: int) -> None:
        """Ring at this time, then when ``ring`` says. To be called once, or again after ``ring`` said None."""
        ...

    def close(self) -> None:
        """Never ring again."""
        ...


def alarm(ring: Ring) -> Alarm:
    """The best alarm clock of this machine."""
    try:
        return _TimerFd(ring)
    except OSError:
        return _LoopTimer(ring)


def request_realtime() -> bool:
    """Ask for SCHED_FIFO for this thread; whether it was granted. Processes started later do not inherit it."""
    if sys.platform != "linux":
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except OSError:
        return False
    return True


class _TimerSpec(ctypes.Structure):
    """``struct itimerspec``."""

    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


class _TimerFd:
    kind: Literal["timerfd", "sleep"] = "timerfd"

    def __init__(self, ring: Ring) -> None:
        if sys.platform != "linux":
            raise OSError("timerfd is Linux's")
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._settime = libc.timerfd_settime
        self._spec = _TimerSpec()
        self._spec_pointer = ctypes.byref(self._spec)
        self._ring = ring
        self._watcher: Any = get_hub().loop.io(self._fd, _READ)

    def start(self, at_ns: int) -> None:
        self._watcher.stop()
        self._set(at_ns)
        self._watcher.start(self._rang)

    def close(self) -> None:
        if self._fd >= 0:
            self._watcher.stop()
            self._watcher.close()
            os.close(self._fd)
            self._fd = -1

    def _rang(self) -> None:
        following = self._ring()
        if self._fd < 0:
            return
        if following is None:
            self._watcher.stop()
        else:
            self._set(following)  # also takes back the readiness of the ring before: there is nothing to read

    def _set(self, at_ns: int) -> None:
        self._spec.value_s, self._spec.value_ns = divmod(max(1, at_ns + _AHEAD_NS), _SECOND_NS)
        self._settime(self._fd, _TIMER_ABSTIME, self._spec_pointer, None)


class _LoopTimer:
    kind: Literal["timerfd", "sleep"] = "sleep"

    def __init__(self, ring: Ring) -> None:
        self._loop = get_hub().loop
        self._ring = ring
        self._timer: Any = None
        self._closed = False

    def start(self, at_ns: int) -> None:
        self._forget()
        self._timer = self._loop.timer(max(0, at_ns - now_ns()) / _SECOND_NS)
        self._timer.start(self._rang)

    def close(self) -> None:
        self._closed = True
        self._forget()

    def _rang(self) -> None:
        following = self._ring()
        if following is not None and not self._closed:
            self.start(following)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None
