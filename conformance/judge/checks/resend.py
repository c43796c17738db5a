"""Nothing is sent twice: no SLB and no consumer repeats a request, for a repeated write is a second order.

The SLB tells of one attempt per request. No service executes the same operation of the same request
more often than is usual, X-Hops tells of no more calls over a hop than are usual, and no call that failed is followed
by another over the same hop: a call that was cut leaves no line in any log, and yet it may have been executed.
A session that goes on on another connection has another id there, and is not sent twice by that.
One request may call a service several times by design. What is usual for a version is what 19 of 20 requests of the
route needed: of the version that the run began with, before the release; of a new one, of its own (hop_calls.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.judge.binomial import chance
from conformance.judge.check import ON_A_REQUEST, Check, lacking, lacking_slb_lines, unseen_hops
from conformance.judge.failures import MOST_IDS, during, hops_line, request_id
from conformance.judge.hop_calls import USUAL_SHARE
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, numbers, rows
from conformance.judge.wording import number, plural
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

SELDOM = "*"
"""Stands for each operation that few requests have in common."""

_ANY_BY_SLB = f"SELECT count(*) FROM slb HAVING count(seq) > {numbers('seq')} OR max(attempt) > 1"  # noqa: S608 - ours

_BY_SLB = f"""
WITH several AS (
    SELECT seq FROM slb WHERE seq IS NOT NULL GROUP BY seq HAVING count(*) > 1 OR max(attempt) > 1),
twice AS (
    SELECT seq, min(at_ns) AS at_ns, count(*) >= max(attempt) AND count(*) FILTER (WHERE connected) < 2 AS tried
    FROM slb WHERE seq IN (FROM several) GROUP BY seq, other_id
    HAVING count(*) > 1 OR max(attempt) > 1)
SELECT 'slb->' || coalesce(o.entry, ''), coalesce(w.title, ''), at_ns < (SELECT began_ns FROM release) AS before,
       count(*), min(at_ns), max(at_ns), arg_min(seq, at_ns, {MOST_IDS}), count(*) FILTER (WHERE tried)
FROM twice LEFT JOIN outcomes o USING (seq)
     LEFT JOIN windows w ON at_ns >= w.began_ns AND at_ns < w.until_ns
GROUP BY ALL ORDER BY min(at_ns)
"""  # noqa: S608 - a constant

_ANY_AGAIN = "SELECT (SELECT count(*) FROM repeated) + (SELECT count(*) FROM hop_calls)"
"""Where no service executed a request twice, and X-Hops tells of no unusual call, no consumer sent any twice."""

_TIMES = f"""
WITH calling AS (
    SELECT seq, service, string_agg(caller || ' ' || version, ', ' ORDER BY caller) AS caller FROM (
        SELECT e.seq, c.callee AS service, c.caller, max(v.version) AS version
        FROM calls c JOIN served e ON e.service = c.caller JOIN versions v USING (incarnation)
        WHERE c.callee IN (SELECT service FROM repeated) GROUP BY e.seq, c.callee, c.caller)
    WHERE version <> '' GROUP BY seq, service),
counted AS (
    SELECT seq, other_id, service, operation, count(*) AS n FROM executions
    WHERE service IN (SELECT service FROM repeated) AND seq IS NOT NULL GROUP BY ALL),
common AS (SELECT service, operation FROM counted GROUP BY service, operation HAVING count(*) >= $enough),
executed_as AS (
    SELECT seq, other_id, service, coalesce(common.operation, '{SELDOM}') AS operation, max(n) AS n
    FROM counted LEFT JOIN common USING (service, operation) GROUP BY ALL
    UNION ALL
    SELECT seq, other_id, service, '', sum(n) FROM counted GROUP BY ALL),
times AS (
    SELECT e.seq, e.service, e.operation, coalesce(c.caller, '') AS caller, e.n
    FROM executed_as e LEFT JOIN calling c USING (seq, service))
"""  # noqa: S608 - a constant of ours
"""By operation, and with an empty one all of them: a request that is executed twice may have two names. An access log
names an operation by its path, with ids in it: what few requests share teaches nothing by itself, and all such are one.
"""

_BY_CONSUMER = f"""
{_TIMES},
usual AS (
    SELECT o.route, service, operation, caller, quantile_disc(n, $share) AS n, count(*) AS requests
    FROM times JOIN outcomes o USING (seq)
    WHERE o.failure = '' AND (caller <> '' OR o.moment_ns < (SELECT began_ns FROM release))
    GROUP BY o.route, service, operation, caller),
