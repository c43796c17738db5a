"""The one way to do something beside a run, every so often, for as long as it lasts."""

import threading
from collections.abc import Callable
from typing import Self


class PeriodicThread:
    """A thread that does it; a context manager: at its end it is done no more."""

    def __init__(self, name: str, every_s: float, do: Callable[[], None]) -> None:
        """Start nothing yet; ``do`` must itself return within a few seconds, and raise nothing."""
        self._every_s = every_s
        self._do = do
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._body, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=10)

    def _body(self) -> None:
        while not self._over.wait(self._every_s):
            self._do()
