"""The panels of the load: who answered, and how quickly."""

from collections.abc import Callable, Sequence

from conformance.judge.model import SlowStart
from conformance.judge.wording import SECOND_NS, number
from reports.picture import paint, text
from reports.picture.data import Slice, Traffic, Versions
from reports.picture.layout import Scale, round_up
from reports.picture.paint import LEFT, MARGIN, RIGHT, SMALL
from reports.picture.svg import Canvas, Point, hatch, polygon, polyline

TRAFFIC_HEIGHT = 132
LATENCY_HEIGHT = 84
_LEGEND_ROOM = LEFT - MARGIN - 64
_TICK_X = LEFT - 8
_STRIPES = {"stroke": paint.CARD, "stroke_width": "1.3", "stroke_opacity": "0.75"}
"""What failed is as dark as the new version: they tell the two apart where no colour does."""
_LINES = (("p99", paint.P99, 2.2, "none"), ("p50", paint.P50, 1.8, "5 3"))


def draw_traffic(  # noqa: PLR0913, PLR0917 - two canvases, what is drawn, and where
    canvas: Canvas, front: Canvas, traffic: Traffic, versions: Versions, scale: Scale, top: float
) -> None:
    """Requests per second, stacked by the version that answered, with the rate that was planned; words in front."""
    bottom = top + TRAFFIC_HEIGHT
    most = round_up(max([traffic.rate, *(_rate(one, one.total) for one in traffic.slices)]) * 1.12)

    def y(rate: float) -> float:
        return bottom - TRAFFIC_HEIGHT * min(rate, most) / most

    _grid(canvas, most, y)
    told = any(one.old or one.new for one in traffic.slices)
    layers = [
        ("old", paint.OLD, versions.old),
        ("new", paint.NEW, versions.new),
        ("third", paint.THIRD, versions.third),
        ("elsewhere", paint.ELSEWHERE, "not asked" if told else "not told"),
        ("failed", paint.BAD, "failed"),
    ]
    base = [0] * len(traffic.slices)
    legend = []
    for name, colour, words in layers:
        counts = [int(getattr(one, name)) for one in traffic.slices]
        if any(counts):
            canvas.path(_area(traffic.slices, base, counts, scale, y), fill=colour)
            legend.append((colour, words))
        if name == "failed":
            _stripe(canvas, traffic.slices, base, counts, scale, y)
        base = [below + count for below, count in zip(base, counts, strict=True)]
    canvas.line((LEFT, y(traffic.rate)), (RIGHT, y(traffic.rate)), paint.INK, 1.2, stroke_dasharray="2 4")
    plan = f"plan {number(traffic.rate)}/s"
    front.text(RIGHT - 4, y(traffic.rate) - 5, plan, SMALL, paint.INK, anchor="end", halo=paint.CARD)
    _traffic_key(front, traffic, legend, top)


def _traffic_key(canvas: Canvas, traffic: Traffic, legend: Sequence[tuple[str, str]], top: float) -> None:
    canvas.text(MARGIN, top + 12, "Requests/s", SMALL, paint.INK, bold=True)
    service, room = traffic.service, LEFT - MARGIN - 8
    ways = (f"{service}, 1st of {traffic.first_of}", f"{service}, 1st") if traffic.first_of > 1 else (service,)
    words = text.first_that_fits(ways, SMALL, room) or text.fit(service, SMALL, room)
    canvas.text(MARGIN, top + 29, words, SMALL, paint.SUB)
    for index, (colour, words) in enumerate(reversed(legend)):
        y = top + 38 + index * 20
        canvas.rect(MARGIN, y, 12, 12, colour, stroke=paint.FAINT, stroke_width=0.6)
        if colour == paint.BAD:
            canvas.path(hatch(MARGIN, y, 12, 12, 6), **_STRIPES)
        canvas.text(MARGIN + 19, y + 11, text.fit(words, SMALL, _LEGEND_ROOM - 19), SMALL, paint.SUB)


def _area(
    slices: Sequence[Slice], base: Sequence[int], counts: Sequence[int], scale: Scale, y: Callable[[float], float]
) -> str:
    """One layer: a run of steps above what is below it, broken where nothing was due."""
    parts: list[str] = []
    upper: list[Point] = []
    lower: list[Point] = []
    before_ns: int | None = None
    for one, below, count in zip(slices, base, counts, strict=True):
        if before_ns is not None and one.span.began_ns != before_ns:
            parts.append(polygon([*upper, *reversed(lower)]))
            upper, lower = [], []
        before_ns = one.span.ended_ns
        left, right = scale.x(one.span.began_ns), scale.x(one.span.ended_ns)
        high, low = y(_rate(one, below + count)), y(_rate(one, below))
        upper += [(left, high), (right, high)]
        lower += [(left, low), (right, low)]
    return " ".join((*parts, polygon([*upper, *reversed(lower)])))


def _stripe(  # noqa: PLR0913, PLR0917 - the same as the layer
    canvas: Canvas,
    slices: Sequence[Slice],
    base: Sequence[int],
    counts: Sequence[int],
    scale: Scale,
    y: Callable[[float], float],
) -> None:
    """White stripes across a layer."""
    lines = []
    for one, below, count in zip(slices, base, counts, strict=True):
        if count:
            left, wide = scale.stretch(one.span)
            upper, lower = y(_rate(one, below + count)), y(_rate(one, below))
            lines.append(hatch(left, upper, wide, lower - upper, 6))
    canvas.path(" ".join(lines), **_STRIPES)


