"""Every instance of every released service through the run: who served what, who was away, who was called too long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.picture import paint, text
from reports.picture.data import Group, Picture, Row, Segment, State
from reports.picture.layout import Scale
from reports.picture.legend import Legend, draw_legend, plan_legend
from reports.picture.paint import LEFT, MARGIN, RIGHT, SMALL
from reports.picture.signs import draw_bracket, draw_cross, draw_state, draw_wedge
from reports.picture.svg import Canvas, polyline

_HEAD = 22
_ROOMY, _TIGHT = 22.0, 18.0
_MOST_ROOMY, _MOST_TIGHT = 14, 26
_MOST_HEIGHT = 560.0
_LEAST_PITCH, _MOST_PITCH = 6.0, 11.0
_BATCH_GAP = 4.0
_GROUP_GAP = 10.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """A row and where it goes."""

    row: Row
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Block:
    """A group and where its rows go."""

    group: Group
    head: float | None
    """Where its title stands; None: it has none, being the only one."""
    shelves: tuple[Shelf, ...]
    named: bool
    """Whether every row has its name; else each batch has one for all of them."""


@dataclass(frozen=True, slots=True)
class Gantt:
    """All groups, and where they end; heights count from the top of the panel."""

    blocks: tuple[Block, ...]
    legend: Legend
    rows_top: float
    """Where the legend ends."""
    height: float


def plan_gantt(picture: Picture) -> Gantt:
    """Where each row goes. Rows shrink as they become many, and then share their batch's name."""
    count = sum(len(group.rows) for group in picture.groups)
    legend = plan_legend(picture)
    if not count:
        return Gantt((), legend, 0, 0)
    named = count <= _MOST_TIGHT
    if named:
        pitch = _ROOMY if count <= _MOST_ROOMY else _TIGHT
    else:
        pitch = min(_MOST_PITCH, max(_LEAST_PITCH, _MOST_HEIGHT / count))
    rows_top = legend.height + 8.0
    y, blocks = rows_top, []
    for group in picture.groups:
        head = y if len(picture.groups) > 1 else None
        y += _HEAD if len(picture.groups) > 1 else 0
        shelves, y = _shelves(group, y, pitch, named=named)
        blocks.append(Block(group, head, shelves, named))
        y += _GROUP_GAP
    return Gantt(tuple(blocks), legend, rows_top, y - _GROUP_GAP)


def _shelves(group: Group, top: float, pitch: float, *, named: bool) -> tuple[tuple[Shelf, ...], float]:
    batch_of = {name: index for index, batch in enumerate(group.batches) for name in batch}
    height = pitch - 7 if named and pitch == _ROOMY else pitch - (4 if named else 2)
    found, y, before = [], top, None
    for row in group.rows:
        batch = batch_of.get(row.instance)
        if before is not None and batch != before:
            y += _BATCH_GAP
        before = batch
        found.append(Shelf(row, y + (pitch - height) / 2, height))
        y += pitch
    return tuple(found), y


def draw_rows(canvas: Canvas, gantt: Gantt, scale: Scale, top: float) -> None:
    """The rows themselves, without words."""
    for block in gantt.blocks:
        for shelf in block.shelves:
            for segment in shelf.row.segments:
                _draw_segment(canvas, segment, scale, top + shelf.top, shelf.height)
            for lag in shelf.row.lags:
                left, wide = scale.stretch(lag.span, least=2.0)
                draw_bracket(canvas, left, top + shelf.top, wide, shelf.height, bad=lag.bad)
            middle = top + shelf.top + shelf.height / 2
            size = min(5.0, shelf.height / 2)
            for at_ns in shelf.row.ends:
                draw_cross(canvas, scale.x(at_ns), middle, size)
            for at_ns in shelf.row.left:
                draw_wedge(canvas, scale.x(at_ns), middle, size)


def _draw_segment(canvas: Canvas, segment: Segment, scale: Scale, top: float, height: float) -> None:
    left, wide = scale.stretch(segment.span, least=0.8)
    if segment.half is not None:
        top, height = top + segment.half * height / 2, height / 2 - 0.5
    draw_state(canvas, segment.state, left, top, wide, height, said=segment.said)


def draw_words(canvas: Canvas, gantt: Gantt, scale: Scale, top: float) -> None:
    """Legend, names and notes."""
    if not gantt.blocks:
        return
    canvas.text(MARGIN, top + 14, "Instances", SMALL, paint.INK, bold=True)
    draw_legend(canvas, gantt.legend, top)
    for block in gantt.blocks:
        if block.head is not None:
            words = text.fit(block.group.title, SMALL, LEFT - MARGIN - 8, bold=True)
            canvas.text(MARGIN, top + block.head + 16, words, SMALL, paint.INK, bold=True)
        if block.named:
            _draw_names(canvas, block, top)
        else:
            _draw_batch_names(canvas, block, top)
        for shelves in _noted(block):
            _draw_note(canvas, shelves, scale, top)


