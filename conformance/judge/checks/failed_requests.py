"""No request fails once the release has begun: any status that the workload did not expect, a fallback's too (A1).

A circuit breaker's 405 is as much a failure as a 502: the workload says what it expects, and nothing else will do.
The client never repeats a request, so each failure is one that a user would have seen. A request belongs to the
time and the step in which it ended. What failed on its way to the SLB, where the record also tells of trouble with
the world itself, is no proof against the release and therefore inconclusive.
"""

from collections.abc import Sequence

from conformance.judge.ask import count
from conformance.judge.check import Check
from conformance.judge.derived import CLIENT_HOP
from conformance.judge.failures import FailureGroup, causes, during, errors_told, failure_groups, hops_line
from conformance.judge.model import Finding, Verdict
from conformance.judge.story import Story
from conformance.judge.wording import number, span
from conformance.record.reader import Record

FINDING = "failed request"


def judge(record: Record, story: Story) -> Sequence[Finding]:
    """One finding per step, hop and incarnation."""
    groups = failure_groups(record, before=False)
    found = [_finding(record, story, group) for group in groups]
    rest = count(record.db, "SELECT count(*) FROM failures WHERE NOT before") - sum(group.count for group in groups)
    if rest:
        found.append(
            Finding(
                check=CHECK.name,
                finding=FINDING,
                verdict=Verdict.NO_GO,
                message=f"{number(rest)} more requests failed elsewhere",
                count=rest,
            )
        )
    return found


def _finding(record: Record, story: Story, group: FailureGroup) -> Finding:
    of = f"{number(group.count)} of {number(story.requests)} requests failed"
    when = f"({span(group.first_ns, group.last_ns)})"
    message = " ".join(part for part in (of, group.where, during(group.step), when) if part)
    worlds_own = group.hop == CLIENT_HOP and bool(story.troubles)
    return Finding(
        check=CHECK.name,
        finding=FINDING,
        verdict=Verdict.INCONCLUSIVE if worlds_own else Verdict.NO_GO,
        message=f"{message}: {errors_told(group.errors)}",
        step=group.step,
        substep=story.timeline.innermost_at(group.first_end_ns),
        hop=group.hop,
        instance=group.instance,
        incarnation=group.incarnation,
        error=group.errors[0][0],
        count=group.count,
        first_ns=group.first_ns,
        last_ns=group.last_ns,
        requests=group.requests,
        detail=(*hops_line(record, group.requests[0]), *causes(story, group.incarnation, group.last_sent_ns)),
    )


CHECK = Check(name="failed_requests", title="No request failed once the release had begun", order=10, judge=judge)
