"""Nothing is sent twice: no SLB and no consumer repeats a request, for a repeated write is a second order.

The SLB tells of one attempt per request, and no service executes the same operation of the same
request more often than it did before the release. (One request may call a service several times by design: what is
usual is what 19 of 20 requests of its route needed in the baseline; without any, once.)
"""

from collections.abc import Sequence
from typing import Any

from conformance.judge.check import Check, lacking, lacking_slb_lines
from conformance.judge.failures import MOST_IDS, during, request_id
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import rows
from conformance.judge.wording import number, plural
from conformance.record.contract import Contract
from conformance.record.reader import Record

_BY_SLB = f"""
WITH twice AS (
    SELECT seq, min(at_ns) AS at_ns, count(*) >= max(attempt) AND count(*) FILTER (WHERE connected) < 2 AS tried
    FROM slb WHERE seq IS NOT NULL GROUP BY seq
    HAVING count(*) > 1 OR max(attempt) > 1)
SELECT 'slb->entry', coalesce(w.title, ''), at_ns < (SELECT began_ns FROM release) AS before,
       count(*), min(at_ns), max(at_ns), arg_min(seq, at_ns, {MOST_IDS}), count(*) FILTER (WHERE tried)
FROM twice LEFT JOIN windows w ON at_ns >= w.began_ns AND at_ns < w.until_ns
GROUP BY ALL ORDER BY min(at_ns)
"""  # noqa: S608 - a constant

_REPEATED = """
INSERT INTO repeated
SELECT seq, $service, max(start_ns) FROM executions WHERE service = $service AND seq IS NOT NULL
GROUP BY seq HAVING count(*) > 1
"""
"""One service at a time: there are few, and grouping by a number alone is what is fast."""

_BY_CONSUMER = f"""
WITH times AS (
    SELECT seq, service, operation, count(*) AS n FROM executions
    WHERE service IN (SELECT service FROM repeated) AND seq IS NOT NULL GROUP BY seq, service, operation),
usual AS (
    SELECT o.route, service, operation, quantile_disc(n, 0.95) AS n
    FROM times JOIN outcomes o USING (seq) WHERE o.failure = '' AND o.moment_ns < (SELECT began_ns FROM release)
    GROUP BY o.route, service, operation),
twice AS (
    SELECT DISTINCT t.seq, t.service, r.at_ns
    FROM times t JOIN repeated r USING (seq, service) JOIN outcomes o USING (seq)
         LEFT JOIN usual u ON u.route = o.route AND u.service = t.service AND u.operation = t.operation
    WHERE t.n > coalesce(u.n, 1))
SELECT service, coalesce(w.title, ''), at_ns < (SELECT began_ns FROM release) AS before,
       count(*), min(at_ns), max(at_ns), arg_min(seq, at_ns, {MOST_IDS})
FROM twice LEFT JOIN windows w ON at_ns >= w.began_ns AND at_ns < w.until_ns
GROUP BY ALL ORDER BY min(at_ns)
"""  # noqa: S608 - a constant


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """By the SLB's log, then by the instances'."""
    by_slb = [_finding(record, facts, "by the SLB", row, tried=tried) for *row, tried in rows(record.db, _BY_SLB)]
    record.db.execute("CREATE OR REPLACE TEMP TABLE repeated (seq UBIGINT, service VARCHAR, at_ns BIGINT)")
    for service in record.contract.services:
        record.db.execute(_REPEATED, {"service": service.name})
    hops = {"entry": "slb->entry", "middle": "entry->middle", "leaf": "middle->leaf"}
    hop_to = {service.name: hops[service.role] for service in record.contract.services}
    by_consumer = [
        _finding(record, facts, f"to {service}", (hop_to.get(service, ""), *found))
        for service, *found in rows(record.db, _BY_CONSUMER)
    ]
    return [*by_slb, *by_consumer]


def _finding(record: Record, facts: RunFacts, whose: str, row: Sequence[Any], *, tried: int = 0) -> Finding:
    """``tried``: how many of them found a connection once at most; the caller went on to the next all the same."""
    hop, step, before, requests, first_ns, last_ns, seqs = row
    when = "before the release began" if before else during(str(step))
    return Finding(
        check=CHECK.name,
        finding="sent twice",
        verdict=Verdict.INCONCLUSIVE if before else Verdict.NO_GO,
        message=f"{plural(requests, 'request')} sent twice or more {whose} {when}".rstrip(),
        step=step,
        substep=facts.timeline.innermost_at(first_ns),
        hop=hop,
        count=requests,
        first_ns=first_ns,
        last_ns=last_ns,
        requests=tuple(request_id(record, seq) for seq in seqs),
        detail=(f"{number(tried)} of them found a connection in one attempt at most",) if tried else (),
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Services whose executions nobody shows, and an SLB that tells of no request."""
    return lacking_slb_lines(contract, "whether it sent a request twice") + tuple(
        gap
        for service in contract.services
        for gap in lacking(contract, service.name, "executions", "whether a request was sent to it twice")
    )


CHECK = Check(name="resend", title="Nothing was sent twice", order=12, judge=judge, gaps=gaps)
