"""How each state of an instance looks, and the signs on its row: the same in the rows and in their legend."""

from reports.picture import paint
from reports.picture.data import State
from reports.picture.svg import Canvas, hatch, polyline

_FILLS = {
    State.OLD: paint.OLD,
    State.NEW: paint.NEW,
    State.THIRD: paint.THIRD,
    State.OTHER: paint.OTHER,
    State.LEAVING: paint.LEAVING,
    State.STOPPING: paint.STOPPING,
    State.HANGING: paint.HANGING,
    State.STOPPED: paint.STOPPED,
    State.STARTING: paint.STARTING,
    State.WAITING: paint.WAITING,
}
_LINES = {
    State.LEAVING: (paint.LEAVING_LINES, 6.0, False),
    State.STOPPING: (paint.STOPPED, 5.0, True),
    State.HANGING: (paint.BAD, 5.0, True),
    State.WAITING: (paint.CARD, 5.0, False),
}
"""Colour, distance, and whether they fall from left to right."""
_EDGES = {State.HANGING: paint.BAD, State.STARTING: paint.STARTING_EDGE}
_THIN = 0.36
"""Share of a row's height that somebody who is not there takes."""


def draw_state(  # noqa: PLR0913, PLR0917 - a rectangle, its state and what is said of it
    canvas: Canvas, state: State, left: float, top: float, wide: float, height: float, *, said: str = ""
) -> None:
    """A stretch of a row in this state."""
    if state is State.STOPPED:
        thin = max(2.0, height * _THIN)
        top, height = top + (height - thin) / 2, thin
    canvas.rect(left, top, wide, height, _FILLS[state], said=said)
    if lines := _LINES.get(state):
        colour, apart, falling = lines
        canvas.path(hatch(left, top, wide, height, apart, falling=falling), stroke=colour, stroke_width=1.3)
    if edge := _EDGES.get(state):
        canvas.rect(left + 0.5, top + 0.5, wide - 1, height - 1, "none", stroke=edge)


def draw_cross(canvas: Canvas, x: float, y: float, size: float) -> None:
    """Killed, or ended by itself."""
    strokes = ((x - size, y - size), (x + size, y + size)), ((x - size, y + size), (x + size, y - size))
    shape = " ".join(polyline(stroke) for stroke in strokes)
    canvas.path(shape, stroke=paint.CARD, stroke_width=5, fill="none")
    canvas.path(shape, stroke=paint.BAD, stroke_width=2.4, fill="none")


def draw_wedge(canvas: Canvas, x: float, y: float, size: float) -> None:
    """Taken out of rotation by the SLB's health check."""
    canvas.path(f"M{x - size:.1f} {y - size:.1f}h{2 * size:.1f}l{-size:.1f} {2 * size:.1f}z", fill=paint.BLIND)


def draw_beam(canvas: Canvas, left: float, top: float, wide: float, *, said: str = "") -> None:
    """No processor to spare, for so long."""
    canvas.rect(left, top, wide, 4, paint.BLIND, said=said)


def draw_bracket(  # noqa: PLR0913 - a rectangle, and how it looks
    canvas: Canvas, left: float, top: float, wide: float, height: float, *, bad: bool
) -> None:
    """Still called: from the mark to the last call."""
    middle, right = top + height / 2, left + wide
    shape = f"{polyline(((left, middle), (right, middle)))} {polyline(((right, top), (right, top + height)))}"
    around, inside = (6.0, 3.0) if bad else (4.0, 1.8)
    canvas.path(shape, stroke=paint.CARD, stroke_width=around, fill="none")
    canvas.path(shape, stroke=paint.BAD if bad else paint.INK, stroke_width=inside, fill="none")
