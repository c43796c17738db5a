"""The one way to wait: a monotonic deadline, a reason, and the last thing that was seen."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Unmet(RuntimeError):
    """What was waited for did not happen in time. Never an AssertionError: a sick harness is not a sick product."""

    def __init__(self, what: str, seconds: float, saw: str) -> None:
        super().__init__(f"{what}: not within {seconds:g} s; last seen: {saw}")
        self.what = what
        self.saw = saw


def until(  # noqa: PLR0913 - keywords, each with one meaning
    what: str,
    look: Callable[[], T],
    *,
    within_s: float,
    accept: Callable[[T], bool] = bool,
    every_s: float = 0.05,
    transient: tuple[type[Exception], ...] = (),
    describe: Callable[[T], str] = repr,
) -> T:
    """Look again and again until ``accept`` says yes; return what was seen then.

    Args:
        what: What is waited for, as a person would say it.
        look: One look; must itself return within a second or so.
        within_s: Seconds until :class:`Unmet`.
        accept: Whether what was seen is what was waited for.
        every_s: Seconds between looks.
        transient: Exceptions of ``look`` that only mean "not yet". All others end the wait at once.
        describe: How to tell what was seen last.

    Raises:
        Unmet: Not within the time; carries the last thing seen.
    """
    deadline = time.monotonic() + within_s
    saw = "nothing yet"
    while True:
        try:
            seen = look()
        except transient as error:
            saw = str(error) or type(error).__name__
        else:
            if accept(seen):
                return seen
            saw = describe(seen)
        if time.monotonic() >= deadline:
            raise Unmet(what, within_s, saw)
        time.sleep(every_s)
