"""What X-Hops tells of calls that were made again, and of calls that failed behind an answer that is right.

``versions``   the version of each incarnation that the run launched; empty for the version that its service began with
``hop_calls``  per route, answer and hop: how many calls there were, how many are usual, and which of them failed

What is usual is learned, never assumed: a version may call a service twice by design, and may take a 404 for an
answer. Of the versions that a run begins with it is what their requests needed before the release; of a version that
it brings, what that version's own requests needed, once there were enough of them to learn from. Requests that failed,
or in which a call failed, teach nothing: a retry must not become usual by happening often.
"""

from collections.abc import Iterable

import duckdb

from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.sql import count, make_table
from conformance.record.contract import Contract

USUAL_SHARE = 0.95
"""So many of a version's requests on a route need no more calls than are usual (19 of 20)."""


def derive_hop_calls(db: duckdb.DuckDBPyConnection, contract: Contract, lives: Iterable[IncarnationFacts]) -> None:
    """Make ``versions`` and ``hop_calls``; asks ``outcomes``, ``hops``, ``answers`` and ``release``."""
    began_with = {service.name: service.version for service in contract.services}
    launched = [
        (life.incarnation, "" if life.version == began_with.get(life.service) else life.version)
        for life in lives
        if life.version
    ]
    make_table(db, "versions", "incarnation VARCHAR, version VARCHAR", launched)
    db.execute(_COLUMNS)
    if count(db, _ANYTHING):  # else every hop of every answer was called once and answered: nothing is to be told
        values = {"share": USUAL_SHARE, "enough": contract.thresholds.usual_requests}
        db.execute(_LESSONS)
        db.execute(_REFUSALS, {"few": 1 - USUAL_SHARE, "enough": values["enough"]})
        db.execute(_HOP_CALLS, values)


_COLUMNS = """
CREATE TABLE hop_calls (route VARCHAR, answer UINTEGER, hop VARCHAR, calls BIGINT, usual BIGINT, failed BIGINT,
                        called_again BOOLEAN, instance VARCHAR, incarnation VARCHAR, error VARCHAR)
"""
"""``instance``, ``incarnation`` and ``error`` are of the first call that failed; empty where none did."""

_ANYTHING = """
SELECT count(*) FROM (SELECT 1 FROM hops GROUP BY answer, hop HAVING count(*) > 1 OR bool_or(failed))
"""

_LESSONS = """
CREATE TEMP TABLE callers AS
SELECT h.answer, h.hop, coalesce(any_value(v.version), '') AS caller
FROM hops h JOIN answers a USING (answer)
     LEFT JOIN (SELECT answer, callee, arg_max(incarnation, position) AS incarnation FROM hops GROUP BY answer, callee)
               n ON n.answer = h.answer AND n.callee = h.caller
     LEFT JOIN versions v ON v.incarnation = coalesce(n.incarnation, a.incarnation)
GROUP BY h.answer, h.hop;

CREATE TEMP TABLE lessons AS
SELECT o.route, o.answer, count(*) AS requests, count(*) FILTER (moment_ns < (SELECT began_ns FROM release)) AS before
FROM outcomes o WHERE failure = '' GROUP BY o.route, o.answer;
"""
"""``callers``: who made the calls over a hop, by version: who was called last of the caller's, else who answered."""

_REFUSALS = """
CREATE TEMP TABLE refusals AS
WITH asked AS (
    SELECT route, hop, caller, sum(CASE WHEN caller = '' THEN before ELSE requests END) AS requests
    FROM lessons JOIN callers USING (answer) GROUP BY ALL),
refused AS (
    SELECT route, hop, caller, status, sum(CASE WHEN caller = '' THEN before ELSE requests END) AS requests
    FROM lessons JOIN callers USING (answer)
         JOIN (SELECT DISTINCT answer, hop, status FROM hops WHERE error = '' AND status BETWEEN 400 AND 499)
              USING (answer, hop)
    GROUP BY ALL)
SELECT r.route, r.hop, r.caller, r.status FROM refused r JOIN asked a USING (route, hop, caller)
WHERE r.requests > 0 AND r.requests >= $few * a.requests AND (r.caller = '' OR a.requests >= $enough)
"""
"""4xx that a version usually takes for answers."""

_HOP_CALLS = """
INSERT INTO hop_calls
WITH calls AS (
    SELECT o.route, h.answer, h.hop, c.caller, h.position, h.instance, h.incarnation,
           CASE WHEN h.error <> '' THEN h.error ELSE 'status ' || h.status END AS error,
           h.failed AND NOT (h.error = '' AND EXISTS (
               FROM refusals r WHERE r.route = o.route AND r.hop = h.hop AND r.status = h.status
                                 AND r.caller IN ('', c.caller))) AS failed
    FROM (SELECT DISTINCT route, answer FROM outcomes) o JOIN hops h USING (answer) JOIN callers c USING (answer, hop)),
told AS (
    SELECT route, answer, hop, any_value(caller) AS caller, count(*) AS calls, count(*) FILTER (failed) AS failed,
           coalesce(min(position) FILTER (failed) < max(position), false) AS called_again,
           arg_min({'instance': instance, 'incarnation': incarnation, 'error': error}, position)
               FILTER (failed) AS first
    FROM calls GROUP BY route, answer, hop),
habits AS (
    SELECT route, hop, caller, quantile_disc(calls, $share) AS usual, count(*) AS requests
    FROM outcomes o JOIN told USING (route, answer)
    WHERE failure = '' AND failed = 0 AND (caller <> '' OR moment_ns < (SELECT began_ns FROM release))
    GROUP BY route, hop, caller)
SELECT t.route, t.answer, t.hop, t.calls, coalesce(own.usual, began.usual, 1), t.failed, t.called_again,
       coalesce(t.first.instance, ''), coalesce(t.first.incarnation, ''), coalesce(t.first.error, '')
FROM told t
     LEFT JOIN habits own ON own.route = t.route AND own.hop = t.hop AND own.caller = t.caller
                             AND (t.caller = '' OR own.requests >= $enough)
     LEFT JOIN habits began ON began.route = t.route AND began.hop = t.hop AND began.caller = ''
WHERE t.calls > coalesce(own.usual, began.usual, 1) OR t.failed > 0
"""
