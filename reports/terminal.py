"""The VERDICT section at the end of a session: a line per scenario, then where to read on."""

from collections.abc import Iterator
from pathlib import Path

from reports.model import SessionResult

WIDTH = 13


def verdict_lines(session: SessionResult, out: Path) -> Iterator[str]:
    """The lines of the section, its title apart."""
    width = max((len(result.title) for result in session.results), default=0)
    for result in session.results:
        mark = "as expected" if result.met else "AGAINST EXPECTATION"
        note = result.sentence if not result.met or result.verdict.value == result.expected == "GO" else mark
        if result.met and result.expected == "NO-GO":
            note = f"as expected: {result.sentence}"
        yield f"  {result.verdict.value:<{WIDTH}} {result.title:<{width}}  {note}"
    for name in session.not_run:
        yield f"  {'not run':<{WIDTH}} {name}"
    yield f"{session.verdict.value}: {session.headline}"
    yield f"verdict: {out / 'verdict.json'}   junit: {out / 'junit.xml'}   allure: {out / 'allure-results'}"
