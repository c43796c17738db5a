"""How wide a text is, and how it is made to fit, without asking any font.

Nobody knows which font a reader has. Widths are those of DejaVu Sans, the widest of those that a browser is likely to
take: with any other a text is shorter than was thought, and never runs into its neighbour.
"""

import re

_ASCII = (
    "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 77 "
    "63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 "
    "58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84"
)
_WIDTHS = {chr(32 + index): int(width) / 100 for index, width in enumerate(_ASCII.split())}
"""In em."""
_WIDTHS["\u00a0"] = _WIDTHS[" "]
_OTHER = 1.0
_BOLD = 1.13
ELLIPSIS = "..."


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Of one line, in the units of ``size``."""
    return sum(_WIDTHS.get(char, _OTHER) for char in text) * size * (_BOLD if bold else 1.0)


def fit(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as there is room for; empty where not even a few letters fit."""
    if width(text, size, bold=bold) <= room:
        return text
    end = len(text)
    while end and width(text[:end].rstrip() + ELLIPSIS, size, bold=bold) > room:
        end -= 1
    return text[:end].rstrip() + ELLIPSIS if end > 1 else ""


def fit_tail(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """As ``fit``, with the end of the text: instances of one service differ in nothing else."""
    if width(text, size, bold=bold) <= room:
        return text
    begin = 0
    while begin < len(text) and width(ELLIPSIS + text[begin:].lstrip(), size, bold=bold) > room:
        begin += 1
    return ELLIPSIS + text[begin:].lstrip() if begin < len(text) - 1 else ""


def first_that_fits(texts: tuple[str, ...], size: float, room: float, *, bold: bool = False) -> str:
    """The first of several ways to say it that there is room for; empty where there is none."""
    return next((text for text in texts if width(text, size, bold=bold) <= room), "")


def _kept_together(text: str) -> str:
    """A figure and its unit do not part."""
    return re.sub(r"(\d) (m?s\b|%)", "\\1\u00a0\\2", text)


def wrap(text: str, size: float, room: float, most: int, *, bold: bool = False) -> tuple[str, ...]:
    """Lines of whole words, at most so many; the last says by an ellipsis that there is more."""
    lines: list[str] = []
    words = [word for word in re.split(r"[ \t\r\n]+", _kept_together(text)) if word]
    while words and len(lines) < most:
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1]), size, bold=bold) <= room:
            taken += 1
        rest = words[taken:]
        last = rest and len(lines) == most - 1
        lines.append(fit(" ".join(words if last else words[:taken]), size, room, bold=bold))
        words = rest
    return tuple(lines)
