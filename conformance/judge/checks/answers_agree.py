"""Load, SLB, services and X-Hops tell the same of every request: who answered, who was called, how it ended.

A client may be given what it expects although the SLB, a call or an execution failed: somebody hid the loss, and a
witness that saw it outweighs one that did not. Where they only name different instances, nobody knows whom to believe.
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from conformance.judge.check import Check
from conformance.judge.contradictions import breach, contradiction
from conformance.judge.failures import request_id
from conformance.judge.model import Finding
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS, number, plural
from conformance.record.reader import Record
from conformance.vocabulary import ErrorClass, FindingKind

LINE_LATE_NS = 5 * SECOND_NS
"""An SLB writes its line when it has done with the request, which a busy machine puts off."""

OUTLIVED_NS = 200 * MILLISECOND_NS
"""How much later than its answer a busy machine may stamp the end of an execution."""

_FAILED_AT_SLB = """
SELECT entry, peer, incarnation, status, answered, sum(times), min(first), min(first_ns), max(last_ns)
FROM lined WHERE good AND attempt <= 1
    AND ((status >= 400 AND status <> client_status) OR (answered >= 400 AND answered <> client_status)
         OR (answered = 0 AND NOT EXISTS (FROM lined again WHERE again.answer = lined.answer AND again.attempt > 1)))
GROUP BY ALL ORDER BY min(first_ns), entry, peer, incarnation, status, answered
"""

"""An attempt that found nobody, and that another one followed, is the matter of ``resend``."""

_FAILED_IN_EXECUTION = """
SELECT service, instance, incarnation, status, sum(times), min(first), min(first_ns), max(last_ns)
FROM worked WHERE good AND (status >= 500 OR (service = entry AND status >= 400 AND status <> client_status)
    OR (status >= 400 AND service <> entry AND EXISTS (
        FROM hops h WHERE h.answer = worked.answer AND h.callee = worked.service
                      AND h.incarnation = worked.incarnation AND NOT h.failed)
        AND NOT EXISTS (
        FROM hops h WHERE h.answer = worked.answer AND h.callee = worked.service AND h.status = worked.status)))
GROUP BY ALL ORDER BY min(first_ns), service, incarnation, status
"""

_FAILED_BEYOND = """
SELECT hop, said, sum(times), min(first), min(first_ns), max(last_ns)
FROM strange_hops JOIN asked USING (answer) WHERE good AND failed GROUP BY ALL ORDER BY min(first_ns)
"""
"""Of calls over hops that the call graph lacks: they failed all the same."""

_TOLD_WRONG = """
SELECT count(*), min(seq), min(moment_ns), max(moment_ns) FROM outcomes
WHERE list_contains($seqs, seq) AND failure = '' HAVING count(*) > 0
"""

_ADDRESSES = """
SELECT entry, address, sum(times), min(first), min(first_ns), max(last_ns) FROM lined
WHERE regexp_matches(address, '[,\\s;]') GROUP BY ALL ORDER BY min(first_ns), entry, address
"""

_UNNAMED = """
WITH told AS (
    SELECT 'log' AS teller, service || ' ' || operation AS what, instance, incarnation, version, times, first
    FROM worked WHERE good
    UNION ALL SELECT 'answers', '', instance, incarnation, version, times, first FROM asked JOIN answers USING (answer)
    WHERE good
    UNION ALL SELECT 'SLB', entry, peer, incarnation, address, times, first FROM lined WHERE good AND answered > 0
    UNION ALL SELECT 'X-Hops', hop, instance, incarnation, '', times, first FROM hops JOIN asked USING (answer)
    WHERE good AND NOT failed
    UNION ALL SELECT 'ledger', effect, instance, incarnation, version, times, first FROM effects_told WHERE good),
named AS (
    SELECT teller, what, 'instance' AS part, incarnation AS who, '' AS more, instance AS said, times, first FROM told
    UNION ALL SELECT teller, what, 'incarnation', instance, version, incarnation, times, first FROM told
    UNION ALL SELECT teller, what, 'version', incarnation, '', version, times, first FROM told)
SELECT teller || ': no ' || part || ' of ' || who, sum(times) FILTER (said = ''), min(first) FILTER (said = '')
FROM named WHERE who <> '' GROUP BY teller, what, part, who, more
HAVING bool_or(said = '') AND bool_or(said <> '')
"""
"""A version that tells less of itself than another one does so in all its lines."""


class _Line(NamedTuple):
    """What a line of the SLB may say by itself, or beside the answer's headers: all are asked at once."""

    said: str
    """By whom, as SQL over ``lined`` as ``l`` and ``answers`` as ``a``."""
    where: str


