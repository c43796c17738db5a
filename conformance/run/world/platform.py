"""Where processes run: a Protocol, what is ordered of it and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import requests

T = TypeVar("T")
Starts = Literal["commands", "images"]
"""Which of the two faces of a service's version a platform starts."""
Signal = Literal["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGSTOP", "SIGCONT"]


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How a process ended: exactly one of exit code and signal name."""

    code: int | None
    signal: str | None
    out_of_memory: bool = False
    """Whether the kernel killed it for using more memory than it was given."""
    survivors: int = 0
    """Processes that it had started, that were still connected or listening when it ended, and were killed for that:
    it had not handed its stop signal on. Where the platform sees them."""

    def __str__(self) -> str:
        """``exit 0`` or ``SIGKILL``."""
        return f"exit {self.code}" if self.signal is None else self.signal + ", out of memory" * self.out_of_memory


class Process(Protocol):
    """One process (or container) that the platform started for this session, known by its recorded id."""

    @property
    def name(self) -> str:
        """What people call it: ``orders-03.2``, ``nginx``."""
        ...

    @property
    def log(self) -> Path:
        """Where its output goes; a file that grows while it lives."""
        ...

    def signal(self, signal: Signal) -> None:
        """Deliver a signal; raises Gone when the process has ended already."""
        ...

    def exit_status(self) -> ExitStatus | None:
        """None while it runs."""
        ...

    def promote(self) -> None:
        """It serves from now on: it yields to nobody any more. Does nothing where it did not, or has ended."""
        ...

    def fetch(self, file: Path) -> Path:
        """Where to read what it has written until now to this file, which lies in one of its folders. Raises Gone."""
        ...


@dataclass(frozen=True, slots=True)
class Launch:
    """An order to a platform: start this."""

    name: str
    argv: tuple[str, ...]
    """The command; with an image, what takes the place of the image's own CMD: empty leaves it."""
    env: Mapping[str, str]
    """The whole environment besides PATH, HOME, LANG (or the image's own); nothing of the caller's leaks in."""
    image: str | None = None
    """What a platform that starts images starts."""
    host: str = ""
    """Where it listens: a host reserved for it; empty for what listens nowhere."""
    published: tuple[int, ...] = ()
    """Those of its ports that more of this machine than ``Platform.client`` must reach; see ``Platform.outside``."""
    cwd: Path | None = None
    folders: tuple[Path, ...] = ()
    """The session's folders that it works in."""
    memory_mb: int | None = None
    """The most memory that it may use, where the platform can limit it; more, and the kernel kills it."""
    init: bool = False
    """Whether an init process stands before it that hands signals on; only where it starts as process 1."""
    yields: bool = False
    """Whether it yields the processors to those that serve already, until ``Process.promote``: in the world that is
    reproduced it starts on a machine of its own. Where the platform can do so unseen by the process itself."""
    stop_signal: Signal = "SIGTERM"
    """How it is asked to end."""
    grace_s: float = 5.0
    """How long it then has before SIGKILL."""
    user: int | None = None
    """The unprivileged uid to run as; None for the session's own."""
    group: int | None = None


class Platform(Protocol):
    """Where processes run. One per session."""

    @property
    def name(self) -> str:
        """``embedded``, ``docker`` or ``kubernetes``, for records and headlines only; nothing may branch on it."""
        ...

    @property
    def keeps_state(self) -> bool:
        """Whether what was stopped and is launched again finds its disk, and its address outside, as it left them."""
        ...

    def pick(self, *, command: T, image: T) -> T:
        """Of two ways to start one thing the one that can be gone here: by a command, or from an image."""
        ...

    def reserve(self, offsets: tuple[int, ...] = (0,), *, usual: int = 8080) -> tuple[str, int]:
        """Reserve a host and a base port for this session, such that every ``port + offset`` is free.

        The reservation holds until the session ends, across all sessions of the machine's user. Where the host is
        nobody else's, the port is the usual one.
        """
        ...

    def give_up(self, host: str) -> None:
        """Whoever listened at this host, which was reserved, has ended, and nobody else will listen there."""
        ...

    def outside(self, address: str) -> str:
        """Where this machine reaches the port at this address, which was launched as published."""
        ...

    def client(self) -> requests.Session:
        """How the harness talks HTTP to what it has launched, by the address where that listens.

        Each request is sent once, none by a proxy of the environment's.
        """
        ...

    def launch(self, order: Launch) -> Process:
        """Start a process and record it, so that the next session can sweep it if this one is killed."""
        ...

    def stop(self, process: Process) -> ExitStatus:
        """End it: its stop signal, its grace, then SIGKILL. Does nothing where it has ended."""
        ...

    def vanish(self, process: Process) -> None:
        """Kill it, and take its address away with it. Raises Gone where the platform cannot."""
        ...

    def cut_off(self, process: Process) -> None:
        """Take it off the network while it runs on. Raises Gone where the platform cannot."""
        ...

    def reconnect(self, process: Process) -> None:
        """Put it back, at its address."""
        ...

    def discard(self, process: Process) -> None:
        """Remove what is left of one that has ended, its address too; its log stays."""
        ...

    def scratch(self, name: str) -> Path:
        """A new private folder of this session's, removed at its end."""
        ...

    def close(self) -> None:
        """End everything that was launched and remove the session's folders. Repeatable."""
        ...
