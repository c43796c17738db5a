"""The system answers as quickly as the team promises, in every step of the release: ``[promise] p99_ms``.

Of each step's right answers, 99 of 100 come within the promised time, from when each request was due; writes that were
asked to be held are left out. A step of few answers has no such share and is judged with the whole release. What a
starved machine explains is inconclusive, and so is what was only sent late by the load, and a promise that the old
version broke before anything was touched.
``stall_ms`` and a route's ``within_ms`` bound every single answer: what takes longer is a failed request.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.check import Check
from conformance.judge.cpu_starvation import amid
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.slow_starts import slow_starts
from conformance.judge.sql import rows
from conformance.judge.wording import MILLISECOND_NS, milliseconds, number
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import TOO_LATE, FindingKind

_WHOLE = "the release"

_P99 = f"""
WITH told AS (
    SELECT o.*, o.done_ns - o.due_ns AS took_ns, moment_ns < (SELECT began_ns FROM release) AS before,
           coalesce(w.title, '') AS step
    FROM outcomes o LEFT JOIN windows w ON o.moment_ns >= w.began_ns AND o.moment_ns < w.until_ns
    WHERE failure IN ('', '{TOO_LATE}') AND timed),
excused AS (
    SELECT t.seq FROM told t JOIN stretches s ON s.since_ns < t.done_ns AND s.until_ns > t.sent_ns
    WHERE took_ns > $promised_ns GROUP BY t.seq, t.sent_ns, t.done_ns
    HAVING sum(least(t.done_ns, s.until_ns) - greatest(t.sent_ns, s.since_ns)) >= $enough * (t.done_ns - t.sent_ns))
SELECT before, step, count(*), count(*) FILTER (took_ns > $promised_ns), quantile_cont(took_ns, 0.99),
       coalesce(quantile_cont(took_ns, 0.99) FILTER (seq NOT IN (FROM excused)), 0),
       quantile_cont(done_ns - sent_ns, 0.99), min(due_ns), max(done_ns)
FROM told GROUP BY GROUPING SETS ((before, step), (before))
ORDER BY min(due_ns)
"""  # noqa: S608 - a constant of ours


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The answers of a step; of all of them, before the release or since, where ``step`` is None."""

    before: bool
    step: str | None
    answers: int
    late: int
    p99_ns: float
    unexcused_ns: float
    """The same without what a starved machine explains."""
    sent_p99_ns: float
    """The same from when the load sent each request."""
    first_ns: int
    last_ns: int


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """One finding for each step that broke the promise, or for the whole release."""
    promised_ms = record.contract.promised.p99_ms
    if promised_ms is None:
        return ()
    promised_ns = promised_ms * MILLISECOND_NS
    values = {"promised_ns": promised_ns, "enough": facts.starvation.enough}
    stretches = [_Stretch(*row) for row in rows(record.db, _P99, values)]
    least = record.contract.thresholds.promise_answers
    broken = [one for one in stretches if one.answers >= least and one.p99_ns > promised_ns]
    if any(one.before and one.step is None for one in broken):
        return (_unhealthy(next(one for one in broken if one.before and one.step is None), promised_ms),)
    whole = next((one for one in stretches if not one.before and one.step is None), None)
    if whole is None or whole.answers < least:
        return (_too_little(0 if whole is None else whole.answers, least),)
    since = [one for one in broken if not one.before]
    steps = [one for one in since if one.step is not None]
    return [_broken(record, facts, one, promised_ms) for one in steps or since]


def _unhealthy(before: _Stretch, promised_ms: float) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.NOT_HEALTHY,
        verdict=Verdict.INCONCLUSIVE,
        message=f"{_told(before, promised_ms)} before the release: this promise is broken without one",
        first_ns=before.first_ns,
        last_ns=before.last_ns,
    )


def _too_little(answers: int, least: int) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.TOO_LITTLE_EVIDENCE,
        verdict=Verdict.INCONCLUSIVE,
        message=f"{number(answers)} answers since the release began; a p99 is judged from {number(least)} on",
    )


def _broken(record: Record, facts: RunFacts, one: _Stretch, promised_ms: float) -> Finding:
    starved = one.unexcused_ns <= promised_ms * MILLISECOND_NS
    sent_late = not starved and one.sent_p99_ns <= promised_ms * MILLISECOND_NS
    why = "; counted from when the load sent them it was kept" if sent_late else amid(starved=starved)
    return Finding(
        check=CHECK.name,
        finding=FindingKind.SLOWER_THAN_PROMISED,
        verdict=Verdict.INCONCLUSIVE if starved or sent_late else Verdict.NO_GO,
        message=f"{_told(one, promised_ms)} in {one.step or _WHOLE}{why}",
        step=one.step or "",
        starved=starved,
        count=one.late,
        first_ns=one.first_ns,
        last_ns=one.last_ns,
        detail=tuple(_starts(record, facts, one)),
    )


def _told(one: _Stretch, promised_ms: float) -> str:
    p99 = milliseconds(one.p99_ns / MILLISECOND_NS)
    late = f"{number(one.late)} of {number(one.answers)} answers took longer"
    return f"p99 {p99}, promised {milliseconds(promised_ms)} ({late})"


def _starts(record: Record, facts: RunFacts, stretch: _Stretch) -> Iterator[str]:
    """Who was slow at first in this time."""
    for one in slow_starts(record, facts):
        if one.since_ns < stretch.last_ns and one.since_ns + one.seconds * 1e9 > stretch.first_ns:
            yield one.told


def idle(contract: Contract) -> str:
    """Where the team promises nothing: what bounds every single answer is a promise, too."""
    bounds = (contract.promised.p99_ms, contract.promised.stall_ms, *(one.within_ms for one in contract.load.routes))
    promised = any(bound is not None for bound in bounds)
    return "" if promised else "nothing is promised: [promise] p99_ms, or within_ms of a route"


CHECK = Check(
    name="promise",
    title="Answers were as quick as the team promises",
    order=15,
    judge=judge,
    idle=idle,
)
