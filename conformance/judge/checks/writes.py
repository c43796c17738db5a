"""No write is lost, left half done, done twice or invented (A1: data left inconsistent, to be repaired by hand).

An acknowledged write has left every effect of its route exactly once. One that failed, or whose fate is unknown,
has left all of them (its answer was lost) or none; anything between is a partial write. An effect of a request that
was never sent, or of a read, is a phantom. The ledger is judged only where the record proves that it was read to
its end: after the load, once nothing was in flight any more, and twice alike. An effect that not one write of its
route ever left says that the audit is blind, not that all was lost. Nor does a write say anything of the release that
timed out, and was left half done, while the machine was CPU-starved; one that was acknowledged has no such
excuse, and nothing excuses an effect that is there twice. Damage to writes that were made before the release says
nothing of it either, whenever it was done, unless who came up in the release has left it, as a version does that goes
once more over what it finds.
"""

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from conformance.judge.check import Check
from conformance.judge.cpu_starvation import amid
from conformance.judge.failures import MOST_IDS, by_frequency, causes, during, hops_line, place, request_id
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, has_rows, one, rows
from conformance.judge.wording import few, number, plural, span, tally
from conformance.record import events
from conformance.record.contract import Contract, RouteFacts
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_SLIP = 0.85
"""How much alike two names are of which one is a slip of the pen for the other."""
_KINDS = (
    (
        FindingKind.PARTIAL_WRITE,
        "least = 0 AND most > 0",
        "left some of their effects",
        "array_to_string(missing, ' and ')",
        "false",
    ),
    (
        FindingKind.LOST_WRITE,
        "least = 0 AND most = 0",
        "were acknowledged and left nothing",
        "array_to_string(missing, ' and ')",
        "false",
    ),
    (
        FindingKind.DUPLICATE_WRITE,
        "most > 1",
        "left an effect more than once",
        "array_to_string(repeated, ' and ')",
        "again",
    ),
)
"""Finding, condition on broken_writes, what the writes did, what is counted of them, and which of those from before the
release it has done itself."""
EARLIER = "of writes that were made before the release"
"""When they were made, not when they were damaged: that no ledger tells."""


_UNASKED = {
    "no such request": "a write that was not asked for (no such request)",
    "a read": "a write that was not asked for (the request was a read)",
    "never sent": "a write that was not asked for (it was never sent)",
}
"""Why an effect is a phantom; any other reason is the answer that denies it."""

_WRITER = """
coalesce(nullif(incarnation, ''), nullif(instance, ''), 'an instance that it does not name')
|| CASE WHEN version <> '' THEN ' (' || version || ')' ELSE '' END
"""

_WRITERS = f"""
SELECT seq, CASE WHEN seq IS NULL THEN other_id END AS unknown, effect, count(*),
       list({_WRITER} ORDER BY incarnation, version)
FROM ledger WHERE list_contains($seqs, seq) OR (seq IS NULL AND list_contains($ids, other_id))
GROUP BY seq, unknown, effect HAVING count(*) > 1 ORDER BY seq, unknown, effect
"""  # noqa: S608 - a constant of this module

_RELEASE_WROTE = f"""
SELECT {_WRITER} AS writer, any_value(instance), any_value(incarnation)
FROM (SELECT l.* FROM broken_writes b JOIN ledger l USING (seq)
      SEMI JOIN release_writers w ON w.incarnation = l.incarnation AND w.version = l.version
      WHERE b.again AND list_contains(b.repeated, l.effect))
GROUP BY writer ORDER BY writer
"""  # noqa: S608 - a constant of this module


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """The ledger, if it can be believed, by kind of damage."""
    misnamed = [_inconclusive(FindingKind.UNDECLARED_EFFECT, message) for message in _misnamed(record)]
    routes = [route for route in record.contract.load.routes if route.write and route.effects]
    if not routes:
        return misnamed
    unsettled = _unsettled(record, facts)
    if unsettled:
        return (*misnamed, _inconclusive(FindingKind.LEDGER_NOT_SETTLED, unsettled))
    found = [
        *misnamed,
        *(
            _inconclusive(
                FindingKind.BLIND_AUDIT, f"no {route} ever left its effect {effect}: the audit does not see it"
            )
            for route, effect in rows(record.db, "SELECT route, effect FROM blind_effects ORDER BY route, effect")
        ),
    ]
    if has_rows(record.db, "broken_writes"):
        found += _damages(record, facts)
    return [*found, *_of_unknown_ids(record, routes), *_phantoms(record, facts)]