_DISAGREEMENTS: Mapping[str, str | _Line] = {
    "the SLB's line has another status than the client was given": _Line(
        "'SLB ' || status || ', client ' || client_status",
        "good AND status <> client_status AND status < 400 AND answered > 0 AND NOT list_contains($rpc, route) "
        "AND NOT (101 IN (status, client_status) AND list_contains($lasts, route))",
    ),
    "the member answered another status than the SLB passed on": _Line(
        "'member ' || answered || ', SLB ' || status",
        "good AND answered BETWEEN 1 AND 399 AND answered <> status",
    ),
    "the SLB's line names another member than its header": _Line(
        "'line ' || l.peer || ', header ' || a.peer",
        "a.peer <> '' AND a.peer <> l.peer AND answered = client_status",
    ),
    "the SLB sent it to another instance than the one that answered": _Line(
        "'SLB ' || l.incarnation || ', answer ' || a.incarnation",
        "a.incarnation <> '' AND l.incarnation <> '' AND a.incarnation <> l.incarnation AND answered = client_status",
    ),
    "the log of one instance has what another one answered": """
        SELECT 'log of ' || w.incarnation || ', answer of ' || a.incarnation, sum(times), min(first)
        FROM worked w JOIN answers a USING (answer)
        WHERE w.service = w.entry AND w.good AND a.incarnation <> '' AND w.incarnation <> a.incarnation GROUP BY ALL""",
    "the log tells of another status than the client was given": """
        SELECT w.incarnation || ' ' || w.status || ', client ' || client_status, sum(times), min(first)
        FROM worked w WHERE w.service = w.entry AND w.good AND w.status < 400 AND w.status <> client_status
          AND (w.status > 0
               OR (w.service, w.operation) IN (SELECT (service, operation) FROM worked WHERE status >= 200))
          AND NOT (101 IN (w.status, client_status) AND list_contains($lasts, w.route))
          AND NOT list_contains($rpc, w.route)
        GROUP BY ALL""",
    "the log of one has a call that X-Hops says another was asked": """
        SELECT 'log of ' || w.incarnation, sum(times), min(first)
        FROM worked w WHERE w.good AND w.service <> w.entry AND list_contains($told, w.service)
          AND EXISTS (FROM hops h WHERE h.answer = w.answer AND h.callee = w.service)
          AND NOT EXISTS (FROM hops h WHERE h.answer = w.answer AND h.callee = w.service
                                        AND (h.incarnation = w.incarnation OR h.incarnation LIKE '%:%'))
        GROUP BY ALL""",
    "the log tells of another status than X-Hops": """
        SELECT w.incarnation || ' ' || w.status || ', X-Hops ' || h.status, sum(w.times), min(w.first)
        FROM worked w JOIN (SELECT answer, callee, incarnation, any_value(status) AS status FROM hops
                            WHERE error = '' GROUP BY ALL HAVING count(DISTINCT status) = 1) h
             ON h.answer = w.answer AND h.callee = w.service AND h.incarnation = w.incarnation
        WHERE w.good AND w.service <> w.entry AND w.status < 400 AND h.status BETWEEN 1 AND 399
          AND (w.status > 0
               OR (w.service, w.operation) IN (SELECT (service, operation) FROM worked WHERE status >= 200))
          AND w.status <> h.status AND NOT (101 IN (w.status, h.status) AND list_contains($lasts, w.route))
        GROUP BY ALL""",
    "the log has fewer executions than X-Hops tells of answered calls": """
        SELECT 'log of ' || c.incarnation, sum(c.calls - coalesce(w.times, 0)), min(c.first)
        FROM (SELECT h.answer, h.callee, h.incarnation, count(*) AS calls, min(o.seq) AS first
              FROM (SELECT answer, seq FROM outcomes WHERE failure = '' AND seq NOT IN (SELECT seq FROM sessions)) o
                   JOIN hops h USING (answer)
              WHERE NOT h.failed AND list_contains($told, h.callee)
                AND h.incarnation IN (SELECT incarnation FROM known) GROUP BY ALL) c
             LEFT JOIN (SELECT answer, service, incarnation, sum(times) AS times FROM worked WHERE good GROUP BY ALL) w
             ON w.answer = c.answer AND w.service = c.callee AND w.incarnation = c.incarnation
        WHERE coalesce(w.times, 0) < c.calls GROUP BY ALL""",
    "one calls itself another version than it was started as": """
        SELECT t.incarnation || ' ' || t.version || ', started as ' || k.version, sum(times), min(first)
        FROM (SELECT incarnation, version, times, first FROM worked
              UNION ALL SELECT incarnation, version, times, first FROM effects_told
              UNION ALL SELECT incarnation, version, times, first FROM asked JOIN answers USING (answer)) t
             JOIN known k USING (incarnation)
        WHERE t.version <> '' AND k.version <> '' AND t.version <> k.version GROUP BY ALL""",
    "an effect is by an instance that neither X-Hops nor a log says was asked": """
        SELECT t.effect || ' by ' || t.incarnation, sum(times), min(first)
        FROM effects_told t JOIN known k USING (incarnation)
        WHERE t.good AND list_contains($told, k.service)
          AND NOT EXISTS (FROM answers a WHERE a.answer = t.answer AND a.incarnation = t.incarnation)
          AND NOT EXISTS (FROM hops h WHERE h.answer = t.answer AND h.incarnation = t.incarnation)
          AND NOT EXISTS (FROM worked w WHERE w.answer = t.answer AND w.incarnation = t.incarnation)
        GROUP BY ALL""",
    "the SLB's line was written before the request was sent, or long after its answer": _Line(
        "'member ' || l.peer", "client_status > 0 AND (earliest_ns < -$clock_ns OR latest_ns > $late_ns)"
    ),
    "the client had its answer long after the SLB's line was written": _Line(
        "'member ' || l.peer", "good AND soonest_ns < -$late_ns AND NOT list_contains($lasts, route)"
    ),
    "X-Hops tells of a call over a hop that the call graph lacks, or cannot be read": """
        SELECT coalesce(nullif(hop, ''), 'no hop'), sum(times), min(first)
        FROM strange_hops JOIN asked USING (answer) WHERE good AND NOT failed GROUP BY ALL""",
    "an execution went on for longer than the one that called it": """
        SELECT c.incarnation || ' ' || CAST((c.end_ns - c.start_ns) // 1000000 AS VARCHAR) || ' ms, its caller '
               || CAST(max(p.end_ns - p.start_ns) // 1000000 AS VARCHAR) || ' ms', 1, c.seq
        FROM (FROM executions WHERE end_ns - start_ns > $outlived_ns) c JOIN outcomes o USING (seq)
             JOIN hops h ON h.answer = o.answer AND h.callee = c.service
             JOIN executions p ON p.seq = c.seq AND p.service = h.caller
        WHERE o.failure = '' AND NOT list_contains($lasts, o.route) AND seq NOT IN (SELECT seq FROM sessions)
        GROUP BY c.seq, c.incarnation, c.operation, c.start_ns, c.end_ns
        HAVING c.end_ns - c.start_ns > max(p.end_ns - p.start_ns) + $outlived_ns""",
    "one says who it is in some lines and not in others": _UNNAMED,
    "an execution went on long after the answer that it gave": """
        SELECT 'log of ' || incarnation, sum(times), min(first) FROM worked w
        WHERE good AND outlived_ns > $outlived_ns AND NOT list_contains($lasts, route)
          AND (service = entry OR EXISTS (FROM hops h WHERE h.answer = w.answer AND h.callee = w.service))
        GROUP BY ALL""",
    "the SLB's line tells of an answer of nobody, or without an attempt": _Line(
        "'attempt ' || attempt || ', member ' || coalesce(nullif(l.peer, ''), 'nobody')",
        "((attempt = 0 AND (l.peer <> '' OR answered > 0)) OR (l.peer = '' AND answered > 0))",
    ),
    "the SLB's line tells of an answer over a connection that never was": _Line(
        "'member ' || l.peer", "answered > 0 AND NOT connected"
    ),
    "the SLB's lines give one incarnation several addresses": """
        SELECT incarnation || ' at ' || string_agg(DISTINCT address, ', '), count(DISTINCT address), min(first)
        FROM lined WHERE incarnation <> '' AND answered > 0
        GROUP BY incarnation HAVING count(DISTINCT address) > 1""",
}
"""What two witnesses disagree about -> what each says, how often, and the first request."""

