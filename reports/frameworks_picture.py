"""A framework's picture: requests lost in a release, against the wait between leaving the registry and the stop.

A panel for each line, with scales of its own: a list that is kept for 35 s loses hundreds where one that is kept for a
second loses dozens, and each must be read.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import ceil, floor, log10

from reports.error_window_text import total_s
from reports.frameworks_page import Measured
from reports.picture import paint
from reports.picture.svg import Canvas, polyline

HEAD, HEIGHT = 84, 330
"""Above the panels, and of a row of them."""
ABREAST = 3
"""Panels in a row."""
LEFT, RIGHT, TOP, BOTTOM = 60, 34, 40, 68
"""Around a panel's plot."""
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
        greatest = greatest or 1.0
        power = 10.0 ** floor(log10(greatest / TICKS))
        self.step = next(power * one for one in STEPS if power * one >= greatest / TICKS)
        self.most = self.step * ceil(greatest / self.step)
        self._begin, self._end = begin, end

    def at(self, figure: float) -> float:
        """Where it is."""
        return self._begin + (self._end - self._begin) * figure / self.most

    @property
    def ticks(self) -> list[float]:
        """Of 0 and the round figures."""
        return [self.step * number for number in range(round(self.most / self.step) + 1)]


def _draw(lines: Mapping[str, Sequence[Measured]]) -> str:
    abreast = min(ABREAST, len(lines))
    width, height = paint.WIDTH / abreast, HEAD + HEIGHT * ceil(len(lines) / abreast)
    (title,) = {row.about.title for line in lines.values() for row in line}
    canvas = Canvas()
    canvas.rect(0, 0, paint.WIDTH, height, paint.CARD, stroke=paint.FRAME)
    canvas.text(paint.MARGIN, 34, title, paint.HEAD, paint.INK, bold=True)
    lead = "Requests lost in a release, against the wait between leaving the registry and SIGTERM"
    canvas.text(paint.MARGIN, 58, lead, paint.BODY, paint.SUB)
    for index, (name, line) in enumerate(lines.items()):
        place = (width * (index % abreast), HEAD + HEIGHT * (index // abreast), width)
        _panel(canvas, place, name, line, COLOURS[index % len(COLOURS)])
    said = "; ".join(
        f"{name}: " + ", ".join(f"{_wait_s(row):g} s {row.most_lost.counts.failed:,}" for row in line)
        for name, line in lines.items()
    )
    return canvas.document(paint.WIDTH, height, "Requests lost against the wait before the stop", said)


def _panel(canvas: Canvas, place: tuple[float, float, float], name: str, line: Sequence[Measured], colour: str) -> None:
    """One line; ``place`` is the panel's left, top and width."""
    left, top, width = place
    enough_s = total_s(line[0].chain)
    longest_s = max(_wait_s(row) for row in line)
    across = _Scale(max(longest_s, enough_s or 0.0), left + LEFT, left + width - RIGHT)
    most_lost = max(row.most_lost.counts.failed for row in line)
    up = _Scale(max(most_lost, TICKS), top + HEIGHT - BOTTOM, top + TOP)
    canvas.text(left + paint.MARGIN, top + 14, name, paint.BODY, colour, bold=True)
    _axes(canvas, across, up)
    if enough_s:
        _theory(canvas, enough_s, across, up, colour)
    points = [(across.at(_wait_s(row)), up.at(row.most_lost.counts.failed)) for row in line]
    canvas.path(polyline(points), fill="none", stroke=colour, stroke_width=2.5)
    for row, (x, y) in zip(line, points, strict=True):
        counts = row.most_lost.counts
        said = f"{_wait_s(row):g} s: {counts.failed:,} of {counts.requests:,} lost, {row.most_lost.verdict.value}"
        canvas.rect(x - 5, y - 5, 10, 10, colour, said=said)
        canvas.text(x + 8, y - 9, f"{counts.failed:,}", paint.SMALL, colour, bold=True, halo=paint.CARD)


def _axes(canvas: Canvas, across: _Scale, up: _Scale) -> None:
    left, right, bottom = across.at(0), across.at(across.most), up.at(0)
    for figure in up.ticks:
        canvas.line((left, up.at(figure)), (right, up.at(figure)), paint.GRID)
        canvas.text(left - 10, up.at(figure) + 5, f"{figure:,.0f}", paint.SMALL, paint.SUB, anchor="end")
    for figure in across.ticks:
        canvas.line((across.at(figure), bottom), (across.at(figure), bottom + 6), paint.FAINT)
        canvas.text(across.at(figure), bottom + 24, f"{figure:g} s", paint.SMALL, paint.SUB, anchor="middle")
    canvas.text((left + right) / 2, bottom + 50, "wait before the stop", paint.SMALL, paint.SUB, anchor="middle")


def _theory(canvas: Canvas, enough_s: float, across: _Scale, up: _Scale, colour: str) -> None:
    """From which wait on nothing can be lost, by the timers; told on the side where there is more room."""
    x, top = across.at(enough_s), up.at(up.most)
    canvas.line((x, top), (x, up.at(0)), colour, 1.5, stroke_dasharray="6 5")
    before = enough_s > across.most / 2
    words, anchor = f"{enough_s:g} s by the timers", "end" if before else "start"
    canvas.text(x - 6 if before else x + 6, top + 12, words, paint.SMALL, colour, anchor=anchor, halo=paint.CARD)
