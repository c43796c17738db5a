"""No write is lost, left half done, done twice or invented (A1: data left inconsistent, to be repaired by hand).

An acknowledged write has left every effect of its route exactly once. One that failed, or whose fate is unknown,
has left all of them (its answer was lost) or none; anything between is a partial write. An effect of a request that
was never sent, or of a read, is a phantom. The ledger is judged only where the record proves that it was read to
its end: after the load, once nothing was in flight any more, and twice alike. An effect that not one write of its
route ever left says that the audit is blind, not that all was lost. Nor does a write say anything of the release that
timed out, and was left half done, while the machine was CPU-starved; one that was acknowledged has no such
excuse, and nothing excuses an effect that is there twice.
"""

from collections.abc import Sequence
from typing import Any

from conformance.judge.check import Check
from conformance.judge.cpu_starvation import amid
from conformance.judge.failures import MOST_IDS, by_frequency, causes, during, hops_line, place, request_id
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, one, rows
from conformance.judge.wording import few, number, plural, span, tally
from conformance.record import events
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_KINDS = (
    (
        FindingKind.PARTIAL_WRITE,
        "least = 0 AND most > 0",
        "left some of their effects",
        "array_to_string(missing, ' and ')",
    ),
    (
        FindingKind.LOST_WRITE,
        "least = 0 AND most = 0",
        "were acknowledged and left nothing",
        "array_to_string(missing, ' and ')",
    ),
    (FindingKind.DUPLICATE_WRITE, "most > 1", "left an effect more than once", "array_to_string(repeated, ' and ')"),
)
"""Finding, condition on broken_writes, what the writes did, what is counted of them."""


_WRITERS = """
SELECT seq, effect, count(*),
       list(coalesce(nullif(incarnation, ''), nullif(instance, ''), 'an instance that it does not name')
            || CASE WHEN version <> '' THEN ' (' || version || ')' ELSE '' END ORDER BY incarnation)
FROM ledger WHERE list_contains($seqs, seq) GROUP BY seq, effect HAVING count(*) > 1 ORDER BY seq, effect
"""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """The ledger, if it can be believed, by kind of damage."""
    routes = [route for route in record.contract.load.routes if route.write and route.effects]
    if not routes:
        return ()
    unsettled = _unsettled(record, facts)
    if unsettled:
        return (_inconclusive(FindingKind.LEDGER_NOT_SETTLED, unsettled),)
    found = [
        _inconclusive(FindingKind.BLIND_AUDIT, f"no {route} ever left its effect {effect}: the audit does not see it")
        for route, effect in rows(record.db, "SELECT route, effect FROM blind_effects ORDER BY route, effect")
    ]
    if undeclared := count(record.db, "SELECT count(*) FROM broken_writes WHERE undeclared > 0"):
        message = f"{plural(undeclared, 'write')} left effects that the workload does not declare for them"
        found.append(_inconclusive(FindingKind.UNDECLARED_EFFECT, message))
    for finding, condition, did, counted in _KINDS:
        question = f"""
            SELECT before, starved, step, hop, instance, incarnation,
                   count(*), min(moment_ns), max(moment_ns), max(sent_ns), arg_min(seq, moment_ns, {MOST_IDS}),
                   histogram({counted}), count(*) FILTER (acknowledged),
                   arg_min(found, moment_ns), arg_min(missing, moment_ns)
            FROM broken_writes WHERE {condition}
            GROUP BY before, starved, step, hop, instance, incarnation ORDER BY min(moment_ns)
        """  # noqa: S608 - constants of this module
        found += [_damage(record, facts, finding, did, row) for row in rows(record.db, question)]
    return [*found, *_phantoms(record, facts)]


def _unsettled(record: Record, facts: RunFacts) -> str:
    """Why the ledger cannot be believed; empty where it can."""
    read = [event for event in record.events if isinstance(event, events.AuditRead)]
    load_ended = [event for event in record.events if isinstance(event, events.LoadEnded)]
    if not read:
        return "the ledger was not read"
    if not load_ended or read[-1].at_ns < load_ended[-1].at_ns:
        return "the ledger was not read after the load had ended"
    if any(load_ended[-1].at_ns <= trouble.at_ns <= read[-1].at_ns for trouble in facts.troubles):
        return "something may still have been writing when the ledger was read: see the trouble after the load's end"
    if not read[-1].agreed:
        return "the ledger was still changing when it was read for the last time"
    kept = count(record.db, "SELECT count(*) FROM ledger")
    if kept != read[-1].rows:
        return f"{number(read[-1].rows)} effects were read, {number(kept)} are in the record"
    return ""


