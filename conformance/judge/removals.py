"""How long each replaced incarnation was still called after it had said, or was said, to be going."""

from collections.abc import Iterator

from conformance.judge.incarnations import mark_of
from conformance.judge.model import Removal
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import one
from conformance.judge.wording import SECOND_NS
from conformance.record.contract import SLB_CALLS
from conformance.record.reader import Record

_ANSWERED_AFTER = """
SELECT count(*) FILTER (sent_ns > $left_ns), coalesce(max(sent_ns), 0) FROM outcomes JOIN answers USING (answer)
WHERE incarnation = $incarnation AND status > 0
"""


def removals(record: Record, facts: RunFacts) -> tuple[Removal, ...]:
    """One for each incarnation that went down and was seen to execute, in the order of the batches."""
    return tuple(_by_answers(record, facts) if record.contract.release.own_command else _by_executions(facts))


def _by_answers(record: Record, facts: RunFacts) -> Iterator[Removal]:
    """In a system that stands already: since the SLB's own list dropped it, by the answers that name who gave them."""
    lives = {life.incarnation: (batch, life) for batch in facts.batches for life in (*batch.new, *batch.old)}
    for batch, life in lives.values():
        left_ns = next((at_ns for observer, at_ns in life.unlisted if observer == SLB_CALLS), None)
        if left_ns is None:
            continue
        values = {"incarnation": life.incarnation, "left_ns": left_ns}
        after, last_ns = one(record.db, _ANSWERED_AFTER, values)
        if last_ns:
            yield Removal(
                instance=life.instance,
                incarnation=life.incarnation,
                step=batch.title,
                marked_ns=left_ns,
                stopped_ns=0,
                last_start_ns=last_ns,
                lag_s=(last_ns - left_ns) / SECOND_NS if after else 0.0,
                executions_after=after,
            )


def _by_executions(facts: RunFacts) -> Iterator[Removal]:
    """By the instances' own logs.

    The lag is measured by the instance's own log, so clocks matter: a start counts as after the mark only where it is
    later than the mark by more than the two clocks parted, and by more than its log tells apart; the lag is what passed
    at least.
    """
    for batch in facts.batches:
        for life in batch.old:
            executed, mark_ns = facts.executed.get(life.incarnation), mark_of(life)
            if executed is None or mark_ns is None:
                continue
            late = executed.after_mark > 0
            least_ns = executed.last_start_ns - mark_ns - facts.resolution_ns.get(life.service, 0)
            yield Removal(
                instance=life.instance,
                incarnation=life.incarnation,
                step=batch.title,
                marked_ns=mark_ns,
                stopped_ns=life.stopped_ns if life.stopped_ns is not None else 0,
                last_start_ns=executed.last_start_ns,
                lag_s=least_ns / SECOND_NS if late else 0.0,
                executions_after=executed.after_mark,
            )


def first_after(record: Record, facts: RunFacts, removal: Removal) -> tuple[str, int]:
    """Id and start of the first execution after the mark; there must be one."""
    first, start_ns = one(
        record.db,
        """
        SELECT arg_min({'seq': seq, 'other': other_id}, start_ns), min(start_ns) FROM served
        WHERE incarnation = $incarnation AND start_ns > $mark_ns
        """,
        {
            "incarnation": removal.incarnation,
            "mark_ns": removal.marked_ns + facts.blur_ns(record.contract.release.service),
        },
    )
    return first["other"] or record.contract.ids.of(first["seq"]), int(start_ns)
