"""The few shapes that the picture is made of, as SVG with presentation attributes only.

No script, style, font, definition or reference: a page may hold any number of pictures, under the strictest content
policy. Hatching is drawn line by line for that reason.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

Point = tuple[float, float]

FONTS = (
    "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', 'Noto Sans', "
    "'DejaVu Sans Condensed', 'DejaVu Sans', sans-serif"
)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def shown(text: str) -> str:
    """A text from a record as text of an XML document, whatever is in it."""
    return escape(_NOT_XML.sub("\ufffd", text), quote=True)


class Canvas:
    """Shapes in the order in which they are painted."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def add(self, other: "Canvas") -> None:
        """Paint what another one holds on top."""
        self._parts += other._parts  # noqa: SLF001 - of the same kind

    def rect(  # noqa: PLR0913 - a rectangle has as many
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        fill: str,
        *,
        said: str = "",
        **more: str | float,
    ) -> None:
        """A rectangle; ``said`` is shown while the pointer rests on it."""
        place = {"x": left, "y": top, "width": max(width, 0.0), "height": max(height, 0.0)}
        self._element("rect", {**place, "fill": fill, **more}, said=said)

    def line(self, start: Point, end: Point, stroke: str, thickness: float = 1.0, **more: str | float) -> None:
        """A straight line."""
        place = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
        self._element("line", {**place, "stroke": stroke, "stroke_width": thickness, **more})

    def path(self, points: str, *, said: str = "", **more: str | float) -> None:
        """A path by its commands."""
        if points:
            self._element("path", {"d": points, **more}, said=said)

    def text(  # noqa: PLR0913 - place, words and looks
        self,
        left: float,
        baseline: float,
        words: str,
        size: float,
        fill: str,
        *,
        bold: bool = False,
        anchor: str = "start",
        halo: str = "",
    ) -> None:
        """One line of text; ``halo`` is the colour around its letters, where it stands on something."""
        if not words:
            return
        looks: dict[str, str | float] = {"x": left, "y": baseline, "font_size": size, "fill": fill}
        if bold:
            looks["font_weight"] = "bold"
        if anchor != "start":
            looks["text_anchor"] = anchor
        if halo:
            looks |= {"stroke": halo, "stroke_width": 4, "stroke_linejoin": "round", "paint_order": "stroke"}
        self._parts.append(f"<text{_attributes(looks)}>{shown(words)}</text>")

    def document(self, width: float, height: float, title: str, description: str) -> str:
        """Everything, as one SVG that is as wide as whatever it is put into."""
        head = {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width:g} {height:g}",
            "width": "100%",
            "role": "img",
            "font_family": FONTS,
        }
        told = f"<title>{shown(title)}</title><desc>{shown(description)}</desc>"
        return f"<svg{_attributes(head)}>{told}\n" + "\n".join(self._parts) + "\n</svg>\n"

    def _element(self, name: str, attributes: Mapping[str, str | float], *, said: str = "") -> None:
        inside = f"<title>{shown(said)}</title>" if said else ""
        self._parts.append(f"<{name}{_attributes(attributes)}" + (f">{inside}</{name}>" if inside else "/>"))


def polyline(points: Iterable[Point]) -> str:
    """The commands of a line through these points."""
    return " ".join(f"{'L' if index else 'M'}{_number(x)} {_number(y)}" for index, (x, y) in enumerate(points))


def polygon(points: Sequence[Point]) -> str:
    """The commands of the area between these points."""
    return f"{polyline(points)} Z" if points else ""


def boxes(rectangles: Iterable[tuple[float, float, float, float]]) -> str:
    """The commands of many rectangles (left, top, width, height) in one path."""
    return " ".join(
        f"M{_number(left)} {_number(top)}h{_number(wide)}v{_number(high)}h{_number(-wide)}z"
        for left, top, wide, high in rectangles
    )


def hatch(  # noqa: PLR0913 - a rectangle, and its lines
    left: float, top: float, width: float, height: float, apart: float, *, falling: bool = False
) -> str:
    """The commands of slanting lines that fill a rectangle; lines of neighbouring rectangles meet.

    Args:
        left: Of the rectangle, as the next three.
        top: Its upper edge.
        width: Its width.
        height: Its height.
        apart: Between two lines, along the edge.
        falling: Whether they fall from left to right instead of rising.
    """
    right, bottom = left + width, top + height
    turned = (top, bottom) if falling else (-bottom, -top)
    first = int((left - turned[1]) // apart) + 1
    last = int((right - turned[0]) // apart)
    lines = []
    for number in range(first, last + 1):
        offset = number * apart
        begin, end = max(left, turned[0] + offset), min(right, turned[1] + offset)
        if end > begin:
            ys = (begin - offset, end - offset) if falling else (offset - begin, offset - end)
            lines.append(polyline(((begin, ys[0]), (end, ys[1]))))
    return " ".join(lines)


def _attributes(values: Mapping[str, str | float]) -> str:
    return "".join(
        f' {name if name == "viewBox" else name.replace("_", "-")}="{_value(value)}"' for name, value in values.items()
    )


def _value(value: str | float) -> str:
    return shown(value) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    """With one decimal, and none where it is whole: the file is half as large."""
    return f"{value:.1f}".removesuffix(".0")