_LINES = {what: line for what, line in _DISAGREEMENTS.items() if isinstance(line, _Line)}
_CASES = ", ".join(
    f"CASE WHEN {line.where} THEN {{'at': {at}, 'said': {line.said}}} END" for at, line in enumerate(_LINES.values())
)
_IN_LINES = f"""
SELECT found.at, found.said, sum(times), min(first)
FROM (SELECT unnest([{_CASES}]) AS found, times, first FROM lined l LEFT JOIN answers a USING (answer))
WHERE found IS NOT NULL GROUP BY ALL
"""  # noqa: S608 - constants of this module


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """What one witness saw fail behind a good answer; then where they only differ."""
    return [
        *_hidden(record, facts),
        *_beyond(record, facts),
        *_told_wrong(record, facts),
        *_sent_on(record, facts),
        *_disagreements(record, facts),
    ]


def _hidden(record: Record, facts: RunFacts) -> Iterator[Finding]:
    for entry, peer, incarnation, status, answered, *seen in rows(record.db, _FAILED_AT_SLB):
        said = f"the member answered {answered}" if answered else "no member answered"
        yield _breach(
            record,
            facts,
            FindingKind.HIDDEN_FAILURE,
            f"the SLB tells of {plural(seen[0], 'request')} that failed (status {status}; {said}) "
            "and the client of a good answer",
            seen,
            hop=f"slb->{entry}",
            instance=peer,
            incarnation=incarnation,
        )
    for service, instance, incarnation, status, *seen in rows(record.db, _FAILED_IN_EXECUTION):
        yield _breach(
            record,
            facts,
            FindingKind.HIDDEN_FAILURE,
            f"the log of {incarnation} tells of {plural(seen[0], 'execution')} that ended in {status}, "
            "and the client of a good answer",
            seen,
            hop=_only_hop(record, service),
            instance=instance,
            incarnation=incarnation,
        )


