"""What the releases came to: frameworks.json, beside what each row said when they were measured.

One line a release. The figures of a row that says another thing by now are no figures of that row: they are dropped as
soon as the file is read.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from docs.framework_cases import Case
from reports.frameworks_page import Figures

FILE = Path(__file__).parent / "frameworks.json"


class Releases(msgspec.Struct, frozen=True):
    """A row's."""

    row: dict[str, str]
    """What was carried out: ``Case.definition``."""
    measured: tuple[Figures, ...]
    """In the order in which they were carried out."""


def kept(known: Sequence[Case], file: Path = FILE) -> dict[str, tuple[Figures, ...]]:
    """The figures that count, by the case's name, in the order of the cases."""
    if not file.is_file():
        return {}
    every = msgspec.json.decode(file.read_bytes(), type=dict[str, Releases])
    return {
        case.name: every[case.name].measured
        for case in known
        if case.name in every and every[case.name].row == case.definition
    }


def keep(known: Sequence[Case], name: str, measured: Sequence[Figures], file: Path = FILE) -> None:
    """Keep these as all releases of this case, beside those of the others that count."""
    every = {**kept(known, file), name: tuple(measured)}
    written = [_written(case, every[case.name]) for case in known if case.name in every]
    file.write_text("{\n" + ",\n".join(written) + "\n}\n", encoding="utf-8")


def _written(case: Case, measured: Sequence[Figures]) -> str:
    lines = ",\n".join(_json(one) for one in measured)
    return f'{_json(case.name)}: {{"row": {_json(case.definition)}, "measured": [\n{lines}\n]}}'


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()
