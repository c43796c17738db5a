"""Executions whose stamps cannot be: an instance's clock is off, or the wall clock was set forth and back.

The load measures by the run's own clock when a request was sent and when it was answered. What executed it in between
cannot have begun before or ended after. Where most of what an instance stamped in some second of the load lies outside,
it is its clock that is off; such an execution is put back to when its request was sent, the earliest that it can have
begun, so that no check takes a wrong clock for a call after a drain. The check ``clock`` says so. A single execution
that lies outside proves nothing of the clock and stays as it was told.
"""

import duckdb

from conformance.judge.sql import count, one

LEAST = 3
"""Executions outside their requests from which on it is not by chance that an instance's clock is off."""

_MISDATED = """
CREATE TABLE misdated AS
WITH synchronous AS (
    SELECT answer, callee AS service FROM hops GROUP BY ALL),
stamped AS (
    SELECT e.service, e.instance, e.incarnation, o.sent_ns // 1000000000 AS second, o.sent_ns, o.done_ns,
           e.start_ns < o.sent_ns - $allowed_ns - coalesce(c.resolution_ns, 0)
               OR (e.start_ns > o.done_ns + $allowed_ns + coalesce(c.resolution_ns, 0)
                   AND (e.service = o.entry OR s.service IS NOT NULL)) AS off,
           CASE WHEN e.start_ns < o.sent_ns THEN e.start_ns - o.sent_ns ELSE e.start_ns - o.done_ns END AS by_ns
    FROM executions e JOIN outcomes o USING (seq) LEFT JOIN coarse c ON c.service = e.service
         LEFT JOIN synchronous s ON s.answer = o.answer AND s.service = e.service
    WHERE o.failure = ''),
stretches AS (
    SELECT service, instance, incarnation, second, count(*) AS times, count(*) FILTER (off) AS outside,
           median(by_ns) FILTER (off) AS by_ns
    FROM stamped GROUP BY ALL HAVING 2 * count(*) FILTER (off) >= count(*))
SELECT * FROM stretches WHERE incarnation IN (
    SELECT incarnation FROM stretches GROUP BY incarnation HAVING sum(outside) >= $least)
"""

_PUT_BACK = """
UPDATE executions SET start_ns = o.sent_ns, end_ns = greatest(least(end_ns, o.done_ns), o.sent_ns)
FROM outcomes o, (
    SELECT incarnation, second + unnest([-1, 0, 1]) AS second, unnest([false, true, false]) AS whole FROM misdated) m
WHERE executions.seq = o.seq AND executions.incarnation = m.incarnation AND m.second = o.sent_ns // 1000000000
  AND o.done_ns > 0 AND o.sent_ns > 0
  AND (m.whole OR start_ns < o.sent_ns - $allowed_ns OR start_ns > o.done_ns + $allowed_ns)
"""
"""In the seconds beside, where the clock was set or the load begins, those alone that lie outside."""


def put_back(db: duckdb.DuckDBPyConnection, allowed_ns: int) -> bool:
    """Make ``misdated``, and put what it tells of back between sending and answer; whether there is any.

    Asks ``worked``, and ``coarse`` for logs that do not tell so finely.

    Args:
        db: The record's tables.
        allowed_ns: How far the clocks may part.
    """
    db.execute(
        "CREATE TABLE misdated (service VARCHAR, instance VARCHAR, incarnation VARCHAR, second BIGINT, times BIGINT, "
        "outside BIGINT, by_ns DOUBLE)"
    )
    (earliest_ns, latest_ns) = one(
        db, "SELECT coalesce(min(earliest_ns), 0), coalesce(max(latest_ns), 0) FROM worked WHERE good"
    )
    if earliest_ns >= -allowed_ns and latest_ns <= allowed_ns:
        return False
    db.execute("DROP TABLE misdated")
    db.execute(_MISDATED, {"allowed_ns": allowed_ns, "least": LEAST})
    if not count(db, "SELECT count(*) FROM misdated"):
        return False
    db.execute(_PUT_BACK, {"allowed_ns": allowed_ns})
    return True
