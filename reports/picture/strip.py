"""What failed, where and when; where there is no evidence; and the labels that say so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from conformance.judge.model import Verdict
from conformance.judge.wording import length, number, plural
from conformance.vocabulary import FindingKind
from reports.picture import paint, text
from reports.picture.data import Bar, Blind, Loss, Losses, Picture, Span
from reports.picture.layout import Label, Placed, Scale, place
from reports.picture.paint import LEAD, LEFT, MARGIN, RIGHT, SMALL
from reports.picture.svg import Canvas, boxes, hatch

BARS_HEIGHT = 54
_NO_BARS_HEIGHT = 28
MOST_LANES = 5
_WIDEST = 520
_ROOMS = (520.0, 440.0, 380.0, 330.0, 300.0, 275.0, 250.0, 225.0)
"""How wide a label may be, from the most words to the fewest."""
_GAP = 14.0
_LEAST_BAR = 5.0
_HATCH = 9


@dataclass(frozen=True, slots=True)
class Said:
    """A label: what it says, line by line."""

    about: Loss | Blind
    lines: tuple[str, ...]
    label: Label


@dataclass(frozen=True, slots=True)
class Strip:
    """The labels of the panel of what failed, placed."""

    said: tuple[Said, ...]
    placed: tuple[Placed, ...]
    any_bars: bool

    @property
    def lane(self) -> float:
        """Height of a lane: as many lines as the longest label has."""
        return max((len(one.lines) for one in self.said), default=0) * LEAD + 8

    @property
    def lanes(self) -> int:
        """How many there are."""
        return max((one.lane + 1 for one in self.placed), default=0)

    @property
    def lanes_height(self) -> float:
        """Of all lanes of labels."""
        return self.lanes * self.lane

    @property
    def height(self) -> float:
        """Of the panel; lower where nothing failed."""
        return self.lanes_height + (BARS_HEIGHT if self.any_bars else _NO_BARS_HEIGHT)


def plan_strip(picture: Picture, scale: Scale) -> Strip:
    """What is to be said: in as many words as leave all of it side by side, else in as few as it takes."""
    bars = bool(picture.losses and picture.losses.bars)
    best: Strip | None = None
    for room in _ROOMS:
        said = _all_said(picture, scale, room)
        strip = Strip(said, place([one.label for one in said], MOST_LANES), bars)
        if best is None or strip.lanes < best.lanes or len(strip.placed) > len(best.placed):
            best = strip
        if best.lanes <= 1:
            return _widened(best, scale)
    return best or Strip((), (), bars)


def _widened(strip: Strip, scale: Scale) -> Strip:
    """One lane, with each label using the room until the next one."""
    ends = [*(one.left - _GAP for one in strip.placed), float(RIGHT)]
    said = list(strip.said)
    for one, end in zip(strip.placed, ends[1:], strict=True):
        about = said[one.index].about
        if isinstance(about, Loss):
            said[one.index] = _of_loss(about, scale, min(_ROOMS[0], end - one.left))
    return replace(strip, said=tuple(said))


def _all_said(picture: Picture, scale: Scale, room: float) -> tuple[Said, ...]:
    losses = [_of_loss(loss, scale, room) for loss in (picture.losses.steps if picture.losses else ())]
    blinds = [_of_blind(blind, scale) for blind in picture.blind]
    return tuple(sorted((*losses, *blinds), key=lambda one: one.label.left))


def _of_loss(loss: Loss, scale: Scale, room: float) -> Said:
    """In as many words as there is room for."""
    partial = f", {plural(loss.partial, FindingKind.PARTIAL_WRITE)}" if loss.partial else ""
    lengths = [window.length_ns for window in loss.windows]
    lasted = f"in {length(sum(lengths))}"
    if loss.before:
        heads: tuple[str, ...] = (f"{number(loss.failed)} failed before the release", f"{number(loss.failed)} failed")
    else:
        several = f"in {len(lengths)} windows, {length(sum(lengths))} in all" if len(lengths) > 1 else lasted
        lost = f"{number(loss.failed)} lost"
        heads = (f"{lost} {several}{partial}", f"{lost} {lasted}{partial}", f"{lost} {lasted}", lost)
    head = text.first_that_fits(heads, SMALL, room, bold=True) or heads[-1]
    whole = f"{loss.routes}: {loss.where[0]}"
    if text.width(whole, SMALL) <= room:
        lines: tuple[str, ...] = (head, whole)
    else:
        where = text.first_that_fits(loss.where, SMALL, room) or text.fit(loss.where[-1], SMALL, room)
        lines = (head, text.fit(loss.routes, SMALL, room), where)
    left, wide = scale.stretch(loss.windows[0])
    return Said(loss, lines, Label(left, left + wide, _width(lines) + 4))


def _of_blind(blind: Blind, scale: Scale) -> Said:
    left, wide = scale.stretch(blind.span)
    head = "No evidence here" if blind.placed else "Evidence is lacking"
    lines = (head, *text.wrap(blind.why, SMALL, _WIDEST, 2))
    return Said(blind, lines, Label(left, left + wide, _width(lines) + 24, centred=True))


def _width(lines: Sequence[str]) -> float:
    head, *rest = lines
    return max(text.width(head, SMALL, bold=True), *(text.width(line, SMALL) for line in rest))


def draw_windows(canvas: Canvas, losses: Losses, scale: Scale, top: float, bottom: float) -> None:
    """The error windows, shaded through all panels."""
    for before, colour in ((True, paint.BLIND), (False, paint.BAD_SHADE)):
        for window in _joined(window for loss in losses.steps if loss.before is before for window in loss.windows):
            left, wide = scale.stretch(window, least=2.5)
            canvas.rect(
                left,
                top,
                wide,
                bottom - top,
                colour,
                fill_opacity=0.13,
                said=f"error window of {length(window.length_ns)}",
            )


def _joined(windows: Iterable[Span]) -> list[Span]:
    """Those of different steps that overlap are one: shade upon shade would say that it was worse there."""
    found: list[Span] = []
    for window in sorted(windows, key=lambda one: one.began_ns):
        if found and found[-1].meets(window):
            found[-1] = found[-1].joined(window)
        else:
            found.append(window)
    return found


def draw_blind(canvas: Canvas, blinds: Iterable[Blind], scale: Scale, top: float, bottom: float) -> None:
    """The hatching where there is no evidence."""
    for blind in blinds:
        left, wide = scale.stretch(blind.span, least=4)
        canvas.rect(left, top, wide, bottom - top, paint.CARD, fill_opacity=0.3)
        lines = hatch(left, top, wide, bottom - top, _HATCH)
        canvas.path(lines, stroke=paint.BLIND, stroke_width=1.6, stroke_opacity=0.45)
        for edge in (left, left + wide):
            canvas.line((edge, top), (edge, bottom), paint.BLIND, 1, stroke_opacity=0.6)


def draw_bars(canvas: Canvas, losses: Losses, scale: Scale, bottom: float) -> None:
    """How many failed when, with a mark where a write was left half done."""
    canvas.line((LEFT, bottom), (RIGHT, bottom), paint.FRAME)
    most = max((bar.failed for bar in losses.bars), default=0)
    shapes, marks = [], []
    for bar in losses.bars:
        left, wide = scale.stretch(bar.span)
        wide = max(wide - 1, _LEAST_BAR)
        high = _bar_height(bar, most)
        if bar.failed:
            shapes.append((left, bottom - high, wide, high))
        if bar.partial:
            marks.append(_mark(left + wide / 2, bottom - high - 3))
    canvas.path(boxes(shapes), fill=paint.BAD)
    canvas.path(" ".join(marks), fill=paint.INK, stroke=paint.CARD, stroke_width=0.8)


def _bar_height(bar: Bar, most: int) -> float:
    """At least high enough to be seen; room above for the mark."""
    return 0.0 if not bar.failed else 6 + (BARS_HEIGHT - 22) * bar.failed / most


def _mark(x: float, y: float) -> str:
    """A wedge that points down at where a write was left half done."""
    return f"M{x - 5.5:.1f} {y - 10:.1f}h11l-5.5 10z"


def draw_sum(canvas: Canvas, picture: Picture, losses: Losses, bottom: float) -> None:
    """How many failed in all, and what else was lost."""
    top = bottom - (BARS_HEIGHT if losses.bars else _NO_BARS_HEIGHT)
    canvas.text(MARGIN, top + 14, "Failed", SMALL, paint.INK, bold=True)
    good = paint.SUB if picture.verdict is Verdict.NO_GO else paint.VERDICTS[picture.verdict]
    colour = paint.BAD if losses.failed else good
    size = 21 if losses.failed < 100_000 else 17  # noqa: PLR2004 - what fits beside the word
    canvas.text(LEFT - 8, top + 18, number(losses.failed), size, colour, bold=True, anchor="end")
    for index, line in enumerate(losses.others[:2]):
        y = top + 32 + index * LEAD
        canvas.path(_mark(MARGIN + 6, y), fill=paint.INK)
        room = LEFT - MARGIN - 25
        words = text.first_that_fits((line, line.rpartition(" ")[0]), SMALL, room) or text.fit(line, SMALL, room)
        canvas.text(MARGIN + 17, y, words, SMALL, paint.SUB)
    if not losses.bars and not losses.others:
        words = "none in the whole run" if picture.verdict is Verdict.GO else "none seen since the release began"
        canvas.text(LEFT + 8, bottom - 9, words, SMALL, colour, bold=True, halo=paint.CARD)


def draw_labels(canvas: Canvas, strip: Strip, top: float) -> None:
    """What was lost and what is not known, in words."""
    for one in strip.placed:
        said, y = strip.said[one.index], top + one.lane * strip.lane
        blind = isinstance(said.about, Blind)
        if blind:
            high = len(said.lines) * LEAD + 6
            canvas.rect(one.left, y, said.label.width, high, paint.CARD, stroke=paint.BLIND, rx=4)
        bad = isinstance(said.about, Loss) and not said.about.before
        x = one.left + said.label.width / 2 if blind else one.left
        for index, line in enumerate(said.lines):
            canvas.text(
                x,
                y + 15 + index * LEAD,
                line,
                SMALL,
                paint.SUB if index else paint.BAD if bad else paint.BLIND,
                bold=not index,
                anchor="middle" if blind else "start",
                halo=paint.CARD,
            )
