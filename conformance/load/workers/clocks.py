"""Whether a worker's monotonic clock says what the master's does.

On one machine they are the same clock, and this shows it: an answer lies between question and its coming, so what the
two differ by cannot be more than half of the time that this took, unless they are not the same. Between machines the
same questions measure by how much they differ, before the worker is started, which then goes by its master's clock
(``liaison``, ``clock``); the master asks as ever, and once more at the end: they may have drifted apart.
"""

from collections.abc import Sequence
from typing import NamedTuple

from conformance.record.load_end import clock_fault

QUESTIONS = 20
"""To a worker whose clock cannot be told well."""
SURE_NS = 1_000_000
"""Known so well it need not be asked again."""


class Answer(NamedTuple):
    """A question about a worker's clock: when it was asked and answered by the master's, and what the worker's said."""

    asked_ns: int
    said_ns: int
    came_ns: int


class Agreement(NamedTuple):
    """What the answers come to."""

    ahead_ns: int
    """By how much the worker's clock is before the master's..."""
    within_ns: int
    """...give or take."""

    @property
    def sure(self) -> bool:
        """Whether it need not be asked again."""
        return self.within_ns <= SURE_NS

    @property
    def fault(self) -> str:
        """Why a load cannot go by this clock; empty where it can."""
        return clock_fault(self.ahead_ns, self.within_ns)


def worse(one: Agreement, other: Agreement) -> Agreement:
    """Of two of the same clock, the one by which it may differ more."""
    return max(one, other, key=lambda agreed: abs(agreed.ahead_ns) + agreed.within_ns)


def agreement(answers: Sequence[Answer]) -> Agreement:
    """By the quickest of them; one at least."""
    asked_ns, said_ns, came_ns = min(answers, key=lambda one: one.came_ns - one.asked_ns)
    return Agreement(said_ns - (asked_ns + came_ns) // 2, (came_ns - asked_ns + 1) // 2)