ways AS (
    SELECT answer, callee, CASE WHEN count(DISTINCT hop) = 1 THEN any_value(hop) END AS hop FROM hops
    GROUP BY answer, callee),
single AS (SELECT callee, any_value(hop) AS hop FROM calls GROUP BY callee HAVING count(*) = 1),
executed AS (
    SELECT t.seq, t.service, coalesce(y.hop, x.hop, '') AS hop, r.at_ns
    FROM times t JOIN repeated r USING (seq, service) JOIN outcomes o USING (seq)
         LEFT JOIN usual own ON own.route = o.route AND own.service = t.service AND own.operation = t.operation
                                AND own.caller = t.caller AND (t.caller = '' OR own.requests >= $enough)
         LEFT JOIN usual began ON began.route = o.route AND began.service = t.service
                                  AND began.operation = t.operation AND began.caller = ''
         LEFT JOIN ways y ON y.answer = o.answer AND y.callee = t.service LEFT JOIN single x ON x.callee = t.service
    WHERE t.n > coalesce(own.n, began.n, 1)),
called AS (
    SELECT o.seq, c.callee AS service, h.hop, o.moment_ns AS at_ns
    FROM hop_calls h JOIN outcomes o USING (route, answer) JOIN calls c USING (hop)
    WHERE h.calls > h.usual OR h.called_again),
twice AS (
    SELECT seq, service, max(hop) AS hop, min(at_ns) AS at_ns FROM (FROM executed UNION ALL FROM called)
    GROUP BY seq, service)
SELECT service, hop, coalesce(w.title, ''), at_ns < (SELECT began_ns FROM release) AS before,
       count(*), min(at_ns), max(at_ns), arg_min(seq, at_ns, {MOST_IDS})
FROM twice LEFT JOIN windows w ON at_ns >= w.began_ns AND at_ns < w.until_ns
GROUP BY ALL ORDER BY min(at_ns)
"""  # noqa: S608 - a constant

_MORE_OFTEN = f"""
{_TIMES},
old AS (
    SELECT o.route, service, operation, n, o.seq, o.moment_ns, o.moment_ns < (SELECT began_ns FROM release) AS before
    FROM times JOIN outcomes o USING (seq) WHERE o.failure = '' AND caller = ''),
habits AS (
    SELECT route, service, operation, mode(n) AS n FROM old WHERE before GROUP BY route, service, operation),
shares AS (
    SELECT route, service, operation, any_value(h.n) + 1 AS n, count(*) FILTER (before) AS requests,
           count(*) FILTER (before AND o.n > h.n) AS more, count(*) FILTER (NOT before) AS requests_since,
           count(*) FILTER (NOT before AND o.n > h.n) AS more_since,
           arg_min(seq, moment_ns, {MOST_IDS}) FILTER (NOT before AND o.n > h.n) AS seqs,
           min(moment_ns) FILTER (NOT before AND o.n > h.n) AS first_ns,
           max(moment_ns) FILTER (NOT before AND o.n > h.n) AS last_ns
    FROM old o JOIN habits h USING (route, service, operation) GROUP BY route, service, operation)
SELECT service, n, requests, more, requests_since, more_since, seqs, first_ns, last_ns FROM shares
WHERE operation = '' AND more_since > 0 AND more > (1 - $share) * requests
"""  # noqa: S608 - a constant
"""Of versions that the run began with, where more than 1 in 20 of their requests needed more than most of them."""


_NEITHER = f"""
{_TIMES},
told AS (
    SELECT o.route, service, caller, n FROM times JOIN outcomes o USING (seq)
    WHERE operation = '' AND o.failure = '' AND (caller <> '' OR o.moment_ns < (SELECT began_ns FROM release))),
habits AS (SELECT route, service, caller, mode(n) AS n FROM told GROUP BY route, service, caller),
shares AS (
    SELECT route, service, caller, count(*) AS requests, count(*) FILTER (t.n > h.n) AS more
    FROM told t JOIN habits h USING (route, service, caller) GROUP BY route, service, caller)
