"""What a run proved, in one sentence that a statistician can check."""

from conformance.judge.headline import loss_bound
from conformance.judge.model import Judgement, Verdict
from conformance.judge.wording import number


def proved(judgement: Judgement) -> str:
    """``0 of 15,000 requests since the release began failed: loss below 0.02 % at 95 % confidence``.

    The bound is the exact one-sided binomial one (Clopper-Pearson). Counted are the requests that ended since the first
    batch began: what v1 answered before anything was touched proves nothing about the release.
    """
    requests = judgement.counts.get("since_release", 0)
    if not requests:
        return "Nothing: no request was judged since the release began"
    failed = judgement.counts["failed"]
    counted = f"{number(failed)} of {number(requests)} requests since the release began failed"
    if judgement.verdict is Verdict.INCONCLUSIVE:
        return f"Nothing, for evidence is lacking; counted: {counted}"
    return f"{counted}: {loss_bound(failed, requests)}"