def _beyond(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """What no call graph tells of may fail, too."""
    for hop, said, *seen in rows(record.db, _FAILED_BEYOND):
        yield _breach(
            record,
            facts,
            FindingKind.HIDDEN_FAILURE,
            f"X-Hops tells of {plural(seen[0], 'call')} over {hop or 'no hop'} that failed ({said}), "
            "and the client of a good answer",
            seen,
            hop=hop,
        )


def _told_wrong(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """An answer of which the load shows what was wrong with it is no good one; but tasks may overrule the load."""
    if record.load.tasks is not None and not record.contract.load.journeys:
        return
    seqs = [wrong.seq for wrong in record.load.wrong_answers]
    for seen in rows(record.db, _TOLD_WRONG, {"seqs": seqs}) if seqs else ():
        yield _breach(
            record,
            facts,
            FindingKind.HIDDEN_FAILURE,
            f"the load's end marker shows {plural(seen[0], ErrorClass.WRONG_ANSWER)} that its rows have as good",
            seen,
        )


def _breach(
    record: Record, facts: RunFacts, finding: FindingKind, message: str, seen: Sequence[int], **where: str
) -> Finding:
    """What was seen so often, first of this request, first and last at these times."""
    times, seq, first_ns, last_ns = seen
    return breach(
        CHECK.name, finding, message, record, facts, count=times, first_ns=first_ns, last_ns=last_ns, seq=seq, **where
    )


def _only_hop(record: Record, service: str) -> str:
    hops = [hop for hop, _, callee in record.contract.hops if callee == service]
    return hops[0] if len(hops) == 1 else ""


def _sent_on(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """One line of the SLB with several addresses tells of several attempts, whatever number it gives them."""
    for entry, address, *seen in rows(record.db, _ADDRESSES):
        yield _breach(
            record,
            facts,
            FindingKind.SENT_TWICE,
            f"the SLB's line of {plural(seen[0], 'request')} names several addresses ({address}): it was sent on",
            seen,
            hop=f"slb->{entry}",
        )


def _disagreements(record: Record, facts: RunFacts) -> Iterator[Finding]:
    contract = record.contract
    told = [
        one.name
        for one in contract.services
        if one.position in ("entry", "provider")
        and "executions" in one.evidence
        and all("hops" in caller.evidence for caller in contract.callers(one.name))
    ]
    values: dict[str, object] = {
        "told": told,
        "rpc": [route.name for route in record.contract.load.routes if route.rpc],
        "clock_ns": round(contract.thresholds.clock_drift_ms * MILLISECOND_NS),
        "late_ns": LINE_LATE_NS,
        "outlived_ns": OUTLIVED_NS + round(contract.thresholds.clock_drift_ms * MILLISECOND_NS) + facts.coarsest_ns,
        "lasts": [route.name for route in contract.load.routes if route.lasts],
    }

    def ask(question: str) -> list[Any]:
        return rows(record.db, question, {name: value for name, value in values.items() if f"${name}" in question})

    in_lines: dict[str, list[Any]] = {what: [] for what in _LINES}
    for at, *row in ask(_IN_LINES):
        in_lines[list(_LINES)[at]].append(row)
    for what, question in _DISAGREEMENTS.items():
        found = sorted(in_lines[what] if isinstance(question, _Line) else ask(question), key=itemgetter(2, 0))
        if found:
            yield _disagreement(record, what, found)


def _disagreement(record: Record, what: str, found: Sequence[Any]) -> Finding:
    said, _, seq = found[0]
    times = sum(int(row[1]) for row in found)
    first = request_id(record, seq)
    return contradiction(
        CHECK.name,
        f"{what}, {number(times)} times: first of {first} ({said})",
        times,
        requests=(first,),
        detail=tuple(f"{number(int(count))} times {text}" for text, count, _ in found[:10]),
    )


CHECK = Check(name="answers_agree", title="Load, SLB, services and X-Hops tell the same", order=16, judge=judge)
