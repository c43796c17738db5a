"""How a load hears from whoever ordered it, and tells how far it is: by two pipes, or as a worker by Locust's messages.

See spec.py for what the pipes say.
"""

import contextlib
import os
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from gevent import get_hub

from conformance.load.clock import now_ns
from conformance.load.spec import Progress

LEAD_NS = 20_000_000
"""Between the decision to begin and the moment that the first request is due."""

_READ = 1
_CHUNK = 4096


class CannotLoad(RuntimeError):
    """The load cannot go its way; the message says why."""


class Parent(Protocol):
    """Whoever has ordered a load, as the session that carries it out sees it."""

    def listen(self, start: Callable[[], None], stop: Callable[[int], None], gone: Callable[[], None]) -> None:
        """Hear from now on, in the event loop.

        Args:
            start: The warm-up may begin.
            stop: Nothing that is due after this moment, on the monotonic clock, is to be sent.
            gone: There is nobody any more who wants this load.
        """
        ...

    def say(self, progress: Progress) -> None:
        """Tell how far the load is; never waits."""
        ...

    def begin_ns(self) -> int:
        """When request 0 is due, on the monotonic clock; waits until that is known. Raises CannotLoad."""
        ...

    @property
    def lead_ns(self) -> int:
        """How long before request 0 was due that was known."""
        ...

    def close(self) -> None:
        """Hear no more."""
        ...


class Control:
    """Reads the words on the control pipe as they come, in the event loop."""

    def __init__(self, descriptor: int, on_word: Callable[[str], None], on_end: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._on_word, self._on_end = on_word, on_end
        self._rest = b""
        os.set_blocking(descriptor, False)
        self._watcher: Any = get_hub().loop.io(descriptor, _READ)
        self._watcher.start(self._read)

    def close(self) -> None:
        """Read no more."""
        self._watcher.stop()
        self._watcher.close()

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._watcher.stop()
            self._on_end()
            return
        *words, self._rest = (self._rest + data).split(b"\n")
        for word in words:
            self._on_word(word.decode())


class ProgressPipe:
    """Tells the parent how far the load is. Never waits: where the parent does not read, it misses lines."""

    _LONGEST = 2_000  # characters of a message: a line then fits into one write, which is whole or not at all

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._encoder = msgspec.json.Encoder()
        os.set_blocking(descriptor, False)

    def say(self, progress: Progress) -> None:
        """Send one line."""
        if len(progress.message) > self._LONGEST:
            progress = msgspec.structs.replace(progress, message=progress.message[: self._LONGEST])
        # A parent that is gone is noticed by the control pipe.
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._descriptor, self._encoder.encode(progress) + b"\n")


class Pipes:
    """The parent at the other ends of two pipes."""

    lead_ns = LEAD_NS

    def __init__(self, control: int, progress: int) -> None:
        """Take the descriptors of the two pipes."""
        self._descriptor = control
        self._control: Control | None = None
        self._progress = ProgressPipe(progress)

    def listen(self, start: Callable[[], None], stop: Callable[[int], None], gone: Callable[[], None]) -> None:
        """See Parent."""

        def hear(word: str) -> None:
            if word == "start":
                start()
            elif word == "stop":
                stop(now_ns())

        self._control = Control(self._descriptor, hear, gone)

    def say(self, progress: Progress) -> None:
        """See Parent."""
        self._progress.say(progress)

    def begin_ns(self) -> int:
        """At once, with some time to get ready."""
        return now_ns() + LEAD_NS

    def close(self) -> None:
        """See Parent."""
        if self._control is not None:
            self._control.close()
