"""How a scenario reads in the report's list: what was released, how, and what came of it."""

import re
from collections import Counter
from collections.abc import Sequence

from conformance.judge.model import Verdict
from conformance.judge.wording import number, plural
from conformance.record.contract import Contract
from conformance.record.partial_record import PartialRecord
from reports.loss_text import lost_requests
from reports.model import ScenarioResult, SessionResult

LONGEST = 160
"""Characters of a title."""

COUNTS = (
    ("partial_writes", "partial write"),
    ("lost_writes", "lost write"),
    ("duplicates", "duplicate"),
    ("phantoms", "phantom"),
)

USUAL = "fast timers"
"""Of a server settings: what is not worth a word in a title."""
AMID = ("Fault: ", "Scaling: ")
"""How the steps' titles begin in which something happens between two batches."""

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
FEATURES = (*ARTICLE.values(), NOT_JUDGED)
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
    return _short(session.headline.partition("; ")[0])


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
    instances = len({name for one in releases for batch in one.batches for name in batch.instances})
    service = " and ".join(one.service for one in releases)
    amid = [step.title.partition(": ")[2] for step in facts.plan if step.title.startswith(AMID)]
    around = [text for text in contract.server_settings.split(", ") if text not in ("", USUAL)]
    how = (_strategy(releases[0].strategy, instances), releases[0].offline, *amid, *around, result.registry)
    return f"{service}: {', '.join(how)}"


def _strategy(strategy: str, instances: int) -> str:
    """``3 batches of 10`` for ``3 batches of 4, 3 and 3``, and of a gray only the gray; the plan tells the rest."""
    told = strategy.replace(" of each service, providers before their callers", ", service by service")
    sizes = r"(\d+) batch(?:es)? of \d+(?:, \d+)*(?: and \d+)?"
    told = re.sub(f", then {sizes}", "", told)
    return re.sub(sizes, lambda found: f"{_batches(int(found[1]))} of {instances}", told)


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
