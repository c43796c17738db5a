"""A gray release exposes the share that it promised, no more and no fewer (A8: 2 of 10 first).

Once the gray's new incarnations are listed by all callers, and until the gray is opened or the next batch begins, the
new version's share is held against the exact binomial distribution: only a share that chance would hardly ever give
counts as another one. Of the calls where each instance gets its equal part, or what the SLB's weights give it; of the
users where so many of them were chosen. Where a mark of the request chooses, it is the load that marks, and no chance
has a part in it: ``lanes`` sees to those. Batches that are no gray release promise no share.
"""

from collections.abc import Sequence

from conformance.judge.binomial import chance
from conformance.judge.check import Check
from conformance.judge.gray import gray_window
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.sql import one
from conformance.judge.wording import number, span
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """The first batch of a gray release, while all instances serve."""
    release = record.contract.release
    if release.position == "worker":
        return ()
    exposure = release.exposure
    gray = next((batch for batch in facts.batches if batch.gray), None)
    if gray is None or facts.refused or exposure.by == "mark":
        return ()
    share = exposure.share or len(gray.instances) / len(record.contract.service(release.service).instances)
    while_gray = gray_window(record.contract, facts)
    if while_gray is None or share == 1:
        return (_finding(gray, Verdict.INCONCLUSIVE, "when the new version took its share is not recorded"),)
    began_ns, until_ns = while_gray
    of_users = exposure.by == "users"
    asked, new = one(
        record.db,
        _USERS if of_users else _CALLS,
        {
            "new": [life.incarnation for life in gray.new],
            "service": release.service,
            "began_ns": began_ns,
            "until_ns": until_ns,
        }
        | ({"users": record.contract.load.users} if of_users else {}),
    )
    wanted = record.contract.thresholds.incarnation_answers * (1 if of_users else len(gray.instances))
    when, what = f"({span(began_ns, until_ns)})", "users" if of_users else "calls"
    if asked * share < wanted:
        message = f"{number(asked)} {what} while the gray served {when}: too few to tell a share of {share:.0%}"
        return (_finding(gray, Verdict.INCONCLUSIVE, message),)
    if chance(new, asked, share) >= record.contract.thresholds.gray_share_chance:
        return ()
    message = (
        f"{number(new)} of {number(asked)} {what} ({new / asked:.1%}) went to the new version {when}; "
        f"{share:.0%} was promised"
    )
    return (_finding(gray, Verdict.NO_GO, message),)


_CALLS = """
SELECT count(*), count(*) FILTER (list_contains($new, incarnation)) FROM executions
WHERE service = $service AND start_ns BETWEEN $began_ns AND $until_ns
"""
_USERS = """
SELECT count(DISTINCT user_of(seq, $users)),
       count(DISTINCT user_of(seq, $users)) FILTER (list_contains($new, incarnation))
FROM served WHERE service = $service AND start_ns BETWEEN $began_ns AND $until_ns AND seq IS NOT NULL
"""


def _finding(batch: Batch, verdict: Verdict, message: str) -> Finding:
    finding = FindingKind.GRAY_SHARE if verdict is Verdict.NO_GO else FindingKind.TOO_LITTLE_EVIDENCE
    return Finding(check=CHECK.name, finding=finding, verdict=verdict, message=message, step=batch.title)


def gaps(contract: Contract) -> Sequence[str]:
    """A worker takes its work itself: which share of it the gray takes is not promised."""
    release = contract.release
    if release.position != "worker" or not any(batch.gray for batch in release.batches):
        return ()
    return (f"{release.service} is a worker, which takes its work itself: its gray's share",)


CHECK = Check(
    name="gray_share",
    title="A gray release exposes the share that it promised",
    order=65,
    needs=frozenset({"executions"}),
    judge=judge,
    gaps=gaps,
)
