"""The call graph: who calls whom, who is released, and how many requests were lost on which hop.

Services stand in columns by their distance from the SLB; workers and supporting ones, which no request goes through,
stand apart below. What is told by a colour is told by words, too; the card is light on any page, as the picture's is.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.judge.model import Judgement
from conformance.judge.wording import number
from conformance.record.contract import SLB_CALLS, ServiceFacts
from reports.picture import paint, text
from reports.picture.svg import Canvas

BOX_WIDTH, BOX_HEIGHT = 190, 50
COLUMN, ROW = 290, 74
"""From one column, or row, to the next."""
TOP = 56
_LABEL_WIDTH = COLUMN - BOX_WIDTH - 16


@dataclass(frozen=True, slots=True)
class Box:
    """A service, or the SLB, and where it stands."""

    name: str
    about: str
    left: float
    top: float
    released: bool


def call_graph(judgement: Judgement) -> str:
    """The graph as SVG; empty where the record could not be read."""
    if not judgement.services:
        return ""
    placed = places(judgement.services, judgement.released)
    lost = Counter({loss.hop: 0 for loss in judgement.losses})
    for loss in judgement.losses:
        lost[loss.hop] += loss.count
    width = max(box.left for box in placed.values()) + BOX_WIDTH + paint.MARGIN
    height = max(box.top for box in placed.values()) + BOX_HEIGHT + paint.MARGIN
    canvas = Canvas()
    canvas.rect(0, 0, width, height, paint.CARD, stroke=paint.FRAME)
    canvas.text(paint.MARGIN, 30, "Who calls whom", paint.BODY, paint.INK, bold=True)
    for caller, callee in edges(judgement.services):
        _draw_edge(canvas, placed[caller], placed[callee], lost[f"{caller}->{callee}"])
    for box in placed.values():
        _draw_box(canvas, box)
    return canvas.document(width, height, "The call graph", told(judgement.services, judgement.released, lost))


def told(services: Sequence[ServiceFacts], released: Sequence[str], lost: Mapping[str, int]) -> str:
    """The graph in words."""
    calls = [
        f"{caller} calls {callee}"
        + (f" ({number(times)} lost)" if (times := lost.get(f"{caller}->{callee}", 0)) else "")
        for caller, callee in edges(services)
    ]
    apart = [f"{one.name} is {one.position}" for one in services if one.position in {"worker", "supporting"}]
    return "; ".join((*calls, *apart, f"released: {', '.join(released)}"))


def edges(services: Sequence[ServiceFacts]) -> tuple[tuple[str, str], ...]:
    """Caller and callee of every hop, the SLB's first."""
    known = {one.name for one in services}
    by_slb = [(SLB_CALLS, one.name) for one in services if one.position == "entry"]
    return (*by_slb, *((one.name, callee) for one in services for callee in one.calls if callee in known))


def places(services: Sequence[ServiceFacts], released: Sequence[str]) -> dict[str, Box]:
    """Where each stands: those that requests go through by their most hops from the SLB, the others below them."""
    columns = {SLB_CALLS: 0}
    for _ in services:  # a call graph has no cycles, so no way is longer than there are services
        for caller, callee in edges(services):
            if caller in columns:
                columns[callee] = max(columns.get(callee, 0), columns[caller] + 1)
    found: dict[str, Box] = {}
    rows: Counter[int] = Counter()
    for name, column in columns.items():
        about = next((_about(one, released) for one in services if one.name == name), "")
        left, top = paint.MARGIN + column * COLUMN, TOP + rows[column] * ROW
        found[name] = Box("SLB" if name == SLB_CALLS else name, about, left, top, name in released)
        rows[column] += 1
    below = TOP + max(rows.values()) * ROW + ROW // 4
    apart = [one for one in services if one.name not in found]
    for index, one in enumerate(apart):
        left = paint.MARGIN + (index % 4) * COLUMN
        top = below + index // 4 * ROW
        found[one.name] = Box(one.name, _about(one, released), left, top, one.name in released)
    return found


def _about(service: ServiceFacts, released: Sequence[str]) -> str:
    instances = f"{len(service.instances)} x {service.version}"
    return f"{'released ' if service.name in released else ''}{service.position}, {instances}"


def _draw_box(canvas: Canvas, box: Box) -> None:
    edge = paint.NEW if box.released else paint.FRAME
    room = BOX_WIDTH - 20
    canvas.rect(
        box.left,
        box.top,
        BOX_WIDTH,
        BOX_HEIGHT,
        paint.COLUMN,
        stroke=edge,
        stroke_width=3 if box.released else 1.5,
        rx=6,
        said=f"{box.name}: {box.about}" if box.about else box.name,
    )
    middle = box.top + (30 if not box.about else 21)
    name = text.fit(box.name, paint.BODY, room, bold=True)
    canvas.text(box.left + 10, middle, name, paint.BODY, paint.INK, bold=True)
    canvas.text(box.left + 10, box.top + 40, text.fit(box.about, paint.SMALL, room), paint.SMALL, paint.SUB)


def _draw_edge(canvas: Canvas, caller: Box, callee: Box, lost: int) -> None:
    colour = paint.BAD if lost else paint.STOPPING
    begin = (caller.left + BOX_WIDTH, caller.top + BOX_HEIGHT / 2)
    end = (callee.left, callee.top + BOX_HEIGHT / 2)
    if callee.left <= caller.left:  # both stand apart: the line goes from edge to edge
        begin = (caller.left + BOX_WIDTH / 2, caller.top + BOX_HEIGHT)
        end = (callee.left + BOX_WIDTH / 2, callee.top)
    canvas.line(begin, end, colour, 3 if lost else 1.5)
    x, y = end
    canvas.path(f"M{x:.1f} {y:.1f} l-9 -5 v10 z", fill=colour)
    if lost:
        words = text.fit(f"{number(lost)} lost", paint.SMALL, _LABEL_WIDTH, bold=True)
        centre = (x - (COLUMN - BOX_WIDTH) / 2, y - 8 + (begin[1] - y) / 3)
        canvas.text(*centre, words, paint.SMALL, paint.BAD, bold=True, anchor="middle", halo=paint.CARD)
