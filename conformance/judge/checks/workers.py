"""Each worker of the load did its part: all of its requests, on time, by the same clock, begun with the others.

A load that is more than one process can send is shared by workers, request i being that of worker i modulo their
number. What is judged elsewhere of the load is judged of all rows together; among many workers that would hide one that
is late, and a worker that did not do its part may have missed the very moment in which something was lost.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.contradictions import contradiction
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.wording import MILLISECOND_NS, milliseconds, number
from conformance.record.load_end import WorkerEnd, clock_fault
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_EACH = """
SELECT seq % $workers AS worker, count(*), count(*) FILTER (sent_ns > 0),
       coalesce(quantile_cont(sent_ns - due_ns, 0.99) FILTER (sent_ns > 0), 0)
FROM requests GROUP BY ALL
"""


def judge(record: Record, _facts: RunFacts) -> Sequence[Finding]:
    """The number of workers, then each of them by its own figures and by its rows."""
    load, planned = record.load, record.contract.load.workers
    if not load.workers == planned == max(1, len(load.each)):
        told = f"{planned} by the contract and {load.workers} by the load's end marker"
        return (contradiction(CHECK.name, f"the workers are {told}, which has figures of {len(load.each)}"),)
    if not load.each:
        return ()
    told_by_rows = {worker: tuple(told) for worker, *told in rows(record.db, _EACH, {"workers": load.workers})}
    found: list[Finding] = []
    for place, each in enumerate(load.each):
        where = f" ({each.place})" if each.place else ""
        name = f"load worker {place + 1} of {load.workers}{where}"
        found += _of_itself(name, place, each)
        found += _by_its_rows(record, name, each, told_by_rows.get(place, (0, 0, 0)))
    return found


def _of_itself(name: str, place: int, each: WorkerEnd) -> Iterator[Finding]:
    if each.number != place + 1:
        yield contradiction(CHECK.name, f"{name} has the figures of number {each.number}")
    if each.told_before_ns <= 0:
        late = milliseconds(-each.told_before_ns / MILLISECOND_NS)
        yield _not_sustained(f"{name} began late: it learned when the load begins {late} after that")
    if fault := clock_fault(each.clock_ahead_ns, each.clock_within_ns):
        yield _finding(FindingKind.CLOCKS_DISAGREE, f"{name}: {fault}")


def _by_its_rows(record: Record, name: str, each: WorkerEnd, told: tuple[int, int, float]) -> Iterator[Finding]:
    kept, sent, late_ns = told
    wanted = record.contract.thresholds
    if (kept, sent) != (each.rows, each.sent) or each.rows != each.planned:
        yield contradiction(
            CHECK.name,
            f"{name} had {number(each.planned)} requests to send and tells of {number(each.rows)}, {number(each.sent)}"
            f" sent; its rows are {number(kept)}, {number(sent)} sent",
            abs(each.planned - kept),
        )
    if sent < wanted.sent_share * kept:
        share = f"{number(sent)} of its {number(kept)} requests ({sent / kept:.2%})"
        yield _not_sustained(f"{name} sent {share}; at least {wanted.sent_share:.2%} wanted")
    if record.load.tasks is None and late_ns > wanted.lateness_p99_ms * MILLISECOND_NS:
        allowed = milliseconds(wanted.lateness_p99_ms)
        yield _not_sustained(
            f"{name} sent late: p99 {milliseconds(late_ns / MILLISECOND_NS)}, at most {allowed} allowed"
        )


def _not_sustained(message: str) -> Finding:
    return _finding(FindingKind.LOAD_NOT_SUSTAINED, message)


def _finding(kind: FindingKind, message: str) -> Finding:
    return Finding(check=CHECK.name, finding=kind, verdict=Verdict.INCONCLUSIVE, message=message)


CHECK = Check(name="workers", title="Each worker of the load did its part", order=92, judge=judge)
