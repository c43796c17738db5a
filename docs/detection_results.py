"""What the repetitions came to: detection.json, beside what each row said when they were measured.

One line a repetition, so that what another machine measures can be merged. The figures of a row that says another thing
by now are no figures of that row: they are dropped as soon as the file is read.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from docs.detection_cases import Row
from reports.detection_page import Seen

FILE = Path(__file__).parent / "detection.json"


class Measured(msgspec.Struct, frozen=True):
    """A row's repetitions."""

    row: dict[str, object]
    """How the fault was brought about: ``Row.definition``."""
    seen: tuple[Seen, ...]
    """In the order in which they were measured."""


def kept(rows: Mapping[str, Row], file: Path = FILE) -> dict[str, tuple[Seen, ...]]:
    """The repetitions that count, by row, in the rows' order."""
    if not file.is_file():
        return {}
    every = msgspec.json.decode(file.read_bytes(), type=dict[str, Measured])
    return {name: every[name].seen for name, row in rows.items() if name in every and every[name].row == row.definition}


def keep(rows: Mapping[str, Row], name: str, seen: Sequence[Seen], file: Path = FILE) -> None:
    """Keep these as all repetitions of this row, beside those of the others that count."""
    every = {**kept(rows, file), name: tuple(seen)}
    written = [_written(one, rows[one], every[one]) for one in rows if one in every]
    file.write_text("{\n" + ",\n".join(written) + "\n}\n", encoding="utf-8")


def _written(name: str, row: Row, seen: Sequence[Seen]) -> str:
    lines = ",\n".join(_json(one) for one in seen)
    return f'{_json(name)}: {{"row": {_json(row.definition)}, "seen": [\n{lines}\n]}}'


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()
