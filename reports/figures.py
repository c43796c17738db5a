"""The few figures by which a scenario is compared with others, as people read them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from conformance.judge.check import all_checks
from conformance.judge.headline import loss_bound
from conformance.judge.model import Judgement, Lack, Verdict
from conformance.judge.wording import number, plural
from reports.loss_text import lost_requests, not_whole
from reports.model import ScenarioResult

UNKNOWN = "-"
MOST_NAMED = 2
"""Of what was not tested, in the one line of it on the terminal."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one scenario; ``-`` for what was not judged or not measured."""

    requests: str
    lost: str
    """By the release; what failed for other reasons is told where the scenario is."""
    damage: str
    """Writes that are not whole: ``37 partial, 25 lost``."""
    p99: str
    lag: str
    """The longest removal lag of those that said that they were going; who only stops has none."""
    seconds: str


def figures_of(result: ScenarioResult) -> Figures:
    """Read from the judgement alone."""
    judgement = result.judgement
    counts = judgement.counts if judgement else {}
    latency = judgement.latency if judgement else {}
    removals = judgement.removals if judgement else ()
    lags = [removal.lag_s for removal in removals if removal.marked_ns != removal.stopped_ns]
    return Figures(
        requests=_count(counts, "requests"),
        lost=number(lost_requests(judgement)) if judgement and counts else UNKNOWN,
        damage=(not_whole(judgement) or "0") if judgement and "partial_writes" in counts else UNKNOWN,
        p99=f"{latency['p99_ms']:,.0f} ms" if "p99_ms" in latency else UNKNOWN,
        lag=f"{max(lags):.2f} s" if lags else UNKNOWN,
        seconds=f"{result.seconds:.1f} s",
    )


def _count(counts: dict[str, int], name: str) -> str:
    return number(counts[name]) if name in counts else UNKNOWN


def stands(result: ScenarioResult) -> str:
    """How the verdict stands to what was expected."""
    if result.measured:
        return "measured, not judged"
    return "as expected" if result.met else f"{result.expected} was expected"


def worst_first(results: Iterable[ScenarioResult]) -> tuple[ScenarioResult, ...]:
    """Losses first, then what was not proved, then what met its expectation; else in the order in which they ran."""
    return tuple(sorted(results, key=lambda result: (result.met, not result.lossy)))


def not_tested(judgement: Judgement) -> tuple[str, ...]:
    """One line for each evidence that is lacking, by what it would show; then what no evidence would help.

    Each of the latter begins with the title of its check.
    """
    lacks = (f"{_lacking(one)}: {'; '.join(one.shows)}" for one in judgement.lacks)
    return (*lacks, *_besides(judgement))


def untested_points(results: Iterable[ScenarioResult], listed: str) -> str:
    """``11 points, listed in the summary, such as: orders does not declare hops``; empty where there are none.

    Args:
        results: The scenarios; what several have not tested counts once.
        listed: Where all of them are listed; here are the first few, by name.
    """
    judged = [result.judgement for result in results if result.judgement is not None]
    points = {line for judgement in judged for line in judgement.untested}
    lacks = (_lacking(one) for judgement in judged for one in judgement.lacks)
    named = islice(dict.fromkeys((*lacks, *(line for judgement in judged for line in _besides(judgement)))), MOST_NAMED)
    return f"{plural(len(points), 'point')}, listed in {listed}, such as: {'; '.join(named)}" if points else ""


def _lacking(lack: Lack) -> str:
    return f"{lack.service} does not declare {lack.evidence}"


def _besides(judgement: Judgement) -> Iterator[str]:
    """What is not tested for another reason than evidence that is not declared."""
    told = {line for one in judgement.lacks for line in one.untested}
    return (_in_words(line) for line in judgement.untested if line not in told)


def _in_words(line: str) -> str:
    """With the title of the check in place of its name, where it begins with that."""
    name, colon, what = line.partition(": ")
    title = {check.name: check.title for check in all_checks()}.get(name)
    return f'"{title}"{colon}{what}' if title else line


def titled(result: ScenarioResult, *, registry: bool) -> str:
    """The scenario's title, with its registry where there are several."""
    return f"{result.title}, {result.registry}" if registry else result.title


def proved(judgement: Judgement) -> str:
    """``0 of 15,000 requests since the release began failed, 0 of 10 stops lost anything: loss below ...``.

    The bounds are the exact one-sided binomial ones (Clopper-Pearson). Counted are the requests that ended since the
    first batch began: what v1 answered before anything was touched proves nothing about the release.
    """
    requests = judgement.counts.get("since_release", 0)
    if judgement.null_release:
        whole = number(judgement.counts.get("requests", 0))
        return f"Nothing was released, and {number(lost_requests(judgement))} of {whole} requests failed"
    if not requests:
        return "Nothing: no request was judged since the release began"
    failed = judgement.counts["failed"]
    counted = f"{number(failed)} of {number(requests)} requests since the release began failed"
    if judgement.verdict is Verdict.INCONCLUSIVE:
        return f"Nothing, for evidence is lacking; counted: {counted}"
    proof = judgement.proof
    if proof is None or proof.stops_at_most is None:
        return f"{counted}: {loss_bound(failed, requests)}"
    amid = f" ({number(proof.stops_amid_writes)} of them in mid-write)" if judgement.counts.get("writes") else ""
    at_stops = f"0 of {plural(proof.stops, 'stop')}{amid} lost anything"
    return f"{counted}, {at_stops}: {loss_bound(failed, requests, proof.stops)}"
