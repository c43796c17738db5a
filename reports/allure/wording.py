"""How a scenario reads in the report's list: what was released, how, and what came of it."""

import re
from collections import Counter
from collections.abc import Sequence

from conformance.judge.model import Verdict
from conformance.judge.wording import number, plural
from conformance.record.contract import BatchFacts, Contract, LoadFacts, ReleaseFacts
from conformance.record.partial_record import PartialRecord
from conformance.vocabulary import FindingKind, StepKind
from reports.loss_text import lost_requests
from reports.model import ScenarioResult, SessionResult

LONGEST = 160
"""Characters of a title."""

COUNTS = (
    ("partial_writes", FindingKind.PARTIAL_WRITE),
    ("lost_writes", FindingKind.LOST_WRITE),
    ("duplicates", "duplicate"),
    ("phantoms", "phantom"),
)

USUAL = "fast timers"
"""Of the server settings: what is not worth a word in a title."""

ARTICLE = {
    "A1": "A1 the three pains",
    "A2": "A2 north-south, naive",
    "A3": "A3 north-south, graceful",
    "A4": "A4 east-west, classic",
    "A5": "A5 the hook does not run",
    "A6": "A6 the worst cases",
    "A7": "A7 east-west, lossless",
    "A8": "A8 gray and batches",
}
"""The article's parts, as docs/article.md sums them up."""
NOT_JUDGED = "Not judged"
"""Where scenarios stand that were skipped, or whose record does not say which part they cite."""
CONTROLS = "Controls"
"""Where null releases stand."""
FEATURES = (CONTROLS, *ARTICLE.values(), NOT_JUDGED)
"""The groups of the report's list."""


def titles(results: Sequence[ScenarioResult], facts: Sequence[PartialRecord]) -> list[str]:
    """``orders: 3 batches of 10, lossless, nacos: 98 of 102,251 lost, 2 partial writes``, one for each result.

    Where different scenarios release in the same way, their own titles tell them apart.
    """
    heads = [_head(result, known) for result, known in zip(results, facts, strict=True)]
    scenarios = {(head, result.title) for result, head in zip(results, heads, strict=True)}
    sharing = Counter(head for head, _ in scenarios)
    return [
        _title(head if sharing[head] == 1 else f"{head} ({result.title})", outcome(result))
        for result, head in zip(results, heads, strict=True)
    ]


def headline(session: SessionResult) -> str:
    """The session's, without what the list below it shows at once."""
    return _short(session.short_headline)


def outcome(result: ScenarioResult) -> str:
    """What came of it, in a few words."""
    how = ""
    if result.met and result.expected != "GO":
        how = ", measured" if result.measured else ", as expected"
    return f"{_came(result)}{how}"


def parts_cited(contract: Contract | None) -> list[str]:
    """The article's parts that the scenario cites, in its order: ``A8``, ``A7``."""
    return list(dict.fromkeys(re.findall(r"\bA[1-8]\b", contract.promise))) if contract else []


def _head(result: ScenarioResult, facts: PartialRecord) -> str:
    contract = facts.contract
    if contract is None:
        return f"{result.title}, {result.registry}"
    releases = contract.releases
    unusual = [text for text in contract.server_settings.split(", ") if text not in ("", USUAL)]
    if contract.release.nothing:
        return ", ".join((result.title, *unusual, result.registry))
    service = " and ".join(one.service for one in releases)
    amid = [step.what for step in facts.plan if step.kind in (StepKind.FAULT, StepKind.SCALING)]
    how = (_strategy(contract), releases[0].offline, *amid, *unusual, result.registry)
    return f"{service}: {', '.join(how)}"


def _strategy(contract: Contract) -> str:
    """``3 batches of 10``, and of a gray only the gray; the plan tells the rest."""
    first = contract.release
    planned = [
        batch
        for batch in first.batches
        if _replaces(contract, first, batch) and not (first.overtaken_by and batch.to == first.overtaken_by)
    ]
    grays = [one for release in contract.releases for one in release.batches if one.gray]
    if grays and not first.together:
        grays = [batch for batch in first.batches if batch.gray]
    replaced = {name for one in contract.releases for name in contract.service(one.service).instances}
    instances = len({name for one in contract.releases for batch in one.batches for name in batch.instances} & replaced)
    size = len({name for batch in grays for name in batch.instances})
    gray = f"gray of {size}{f' for {first.met_by}' if first.met_by else ''}"
    told = [gray if grays else f"{_batches(len(planned))} of {instances}"]
    told += ["service by service"] if not first.together else []
    told += [f"overtaken by {first.overtaken_by} after the first"] if first.overtaken_by else []
    told += ["each started before the old one stops"] if first.start_first else []
    return ", ".join(told)


def _replaces(contract: Contract, release: ReleaseFacts, batch: BatchFacts) -> bool:
    """Whether it replaces the service's own instances; scaling adds others for a while."""
    return not set(batch.instances).isdisjoint(contract.service(release.service).instances)


def _batches(count: int) -> str:
    return "1 batch" if count == 1 else f"{count} batches"


def _came(result: ScenarioResult) -> str:
    judgement = result.judgement
    if judgement is None or result.verdict is Verdict.INCONCLUSIVE:
        why = judgement.findings[0].finding if judgement is not None and judgement.findings else result.sentence
        return f"not proved: {why}"
    counts = judgement.counts
    lost = lost_requests(judgement)
    told = [f"{judgement.versions[1]} refused"] if judgement.refusal and judgement.versions else []
    told.append(f"{number(lost)} of {number(counts.get('requests', 0))} lost")
    told += [plural(counts[name], noun) for name, noun in COUNTS if counts.get(name)]
    lossless = result.verdict is Verdict.NO_GO and not lost and not any(counts.get(name) for name, _ in COUNTS)
    if lossless and judgement.findings:
        told.append(judgement.findings[0].finding)
    if result.verdict is Verdict.NO_GO and not judgement.findings:
        told.append(result.sentence)  # the scenario's own assertion
    blind = result.verdict is Verdict.GO and not result.met
    return ", ".join([*told, *(["a loss was expected"] if blind else [])])


def _title(head: str, came: str) -> str:
    """What came of it is never cut off by a long way of saying what was released."""
    came = _short(came, LONGEST // 2)
    return f"{_short(head, LONGEST - len(came))}: {came}"


def _short(text: str, most: int = LONGEST) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def load_told(load: LoadFacts) -> str:
    """``300 requests/s, open loop``, and by how many processes where one did not send it all."""
    shared = f", {load.workers} load workers" if load.workers > 1 else ""
    return f"{load.rate:,} requests/s, open loop{shared}"
