"""One scenario's section of the page."""

from collections.abc import Mapping
from pathlib import Path

from conformance.judge.model import Judgement, Verdict
from reports.advice import what_to_do
from reports.figures import figures_of, not_tested, proved, stands, titled
from reports.files import files_of
from reports.model import ScenarioResult
from reports.page import depth
from reports.page.markup import Html, badge, element, joined, table, unfold
from reports.picture.graph import call_graph

GREEN, RED, AMBER, SLATE = "#1a7f4b", "#b42318", "#8a5a00", "#50607a"
COLOURS = {Verdict.GO: GREEN, Verdict.NO_GO: RED, Verdict.INCONCLUSIVE: AMBER}


def colour_of(result: ScenarioResult) -> str:
    """Red only for what was lost against expectation: a loss that must be there is neither good nor bad news."""
    if result.met:
        return GREEN if result.verdict is Verdict.GO else SLATE
    return RED if result.lossy else AMBER


def section(result: ScenarioResult, anchor: str, picture: str | None, out: Path, *, registry: bool) -> Html:
    """The section, which ``#anchor`` leads to; its first lost request is at ``#anchor-first``.

    Args:
        result: The scenario.
        anchor: Its id.
        picture: The SVG of its run; None where there is none.
        out: The folder in which the page will stand.
        registry: Whether the title names the registry.
    """
    judgement, directory = result.judgement, result.directory
    parts: list[str] = [
        badge(result.verdict.value, colour_of(result)),
        element("h2", titled(result, registry=registry)),
        element("p", result.sentence),
        element("pre", "\n".join(result.last_words)) if result.last_words else "",
        element("p", element("b", "What to do: "), what_to_do(result), class_="todo"),
        _picture(picture, directory),
        _graph(judgement),
        _numbers(result),
    ]
    if judgement is not None:
        parts.append(_proof(judgement))
    if judgement is not None and directory is not None:
        parts += _depth(judgement, directory, anchor, out)
    return element("section", *parts, id=anchor)


def _picture(picture: str | None, directory: Path | None) -> Html:
    if picture is not None:
        return element("figure", Html(picture[picture.find("<svg") :]))
    return element("p", element("small", "There is no picture of this run.")) if directory else Html("")


def _graph(judgement: Judgement | None) -> Html:
    drawn = call_graph(judgement) if judgement else ""
    return unfold("Who calls whom", element("figure", Html(drawn)), opened=True) if drawn else Html("")


def _numbers(result: ScenarioResult) -> Html:
    told = figures_of(result)
    head = ("Expectation", "Requests", "Lost", "Writes not whole", "p99", "Longest removal lag", "Took")
    row = (
        stands(result),
        told.requests,
        told.lost,
        told.damage,
        told.p99,
        told.lag,
        told.seconds,
    )
    return table(head, [row], numbers=6)


def _proof(judgement: Judgement) -> Html:
    untested = [element("li", line) for line in not_tested(judgement)]
    return joined(
        element("h3", "What was proved"),
        element("p", proved(judgement)),
        element("h3", "What was not tested") if untested else "",
        element("ul", *untested) if untested else "",
    )


def _depth(judgement: Judgement, directory: Path, anchor: str, out: Path) -> list[str]:
    files = files_of(out, directory)
    parts: list[str] = []
    gone = depth.missing(directory) if not judgement.counts else ""
    if gone:
        parts += [element("h3", "Missing from the record"), element("p", gone)]
    if judgement.first_loss is not None:
        parts.append(depth.first_loss(judgement.first_loss, f"{anchor}-first", directory, out))
    parts.append(depth.reasons(judgement))
    if judgement.partial_writes:
        parts.append(depth.damage(judgement))
    if judgement.losses:
        parts.append(depth.places(judgement, directory, out))
    if judgement.findings:
        parts.append(depth.findings(judgement.findings))
    if judgement.removals:
        parts.append(depth.removals(judgement))
    parts.append(depth.told(judgement))
    parts.append(depth.slow_starts(judgement))
    if judgement.pairs:
        parts.append(depth.pairs(judgement))
    if judgement.steps:
        parts.append(depth.steps(judgement.steps))
    if judgement.notes:
        parts.append(depth.notes(judgement.notes))
    parts += [
        element("h3", "Files"),
        element("ul", *[element("li", one) for one in depth.files(judgement, files, out)]),
    ]
    parts.append(element("p", element("small", f"run {judgement.run}, {_facts(judgement)}")))
    return parts


def _sent(load: Mapping[str, float]) -> str:
    workers = load.get("workers", 1.0)
    shared = f" by {workers:,.0f} load workers" if workers > 1 else ""
    return f"{load['rate']:,.0f} requests/s{shared}" if "rate" in load else ""


def _facts(judgement: Judgement) -> str:
    """What was released in which world, in one line."""
    versions = " -> ".join(judgement.versions) if judgement.versions else ""
    facts = (
        versions,
        f"released: {judgement.position}" if judgement.position else "",
        judgement.offline,
        judgement.platform,
        judgement.registry,
        f"SLB {judgement.slb}" if judgement.slb else "",
        judgement.client,
        judgement.server_settings,
        _sent(judgement.load),
    )
    return ", ".join(fact for fact in facts if fact)
