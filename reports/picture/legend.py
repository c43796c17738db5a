"""What the signs of the rows, and of the time above them, mean: only those that are to be seen."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports.picture import paint, text
from reports.picture.data import Picture, State, Versions
from reports.picture.paint import LEFT, RIGHT, SMALL
from reports.picture.signs import draw_beam, draw_bracket, draw_cross, draw_state, draw_wedge
from reports.picture.svg import Canvas

_LINE = 24.0
_GAP = 14.0
_SIGN = 12.0
_LONGEST = 200.0
_CROSS, _WEDGE, _BRACKET, _BEAM = "cross", "wedge", "bracket", "beam"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A sign, what it means, and where it stands."""

    sign: str
    words: str
    left: float
    line: int


@dataclass(frozen=True, slots=True)
class Legend:
    """All entries, placed line by line."""

    entries: tuple[_Entry, ...]

    @property
    def height(self) -> float:
        """Of all lines."""
        return _LINE * (1 + max((entry.line for entry in self.entries), default=0))


def plan_legend(picture: Picture) -> Legend:
    """Where each entry goes."""
    x, line, entries = float(LEFT), 0, []
    for sign, words in _signs(picture):
        wide = _room(sign) + text.width(words, SMALL)
        if x + wide > RIGHT:
            x, line = float(LEFT), line + 1
        entries.append(_Entry(sign, words, x, line))
        x += wide + _GAP
    return Legend(tuple(entries))


def _signs(picture: Picture) -> Iterator[tuple[str, str]]:
    rows = [row for group in picture.groups for row in group.rows]
    states = {segment.state for row in rows for segment in row.segments}
    entry = any(group.entry for group in picture.groups)
    for state in State:
        if state in states:
            yield state.value, text.fit(_words(state, picture.versions, entry=entry), SMALL, _LONGEST)
    if any(row.ends for row in rows):
        yield _CROSS, "killed or crashed"
    if any(row.left for row in rows):
        yield _WEDGE, "out of rotation"
    if any(row.lags for row in rows):
        yield _BRACKET, "still called (removal lag)"
    if picture.starved:
        yield _BEAM, "no processor to spare"


def _words(state: State, versions: Versions, *, entry: bool) -> str:
    return {
        State.OLD: f"serving {versions.old}",
        State.NEW: f"serving {versions.new}",
        State.THIRD: f"serving {versions.third}",
        State.LEAVING: "draining" if entry else "offline",
        State.WAITING: "ready, waiting",
    }.get(state, state.value)


def _room(sign: str) -> float:
    """What the sign takes, with what is left free after it."""
    return (20.0 if sign == _BRACKET else _SIGN) + 6


def draw_legend(canvas: Canvas, legend: Legend, top: float) -> None:
    """All entries."""
    for entry in legend.entries:
        y = top + entry.line * _LINE
        _draw_sign(canvas, entry.sign, entry.left, y + 3)
        canvas.text(entry.left + _room(entry.sign), y + 14, entry.words, SMALL, paint.SUB)


def _draw_sign(canvas: Canvas, sign: str, x: float, y: float) -> None:
    half = _SIGN / 2
    if sign == _CROSS:
        draw_cross(canvas, x + half, y + half, 5)
    elif sign == _WEDGE:
        draw_wedge(canvas, x + half, y + half, 5)
    elif sign == _BRACKET:
        draw_bracket(canvas, x, y, 18, _SIGN, bad=False)
    elif sign == _BEAM:
        draw_beam(canvas, x, y + half - 2, _SIGN)
    else:
        draw_state(canvas, State(sign), x, y, _SIGN, _SIGN)
