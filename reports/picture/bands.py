"""The row of steps above the panels, and the columns that run down from it through all of them."""

from reports.picture import paint, text
from reports.picture.data import Band, BandKind, Pause, Picture
from reports.picture.layout import Scale
from reports.picture.paint import LEFT, SMALL
from reports.picture.signs import draw_beam
from reports.picture.svg import Canvas, hatch

_HEIGHT = 28
_PAUSE_HEIGHT = 20
_LEAST_WORDS = 90
_FILLS = {
    BandKind.LOOK: paint.BAND_LOOK,
    BandKind.BATCH: paint.BAND_BATCH,
    BandKind.FAULT: paint.BAND_FAULT,
    BandKind.UNDO: paint.BAND_UNDO,
}
_COLUMNS = {
    BandKind.BATCH: paint.COLUMN,
    BandKind.FAULT: paint.COLUMN_FAULT,
    BandKind.UNDO: paint.COLUMN_UNDO,
}


def bands_height(picture: Picture) -> float:
    """How much room the row takes."""
    if not picture.bands:
        return 0
    return _HEIGHT + (_PAUSE_HEIGHT + 3 if picture.pauses else 0)


def draw_columns(canvas: Canvas, picture: Picture, scale: Scale, top: float, bottom: float) -> None:
    """What lies behind everything: the time of the steps that touch somebody, and that CPU-starved."""
    for band in picture.bands:
        if colour := _COLUMNS.get(band.kind):
            left, wide = scale.stretch(band.span)
            canvas.rect(left, top, wide, bottom - top, colour)
    for span in picture.starved:
        left, wide = scale.stretch(span, least=2)
        canvas.rect(left, top, wide, bottom - top, paint.COLUMN_STARVED)
        draw_beam(canvas, left, top, wide, said="the machine was CPU-starved")


def draw_bands(canvas: Canvas, picture: Picture, scale: Scale, top: float, bottom: float) -> None:
    """The row itself, and a line down from where each step begins."""
    if not picture.bands:
        return
    canvas.text(LEFT - 12, top + 19, "Release step", SMALL, paint.SUB, anchor="end")
    for band in picture.bands:
        left = scale.x(band.span.began_ns)
        if left > LEFT:
            canvas.line((left, top + _HEIGHT), (left, bottom), paint.FAINT, stroke_dasharray="1 4")
        _draw_band(canvas, band, scale, top)
    for pause in picture.pauses:
        _draw_pause(canvas, pause, scale, top + _HEIGHT + 3, bottom)
    if picture.pauses:
        canvas.text(LEFT - 12, top + _HEIGHT + 18, "paused", SMALL, paint.SUB, anchor="end")


def _draw_band(canvas: Canvas, band: Band, scale: Scale, top: float) -> None:
    left, wide = scale.stretch(band.span, least=3)
    said = f"{band.number} {band.title}" + (f": {band.saw}" if band.saw else "")
    canvas.rect(left + 0.5, top, wide - 1, _HEIGHT, _FILLS[band.kind], said=said, rx=3)
    if band.kind is BandKind.UNDO:
        canvas.path(hatch(left + 1, top + _HEIGHT - 5, wide - 2, 5, 7), stroke=paint.BLIND, stroke_width=1.2)
    if band.failed:
        canvas.rect(left + 1.5, top + 1, wide - 3, _HEIGHT - 2, "none", stroke=paint.BAD, stroke_width=2, rx=3)
    bold = band.kind is not BandKind.LOOK
    head = band.title.partition(":")[0]
    ways: tuple[str, ...] = (band.title, head, head.partition(" of ")[0], head.partition(" ")[0], band.number)
    if band.failed:
        ways = (f"{band.title}: failed", f"{head}: failed", "failed", *ways)
    words = text.first_that_fits(ways, SMALL, wide * 1.08 - 2, bold=bold)
    colour = paint.BAD if band.failed else paint.INK
    canvas.text(left + wide / 2, top + 19, words, SMALL, colour, bold=bold, anchor="middle")


def _draw_pause(canvas: Canvas, pause: Pause, scale: Scale, top: float, bottom: float) -> None:
    left, wide = scale.stretch(pause.span, least=3)
    canvas.rect(left, top, wide, _PAUSE_HEIGHT, paint.CARD, said=pause.why, stroke=paint.SUB, stroke_dasharray="3 2")
    for edge in (left, left + wide):
        canvas.line((edge, top + _PAUSE_HEIGHT), (edge, bottom), paint.SUB, stroke_dasharray="3 3", stroke_opacity=0.6)
    if wide > _LEAST_WORDS:
        canvas.text(left + 5, top + 15, text.fit(pause.why, SMALL, wide - 8), SMALL, paint.SUB)