def _damages(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """Of the writes that are not whole."""
    if undeclared := count(record.db, "SELECT count(*) FROM broken_writes WHERE undeclared > 0"):
        message = f"{plural(undeclared, 'write')} left effects that the workload does not declare for them"
        yield _inconclusive(FindingKind.UNDECLARED_EFFECT, message)
    for finding, condition, did, counted, again in _KINDS:
        question = f"""
            SELECT before, {again} AS again, starved, step, hop, instance, incarnation,
                   count(*), min(moment_ns), max(moment_ns), max(sent_ns), arg_min(seq, moment_ns, {MOST_IDS}),
                   histogram({counted}), count(*) FILTER (acknowledged),
                   arg_min(found, moment_ns), arg_min(missing, moment_ns)
            FROM broken_writes WHERE {condition}
            GROUP BY ALL ORDER BY min(moment_ns)
        """  # noqa: S608 - constants of this module
        yield from (_damage(record, facts, finding, did, row) for row in rows(record.db, question))


def _of_unknown_ids(record: Record, routes: Sequence[RouteFacts]) -> list[Finding]:
    """Writes that failed, or of the warm-up, by their effects alone: which requests they were nobody can tell."""
    if not has_rows(record.db, "unknown_writes"):
        return []
    whole = " or ".join(dict.fromkeys(", ".join(route.effects) for route in routes))
    findings = []
    for finding, condition, did, only in _UNKNOWN_KINDS:
        writes, ids, histogram = one(
            record.db,
            f"SELECT count(*), min(id, {MOST_IDS}), histogram(array_to_string(found, '\n')) "  # noqa: S608 - constants
            f"FROM unknown_writes WHERE {condition}",
        )
        if not writes:
            continue
        told = by_frequency({_effects_told(found.split("\n")): times for found, times in histogram.items()})
        which = tally([(f"with {effects}{only}", times) for effects, times in told[:4]])
        twice = _written_by(record, ids=ids) if finding == FindingKind.DUPLICATE_WRITE else ()
        findings.append(
            Finding(
                check=CHECK.name,
                finding=finding,
                verdict=Verdict.NO_GO,
                message=f"{plural(writes, 'write')} of ids that no answer told {did}: {which}; whole is {whole}; "
                + (twice[0] if twice else few(ids)),
                count=writes,
                detail=twice,
            )
        )
    return findings


_UNKNOWN_KINDS = (
    (FindingKind.PARTIAL_WRITE, "partial", "left some of their effects", " alone"),
    (FindingKind.DUPLICATE_WRITE, "len(repeated) > 0", "left an effect more than once", ""),
)
"""Finding, condition on unknown_writes, what the writes did, and what is said behind what they left."""


def _effects_told(found: Sequence[str]) -> str:
    """``booked and invoiced (3 times)``: each once."""
    return " and ".join(
        effect if often == 1 else f"{effect} ({_how_often(often)})" for effect, often in Counter(found).items()
    )


def _how_often(times: int) -> str:
    return "twice" if times == 2 else f"{times} times"  # noqa: PLR2004 - a word of its own


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
    before, again, starved, *where, writes, first, last, last_sent, seqs, histogram, acknowledged, left, missing = row
    step, hop, instance, incarnation = where
    repeated = finding == FindingKind.DUPLICATE_WRITE
    ids = tuple(request_id(record, seq) for seq in seqs)
    (total,) = one(record.db, "SELECT count(*) FROM outcomes WHERE is_write AND failure <> 'not sent'")
    of = f"{number(writes)} of {number(total)} writes {did}"
    preposition = "twice or more" if repeated else "without"
    which = tally([(f"{preposition} {effects}", n) for effects, n in by_frequency(histogram)[:4]])
    said = " ".join(part for part in (of, place(hop, instance), "" if before else during(step)) if part)
    said += f"{f', {EARLIER}' if before else ''} ({span(first, last)})"
    left, missing = (", ".join(effects) or "nothing" for effects in (left, missing))
    twice = _written_by(record, seqs=seqs) if repeated else ()
    wrote = rows(record.db, _RELEASE_WROTE) if again else []
    by = f"; in the release, by {few(writer for writer, *_ in wrote)}" if again else ""
    found = Finding(
        check=CHECK.name,
        finding=finding,
        verdict=Verdict.INCONCLUSIVE if (before and not again) or starved else Verdict.NO_GO,
        message=f"{said}: {which}{by}; {number(acknowledged)} of them had been acknowledged{amid(starved=starved)}"
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
            *(twice or (f"{ids[0]}: found {left}; missing {missing}",)),
            *hops_line(record, ids[0]),
            *causes(facts, incarnation, last_sent),
        ),
    )
    return _of_the_release(found, wrote) if again else found


