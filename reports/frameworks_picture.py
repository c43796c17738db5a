"""A framework's picture: requests lost in a release, against the wait between leaving the registry and the stop."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import ceil, log10

from reports.error_window_text import total_s
from reports.frameworks_page import Measured
from reports.picture import paint
from reports.picture.svg import Canvas, polyline

HEIGHT = 420
LEFT, RIGHT, TOP, BOTTOM = 96, 300, 84, 64
"""Around the plot; the lines' names stand at the right."""
COLOURS = (paint.BAD, paint.WAITING, paint.NEW, paint.P99, paint.LEAVING_LINES)
STEPS = (1, 2, 5, 10)
"""What the distance of two ticks may begin with."""
TICKS = 5
LEAST = 2
"""Points of a line from which on it shows anything."""


def pictures(rows: Sequence[Measured]) -> Mapping[str, str]:
    """The SVG of each framework of which a line can be drawn, by its file's name."""
    found: dict[str, str] = {}
    for framework, own in groupby(sorted(rows, key=_framework), key=_framework):
        lines = _lines(list(own))
        if lines:
            found[f"frameworks-{framework}.svg"] = _draw(lines)
    return found


def _framework(row: Measured) -> str:
    return row.about.framework


def _lines(rows: Sequence[Measured]) -> dict[str, list[Measured]]:
    """Those of enough points, each from its shortest wait to its longest, by their names."""
    lines: dict[str, list[Measured]] = {}
    for row in rows:
        if row.about.wait_s is not None:
            lines.setdefault(f"{row.about.registry.capitalize()}: {row.about.line}", []).append(row)
    return {name: sorted(line, key=_wait_s) for name, line in lines.items() if len(line) >= LEAST}


def _wait_s(row: Measured) -> float:
    return row.about.wait_s or 0.0


class _Scale:
    """From a figure to a place, from 0 to a round figure beyond the greatest."""

    def __init__(self, greatest: float, begin: float, end: float) -> None:
        step = max(greatest, 1.0) / TICKS
        power = 10 ** int(log10(step)) if step >= 1 else 1
        self.step = float(next(power * one for one in STEPS if power * one >= step))
        self.most = self.step * ceil(max(greatest, 1.0) / self.step)
        self._begin, self._end = begin, end

    def at(self, figure: float) -> float:
        """Where it is."""
        return self._begin + (self._end - self._begin) * figure / self.most

    @property
    def ticks(self) -> list[float]:
        """Of 0 and the round figures."""
        return [self.step * number for number in range(round(self.most / self.step) + 1)]


def _draw(lines: Mapping[str, Sequence[Measured]]) -> str:
    every = [row for line in lines.values() for row in line]
    canvas = Canvas()
    across = _Scale(max(_wait_s(row) for row in every), LEFT, paint.WIDTH - RIGHT)
    up = _Scale(max(row.figures.counts.failed for row in every), HEIGHT - BOTTOM, TOP)
    _frame(canvas, every[0].about.title, across, up)
    for index, (name, line) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        _theory(canvas, line, across, colour)
        points = [(across.at(_wait_s(row)), up.at(row.figures.counts.failed)) for row in line]
        canvas.path(polyline(points), fill="none", stroke=colour, stroke_width=2.5)
        for row, (x, y) in zip(line, points, strict=True):
            counts = row.figures.counts
            said = f"{_wait_s(row):g} s: {counts.failed:,} of {counts.requests:,} lost, {row.figures.verdict}"
            canvas.rect(x - 5, y - 5, 10, 10, colour, said=said)
            canvas.text(x + 8, y - 9, f"{counts.failed:,}", paint.SMALL, colour, bold=True, halo=paint.CARD)
        top = TOP + 12 + index * 2.2 * paint.LEAD
        canvas.rect(paint.WIDTH - RIGHT + 24, top - 10, 12, 12, colour)
        canvas.text(paint.WIDTH - RIGHT + 44, top, name, paint.SMALL, paint.INK)
    said = "; ".join(
        f"{name}: " + ", ".join(f"{_wait_s(row):g} s {row.figures.counts.failed:,}" for row in line)
        for name, line in lines.items()
    )
    return canvas.document(paint.WIDTH, HEIGHT, "Requests lost against the wait before the stop", said)


def _frame(canvas: Canvas, title: str, across: _Scale, up: _Scale) -> None:
    canvas.rect(0, 0, paint.WIDTH, HEIGHT, paint.CARD, stroke=paint.FRAME)
    canvas.text(paint.MARGIN, 34, title, paint.HEAD, paint.INK, bold=True)
    lead = "Requests lost in a release, against the wait between leaving the registry and SIGTERM"
    canvas.text(paint.MARGIN, 58, lead, paint.BODY, paint.SUB)
    left, right, bottom = across.at(0), across.at(across.most), up.at(0)
    for figure in up.ticks:
        canvas.line((left, up.at(figure)), (right, up.at(figure)), paint.GRID)
        canvas.text(left - 10, up.at(figure) + 5, f"{figure:,.0f}", paint.SMALL, paint.SUB, anchor="end")
    for figure in across.ticks:
        canvas.line((across.at(figure), bottom), (across.at(figure), bottom + 6), paint.FAINT)
        canvas.text(across.at(figure), bottom + 24, f"{figure:g} s", paint.SMALL, paint.SUB, anchor="middle")
    canvas.text((left + right) / 2, HEIGHT - 14, "wait before the stop", paint.SMALL, paint.SUB, anchor="middle")


def _theory(canvas: Canvas, line: Sequence[Measured], across: _Scale, colour: str) -> None:
    """From which wait on nothing can be lost, by the timers; nothing where that lies beyond the plot."""
    enough = total_s(line[0].figures.chain)
    if enough is None or not 0 < enough <= across.most:
        return
    x = across.at(enough)
    canvas.line((x, TOP), (x, HEIGHT - BOTTOM), colour, 1.5, stroke_dasharray="6 5")
    canvas.text(x + 6, TOP + 12, f"{enough:g} s by the timers", paint.SMALL, colour, halo=paint.CARD)