SELECT s.route, s.service, s.caller, s.more, s.requests
FROM shares s LEFT JOIN shares began ON began.route = s.route AND began.service = s.service AND began.caller = ''
WHERE s.caller <> '' AND s.requests >= $enough AND s.more > (1 - $share) * s.requests
      AND coalesce(began.more <= (1 - $share) * began.requests, true)
ORDER BY ALL
"""  # noqa: S608 - a constant of ours
"""Of new versions, where more than 1 in 20 of their requests needed more than most of them, and of the old ones not."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """By what the SLB tells, then by the instances' logs and by X-Hops."""
    suspected = rows(record.db, _ANY_BY_SLB, {"last": facts.requests})
    by_slb = [
        _finding(record, facts, "by the SLB", row, tried=tried)
        for *row, tried in (rows(record.db, _BY_SLB) if suspected else ())
    ]
    if not count(record.db, _ANY_AGAIN):
        return by_slb
    values = _values(record)
    by_consumer = [
        _finding(record, facts, f"to {service}", found) for service, *found in rows(record.db, _BY_CONSUMER, values)
    ]
    return [*by_slb, *by_consumer, *_more_often(record, facts, values)]


def unseen(record: Record, _facts: RunFacts) -> Sequence[str]:
    """Where a new version repeats so many of its calls that it may mean to, and so few that it may not."""
    if not count(record.db, _ANY_AGAIN):
        return ()
    return tuple(
        f"{number(more)} of {number(requests)} requests of {route} were executed more often by {service} than most, "
        f"called by {caller}: by design or by a repetition, nothing tells"
        for route, service, caller, more, requests in rows(record.db, _NEITHER, _values(record))
    )


def _values(record: Record) -> dict[str, float]:
    return {"share": USUAL_SHARE, "enough": record.contract.thresholds.usual_requests}


def _more_often(record: Record, facts: RunFacts, values: Mapping[str, float]) -> Iterator[Finding]:
    """What some requests needed before the release too is usual, unless far more of them need it since."""
    chance_s = record.contract.thresholds.gray_share_chance
    for service, n, requests, more, since, more_since, seqs, first_ns, last_ns in rows(record.db, _MORE_OFTEN, values):
        share = more / requests
        if more_since / since <= share or chance(more_since, since, share) >= chance_s:
            continue
        step, substep = facts.step_of(first_ns)
        yield Finding(
            check=CHECK.name,
            finding=FindingKind.SENT_TWICE,
            verdict=Verdict.NO_GO,
            message=f"{number(more_since)} of {number(since)} requests were executed {n} times or more by {service} "
            f"({more_since / since:.1%}); before the release it was {share:.1%}",
            step=step,
            substep=substep,
            count=more_since,
            first_ns=first_ns,
            last_ns=last_ns,
            requests=tuple(request_id(record, seq) for seq in seqs),
        )


def _finding(record: Record, facts: RunFacts, whose: str, row: Sequence[Any], *, tried: int = 0) -> Finding:
    """``tried``: how many of them found a connection once at most; the caller went on to the next all the same."""
    hop, step, before, requests, first_ns, last_ns, seqs = row
    when = "before the release began" if before else during(str(step))
    ids = tuple(request_id(record, seq) for seq in seqs)
    return Finding(
        check=CHECK.name,
        finding=FindingKind.SENT_TWICE,
        verdict=Verdict.INCONCLUSIVE if before else Verdict.NO_GO,
        message=f"{plural(requests, 'request')} sent twice or more {whose} {when}".rstrip(),
        step=step,
        substep=facts.timeline.innermost_at(first_ns),
        hop=hop,
        count=requests,
        first_ns=first_ns,
        last_ns=last_ns,
        requests=ids,
        detail=(
            *hops_line(record, ids[0]),
            *((f"{number(tried)} of them found a connection in one attempt at most",) if tried else ()),
        ),
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Services whose executions nobody shows, callers that do not tell of their calls, an SLB that tells of nothing."""
    return (
        *lacking_slb_lines(contract, "whether it sent a request twice"),
        *(
            gap
            for service in contract.services
            if service.position in ON_A_REQUEST
            for gap in lacking(contract, service.name, "executions", "whether a request was sent to it twice")
        ),
        *unseen_hops(contract, "whether a call that failed was made again"),
    )


CHECK = Check(name="resend", title="Nothing was sent twice", order=12, judge=judge, gaps=gaps, unseen=unseen)
