"""The few figures by which a scenario is compared with others, as people read them."""

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.judge.headline import loss_bound
from conformance.judge.model import Judgement, Verdict
from conformance.judge.wording import number, plural
from reports.loss_text import lost_requests, not_whole
from reports.model import ScenarioResult

UNKNOWN = "-"


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
    """One line for each evidence that is lacking, by what it would show; then what no evidence would help."""
    lacks = [f"{one.service} does not declare {one.evidence}: {'; '.join(one.shows)}" for one in judgement.lacks]
    told = {line for one in judgement.lacks for line in one.untested}
    return (*lacks, *(line for line in judgement.untested if line not in told))


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
