"""summary.md: the session for a CI job's summary, in the Markdown of GitHub and GitLab."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.judge.model import Verdict
from conformance.judge.wording import number
from reports import loss_text
from reports.advice import what_to_do
from reports.figures import figures_of, not_tested, proved, stands, titled, worst_first
from reports.files import PAGE
from reports.model import ScenarioResult, SessionResult

MARKS = {Verdict.GO: "\u2705", Verdict.NO_GO: "\u274c", Verdict.INCONCLUSIVE: "\u26a0\ufe0f"}
MOST_TOLD = 20
"""Scenarios against expectation that are told at length."""
MOST_NOT_RUN = 30
MOST_PLACES = 5
_SPECIAL = re.compile(r"([\\`*_\[\]|~])")


def render_summary(session: SessionResult, out: Path) -> str:
    """The summary as text.

    Args:
        session: What was judged.
        out: The folder that the session writes to, where it says where to read on.
    """
    results = worst_first(session.judged)
    several = len({result.registry for result in results}) > 1
    lines = [f"# {MARKS[session.verdict]} {_text(session.headline)}", ""]
    if results:
        lines += _scenarios(results, several=several)
    unmet = [result for result in results if not result.met]
    for result in unmet[:MOST_TOLD]:
        lines += _told(result, several=several)
    if len(unmet) > MOST_TOLD:
        lines += [f"{len(unmet) - MOST_TOLD} more scenarios against expectation are told in the report.", ""]
    lines += _not_tested(session)
    lines.append(f"Report: `{out / PAGE}`; for machines: `{out / 'verdict.json'}`")
    return "\n".join(lines) + "\n"


def _scenarios(results: tuple[ScenarioResult, ...], *, several: bool) -> Iterator[str]:
    yield "| | Scenario | Why | Proved | Requests | Lost | Writes not whole | p99 | Longest removal lag |"
    yield "|---|---|---|---|--:|--:|--:|--:|--:|"
    for result in results:
        told = figures_of(result)
        mark = MARKS[Verdict.GO] if result.met else MARKS[Verdict.NO_GO if result.lossy else Verdict.INCONCLUSIVE]
        cells = (
            f"{mark} {result.verdict.value}, {stands(result)}",
            titled(result, registry=several),
            result.sentence,
            proved(result.judgement) if result.judgement else "Nothing",
            told.requests,
            told.lost,
            told.damage,
            told.p99,
            told.lag,
        )
        yield f"| {' | '.join(_text(cell) for cell in cells)} |"
    yield ""


def _told(result: ScenarioResult, *, several: bool) -> Iterator[str]:
    """What a person needs who does not open the report."""
    yield f"## {_text(titled(result, registry=several))}"
    yield ""
    yield f"**Why:** {_text(result.sentence)}"
    yield ""
    if result.said_last:
        yield from _block(result.said_last)
    yield f"**What to do:** {_text(what_to_do(result))}"
    yield ""
    judgement = result.judgement
    if judgement is None:
        return
    if judgement.first_loss is not None:
        yield from _code("first lost request", loss_text.first_line(judgement.first_loss))
        yield from _code("hops", loss_text.hops_line(judgement.first_loss))
    for place in loss_text.places(judgement)[:MOST_PLACES]:
        lag = f"; removal lag {place.lag}" if place.lag else ""
        yield f"- {_text(f'{place.between}: {number(place.lost)} lost, {place.errors}{lag}')}"
    for line in loss_text.why(judgement):
        yield f"- {_text(line)}"
    yield ""


def _code(what: str, line: str) -> Iterator[str]:
    yield from (f"{what}:", "", *_block([line.replace("\n", " ")]))


def _block(lines: Sequence[str]) -> Iterator[str]:
    """Lines as they are; a fence of their own length, so that nothing in them ends it."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (fence, *lines, fence, "")


def _not_tested(session: SessionResult) -> Iterator[str]:
    lines = dict.fromkeys(line for one in session.results if one.judgement for line in not_tested(one.judgement))
    if lines or session.not_run or session.measured or session.uncontrolled or session.not_released:
        yield "## What was not tested"
        yield ""
        if session.uncontrolled:
            yield f"- {_text(session.uncontrolled_told)}"
        yield from (f"- {_text(line)}" for line in lines)
        yield from (f"- measured, not judged: {_text(name)}" for name in session.measured)
        yield from (f"- not released: {_text(str(one))}" for one in session.not_released)
        yield from (f"- not run: {_text(one)}" for one in session.not_run_told[:MOST_NOT_RUN])
        if len(session.not_run) > MOST_NOT_RUN:
            yield f"- and {len(session.not_run) - MOST_NOT_RUN} more that were not run, named in verdict.json"
        yield ""


def _text(text: str) -> str:
    """Text that stays text within a line of Markdown, and in HTML."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", " ".join(safe.split()))
