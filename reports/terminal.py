"""The VERDICT section at the end of a session: a line per scenario, then where to read on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from reports.figures import titled, untested_points
from reports.files import PAGE, SUMMARY
from reports.model import ScenarioResult, SessionResult

WIDTH = 13
MOST_NOT_RUN = 6
"""Scenarios that are named one by one where they were not run."""


def verdict_lines(session: SessionResult, out: Path, written: Sequence[Path]) -> Iterator[str]:
    """The lines of the section, its title apart.

    Args:
        session: What was judged.
        out: The folder that the session writes to.
        written: verdict.json, summary, report and Allure's page, as far as they are there.
    """
    several = len({result.registry for result in session.results}) > 1
    titles = [titled(result, registry=several) for result in session.judged]
    width = max((len(title) for title in titles), default=0)
    for result, title in zip(session.judged, titles, strict=True):
        yield f"  {result.verdict.value:<{WIDTH}} {title:<{width}}  {_note(result)}"
    for one in session.not_run_told[:MOST_NOT_RUN]:
        yield f"  {'not run':<{WIDTH}} {one}"
    if len(session.not_run) > MOST_NOT_RUN:
        yield f"  {'not run':<{WIDTH}} and {len(session.not_run) - MOST_NOT_RUN} more, named in verdict.json"
    yield from (f"  {'not released':<{WIDTH}} {one}" for one in session.not_released)
    if session.uncontrolled:
        yield f"  {'no control':<{WIDTH}} {session.uncontrolled_told}"
    yield session.headline
    listed = "the summary" if any(path.name == SUMMARY for path in written) else "report and verdict.json"
    if untested := untested_points(session.results, listed):
        yield f"untested: {untested}"
    yield f"junit: {out / 'junit.xml'}   results: {out / 'allure-results'}"
    names = {"verdict.json": "verdict", SUMMARY: "summary", PAGE: "report", "index.html": "allure"}
    yield "   ".join(f"{names[path.name]}: {path}" for path in written)


def _note(result: ScenarioResult) -> str:
    if result.met and result.expected != "GO":
        how = "measured, not judged" if result.measured else "as expected"
        return f"{how}: {result.sentence}"
    return result.sentence
