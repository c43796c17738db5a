"""The load's ends of the two pipes to its parent: words come in, progress goes out. See order.py for what they say."""

import contextlib
import os
from collections.abc import Callable
from typing import Any

import msgspec
from gevent import get_hub

from conformance.load.spec import Progress

_READ = 1
_CHUNK = 4096


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
