"""A gray release exposes the share of users that it promised, no more and no fewer (A8: 2 of 10 first).

Once the first batch's new incarnations are listed by all callers, and until the next batch begins, each instance
should get its equal part of the calls. The new version's share is held against the exact binomial distribution:
only a share that chance would hardly ever give counts as another one. Batches that are no gray release promise no
share.
"""

import math
from collections.abc import Sequence

from conformance.judge.ask import one
from conformance.judge.check import Check
from conformance.judge.model import Finding, Verdict
from conformance.judge.story import Batch, Story
from conformance.judge.wording import number, span
from conformance.record.reader import Record


def judge(record: Record, story: Story) -> Sequence[Finding]:
    """The first batch of a gray release, while all instances serve."""
    release = record.contract.release
    if not release.strategy.startswith("gray") or not story.batches or story.refused:
        return ()
    first, *rest = story.batches
    share = len(first.instances) / len(record.contract.service(release.service).instances)
    began_ns = _all_listed_ns(first)
    until_ns = rest[0].began_ns if rest else story.load_ended_ns
    if began_ns is None or until_ns is None or share == 1:
        return (_finding(first, Verdict.INCONCLUSIVE, "when the new version took its share is not recorded"),)
    calls, new = one(
        record.db,
        """
        SELECT count(*), count(*) FILTER (list_contains($new, incarnation)) FROM executions
        WHERE service = $service AND start_ns BETWEEN $began_ns AND $until_ns
        """,
        {
            "new": [life.incarnation for life in first.new],
            "service": release.service,
            "began_ns": began_ns,
            "until_ns": until_ns,
        },
    )
    wanted = record.contract.thresholds.incarnation_answers * len(first.instances)
    when = f"({span(began_ns, until_ns)})"
    if calls * share < wanted:
        message = f"{number(calls)} calls while all instances served {when}: too few to tell a share of {share:.0%}"
        return (_finding(first, Verdict.INCONCLUSIVE, message),)
    if chance(new, calls, share) >= record.contract.thresholds.gray_share_chance:
        return ()
    message = (
        f"{number(new)} of {number(calls)} calls ({new / calls:.1%}) went to the new version {when}; "
        f"{share:.0%} was promised"
    )
    return (_finding(first, Verdict.NO_GO, message),)


def _all_listed_ns(batch: Batch) -> int | None:
    """When the last caller was seen to list the last of its new incarnations."""
    times: list[int] = []
    for life in batch.new:
        listed = [at_ns for _, at_ns in life.listed] + ([life.registered_ns] if life.registered_ns is not None else [])
        if not listed:
            return None
        times.append(max(listed))
    return max(times, default=None)


def chance(hits: int, trials: int, share: float) -> float:
    """How often chance alone gives a count at least this far on its side: twice the smaller exact binomial tail."""
    upper = hits >= trials * share
    step = 1 if upper else -1
    total, k = 0.0, hits
    while 0 <= k <= trials:
        term = math.exp(_log_probability(k, trials, share))
        total += term
        if term <= total * 1e-17:
            break
        k += step
    return min(1.0, 2 * total)


def _log_probability(k: int, n: int, p: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return choose + k * math.log(p) + (n - k) * math.log1p(-p)


def _finding(batch: Batch, verdict: Verdict, message: str) -> Finding:
    finding = "gray share" if verdict is Verdict.NO_GO else "too little evidence"
    return Finding(check=CHECK.name, finding=finding, verdict=verdict, message=message, step=batch.title)


CHECK = Check(
    name="gray_share",
    title="A gray release exposes the share that it promised",
    order=65,
    needs=frozenset({"executions"}),
    judge=judge,
)
