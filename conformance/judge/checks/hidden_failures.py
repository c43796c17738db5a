"""No failed call is hidden in a good answer: a fallback that answers in its place is a loss that the user cannot see.

X-Hops tells how each call behind the entry ended. A call that failed and was made again is ``sent twice`` (resend);
one that failed and was not, behind an answer that the workload expects, was covered up: by a fallback, a cache or a
default. A 4xx that a version usually takes for an answer on that route, such as a 404 of something optional, is none.
"""

from collections.abc import Sequence
from typing import Any

from conformance.judge.check import Check, unseen_hops
from conformance.judge.failures import MOST_IDS, by_frequency, during, errors_told, hops_line, place, request_id
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import has_rows, rows
from conformance.judge.wording import plural, span
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_HIDDEN = f"""
SELECT h.hop, h.instance, h.incarnation, coalesce(w.title, ''), moment_ns < (SELECT began_ns FROM release) AS before,
       count(*), min(due_ns), max(moment_ns), arg_min(seq, moment_ns, {MOST_IDS}), min(moment_ns), histogram(h.error)
FROM hop_calls h JOIN outcomes o USING (route, answer)
     LEFT JOIN windows w ON moment_ns >= w.began_ns AND moment_ns < w.until_ns
WHERE failure = '' AND h.failed > 0 AND NOT h.called_again AND h.calls <= h.usual
GROUP BY ALL ORDER BY min(moment_ns)
"""  # noqa: S608 - a constant


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """One finding per step, hop and incarnation."""
    found = rows(record.db, _HIDDEN) if has_rows(record.db, "hop_calls") else []
    return [_finding(record, facts, row) for row in found]


def _finding(record: Record, facts: RunFacts, row: Sequence[Any]) -> Finding:
    hop, instance, incarnation, step, before, requests, first_ns, last_ns, seqs, first_end_ns, errors = row
    when = "before the release began" if before else during(step)
    ids = tuple(request_id(record, seq) for seq in seqs)
    told = by_frequency(errors)
    what = f"{plural(requests, 'good answer')} with a failed call behind it" if requests == 1 else ""
    what = what or f"{plural(requests, 'good answer')} with failed calls behind them"
    where = " ".join(part for part in (what, place(hop, instance), when, f"({span(first_ns, last_ns)})") if part)
    return Finding(
        check=CHECK.name,
        finding=FindingKind.HIDDEN_FAILURE,
        verdict=Verdict.INCONCLUSIVE if before else Verdict.NO_GO,
        message=f"{where}: {errors_told(told)}; a fallback answered in its place",
        step=step,
        substep=facts.timeline.innermost_at(first_end_ns),
        hop=hop,
        instance=instance,
        incarnation=incarnation,
        error=told[0][0],
        count=requests,
        first_ns=first_ns,
        last_ns=last_ns,
        requests=ids,
        detail=hops_line(record, ids[0]),
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Callers that do not tell how their calls ended."""
    return unseen_hops(contract, "whether a fallback covered up a failed call")


def idle(contract: Contract) -> str:
    """Where nobody calls on."""
    return "" if any(one.calls for one in contract.services) else "no service calls another one"


CHECK = Check(
    name="hidden_failures", title="No failed call hid in a good answer", order=14, judge=judge, idle=idle, gaps=gaps
)