def _of_the_release(found: Finding, wrote: Sequence[Any]) -> Finding:
    """It was not done where and when the writes were made, but by who came up in the release, at a time unknown."""
    _, instance, incarnation = wrote[0] if len(wrote) == 1 else ("", "", "")
    instance = instance or incarnation.rpartition(".")[0]
    return msgspec.structs.replace(found, step="", substep="", hop="", instance=instance, incarnation=incarnation)


def _written_by(record: Record, *, seqs: Sequence[int] = (), ids: Sequence[str] = ()) -> tuple[str, ...]:
    """``r1-00000003 confirmed twice: by settle-02.1 (v1) and settle-03.2 (v2)``, for each write and effect."""
    told = []
    asked = {"seqs": list(seqs), "ids": list(ids)}
    for seq, unknown, effect, times, writers in rows(record.db, _WRITERS, asked):
        who = unknown if seq is None else request_id(record, seq)
        told.append(f"{who} {effect} {_how_often(times)}: by {_names(writers)}")
    return tuple(told)


def _names(writers: Sequence[str]) -> str:
    """Each writer once; where there are several, with how often it wrote."""
    counts = {writer: writers.count(writer) for writer in dict.fromkeys(writers)}
    alone = len(counts) == 1
    return " and ".join(
        writer if alone or times == 1 else f"{writer} ({times} times)" for writer, times in counts.items()
    )


def _phantoms(record: Record, facts: RunFacts) -> list[Finding]:
    if not has_rows(record.db, "phantoms"):
        return []
    found = rows(
        record.db,
        f"""
        SELECT why, before, before AND released AS again,
               count(*), min(moment_ns), max(moment_ns), min(request_id, {MOST_IDS}), histogram(effect),
               list_sort(list(DISTINCT {_WRITER}))
        FROM (SELECT *, coalesce(moment_ns < (SELECT began_ns FROM release), false) AS before FROM phantoms)
        GROUP BY ALL ORDER BY why, before, again
        """,  # noqa: S608 - a constant
    )
    findings = []
    for why, before, again, effects, first, last, ids, histogram, writers in found:
        step, substep = facts.step_of(first) if first is not None and not again else ("", "")
        when = "; of requests that were made before the release" if before else ""
        by = f"; in the release, by {few(writers)}" if again else ""
        findings.append(
            Finding(
                check=CHECK.name,
                finding=FindingKind.PHANTOM_WRITE,
                verdict=Verdict.INCONCLUSIVE if before and not again else Verdict.NO_GO,
                message=f"{plural(effects, 'effect')} of {_UNASKED.get(why) or f'a write that was {why}'}: "
                f"{tally(by_frequency(histogram)[:4])}; {few(ids)}{when}{by}",
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


def _misnamed(record: Record) -> Iterator[str]:
    """Declared writes that nothing was, where something was that is called much the same and declares nothing."""
    undeclared = [route.name for route in record.contract.load.routes if route.write and not route.declares_effects]
    for name in (route.name for route in record.never_asked):
        alike = [other for other in undeclared if other.partition(" ")[0] == name.partition(" ")[0]]
        for near in difflib.get_close_matches(name, alike, n=1, cutoff=_SLIP):
            yield f"no request was {name}, which the workload declares, and {near} is not declared: did you mean that?"


def unseen(record: Record, _facts: RunFacts) -> Sequence[str]:
    """Declared writes that nothing was."""
    return tuple(f"no request was {route.name}: what it leaves" for route in record.never_asked)


def gaps(contract: Contract) -> Sequence[str]:
    """Routes that write and do not say what, or whose nothing nobody counts."""
    writes = [route for route in contract.load.routes if route.write]
    if not writes:
        return ("the workload has no writes",)
    undeclared = [f"{route.name} does not declare its effects" for route in writes if not route.declares_effects]
    if not any(route.effects for route in writes):
        undeclared += [f"{route.name} leaves nothing by the workload: nobody counts" for route in writes if route.rules]
    if not contract.joined_by:
        return tuple(undeclared)
    known = f"the ledger knows writes by {contract.joined_by}, which only an answer tells"
    return (*undeclared, f"{known}: whether there are effects that nobody asked for")


def idle(contract: Contract) -> str:
    """Where nothing is written."""
    return "" if any(route.write for route in contract.load.routes) else "the workload has no writes"


CHECK = Check(
    name="writes",
    title="Every write is whole: all of its effects or none",
    order=11,
    judge=judge,
    idle=idle,
    gaps=gaps,
    unseen=unseen,
)