def _rate(one: Slice, count: int) -> float:
    return count / max(one.span.length_ns / SECOND_NS, 1e-9)


def draw_latency(canvas: Canvas, front: Canvas, traffic: Traffic, scale: Scale, top: float) -> None:
    """Median and 99th percentile of the expected answers, from when each request was due; words in front."""
    timed = [(one, one.p50_ms, one.p99_ms) for one in traffic.slices if one.p99_ms is not None]
    bottom = top + LATENCY_HEIGHT
    most = round_up(max((p99 for _, _, p99 in timed if p99 is not None), default=1.0) * 1.1)

    def y(value: float) -> float:
        return bottom - LATENCY_HEIGHT * min(value, most) / most

    _grid(canvas, most, y)
    canvas.text(MARGIN, top + 12, "Latency ms", SMALL, paint.INK, bold=True)
    canvas.text(MARGIN, top + 29, "from due time", SMALL, paint.SUB)
    for index, (words, colour, thick, dash) in enumerate(_LINES):
        level = top + 44 + index * 20
        canvas.line((MARGIN, level), (MARGIN + 20, level), colour, thick, stroke_dasharray=dash)
        canvas.text(MARGIN + 28, level + 5, words, SMALL, paint.SUB)
        values = [(one, p99 if words == "p99" else p50) for one, p50, p99 in timed]
        for run in _runs(values):
            points = [(scale.x((one.span.began_ns + one.span.ended_ns) // 2), y(value)) for one, value in run]
            canvas.path(
                polyline(points),
                fill="none",
                stroke=colour,
                stroke_width=thick,
                stroke_linejoin="round",
                stroke_dasharray=dash,
            )
    if timed:
        _worst(front, timed, scale, y)


def draw_slow_starts(canvas: Canvas, front: Canvas, starts: Sequence[SlowStart], scale: Scale, top: float) -> None:
    """A line along the top of the panel while a new incarnation was slow; the longest is named."""
    if not starts:
        return
    for one in starts:
        left, right = (scale.x(at_ns) for at_ns in _span_of(one))
        canvas.line((left, top), (max(right, left + 2), top), paint.LEAVING_LINES, 4)
    longest = max(starts, key=lambda one: one.seconds)
    words = f"{longest.incarnation} slow for {longest.seconds:.1f} s"
    more = f" and {len(starts) - 1} more" if len(starts) > 1 else ""
    x = min(scale.x(longest.since_ns), RIGHT - text.width(words + more, SMALL))
    front.text(x, top - 5, words + more, SMALL, paint.LEAVING_LINES, halo=paint.CARD)


def _span_of(one: SlowStart) -> tuple[int, int]:
    return one.since_ns, one.since_ns + round(one.seconds * SECOND_NS)


def _runs(values: Sequence[tuple[Slice, float | None]]) -> list[list[tuple[Slice, float]]]:
    """Neighbouring slices that have a value: a line is not drawn across a gap."""
    found: list[list[tuple[Slice, float]]] = []
    for one, value in values:
        if value is None:
            continue
        if found and found[-1][-1][0].span.ended_ns == one.span.began_ns:
            found[-1].append((one, value))
        else:
            found.append([(one, value)])
    return found


def _worst(
    canvas: Canvas, timed: Sequence[tuple[Slice, float | None, float | None]], scale: Scale, y: Callable[[float], float]
) -> None:
    worst, _, value = max(timed, key=lambda item: item[2] or 0.0)
    value = value or 0.0
    x, words = scale.x((worst.span.began_ns + worst.span.ended_ns) // 2), f"worst p99 {value:,.0f} ms"
    canvas.path(f"M{x - 4:.1f} {y(value):.1f}l4 -4l4 4l-4 4z", fill=paint.P99)
    right = x + 10 + text.width(words, SMALL, bold=True) <= RIGHT
    canvas.text(
        x + 10 if right else x - 10,
        y(value) - 4,
        words,
        SMALL,
        paint.P99,
        bold=True,
        anchor="start" if right else "end",
        halo=paint.CARD,
    )


def _grid(canvas: Canvas, most: float, y: Callable[[float], float]) -> None:
    for value in (0.0, most / 2, most):
        canvas.line((LEFT, y(value)), (RIGHT, y(value)), paint.GRID)
        canvas.text(_TICK_X, y(value) + 5, f"{value:,.10g}", SMALL, paint.FAINT, anchor="end")


def draw_nothing(canvas: Canvas, top: float, height: float, words: str) -> None:
    """In the place of the panels of a record without requests that can be believed."""
    canvas.rect(LEFT, top, RIGHT - LEFT, height, paint.CARD, stroke=paint.FRAME)
    canvas.path(hatch(LEFT, top, RIGHT - LEFT, height, 9), stroke=paint.BLIND, stroke_width=1.6, stroke_opacity=0.45)
    canvas.text(MARGIN, top + 15, "Requests", SMALL, paint.INK, bold=True)
    canvas.text(MARGIN, top + 32, text.fit(words, SMALL, LEFT - MARGIN - 8), SMALL, paint.SUB)
