"""The clocks agree: what instances stamp by the wall clock can be set against what the run measured.

Removal lags are differences between an instance's log and the run's own clock. So the two may hardly part during a
run, no execution lies outside its incarnation's life, and none that the client was answered by lies outside its
request. The last two find what the first cannot: a wall clock that was set forth and back in between.
"""

from collections.abc import Sequence

from conformance.judge.check import Check
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.wording import MILLISECOND_NS, milliseconds, plural, seconds
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_OUTSIDE_REQUEST = """
SELECT o.entry, count(*) FROM executions e JOIN outcomes o USING (seq)
WHERE e.service = o.entry AND o.failure = ''
  AND (e.start_ns < o.sent_ns - $allowed_ns OR e.start_ns > o.done_ns + $allowed_ns OR e.end_ns < e.start_ns)
GROUP BY o.entry ORDER BY o.entry
"""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """The drift, then the executions that cannot have been when their logs say."""
    allowed_ms = record.contract.thresholds.clock_drift_ms
    allowed_ns = round(allowed_ms * MILLISECOND_NS)
    found = []
    if facts.drift_ns > allowed_ns:
        drift = milliseconds(facts.drift_ns / MILLISECOND_NS)
        found.append(
            _finding(f"wall clock and monotonic clock parted by {drift}; {milliseconds(allowed_ms)} are allowed")
        )
    for incarnation, executed in facts.executed.items():
        life = facts.lives.get(incarnation)
        if life is None or "executions" not in record.contract.service(executed.service).evidence:
            continue  # only what an instance stamped itself is by its clock
        if life.launched_ns is not None and executed.first_start_ns < life.launched_ns - allowed_ns:
            at = f"{seconds(executed.first_start_ns)}; it was launched at {seconds(life.launched_ns)}"
            found.append(_finding(f"the log of {incarnation} has an execution at {at}", incarnation))
        if life.exited_ns is not None and executed.last_end_ns > life.exited_ns + allowed_ns:
            at = f"{seconds(executed.last_end_ns)}; it had ended at {seconds(life.exited_ns)}"
            found.append(_finding(f"the log of {incarnation} has an execution until {at}", incarnation))
    for entry, outside in rows(record.db, _OUTSIDE_REQUEST, {"allowed_ns": allowed_ns}):
        message = f"{plural(outside, 'execution')} of {entry} started before its request was sent or after the answer"
        found.append(_finding(message))
    return found


def _finding(message: str, incarnation: str = "") -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.CLOCKS_DISAGREE,
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        incarnation=incarnation,
    )


CHECK = Check(name="clock", title="The clocks agree", order=100, judge=judge)
