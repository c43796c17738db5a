"""Before anything is touched, the old version answers enough requests and fails none: traffic must flow before a fault.

A system that loses requests by itself can prove nothing about a release, and its losses are not the release's.
Failures before the first batch make a run inconclusive and are counted nowhere else.
"""

from collections.abc import Sequence

import msgspec

from conformance.judge.check import Check
from conformance.judge.failures import failure_groups, found_by
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import one
from conformance.judge.wording import number, plural, span
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Too few answers, or any failure, before the release began."""
    title = facts.timeline.title(record.contract.release.baseline_step)
    found = [
        msgspec.structs.replace(
            found_by(CHECK.name, FindingKind.NOT_HEALTHY, record, facts, group),
            message=(
                f"{plural(group.count, 'request')} failed {group.where} before the release began "
                f"({span(group.first_ns, group.last_ns)}): {group.why}"
            ),
            step=title,
        )
        for group in failure_groups(record, before=True)
    ]
    wanted = record.contract.thresholds.baseline_requests
    (answered,) = one(
        record.db,
        "SELECT count(*) FROM outcomes WHERE failure = '' AND moment_ns < (SELECT began_ns FROM release)",
    )
    if answered < wanted:
        found.append(
            Finding(
                check=CHECK.name,
                finding=FindingKind.TOO_LITTLE_EVIDENCE,
                verdict=Verdict.INCONCLUSIVE,
                message=f"{plural(answered, 'request')} answered before the release; {number(wanted)} wanted",
                step=title,
            )
        )
    return found


CHECK = Check(name="baseline", title="The old version answered every request before the release", order=20, judge=judge)
