"""What each framework loses by each way down: carries out the cases of frameworks.toml and writes frameworks.md.

``python -m docs.frameworks [--times N] [--more] [NAME...]`` releases those that are named (a case, or a series of
them), or all, once each unless told otherwise, keeps what came of it in frameworks.json in place of what was there of
the same cases, or with ``--more`` beside it, and writes the page and its pictures from all that is kept. ``--page``
writes the page alone.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from docs.framework_cases import Case, cases
from docs.framework_results import FILE, keep, kept
from fixtures.glue.settings import OUT_VARIABLE, out_folder
from reports.frameworks_page import Figures, Measured, page, read
from reports.frameworks_picture import pictures

DOCS = Path(__file__).parent
PAGE = DOCS / "frameworks.md"
WITHIN_S = 1200.0
"""For a session."""
REPEATED_WITHIN_S = 300.0
"""More, for each further release."""
AT_ONCE = 5
"""So many times at most is a case released in one session: what is broken off loses no more than that."""


def carry_out(session: Sequence[Case], times: int, out: Path) -> None:
    """Release each of these cases, which differ in their scenario alone; what is said is in ``terminal.txt``.

    Raises:
        subprocess.TimeoutExpired: It took too long.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with (out / "terminal.txt").open("w", encoding="utf-8") as terminal:
        subprocess.run(
            [sys.executable, "-m", "pytest", *session[0].session, f"--count={times}", *(case.node for case in session)],
            cwd=DOCS.parent,
            env={**os.environ, OUT_VARIABLE: str(out)},
            stdout=terminal,
            stderr=terminal,
            timeout=WITHIN_S + REPEATED_WITHIN_S * (times - 1) * len(session),
            check=False,  # a release that loses what it must ends with a code of its own
        )


def found(session: Sequence[Case], out: Path) -> dict[str, list[Figures]]:
    """The figures of each case of a session, of all its releases that were judged, by the case's name."""
    verdict = out / "verdict.json"
    return {case.name: read(verdict, case.node) if verdict.is_file() else [] for case in session}


def repeat(asked: Sequence[Case], known: Sequence[Case], times: int, *, more: bool, file: Path = FILE) -> int:
    """Release these so many times; how many releases came to nothing.

    Each is kept as soon as its session has ended. One that is INCONCLUSIVE has shown nothing of its framework, and is
    none of its figures.
    """
    before = kept(known, file) if more else {}
    measured = {case.name: list(before.get(case.name, ())) for case in asked}
    failed = 0
    for done in range(0, times, AT_ONCE):
        count = min(AT_ONCE, times - done)
        for session in sessions(asked):
            began, out = time.monotonic(), out_folder() / "frameworks" / session[0].name
            names = ", ".join(one.name for one in session)
            releases = "a release" if count == 1 else f"{count} releases"
            sys.stdout.write(f"        {names}: {releases}; what is said: {out / 'terminal.txt'}\n")
            sys.stdout.flush()
            carry_out(session, count, out)
            for name, came in found(session, out).items():
                shown = [one for one in came if one.conclusive]
                failed += count - len(shown)
                if shown:
                    measured[name] += shown
                    keep(known, name, measured[name], file)
                said = [one.told for one in came] + [f"not judged: {out / 'terminal.txt'}"] * (count - len(came))
                lines = (
                    f"{time.monotonic() - began:5.0f} s  {name} {number}/{times}  {one}\n"
                    for number, one in enumerate(said, done + 1)
                )
                sys.stdout.writelines(lines)
            sys.stdout.flush()
    return failed


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
    """Carry out what is asked for and write the page; the exit code is 1 where a release came to nothing."""
    known = cases()
    parser = argparse.ArgumentParser(prog="docs.frameworks", description=(__doc__ or "").splitlines()[0])
    names = ", ".join(dict.fromkeys(one.series or one.name for one in known))
    parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    parser.add_argument("--times", type=int, default=1, help="releases of each (1)")
    parser.add_argument("--more", action="store_true", help="beside what has been measured of it")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    told = parser.parse_args(words)
    try:
        asked = asked_for(told.names, known)
    except KeyError as unknown:
        sys.stderr.write(f"{unknown.args[0]}: expected one of {names}\n")
        return 4
    failed = 0 if told.page else repeat(asked, known, told.times, more=told.more)
    write(kept(known), known)
    return 1 if failed else 0


def write(figures: Mapping[str, Sequence[Figures]], known: Sequence[Case]) -> None:
    """The page and its pictures."""
    rows = [Measured(about=one.about, releases=tuple(figures[one.name])) for one in known if one.name in figures]
    drawn = pictures(rows)
    for old in DOCS.glob("frameworks-*.svg"):
        old.unlink()
    for name, svg in drawn.items():
        (DOCS / name).write_text(svg, encoding="utf-8")
    missing = tuple(one.about for one in known if one.name not in figures)
    PAGE.write_text(page(rows, missing, tuple(drawn)), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
