"""Puts the panels under each other and paints them, from the back to the front."""

from dataclasses import dataclass

from reports.picture import paint, text
from reports.picture.bands import bands_height, draw_bands, draw_columns
from reports.picture.data import Picture
from reports.picture.gantt import Gantt, draw_rows, draw_words, plan_gantt
from reports.picture.head import draw_head
from reports.picture.layout import Scale
from reports.picture.paint import LEFT, MARGIN, RIGHT, SMALL, WIDTH
from reports.picture.panels import (
    LATENCY_HEIGHT,
    TRAFFIC_HEIGHT,
    draw_latency,
    draw_nothing,
    draw_slow_starts,
    draw_traffic,
)
from reports.picture.strip import Strip, draw_bars, draw_blind, draw_labels, draw_sum, draw_windows, plan_strip
from reports.picture.svg import Canvas

_NOTHING_HEIGHT = 130
_AXIS = 34
_FOOT = 34


@dataclass(frozen=True, slots=True)
class _Tops:
    """Where each panel begins, from the top of the picture down."""

    bands: float
    panels: float
    strip: float
    bars_end: float
    latency: float
    gantt: float
    end: float


def render(picture: Picture) -> str:
    """The picture as an SVG document."""
    scale = Scale(picture.whole)
    front = Canvas()
    head = draw_head(front, picture)
    strip, gantt = plan_strip(picture, scale), plan_gantt(picture)
    tops = _tops(picture, head, strip, gantt)
    height = tops.end + (_AXIS if picture.timed else 0) + _FOOT
    canvas = Canvas()
    canvas.rect(0.5, 0.5, WIDTH - 1, height - 1, paint.CARD, stroke=paint.FRAME, rx=8)
    draw_columns(canvas, picture, scale, tops.panels - 8, tops.end)
    _draw_load(canvas, front, picture, scale, tops)
    draw_rows(canvas, gantt, scale, tops.gantt)
    if picture.losses is not None:
        draw_windows(canvas, picture.losses, scale, tops.panels, tops.end)
        draw_bars(canvas, picture.losses, scale, tops.bars_end)
        draw_sum(front, picture, picture.losses, tops.bars_end)
    if picture.traffic is not None:
        draw_blind(canvas, picture.blind, scale, tops.panels, tops.latency + LATENCY_HEIGHT)
    if gantt.blocks:
        draw_blind(canvas, picture.blind, scale, tops.gantt + gantt.rows_top, tops.end)
    draw_bands(canvas, picture, scale, tops.bands, tops.end)
    draw_labels(front, strip, tops.strip)
    draw_words(front, gantt, scale, tops.gantt)
    _draw_axis(front, picture, scale, tops)
    _draw_foot(front, picture, height)
    canvas.add(front)
    sentence = f"{picture.verdict.value}: {picture.headline}"
    return canvas.document(WIDTH, height, sentence, f"{picture.title}. {picture.about}. {picture.totals}")


def _tops(picture: Picture, head: float, strip: Strip, gantt: Gantt) -> _Tops:
    bands = head + 18
    panels = bands + bands_height(picture) + 14
    if picture.traffic is None:
        strip_top = panels + 12
        bars_end = latency = strip_top + max(_NOTHING_HEIGHT - 12, strip.lanes_height + 12)
        gantt_top = bars_end + (24 if gantt.blocks else 0)
    else:
        strip_top = panels + TRAFFIC_HEIGHT + 18
        bars_end = strip_top + strip.height
        latency = bars_end + 22
        gantt_top = latency + LATENCY_HEIGHT + 26
    return _Tops(bands, panels, strip_top, bars_end, latency, gantt_top, gantt_top + gantt.height)


def _draw_load(canvas: Canvas, front: Canvas, picture: Picture, scale: Scale, tops: _Tops) -> None:
    if picture.traffic is None:
        draw_nothing(canvas, tops.panels, tops.bars_end - tops.panels, "not shown")
        return
    draw_traffic(canvas, front, picture.traffic, picture.versions, scale, tops.panels)
    draw_latency(canvas, front, picture.traffic, scale, tops.latency)
    draw_slow_starts(canvas, front, picture.slow_starts, scale, tops.latency)


def _draw_axis(canvas: Canvas, picture: Picture, scale: Scale, tops: _Tops) -> None:
    if not picture.timed:
        return
    y = tops.end + 6
    canvas.line((LEFT, y), (RIGHT, y), paint.FAINT)
    canvas.text(LEFT - 12, y + 20, "s since origin", SMALL, paint.FAINT, anchor="end")
    for x, words in scale.ticks():
        canvas.line((x, y), (x, y + 5), paint.FAINT)
        canvas.text(x, y + 20, words, SMALL, paint.FAINT, anchor="middle")
    if picture.cut_ns is not None:
        x = scale.x(picture.cut_ns)
        canvas.line((x, tops.panels), (x, y), paint.BLIND, 3)


def _draw_foot(canvas: Canvas, picture: Picture, height: float) -> None:
    y = height - 14
    room = RIGHT - MARGIN - 30
    run = text.fit(picture.run, SMALL, room)
    canvas.text(MARGIN, y, run, SMALL, paint.FAINT)
    rest = text.fit(picture.missing or picture.totals, SMALL, room - text.width(run, SMALL))
    canvas.text(RIGHT, y, rest, SMALL, paint.BLIND if picture.missing else paint.FAINT, anchor="end")
