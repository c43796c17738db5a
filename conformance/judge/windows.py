"""The error window of each batch: what was lost between the end of its instances and the last call to one of them.

Measured from the record: failures by their hop and incarnation, calls by the answers' hops and the SLB's log, who
dropped whom by the events. Beside it stands what the timers imply (A4, A6): the sum of the chain of delays that the
contract states. Calls count by when the load sent their request, which is a little before the call itself.
"""

from collections.abc import Sequence
from typing import Any

from conformance.judge.incarnations import IncarnationFacts, mark_of
from conformance.judge.model import ErrorWindow
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.sql import has_rows, make_table, rows
from conformance.judge.wording import SECOND_NS
from conformance.record.contract import ReleaseFacts
from conformance.record.reader import Record

_FAILED = """
SELECT g.batch, count(*), min(due_ns), max(moment_ns), count(*) FILTER (executed = 'yes')
FROM failures f JOIN going g ON g.incarnation = f.incarnation AND f.moment_ns >= g.since_ns JOIN attributed USING (seq)
WHERE NOT before GROUP BY g.batch
"""
"""What failed there before its batch began is none of that batch's."""
_LAST_CALLS = """
SELECT batch, max(sent_ns) FROM (
    SELECT g.batch, o.sent_ns FROM hops h JOIN going g USING (incarnation) JOIN outcomes o USING (answer)
    UNION ALL
    SELECT g.batch, o.sent_ns FROM slb s JOIN going g USING (incarnation) JOIN outcomes o USING (seq)) GROUP BY batch
"""


def windows(record: Record, facts: RunFacts) -> tuple[ErrorWindow, ...]:
    """One for each batch that took somebody down, in order."""
    db = record.db
    db.execute("DROP TABLE IF EXISTS going")
    going = [(batch.step, life.incarnation, batch.began_ns or 0) for batch in facts.batches for life in batch.old]
    make_table(db, "going", "batch VARCHAR, incarnation VARCHAR, since_ns BIGINT", going)
    failed = {batch: found for batch, *found in rows(db, _FAILED)} if has_rows(db, "failures") else {}
    last_calls = dict(rows(db, _LAST_CALLS))
    return tuple(
        _window(record, batch, gone_ns, failed.get(batch.step, (0, None, None, 0)), last_calls.get(batch.step))
        for batch in facts.batches
        if (gone_ns := _gone(batch)) is not None
    )


def _window(record: Record, batch: Batch, gone_ns: int, failed: Sequence[Any], last_call_ns: int | None) -> ErrorWindow:
    release = record.contract.release
    lost, first_ns, last_ns, executed = failed
    marks = [mark for life in batch.old if (mark := mark_of(life)) is not None]
    return ErrorWindow(
        step=batch.title,
        incarnations=tuple(life.incarnation for life in batch.old),
        marked_ns=min(marks, default=gone_ns),
        gone_ns=gone_ns,
        lost=lost,
        executed=executed,
        first_failed_ns=first_ns,
        last_failed_ns=last_ns,
        dropped_ns=_latest(batch.old, release, by_caller=False),
        told_ns=_latest(batch.old, release, by_caller=True),
        last_call_ns=last_call_ns,
        called_s=None if last_call_ns is None else max(0.0, (last_call_ns - gone_ns) / SECOND_NS),
    )


def _gone(batch: Batch) -> int | None:
    """When the first of them stopped answering: killed, silenced, or asked to stop and heeding it."""
    times = [life.gone_ns for life in batch.old]
    return min((at_ns for at_ns in times if at_ns is not None), default=None)


def _latest(lives: Sequence[IncarnationFacts], release: ReleaseFacts, *, by_caller: bool) -> int | None:
    """When the last of them was dropped by the registry, or by the last of its callers; None where one never was."""
    entry = release.position == "entry"
    times: list[int] = []
    for life in lives:
        if entry and life.drained_ns is not None:
            seen = [life.drained_ns]
        elif entry:
            seen = [at_ns for who, at_ns in life.unlisted if who == "slb"]
        else:
            seen = [at_ns for who, at_ns in life.unlisted if (who != "registry") is by_caller]
        if not seen:
            return None
        times.append(max(seen))
    return max(times, default=None)
