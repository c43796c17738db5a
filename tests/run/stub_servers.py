"""What a stub world is asked, counted; and its servers, which do at once what they are told."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from conformance.run.world import ExitStatus, Process, Signal


@dataclass
class Calls:
    """What was asked of the world, and who may meddle with it."""

    meddle: Callable[[str, int], None] = lambda _call, _times: None
    """Told the call and how often it has been made, this time included."""
    made: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: str, whose: str = "") -> None:
        with self.lock:
            self.made[call] += 1
            times = self.made[call]
        self.meddle(f"{whose} {call}".strip(), times)


@dataclass
class StubProcess:
    """A server's process."""

    name: str
    log: Path
    status: ExitStatus | None = None

    def signal(self, signal: Signal) -> None:
        self.status = ExitStatus(None, signal)

    def exit_status(self) -> ExitStatus | None:
        return self.status

    def promote(self) -> None: ...

    def fetch(self, file: Path) -> Path:
        return file


@dataclass
class StubServer:
    """A server that can be restarted."""

    process: Process
    calls: Calls

    def stop(self) -> None:
        self.calls("server.stop")
        self.process.signal("SIGTERM")

    def restart(self) -> None:
        self.calls("server.restart")
        self.process = StubProcess(self.process.name, self.process.log)