def _damage(record: Record, facts: RunFacts, finding: FindingKind, did: str, row: Sequence[Any]) -> Finding:
    before, starved, *where, writes, first, last, last_sent, seqs, histogram, acknowledged, left, missing = row
    step, hop, instance, incarnation = where
    ids = tuple(request_id(record, seq) for seq in seqs)
    (total,) = one(record.db, "SELECT count(*) FROM outcomes WHERE is_write AND failure <> 'not sent'")
    of = f"{number(writes)} of {number(total)} writes {did}"
    when = "before the release began" if before else during(step)
    preposition = "twice or more" if finding == FindingKind.DUPLICATE_WRITE else "without"
    which = tally([(f"{preposition} {effects}", n) for effects, n in by_frequency(histogram)[:4]])
    said = " ".join(part for part in (of, place(hop, instance), when, f"({span(first, last)})") if part)
    left, missing = (", ".join(effects) or "nothing" for effects in (left, missing))
    twice = _written_by(record, seqs) if finding == FindingKind.DUPLICATE_WRITE else ()
    return Finding(
        check=CHECK.name,
        finding=finding,
        verdict=Verdict.INCONCLUSIVE if before or starved else Verdict.NO_GO,
        message=f"{said}: {which}; {number(acknowledged)} of them had been acknowledged{amid(starved=starved)}"
        + (f"; {twice[0]}" if twice else ""),
        step=step,
        substep=facts.timeline.innermost_at(first),
        hop=hop,
        instance=instance,
        incarnation=incarnation,
        count=writes,
        first_ns=first,
        last_ns=last,
        requests=ids,
        starved=starved,
        detail=(
            f"{ids[0]}: found {left}; missing {missing}",
            *twice[1:],
            *hops_line(record, ids[0]),
            *causes(facts, incarnation, last_sent),
        ),
    )


def _written_by(record: Record, seqs: Sequence[int]) -> tuple[str, ...]:
    """``r1-00000003 confirmed twice: by settle-02.1 (v1) and settle-03.2 (v2)``, for each request and effect."""
    told = []
    for seq, effect, times, writers in rows(record.db, _WRITERS, {"seqs": list(seqs)}):
        how_often = "twice" if times == 2 else f"{times} times"  # noqa: PLR2004 - a word of its own
        told.append(f"{request_id(record, seq)} {effect} {how_often}: by {_names(writers)}")
    return tuple(told)


def _names(writers: Sequence[str]) -> str:
    """Each writer once; where there are several, with how often it wrote."""
    counts = {writer: writers.count(writer) for writer in dict.fromkeys(writers)}
    alone = len(counts) == 1
    return " and ".join(
        writer if alone or times == 1 else f"{writer} ({times} times)" for writer, times in counts.items()
    )


def _phantoms(record: Record, facts: RunFacts) -> list[Finding]:
    found = rows(
        record.db,
        f"""
        SELECT why, coalesce(moment_ns < (SELECT began_ns FROM release), false) AS before, count(*),
               min(moment_ns), max(moment_ns), min(request_id, {MOST_IDS}), histogram(effect)
        FROM phantoms GROUP BY why, before ORDER BY why
        """,  # noqa: S608 - a constant
    )
    findings = []
    for why, before, effects, first, last, ids, histogram in found:
        step, substep = facts.step_of(first) if first is not None else ("", "")
        reason = {"no such request": "no such request", "a read": "the request was a read"}.get(
            why, "it was never sent"
        )
        findings.append(
            Finding(
                check=CHECK.name,
                finding=FindingKind.PHANTOM_WRITE,
                verdict=Verdict.INCONCLUSIVE if before else Verdict.NO_GO,
                message=f"{plural(effects, 'effect')} of a write that was not asked for ({reason}): "
                f"{tally(by_frequency(histogram)[:4])}; {few(ids)}",
                step=step,
                substep=substep,
                count=effects,
                first_ns=first or 0,
                last_ns=last or 0,
                requests=tuple(ids),
            )
        )
    return findings


def _inconclusive(finding: FindingKind, message: str) -> Finding:
    return Finding(check=CHECK.name, finding=finding, verdict=Verdict.INCONCLUSIVE, message=message)


def gaps(contract: Contract) -> Sequence[str]:
    """Routes that write and do not say what."""
    writes = [route for route in contract.load.routes if route.write]
    if not writes:
        return ("the workload has no writes",)
    return tuple(f"{route.name} does not declare its effects" for route in writes if not route.effects)


CHECK = Check(name="writes", title="Every write is whole: all of its effects or none", order=11, judge=judge, gaps=gaps)