def _draw_names(canvas: Canvas, block: Block, top: float) -> None:
    for shelf in block.shelves:
        bad = bool(shelf.row.note) and shelf.row.against
        words = text.fit_tail(shelf.row.instance, SMALL, LEFT - MARGIN - 10, bold=bad)
        y = top + shelf.top + shelf.height / 2 + 5
        canvas.text(LEFT - 10, y, words, SMALL, paint.BAD if bad else paint.INK, bold=bad, anchor="end")


def _draw_batch_names(canvas: Canvas, block: Block, top: float) -> None:
    """One name for the instances of a batch, beside a bracket around their rows."""
    free = top
    for shelves in _batches(block):
        first, last = shelves[0], shelves[-1]
        upper, lower = top + first.top, top + last.top + last.height
        canvas.path(
            polyline(((LEFT - 4, upper), (LEFT - 8, upper), (LEFT - 8, lower), (LEFT - 4, lower))),
            stroke=paint.FAINT,
            fill="none",
        )
        names = first.row.instance if len(shelves) == 1 else f"{first.row.instance} ... {_tail(shelves)}"
        middle = (upper + lower) / 2 + 5
        if middle - SMALL >= free:
            bad = any(shelf.row.note and shelf.row.against for shelf in shelves)
            words = text.fit_tail(names, SMALL, LEFT - MARGIN - 14, bold=bad)
            canvas.text(LEFT - 14, middle, words, SMALL, paint.BAD if bad else paint.INK, bold=bad, anchor="end")
            free = middle + 3


def _tail(shelves: Sequence[Shelf]) -> str:
    """The last name, without what it shares with the first."""
    first, last = shelves[0].row.instance, shelves[-1].row.instance
    stem = last.rpartition("-")[0]
    return last[len(stem) + 1 :] if stem and first.startswith(f"{stem}-") else last


def _batches(block: Block) -> Iterator[tuple[Shelf, ...]]:
    batch_of = {name: index for index, batch in enumerate(block.group.batches) for name in batch}
    together: list[Shelf] = []
    for shelf in block.shelves:
        if together and batch_of.get(together[0].row.instance) != batch_of.get(shelf.row.instance):
            yield tuple(together)
            together = []
        together.append(shelf)
    if together:
        yield tuple(together)


def _noted(block: Block) -> Iterator[tuple[Shelf, ...]]:
    """The rows that share a note: each its own where there is room, else those of a batch."""
    if block.named:
        yield from ((shelf,) for shelf in block.shelves if shelf.row.note)
        return
    for shelves in _batches(block):
        if noted := tuple(shelf for shelf in shelves if shelf.row.note):
            yield noted


def _draw_note(canvas: Canvas, shelves: Sequence[Shelf], scale: Scale, top: float) -> None:
    """What is held against the release, right of what happened there, or left of it where the picture ends."""
    worst = next((shelf for shelf in shelves if shelf.row.against), shelves[0])
    more = len(shelves) - 1
    words = worst.row.note if not more else f"{worst.row.instance}: {worst.row.note}, and {more} more"
    words = text.fit(words, SMALL, RIGHT - LEFT - 20, bold=True)
    wide = text.width(words, SMALL, bold=True) + 10
    began, ended = _busy([shelf.row for shelf in shelves], scale)
    left = ended + 8 if ended + 8 + wide <= RIGHT else began - 8 - wide
    left = max(LEFT, min(left, RIGHT - wide))
    middle = top + (shelves[0].top + shelves[-1].top + shelves[-1].height) / 2
    canvas.rect(left, middle - 9, wide, 18, paint.CARD, fill_opacity=0.94, rx=3)
    colour = paint.BAD if worst.row.against else paint.BLIND
    canvas.text(left + 5, middle + 5, words, SMALL, colour, bold=True)


def _busy(rows: Sequence[Row], scale: Scale) -> tuple[float, float]:
    """From where to where something but serving happens on these rows."""
    calm = (State.OLD, State.NEW, State.THIRD, State.OTHER)
    spans = [segment.span for row in rows for segment in row.segments if segment.state not in calm]
    spans += [lag.span for row in rows for lag in row.lags]
    moments = [at_ns for row in rows for at_ns in (*row.left, *row.ends)]
    begins = [scale.x(span.began_ns) for span in spans] + [scale.x(at_ns) for at_ns in moments]
    ends = [scale.x(span.ended_ns) for span in spans] + [scale.x(at_ns) for at_ns in moments]
    return min(begins, default=LEFT), max(ends, default=LEFT)
