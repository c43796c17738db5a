"""The VERDICT section at the end of a session: a line per scenario, then where to read on."""

from collections.abc import Iterator
from pathlib import Path

from reports.model import ScenarioResult, SessionResult

WIDTH = 13


def verdict_lines(session: SessionResult, out: Path) -> Iterator[str]:
    """The lines of the section, its title apart."""
    width = max((len(result.title) for result in session.results), default=0)
    for result in session.results:
        yield f"  {result.verdict.value:<{WIDTH}} {result.title:<{width}}  {_note(result)}"
    for name in session.not_run:
        yield f"  {'not run':<{WIDTH}} {name}"
    yield session.headline
    yield f"verdict: {out / 'verdict.json'}   junit: {out / 'junit.xml'}   allure: {out / 'allure-results'}"


def _note(result: ScenarioResult) -> str:
    if result.met and result.expected != "GO":
        how = "measured, not judged" if result.expected == "ANY" else "as expected"
        return f"{how}: {result.sentence}"
    return result.sentence
