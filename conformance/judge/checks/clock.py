"""The clocks agree: what instances stamp by the wall clock can be set against what the run measured.

Removal lags are differences between an instance's log and the run's own clock. So the two may hardly part during a
run, no execution lies outside its incarnation's life, none began before its request was sent, and none that the client
was answered by after that. The last three find what the first cannot: a wall clock that was set forth and back in
between. What a service does once the client has its answer may be work that it put off.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, rows
from conformance.judge.wording import MILLISECOND_NS, length, milliseconds, number, plural, seconds
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_ANY_OUTSIDE = """
SELECT count(*) FROM worked WHERE service = $service AND good
  AND (earliest_ns < -$allowed_ns OR (service = entry AND latest_ns > $allowed_ns) OR shortest_ns < 0)
"""
_OUTSIDE_REQUEST = """
SELECT count(*) FROM executions e JOIN outcomes o USING (seq)
WHERE e.service = $service AND o.failure = ''
  AND (e.start_ns < o.sent_ns - $allowed_ns OR (e.service = o.entry AND e.start_ns > o.done_ns + $allowed_ns)
       OR e.end_ns < e.start_ns)
"""

_FINER = """
SELECT count(*) FROM (
    SELECT incarnation FROM executions WHERE service = $service GROUP BY incarnation
    HAVING least(count(DISTINCT start_ns), count(DISTINCT end_ns))
           > 2 * (max(end_ns) - min(start_ns)) // $resolution_ns + $spare)
"""
"""By how many incarnations' lines more moments are told than there are between the first and the last of them."""
SPARE = 20
"""Moments more that rounding to and fro may make."""

_MISDATED = """
SELECT incarnation, CAST(sum(outside) AS BIGINT), CAST(sum(times) AS BIGINT), arg_max(by_ns, abs(by_ns))
FROM misdated GROUP BY incarnation ORDER BY incarnation
"""
"""Of these alone the stamps were put back, see clocks.py."""


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
        told_ns = allowed_ns + facts.resolution_ns.get(executed.service, 0)
        if life.launched_ns is not None and executed.first_start_ns < life.launched_ns - told_ns:
            at = f"{seconds(executed.first_start_ns)}; it was launched at {seconds(life.launched_ns)}"
            found.append(_finding(f"the log of {incarnation} has an execution at {at}", incarnation))
        if life.exited_ns is not None and executed.last_end_ns > life.exited_ns + told_ns:
            at = f"{seconds(executed.last_end_ns)}; it had ended at {seconds(life.exited_ns)}"
            found.append(_finding(f"the log of {incarnation} has an execution until {at}", incarnation))
    for incarnation, outside, times, by_ns in rows(record.db, _MISDATED):
        how = f"{length(abs(round(by_ns)))} {'before' if by_ns < 0 else 'after'} the request that they belong to"
        told = f"the log of {incarnation} has {number(outside)} of {number(times)} executions as far as {how}"
        found.append(_finding(f"{told}: its clock is off", incarnation))
    return [*found, *_finer(record, facts), *_outside(record, facts, allowed_ns)]


def _finer(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """How finely a log tells times is a part of what is tolerated of it, and shows in its lines."""
    for name, resolution_ns in facts.resolution_ns.items():
        finely = {"service": name, "resolution_ns": max(resolution_ns, 1), "spare": SPARE}
        if finer := count(record.db, _FINER, finely):
            told = f"the log of {name} tells times to {length(resolution_ns)} by the run's events"
            yield _finding(f"{told}; the lines of {plural(finer, 'incarnation')} tell them more finely")


def _outside(record: Record, facts: RunFacts, allowed_ns: int) -> Iterator[Finding]:
    """What began before its request was sent or, of an entry, after it was answered."""
    for service in record.contract.services:
        told_ns = allowed_ns + facts.resolution_ns.get(service.name, 0)
        values = {"service": service.name, "allowed_ns": told_ns}
        suspected = record.load.reconnects or count(record.db, _ANY_OUTSIDE, values)
        if suspected and (outside := count(record.db, _OUTSIDE_REQUEST, values)):
            what = f"{plural(outside, 'execution')} of {service.name}"
            yield _finding(f"{what} started before its request was sent or after the answer")


def _finding(message: str, incarnation: str = "") -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.CLOCKS_DISAGREE,
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        incarnation=incarnation,
    )


CHECK = Check(name="clock", title="The clocks agree", order=100, judge=judge)
