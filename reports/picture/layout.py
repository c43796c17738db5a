"""Where things go: time to the right, labels in lanes so that none covers another."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.judge.wording import SECOND_NS
from reports.picture.data import Span
from reports.picture.paint import LEFT, RIGHT

_STEPS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
MOST_TICKS = 13
_APART = 14.0
"""Between two labels of one lane."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From the run's time to the picture's."""

    whole: Span

    def x(self, at_ns: int) -> float:
        """Where a moment is; what lies outside is moved to the edge."""
        share = (at_ns - self.whole.began_ns) / self.whole.length_ns
        return LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0)

    def stretch(self, span: Span, least: float = 0.0) -> tuple[float, float]:
        """Left edge and width of a span; at least so wide, and within the picture all the same."""
        left = self.x(span.began_ns)
        wide = max(self.x(span.ended_ns) - left, least)
        return min(left, RIGHT - wide), wide

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Round moments along the axis, and how they are written: seconds since the run's origin."""
        length_s = self.whole.length_ns / SECOND_NS
        step_s = next((step for step in _STEPS if length_s / step <= MOST_TICKS), length_s / MOST_TICKS)
        first = math.ceil(self.whole.began_ns / SECOND_NS / step_s - 1e-9)
        last = math.floor(self.whole.ended_ns / SECOND_NS / step_s + 1e-9)
        moments = [number * step_s for number in range(first, last + 1)]
        return tuple((self.x(round(moment * SECOND_NS)), f"{moment:,.10g}") for moment in moments)


@dataclass(frozen=True, slots=True)
class Label:
    """Something to be said beside a stretch of time."""

    left: float
    """Of the stretch."""
    right: float
    width: float
    """Of the label."""
    centred: bool = False
    """Whether it stands over the middle of the stretch instead of at its beginning."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a label goes."""

    index: int
    left: float
    lane: int


def place(labels: Sequence[Label], most_lanes: int) -> tuple[Placed, ...]:
    """Give each a place in the first lane that is free there; those that no lane has room for have none.

    A label begins where its stretch does, or ends where the picture ends.
    """
    taken: list[list[tuple[float, float]]] = []
    placed = []
    for index, label in sorted(enumerate(labels), key=lambda item: item[1].left):
        left = _beside(label)
        span = (left - _APART / 2, left + label.width + _APART / 2)
        lane = next((lane for lane, spans in enumerate(taken) if _free(span, spans)), len(taken))
        if lane == most_lanes:
            continue
        if lane == len(taken):
            taken.append([])
        taken[lane].append(span)
        placed.append(Placed(index, left, lane))
    return tuple(placed)


def _beside(label: Label) -> float:
    left = (label.left + label.right - label.width) / 2 if label.centred else label.left + 4
    return max(LEFT, min(left, RIGHT - label.width))


def _free(span: tuple[float, float], others: Iterable[tuple[float, float]]) -> bool:
    return all(span[1] <= begin or span[0] >= end for begin, end in others)


def round_up(value: float) -> float:
    """The next figure that reads well on an axis."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(nice * power for nice in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if nice * power >= value * 0.9999)
