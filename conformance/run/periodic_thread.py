"""The one way to do something beside a run, every so often, for as long as it lasts."""

import contextlib
import threading
from collections.abc import Callable
from typing import Self


class PeriodicThread:
    """A thread that does it; a context manager: at its end it is done no more."""

    def __init__(
        self,
        name: str,
        every_s: float,
        do: Callable[[], None],
        failed: Callable[[Exception], None],
        *,
        joined_within_s: float,
    ) -> None:
        """Start nothing yet.

        Args:
            name: Of the thread.
            every_s: Seconds between the end of one call and the next.
            do: What is done; must itself return within a few seconds. One that raises is called again all the same.
            failed: Is told what it raised. It raises nothing but OSError: a full disk takes no word of itself
                either, and the record, which then has no end marker, tells of that.
            joined_within_s: Seconds that a call in progress is waited for at the end.
        """
        self._every_s = every_s
        self._do = do
        self._failed = failed
        self._joined_within_s = joined_within_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._body, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=self._joined_within_s)

    def _body(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                self._do()
            except Exception as error:  # noqa: BLE001 - whatever it is: a thread that ends silently looks no more
                with contextlib.suppress(OSError):
                    self._failed(error)
