"""What an engineer reads of a scenario: the first lost request with its hops and logs, findings, steps, files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.judge.model import Finding, FirstLoss, Judgement, StepSeen
from conformance.judge.wording import number, plural
from conformance.record.files import END, REQUIRED
from reports import loss_text
from reports.files import MOST_ROWS, RunFiles
from reports.page.markup import Html, element, joined, link, table, unfold

SECOND_NS = 1e9
MOST_PLACES = 8
"""Pairs that are shown at once; there are a hundred at most."""
MOST_FINDINGS = 40
MOST_REMOVALS = 60
MOST_LINES = 25
MOST_IDS = 5
LOGS = "logs"


def first_loss(first: FirstLoss, anchor: str, record: Path, page_folder: Path) -> Html:
    """The first lost request, hop by hop, each with its log where the run has one."""
    rows = [
        (
            hop.who,
            hop.version,
            str(hop.status or ""),
            "; ".join(part for part in (hop.error, hop.end) if part),
            _log(hop.who, record, page_folder),
        )
        for hop in first.hops
    ]
    return joined(
        element("h3", "First lost request", id=anchor),
        element("p", element("code", loss_text.first_line(first))),
        table(("Hop", "Version", "Status", "What it saw, how it ended", "Log"), rows),
    )


def _log(who: str, record: Path, page_folder: Path) -> str:
    """The instance's log, or the SLB's."""
    path = record / LOGS / ("nginx.log" if who == "SLB" else f"{who}.log")
    return link(path.name, path, page_folder) if path.is_file() else ""


def places(judgement: Judgement, record: Path, page_folder: Path) -> Html:
    """Who lost how much to whom."""
    found = loss_text.places(judgement)
    rows = [
        (place.between, place.errors, place.lag, _log(place.incarnation, record, page_folder), number(place.lost))
        for place in found
    ]
    head = ("Caller -> callee", "Errors", "Removal lag", "Log", "Lost")
    rest = sum(place.lost for place in found[MOST_PLACES:])
    more = f"{plural(len(rows) - MOST_PLACES, 'more pair')}, {number(rest)} lost" if rest else ""
    return joined(
        element("h3", "Where"),
        table(head, rows[:MOST_PLACES], numbers=1),
        unfold(more, table(head, rows[MOST_PLACES:], numbers=1)) if more else "",
    )


def damage(judgement: Judgement) -> Html:
    """Writes that are not whole."""
    rows = [
        (kind.what, element("code", loss_text.ids(kind.requests)), number(kind.writes))
        for kind in loss_text.damages(judgement)
    ]
    listed, count = len(judgement.partial_writes), judgement.counts.get("partial_writes", 0)
    note = f"the first {number(listed)} of {number(count)} are told apart here" if listed < count else ""
    return joined(
        element("h3", f"Writes that are not whole: {loss_text.not_whole(judgement)}"),
        table(("Effects", "Requests", "Writes"), rows, numbers=1) if rows else "",
        element("p", element("small", note)) if note else "",
    )


def reasons(judgement: Judgement) -> Html:
    """What the record proves of the cause."""
    lines = loss_text.why(judgement)
    return joined(element("h3", "Why"), element("ul", *[element("li", line) for line in lines])) if lines else Html("")


def findings(found: Sequence[Finding]) -> Html:
    """Every finding, the worst first."""
    rows = [
        (finding.verdict.value, joined(element("b", finding.finding), element("br"), finding.step), _message(finding))
        for finding in found[:MOST_FINDINGS]
    ]
    more = len(found) - len(rows)
    note = f"and {plural(more, 'more finding')}, all of them in verdict.json" if more else ""
    return unfold(
        f"Findings ({number(len(found))})",
        table(("Verdict", "Finding, step", "What was found"), rows, kind="wide"),
        element("p", element("small", note)) if note else "",
    )


def _message(finding: Finding) -> Html:
    fact, *log = finding.message.splitlines() or [""]
    lines = [*([f"step {finding.substep}"] if finding.substep else []), *log, *finding.detail]
    shown = lines[:MOST_LINES]
    if len(lines) > len(shown):
        shown.append(f"and {number(len(lines) - len(shown))} more lines")
    ids = f"{', '.join(finding.requests[:MOST_IDS])}" if finding.requests else ""
    return joined(
        fact,
        element("pre", "\n".join(shown)) if shown else "",
        element("small", f"requests: {ids}") if ids else "",
    )


def steps(taken: Sequence[StepSeen]) -> Html:
    """The plan as it was carried out."""
    rows = [
        (step.number, _title(step), _outcome(step), _at(step.began_ns), _lasted(step))
        for step in taken
        if step.began_ns is not None or not step.undo
    ]
    bad = any(not step.done and step.began_ns is not None for step in taken)
    head = ("Step", "What", "Outcome", "Began", "Took")
    return unfold(f"Steps of the plan ({len(rows)})", table(head, rows, numbers=2, kind="wide"), opened=bad)


def notes(told: Sequence[str]) -> Html:
    """What the run could not see, or saw fail on single instances."""
    return unfold(f"What was not seen, or failed on single instances ({len(told)})", element("ul", *map(_item, told)))


def _item(line: str) -> Html:
    return element("li", line)


def _title(step: StepSeen) -> str:
    return element("b", step.title) if step.top else step.title


def _outcome(step: StepSeen) -> str:
    if step.began_ns is None:
        return "never began"
    if step.ended_ns is None:
        return element("b", "never ended")
    return "done" if step.done else joined(element("b", "failed"), f": {step.saw}" if step.saw else "")


def _at(at_ns: int | None) -> str:
    return "" if at_ns is None else f"{at_ns / SECOND_NS:.1f} s"


def _lasted(step: StepSeen) -> str:
    return "" if step.began_ns is None or step.ended_ns is None else _at(step.ended_ns - step.began_ns)


def removals(judgement: Judgement) -> Html:
    """How long each instance that left was still called."""
    rows = [
        (
            removal.incarnation,
            removal.step,
            _at(removal.marked_ns),
            number(removal.executions_after),
            f"{removal.lag_s:.3f} s",
        )
        for removal in sorted(judgement.removals, key=lambda removal: -removal.lag_s)[:MOST_REMOVALS]
    ]
    head = ("Instance", "Step", "Going since", "Requests after", "Removal lag")
    return unfold(
        f"Removal lag of each instance ({len(judgement.removals)})", table(head, rows, numbers=3, kind="wide")
    )


def told(judgement: Judgement) -> Html:
    """What a system that stands already told of its instances by itself; empty where it told nothing."""
    if not judgement.told:
        return Html("")
    rows = [(one.incarnation, f"{one.at_ns / SECOND_NS:.3f} s", one.aspect.value, one.said) for one in judgement.told]
    head = ("Instance", "Heard", "What", "Said")
    return unfold(f"What the system told of its instances ({len(rows)})", table(head, rows, kind="wide"))


def slow_starts(judgement: Judgement) -> Html:
    """Which new incarnations were slow at first, and for how long; empty where none was."""
    if not judgement.slow_starts:
        return Html("")
    rows = [
        (
            f"{one.incarnation} ({one.version})",
            _at(one.since_ns),
            f"{one.seconds:.1f} s",
            f"{number(one.slow)} of {number(one.served)}",
            f"{one.slower_than_ms:,.0f} ms",
            f"{one.longest_ms:,.0f} ms",
        )
        for one in judgement.slow_starts
    ]
    head = ("Instance", "Ready", "Slow for", "Slow answers", "Slow: above", "Longest")
    return unfold(f"Slow starts ({len(rows)})", table(head, rows, numbers=5, kind="wide"))


def pairs(judgement: Judgement) -> Html:
    """Which versions have met."""
    rows = [
        (f"{pair.caller} {pair.caller_version}", f"{pair.provider} {pair.provider_version}", number(pair.requests))
        for pair in judgement.pairs
    ]
    return unfold(f"Versions that have met ({len(rows)})", table(("Caller", "Provider", "Requests"), rows, numbers=1))


def files(judgement: Judgement, run: RunFiles, page_folder: Path) -> Iterator[Html]:
    """Where to read on; only what is there."""
    failed = judgement.counts.get("failed", 0)
    rows = f"the first {number(MOST_ROWS)} of {number(failed)}" if failed > MOST_ROWS else f"all {number(failed)}"
    for text, path in (
        (f"failed-requests.csv ({rows})", run.failed_requests),
        ("plan", run.record / "plan.txt"),
        ("picture", run.picture),
        ("logs", run.record / LOGS),
        ("the whole record", run.record),
    ):
        if path.exists():
            yield link(text, path, page_folder)


def missing(record: Path) -> str:
    """Which files of a complete record are not there; empty where all are."""
    return ", ".join(name for name in (*REQUIRED, END) if not (record / name).is_file())
