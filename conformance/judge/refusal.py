"""What a new version that was refused had cost by then, and whether anything was lost once it was gone."""

from conformance.judge.model import Refusal
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import one
from conformance.record.reader import Record

_HARM = """
SELECT count(*), count(*) FILTER (failure NOT IN ('', 'not sent')) FROM outcomes
WHERE moment_ns BETWEEN $from_ns AND $until_ns
"""
_AFTER = "SELECT count(*) FROM outcomes WHERE due_ns > $gone_ns AND failure NOT IN ('', 'not sent')"


def refusal(record: Record, facts: RunFacts) -> Refusal | None:
    """None where nobody refused it."""
    if not facts.refused:
        return None
    first = facts.refused[0]
    new = [life for batch in facts.batches if not batch.undo for life in batch.new]
    served = [life.launched_ns for life in new if life.launched_ns is not None]
    gone = [life.over_ns for life in new if life.over_ns is not None]
    requests, lost = one(record.db, _HARM, {"from_ns": min(served, default=first.at_ns), "until_ns": first.at_ns})
    (after,) = one(record.db, _AFTER, {"gone_ns": max(gone, default=first.at_ns)})
    return Refusal(
        at_ns=first.at_ns,
        by=first.by,
        why=first.why.partition("\n")[0],
        requests=requests,
        lost=lost,
        share=lost / requests if requests else 0.0,
        lost_after=after,
    )
