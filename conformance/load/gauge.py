"""How far the load is: counted as it goes, told to the parent five times a second and at each change of phase."""

from collections.abc import Callable
from typing import Any

from gevent import get_hub

from conformance.load.engine import Engine
from conformance.load.request import Request
from conformance.load.spec import Phase, Progress

_PER_SECOND = 5
_NS_PER_MS = 1_000_000


class Gauge:
    """Counts the requests that are accounted for, and tells the parent."""

    def __init__(self, say: Callable[[Progress], None]) -> None:
        """``say`` tells the parent; it must not wait."""
        self._say = say
        self._phase: Phase = "self-test"
        self._engine: Engine | None = None
        self._due: Callable[[], int] = int
        self._done = 0
        self._failed = 0
        self._latencies: list[int] = []
        self._p99_ms = 0.0
        self._ticks = 0
        self._ticker: Any = get_hub().loop.timer(1 / _PER_SECOND, 1 / _PER_SECOND)
        self._ticker.start(self._tick)

    def enter(self, phase: Phase, message: str = "") -> None:
        """A phase begins."""
        self._phase = phase
        self._tell(message)

    def follow(self, phase: Phase, engine: Engine, due: Callable[[], int]) -> None:
        """A phase begins in which an engine sends; ``due`` says how many requests are due by now. Counts from 0."""
        self._engine, self._due = engine, due
        self._done = self._failed = 0
        self.enter(phase)

    def add(self, request: Request) -> None:
        """Count one request that has been accounted for; its latency is counted from when it was due."""
        self._done += 1
        if request.error:
            self._failed += 1
        self._latencies.append(request.done_ns - request.due_ns)

    def close(self) -> None:
        """Tell no more by itself. Repeatable."""
        self._ticker.stop()
        self._ticker.close()

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % _PER_SECOND == 0:
            self._end_second()
        if self._phase == "loading" and self._engine is not None and self._engine.all_sent:
            self._phase = "finishing"
        self._tell()

    def _end_second(self) -> None:
        latencies, self._latencies = self._latencies, []
        latencies.sort()
        self._p99_ms = latencies[(len(latencies) * 99 - 1) // 100] / _NS_PER_MS if latencies else 0.0

    def _tell(self, message: str = "") -> None:
        engine = self._engine
        self._say(
            Progress(
                phase=self._phase,
                due=self._due(),
                sent=0 if engine is None else engine.sent,
                done=self._done,
                failed=self._failed,
                writes=0 if engine is None else engine.sent_writes,
                p99_ms=self._p99_ms,
                message=message,
            )
        )
