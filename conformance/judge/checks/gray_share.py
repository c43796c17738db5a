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
from conformance.judge.gray import gray_window, has_gray, no_gray
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.sql import count, one
from conformance.judge.wording import number, span
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

TURNS_LEAST = 6
"""Instances from which on it shows whether callers take turns..."""
TURNS_CALLS = 20
"""...and calls of each."""
TURNS_SPREAD = 0.05
"""Of the spread that chance gives: a choice by chance is as even as that less often than once in 50,000 times."""
TURNS_SPARE, TURNS_SHARE = 4, 0.02
"""Calls, and share of them all, by which the share of callers that take turns may be off."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """The first batch of a gray release, while all instances serve."""
    release = record.contract.release
    if release.position == "worker" or _is_sticky(record.contract):
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
    in_turn = not of_users and takes_turns(record, release.service)

    def is_promised(new: int, asked: int) -> bool:
        spare = TURNS_SPARE + TURNS_SHARE * asked
        by_chance = chance(new, asked, share) >= record.contract.thresholds.gray_share_chance
        return by_chance and not (in_turn and abs(new - share * asked) > spare)

    if is_promised(new, asked):
        return ()
    message = (
        f"{number(new)} of {number(asked)} {what} ({new / asked:.1%}) went to the new version {when}; "
        f"{share:.0%} was promised" + (", and callers take turns" if in_turn else "")
    )
    unlogged = count(record.db, _UNLOGGED, {"service": release.service, "began_ns": began_ns, "until_ns": until_ns})
    nearest = round(min(max(share * (asked + unlogged), new), new + unlogged))
    explains = is_promised(nearest, asked + unlogged)
    if explains:
        message += f"; the logs lack {number(unlogged)} more, which may have gone as was promised"
    return (_finding(gray, Verdict.INCONCLUSIVE if explains else Verdict.NO_GO, message),)


_CALLS = """
SELECT count(*), count(*) FILTER (list_contains($new, incarnation)) FROM served
WHERE service = $service AND start_ns BETWEEN $began_ns AND $until_ns
"""
_USERS = """
SELECT count(DISTINCT user_of(seq, $users)),
       count(DISTINCT user_of(seq, $users)) FILTER (list_contains($new, incarnation))
FROM served WHERE service = $service AND start_ns BETWEEN $began_ns AND $until_ns AND seq IS NOT NULL
"""
_UNLOGGED = """
SELECT count(*) FROM outcomes o
WHERE failure = '' AND sent_ns BETWEEN $began_ns AND $until_ns
  AND (entry = $service OR answer IN (SELECT answer FROM hops WHERE callee = $service AND NOT failed))
  AND seq NOT IN (SELECT seq FROM served WHERE service = $service AND seq IS NOT NULL)
"""
"""What was answered while the gray served, and no log of the service shows."""


_BASELINE = """
SELECT count(*), avg(calls), var_samp(calls) FROM (
    SELECT incarnation, count(*) AS calls FROM served
    WHERE service = $service AND start_ns < (SELECT began_ns FROM release) GROUP BY incarnation)
"""


def takes_turns(record: Record, service: str) -> bool:
    """Whether its callers chose its instances in turn before the release, rather than by chance."""
    instances, mean, variance = one(record.db, _BASELINE, {"service": service})
    return bool(instances >= TURNS_LEAST and mean >= TURNS_CALLS and variance <= TURNS_SPREAD * mean)


def _finding(batch: Batch, verdict: Verdict, message: str) -> Finding:
    finding = FindingKind.GRAY_SHARE if verdict is Verdict.NO_GO else FindingKind.TOO_LITTLE_EVIDENCE
    return Finding(check=CHECK.name, finding=finding, verdict=verdict, message=message, step=batch.title)


def _is_sticky(contract: Contract) -> bool:
    """Whether users stay where they are, so that their requests are drawn by nothing."""
    exposed = contract.release.exposure.by in {"instances", "weights"}
    return contract.sticky and contract.release.position == "entry" and exposed


def concerns(contract: Contract) -> bool:
    """Where there is a gray, and chance has a part in who meets it."""
    return has_gray(contract) and contract.release.exposure.by != "mark"


def gaps(contract: Contract) -> Sequence[str]:
    """A worker takes its work itself, and a sticky SLB keeps its users: which share the gray gets is not promised."""
    release = contract.release
    if _is_sticky(contract):
        return (f"the SLB keeps users at the instances of {release.service} that they have met: its gray's share",)
    if release.position != "worker":
        return ()
    return (f"{release.service} is a worker, which takes its work itself: its gray's share",)


CHECK = Check(
    name="gray_share",
    title="A gray release exposes the share that it promised",
    order=65,
    needs=frozenset({"executions"}),
    judge=judge,
    idle=no_gray,
    concerns=concerns,
    of_releases_only=True,
    gaps=gaps,
)
