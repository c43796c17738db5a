"""What tests of the picture share: a record on disk, what is drawn of it, and what can be read of an SVG."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from conformance.judge.model import Judgement
from conformance.record.reader import open_record
from reports.picture import draw, text
from reports.picture.data import Group, Picture, Row
from reports.picture.look import look_at
from tests.judge.handmade import Handmade
from tests.judgements import judgement

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Box:
    """A line of text and the room that it takes, by the picture's own measure."""

    words: str
    left: float
    right: float
    top: float
    bottom: float
    size: float

    def covers(self, other: "Box") -> bool:
        """Whether the two have more than a hair in common."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 1 and down > 1


def seen(record: Handmade, directory: Path, judged: Judgement | None = None) -> Picture:
    """What is drawn of the record; where nothing else is given, of one that was found to be good."""
    with open_record(record.write(directory)) as opened:
        return look_at(opened, judged or judgement())


def drawn(record: Handmade, directory: Path, judged: Judgement | None = None) -> ET.Element:
    """The picture of the record, parsed; where nothing else is given, of one that was found to be good."""
    return parsed(draw(record.write(directory), judged or judgement()))


def parsed(svg: str) -> ET.Element:
    """The root of a document that must be well-formed."""
    return ET.fromstring(svg)  # noqa: S314 - our own


def words(root: ET.Element) -> list[str]:
    """Every line of text, in the order of painting."""
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def told(root: ET.Element) -> str:
    """All of them, to look for something in."""
    return "\n".join(words(root))


def boxes(root: ET.Element) -> list[Box]:
    """Where each line of text stands."""
    return [_box(element) for element in root.iter(f"{SVG}text")]


def _box(element: ET.Element) -> Box:
    size, line = float(element.get("font-size", "0")), element.text or ""
    wide = text.width(line, size, bold=element.get("font-weight") == "bold")
    x, baseline = float(element.get("x", "0")), float(element.get("y", "0"))
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[element.get("text-anchor", "start")]
    return Box(line, left, left + wide, baseline - 0.73 * size, baseline + 0.05 * size, size)


def row(picture: Picture, instance: str) -> Row:
    """The row of this instance."""
    (found,) = [one for group in picture.groups for one in group.rows if one.instance == instance]
    return found


def group(picture: Picture, title: str) -> Group:
    """The group of this title."""
    (found,) = [one for one in picture.groups if one.title == title]
    return found
