"""What each framework loses by each way down: carries out the cases of frameworks.toml and writes frameworks.md.

``python -m docs.frameworks [NAME...]``: carries out those that are named (a case, or a series of them), or all, keeps
their figures in frameworks.json beside those of the other cases, and writes the page and its pictures from all of them.
``python -m docs.frameworks --page`` writes the page alone.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from docs.framework_cases import Case, cases
from fixtures.glue.settings import OUT_VARIABLE, out_folder
from reports.frameworks_page import Figures, Measured, page, read
from reports.frameworks_picture import pictures

DOCS = Path(__file__).parent
PAGE = DOCS / "frameworks.md"
FIGURES = DOCS / "frameworks.json"
WITHIN_S = 1200.0
"""For a session."""


def carry_out(session: Sequence[Case], out: Path) -> int:
    """The exit code of a session of cases that differ in their scenario alone; what it says is in its terminal.txt."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    scenarios = " or ".join(case.scenario for case in session)
    with (out / "terminal.txt").open("w", encoding="utf-8") as terminal:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *session[0].session, "-k", scenarios],
            cwd=DOCS.parent,
            env={**os.environ, OUT_VARIABLE: str(out)},
            stdout=terminal,
            stderr=terminal,
            timeout=WITHIN_S,
            check=False,
        ).returncode


def found(session: Sequence[Case], out: Path) -> dict[str, Figures]:
    """The figures of each case of a session that was judged, by the case's name."""
    verdict = out / "verdict.json"
    if not verdict.is_file():
        return {}
    return {case.name: figures for case in session for figures in read(verdict, case.scenario)}


def kept(file: Path = FIGURES) -> dict[str, Figures]:
    """What has been measured so far, by the case's name."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Figures]) if file.is_file() else {}


def keep(more: Mapping[str, Figures], file: Path = FIGURES) -> None:
    """Keep these beside the others, in place of what was measured of the same cases before."""
    encoded = msgspec.json.encode(dict(sorted({**kept(file), **more}.items())))
    file.write_bytes(msgspec.json.format(encoded, indent=1) + b"\n")


def asked_for(words: Sequence[str], known: Sequence[Case]) -> list[Case]:
    """The cases of these names, or of the series of these names, in the order of the words; all where there are none.

    Raises:
        KeyError: There is none of this name.
    """
    by_name: Mapping[str, list[Case]] = {
        name: [one for one in known if name in {one.name, one.series}]
        for name in dict.fromkeys(name for one in known for name in (one.name, one.series) if name)
    }
    return [case for word in words for case in by_name[word]] if words else list(known)


def sessions(asked: Iterable[Case]) -> list[list[Case]]:
    """Those that can be carried out in one session together, in the order of the first of each."""
    together: dict[tuple[str, ...], list[Case]] = {}
    for case in asked:
        together.setdefault(case.session, []).append(case)
    return list(together.values())


def main(words: Sequence[str]) -> int:
    """Carry out what is asked for and write the page; the exit code."""
    known = cases()
    names = [word for word in words if word != "--page"]
    try:
        asked = [] if "--page" in words and not names else asked_for(names, known)
    except KeyError as unknown:
        told = ", ".join(dict.fromkeys(one.series or one.name for one in known))
        sys.stderr.write(f"{unknown.args[0]}: expected one of {told}\n")
        return 4
    for session in sessions(asked):
        began, out = time.monotonic(), out_folder() / "frameworks" / session[0].name
        code = carry_out(session, out)
        keep(found(session, out))
        carried_out = " ".join(case.name for case in session)
        sys.stdout.write(f"{time.monotonic() - began:5.0f} s  exit {code}  {carried_out}\n")
        sys.stdout.flush()
    write(kept(), known)
    return 0


def write(figures: Mapping[str, Figures], known: Sequence[Case]) -> None:
    """The page and its pictures."""
    rows = [Measured(about=one.about, figures=figures[one.name]) for one in known if one.name in figures]
    drawn = pictures(rows)
    for old in DOCS.glob("frameworks-*.svg"):
        old.unlink()
    for name, svg in drawn.items():
        (DOCS / name).write_text(svg, encoding="utf-8")
    missing = tuple(one.about for one in known if one.name not in figures)
    PAGE.write_text(page(rows, missing, tuple(drawn)), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
