"""No request fails once the release has begun: any status that the workload did not expect, a fallback's too (A1).

A circuit breaker's 405 is as much a failure as a 502: the workload says what it expects, and nothing else will do.
The client never repeats a request, so each failure is one that a user would have seen. A request belongs to the
time and the step in which it ended.

Three kinds of failure prove nothing against the release and are inconclusive, for it is the world that was sick: what
failed on its way to the SLB, where the record also tells of trouble with the world itself by then; what the SLB had
nobody to send to, after its health check had taken out instances that no step was taking down; and what timed out while
the machine was CPU-starved, which is told apart from all else that failed at the same place.
"""

from collections.abc import Sequence

import msgspec

from conformance.judge.check import Check
from conformance.judge.cpu_starvation import amid
from conformance.judge.derived import CLIENT_HOP, NOBODY
from conformance.judge.failures import FailureGroup, during, failure_groups, found_by, preceded, unrecovered
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.wording import number, plural, span
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import ErrorClass, FindingKind

FINDING = FindingKind.FAILED_REQUEST


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """One finding per step, hop and incarnation, and for what timed out for want of a processor one of its own."""
    groups = failure_groups(record, before=False)
    found = [_finding(record, facts, group) for group in groups]
    totals = "SELECT starved, count(*) FROM failures WHERE NOT before AND failure <> $session_lost GROUP BY starved"
    for starved, total in rows(record.db, totals, {"session_lost": ErrorClass.SESSION_LOST}):
        rest = total - sum(group.count for group in groups if group.starved is starved)
        if rest:
            found.append(_elsewhere(rest, starved=starved))
    return found


def _elsewhere(rest: int, *, starved: bool) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FINDING,
        verdict=Verdict.INCONCLUSIVE if starved else Verdict.NO_GO,
        message=f"{number(rest)} more requests failed elsewhere{amid(starved=starved)}",
        count=rest,
        starved=starved,
    )


def _finding(record: Record, facts: RunFacts, group: FailureGroup) -> Finding:
    of = f"{number(group.count)} of {number(facts.requests)} requests failed"
    when = f"({span(group.first_ns, group.last_ns)})"
    message = " ".join(part for part in (of, group.where, during(group.step), when) if part)
    nobody_left = group.errors[0][0] == NOBODY and preceded(record, facts.lost, group.first_end_ns)
    unreachable = group.hop == CLIENT_HOP and unrecovered(record, facts.troubles, group)
    worlds_own = group.starved or nobody_left or unreachable
    return msgspec.structs.replace(
        found_by(CHECK.name, FINDING, record, facts, group),
        verdict=Verdict.INCONCLUSIVE if worlds_own else Verdict.NO_GO,
        message=f"{message}: {group.why}",
        step=group.step,
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Routes whose answers nothing looks into; of a write whose effects are declared the ledger tells."""
    return tuple(
        f"{route.name} has no check: whether an answer with the right status is an error"
        for route in contract.load.routes
        if not (route.looked_at or route.effects or route.rules)
    )


def unseen(record: Record, _facts: RunFacts) -> Sequence[str]:
    """Answers of another status than expected that the workload itself took for right."""
    return tuple(
        f"the workload itself took {plural(times, 'answer')} of {route.name} with status {status} for right"
        for route in record.contract.load.routes
        for status, times in sorted(route.overruled.items())
    )


CHECK = Check(
    name="failed_requests",
    title="No request failed once the release had begun",
    order=10,
    judge=judge,
    gaps=gaps,
    unseen=unseen,
)
