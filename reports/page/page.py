"""The whole page: the verdict, the table of scenarios, what was proved and what was not tested, then each scenario."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from conformance.judge.wording import plural
from reports.advice import what_to_do
from reports.figures import figures_of, not_tested, proved, stands, titled, worst_first
from reports.model import ScenarioResult, SessionResult
from reports.page.markup import Html, badge, element, joined, table, unfold
from reports.page.scenario import COLOURS, colour_of, section
from reports.page.style import STYLE

MOST_NOT_RUN = 200


def render_page(session: SessionResult, pictures: Mapping[str, str], out: Path) -> str:
    """The page as text.

    Args:
        session: What was judged.
        pictures: The SVG of each run, by the name of its directory; those that could not be made are left out.
        out: The folder in which the page will stand: links are relative to it.
    """
    results = worst_first(session.judged)
    registry = len({result.registry for result in results}) > 1
    anchors = [f"s{number}" for number in range(1, len(results) + 1)]
    sections = [
        section(
            result, anchor, pictures.get(result.directory.name) if result.directory else None, out, registry=registry
        )
        for result, anchor in zip(results, anchors, strict=True)
    ]
    body = element(
        "main",
        _banner(session, results, anchors),
        _scenarios(results, anchors, registry=registry) if results else "",
        _proved(results, registry=registry),
        _not_tested(session, results, registry=registry),
        *sections,
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", session.headline),
        element("style", Html(STYLE)),
    )
    page = joined(head, element("body", body))
    return f'<!DOCTYPE html>\n<html lang="en">{page}</html>\n'


def _banner(session: SessionResult, results: Sequence[ScenarioResult], anchors: Sequence[str]) -> Html:
    """The verdict, so that nobody needs to look for it."""
    colour = COLOURS[session.verdict]
    why = session.reason
    facts = ", ".join(
        (
            f"{plural(sum(result.met and not result.measured for result in session.results), 'scenario')} as expected",
            f"{sum(not result.met for result in session.results)} not",
            *([plural(len(session.null_releases), "null release")] if session.null_releases else []),
            *([f"{len(session.measured)} measured, not judged"] if session.measured else []),
            f"{len(session.not_run)} not run",
            *([f"{plural(len(session.not_released), 'service')} not released"] if session.not_released else []),
            f"platform {session.platform}",
            f"registry {session.registry}",
            f"SLB {session.slb}",
            f"{session.seconds:,.0f} s",
        )
    )
    white = "#ffffff"
    lines = [
        element("h1", element("font", session.verdict.value, size="7", color=white, class_="verdict")),
        element("p", element("font", why, size="4", color=white, class_="headline")),
    ]
    if results and not results[0].met:
        lines.append(element("p", element("font", element("b", "What to do: "), what_to_do(results[0]), color=white)))
    lines.append(element("p", element("font", facts, color=white)))
    for result, anchor in zip(results, anchors, strict=True):
        if not result.met and result.judgement and result.judgement.first_loss:
            first = element("font", "To the first lost request", color=white)
            lines.append(element("p", element("a", first, href=f"#{anchor}-first")))
            break
    cell = element("td", *lines, bgcolor=colour)
    return element(
        "table", element("tr", cell), width="100%", cellspacing="0", cellpadding="16", border="0", class_="banner"
    )


def _scenarios(results: Sequence[ScenarioResult], anchors: Sequence[str], *, registry: bool) -> Html:
    rows: list[tuple[str, ...]] = []
    for result, anchor in zip(results, anchors, strict=True):
        told = figures_of(result)
        name = element("a", element("b", titled(result, registry=registry)), href=f"#{anchor}")
        rows.append(
            (
                joined(badge(result.verdict.value, colour_of(result)), element("small", stands(result))),
                joined(name, element("br"), element("small", result.sentence)),
                told.requests,
                told.lost,
                told.damage,
                told.p99,
                told.lag,
                told.seconds,
            )
        )
    head = ("Verdict", "Scenario", "Requests", "Lost", "Writes not whole", "p99", "Longest lag", "Took")
    return element("section", element("h2", "Scenarios"), table(head, rows, numbers=6, kind="wide"), id="scenarios")


def _proved(results: Sequence[ScenarioResult], *, registry: bool) -> Html:
    rows: list[tuple[str, ...]] = [
        (titled(result, registry=registry), proved(result.judgement)) for result in results if result.judgement
    ]
    if not rows:
        return Html("")
    return element(
        "section", element("h2", "What was proved"), table(("Scenario", "Proved"), rows, kind="wide"), id="proved"
    )


def _not_tested(session: SessionResult, results: Sequence[ScenarioResult], *, registry: bool) -> Html:
    """By name, with the reason; scenarios that were not run are part of it."""
    by_line: dict[str, list[str]] = {}
    scenarios = [result for result in results if result in session.results]
    for result in scenarios:
        for line in not_tested(result.judgement) if result.judgement else ():
            by_line.setdefault(line, []).append(titled(result, registry=registry))
    parts: list[str] = [element("h2", "What was not tested")]
    if by_line:
        rows = [(line, ", ".join(names) if len(names) < len(scenarios) else "all") for line, names in by_line.items()]
        parts.append(table(("Not tested, and why", "Scenarios"), rows, kind="wide"))
    if session.uncontrolled:
        parts.append(element("p", f"{session.uncontrolled_told[:1].upper()}{session.uncontrolled_told[1:]}."))
    if session.measured:
        names = element("ul", *[element("li", name) for name in session.measured])
        parts.append(unfold(f"Scenarios that were measured, not judged ({len(session.measured)})", names, opened=True))
    if session.not_released:
        names = element("ul", *[element("li", str(one)) for one in session.not_released])
        parts.append(unfold(f"Services that were not released ({len(session.not_released)})", names, opened=True))
    if session.not_run:
        shown = session.not_run[:MOST_NOT_RUN]
        more = (
            [f"and {len(session.not_run) - len(shown)} more, named in verdict.json"]
            if len(shown) < len(session.not_run)
            else []
        )
        names = element("ul", *[element("li", str(one)) for one in (*shown, *more)])
        parts.append(unfold(f"Scenarios that were not run ({len(session.not_run)})", names, opened=True))
    if len(parts) == 1:
        parts.append(element("p", "Everything that is judged was tested, in every scenario of the profile."))
    return element("section", *parts, id="not-tested")
