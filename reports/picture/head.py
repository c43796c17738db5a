"""The top of the picture: the verdict, its sentence, and what was released."""

from conformance.judge.model import Verdict
from reports.picture import paint, text
from reports.picture.data import Picture
from reports.picture.paint import MARGIN, WIDTH
from reports.picture.svg import Canvas, hatch, polyline

_TOP = 24
_BADGE_HEIGHT = 40
_BADGE_SIZE = 20
_SIGN = 34
"""Room for the sign in the badge."""
_HEADLINE_LEAD = 25
MOST_LINES = 3
MOST_ABOUT = 2


def draw_head(canvas: Canvas, picture: Picture) -> float:
    """Draw it; returns where it ends."""
    badge = _badge(canvas, picture.verdict)
    left = MARGIN + badge + 18
    room = WIDTH - MARGIN - left
    y = _TOP + 12.0
    canvas.text(left, y, text.fit(picture.title, paint.SMALL, room), paint.SMALL, paint.SUB)
    y += 1
    for line in text.wrap(picture.headline, paint.HEAD, room, MOST_LINES, bold=True):
        y += _HEADLINE_LEAD
        canvas.text(left, y, line, paint.HEAD, paint.INK, bold=True)
    if picture.about:
        y += 4
        for line in text.wrap(picture.about, paint.BODY, room, MOST_ABOUT):
            y += 20
            canvas.text(left, y, line, paint.BODY, paint.SUB)
    return max(y + 8, _TOP + _BADGE_HEIGHT)


def _badge(canvas: Canvas, verdict: Verdict) -> float:
    """The verdict as a word, a sign and a colour; returns its width."""
    wide = _SIGN + text.width(verdict.value, _BADGE_SIZE, bold=True) + 14
    colour = paint.VERDICTS[verdict]
    canvas.rect(MARGIN, _TOP, wide, _BADGE_HEIGHT, colour, rx=6)
    if verdict is Verdict.INCONCLUSIVE:
        lines = hatch(MARGIN + 2, _TOP + _BADGE_HEIGHT - 6, wide - 4, 5, 6)
        canvas.path(lines, stroke=paint.CARD, stroke_width=1.6, stroke_opacity=0.7)
    middle, signs = _TOP + _BADGE_HEIGHT / 2, MARGIN + 20
    strokes = {
        Verdict.GO: polyline(((signs - 8, middle), (signs - 2, middle + 6), (signs + 8, middle - 7))),
        Verdict.NO_GO: f"{polyline(((signs - 7, middle - 7), (signs + 7, middle + 7)))} "
        f"{polyline(((signs - 7, middle + 7), (signs + 7, middle - 7)))}",
        Verdict.INCONCLUSIVE: "",
    }[verdict]
    canvas.path(strokes, stroke=paint.CARD, stroke_width=3.5, fill="none", stroke_linecap="round")
    if verdict is Verdict.INCONCLUSIVE:
        canvas.text(signs, middle + 7, "?", 22, paint.CARD, bold=True, anchor="middle")
    canvas.text(MARGIN + _SIGN, middle + 7, verdict.value, _BADGE_SIZE, paint.CARD, bold=True)
    return wide
