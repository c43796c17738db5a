"""Tables that several checks ask, derived from the record's once.

``windows``    the top-level steps; ``release`` has the beginning of the first batch
``calls``      every hop that a call can take: its name, caller, callee, and the callee's distance from the SLB
``lives``      of each incarnation that the events tell of: its service, the version that was launched, when it came
               up (NULL: it was there already), was marked, was stopped, had ended, and when it was there for its
               callers no more, by whatever of that or by a fault; NULL: never
``outcomes``   what came of each request, by the contract and not by the client's word alone, and its entry
``served``     the executions, and for an entry without a log of them what the SLB tells of its answers
``repeated``   requests that a service executed more than once, and when it began the last time
``user_of``    a macro: whose request it was
``hops``       the entries of X-Hops, one row each
``strange_hops``  those of a hop that the call graph lacks; ``hop`` is empty where it cannot be read, and ends in the
               keys where it has others than X-Hops has, one twice, or no status
``located``    every failed request, with the hop, the instance and the step that it failed at
``failures``   the same, and whether it only came late on a machine that was CPU-starved
"""

from collections.abc import Iterable, Sequence

import duckdb

from conformance.judge.cpu_starvation import Starvation, derive_starved
from conformance.judge.incarnations import IncarnationFacts, mark_of
from conformance.judge.sql import make_table, numbers, rows
from conformance.judge.timeline import Window
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS
from conformance.record.contract import SLB_CALLS, Contract, RouteFacts
from conformance.record.schema import HopAnswer
from conformance.vocabulary import TOO_LATE

CLIENT_HOP = "client->slb"
"""Where a request failed that the SLB has no line of."""
NOBODY = "nobody in rotation"
"""The error of a request that the SLB had no instance to send to."""

_HOP_NAMES = ", ".join(f"'{name}'" for name in HopAnswer.__annotations__)
_HOP_FIELDS = ", ".join(
    f'"{name}": "{"INTEGER" if kind is int else "VARCHAR"}"' for name, kind in HopAnswer.__annotations__.items()
)


def derive_outcomes(db: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make ``outcomes``: ``failure`` is empty where the answer is what the workload expects, in time.

    ``moment_ns`` is when the request was accounted for: what a request belongs to (a step, the time before the release)
    is decided by its end, for what ends it is what happens to it. ``timed`` is a request whose time says how quick the
    system is: neither a write that was asked to be held nor one that lasts by its nature; the former is never too late.
    ``held_up`` is one that came within what is promised from when it was sent, and not from when it was due: it was the
    load that was late, and nobody can tell what a request that was sent in time would have come to.
    """
    entry = contract.entries[0] if contract.entries else ""
    usual_s = contract.thresholds.client_timeout_s
    routes = [
        (
            route.name,
            route.write,
            list(route.expect),
            route.entry or entry,
            round((route.timeout_s or usual_s) * SECOND_NS),
            _within_ns(route, contract.promised.stall_ms),
            route.lasts,
        )
        for route in contract.load.routes
    ]
    columns = (
        "route VARCHAR, is_write BOOLEAN, statuses USMALLINT[], entry VARCHAR, timeout_ns BIGINT, within_ns BIGINT, "
        "lasts BOOLEAN"
    )
    make_table(db, "expected", columns, routes)
    db.execute(
        """
        CREATE TABLE outcomes AS
        SELECT seq, r.route, r.is_write, coalesce(e.entry, $entry) AS entry,
               work_ms, due_ns, sent_ns, done_ns, status, answer,
               work_ms = 0 AND NOT coalesce(e.lasts, false) AS timed,
               coalesce(work_ms = 0 AND error = '' AND done_ns - due_ns > within_ns AND done_ns - sent_ns <= within_ns,
                        false) AS held_up,
               CASE WHEN done_ns > 0 THEN done_ns ELSE due_ns END AS moment_ns,
               CASE WHEN error <> '' THEN error
                    WHEN len(e.statuses) > 0 AND NOT list_contains(e.statuses, status) THEN 'unexpected status'
                    WHEN done_ns - due_ns > coalesce(e.timeout_ns, $timeout_ns) THEN 'timeout in answer'
                    WHEN work_ms = 0 AND done_ns - due_ns > within_ns AND NOT held_up THEN $too_late
                    ELSE '' END AS failure
        FROM requests r LEFT JOIN expected e ON e.route = r.route
        """,
        # While a load by a locustfile goes on, nobody has told the kinds of its requests yet.
        {"timeout_ns": round(usual_s * SECOND_NS), "entry": entry, "too_late": TOO_LATE},
    )


def _within_ns(route: RouteFacts, stall_ms: float | None) -> int | None:
    """What is promised of a request of this route; None: nothing."""
    bound = route.within_ms or (None if route.lasts else stall_ms)
    return None if bound is None else round(bound * MILLISECOND_NS)


def derive_users(db: duckdb.DuckDBPyConnection, *, by_tasks: bool) -> None:
    """Make the macro ``user_of(seq, users)``: whose request it was, by number; NULL where it was nobody's."""
    if not by_tasks:
        db.execute("CREATE MACRO user_of(seq, users) AS seq % users")
        return
    db.execute(
        """
        CREATE TABLE askers AS
        SELECT try_cast(unnest(string_split(requests, ' ')) AS UBIGINT) AS asked, "user" FROM tasks WHERE requests <> ''
        """
    )
    db.execute(
        "CREATE MACRO user_of(seq, users) AS (SELECT any_value(a.user) % users FROM askers a WHERE a.asked = seq)"
    )


def derive_hops(db: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make ``calls``, ``hops`` and ``strange_hops``."""
    distances = contract.distances
    known = [(hop, caller, callee, distances.get(callee, 0)) for hop, caller, callee in contract.hops]
    make_table(db, "calls", "hop VARCHAR, caller VARCHAR, callee VARCHAR, distance INTEGER", known)
    db.execute(_HOPS)


_HOPS = f"""
CREATE TEMP TABLE entries AS
WITH lists AS (
    SELECT answer, from_json(hops, '["JSON"]') AS texts, from_json(hops, '[{{{_HOP_FIELDS}}}]') AS entries
    FROM (SELECT answer, hops FROM answers WHERE json_valid(hops)) WHERE json_type(hops) = 'ARRAY')
SELECT answer, generate_subscripts(entries, 1) AS position, unnest(texts) AS text,
       unnest(entries, recursive := true) FROM lists;

CREATE TABLE hops AS
SELECT answer, position, hop, coalesce(instance, '') AS instance, coalesce(incarnation, '') AS incarnation,
       coalesce(status, 0) AS status, coalesce(error, '') AS error, caller, callee, distance,
       coalesce(error, '') <> '' OR coalesce(status, 0) NOT BETWEEN 200 AND 399 AS failed
FROM entries JOIN calls USING (hop) WHERE status IS NOT NULL OR coalesce(error, '') <> '';

CREATE TABLE strange_hops AS
SELECT answer, coalesce(hop, '') AS hop, coalesce(nullif(error, ''), 'status ' || status, '') AS said,
       coalesce(error, '') <> '' OR coalesce(status, 200) NOT BETWEEN 200 AND 399 AS failed
FROM entries WHERE hop IS NULL OR hop NOT IN (SELECT hop FROM calls)
UNION ALL
SELECT answer, hop || ' without a status', '', false FROM entries
WHERE hop IN (SELECT hop FROM calls) AND status IS NULL AND coalesce(error, '') = ''
UNION ALL
SELECT answer, hop || ' with the keys ' || array_to_string(keys, ', '), '', false
FROM (SELECT answer, hop, json_keys(text) AS keys FROM entries WHERE hop IS NOT NULL)
WHERE len(keys) > len(list_distinct(keys)) OR NOT list_has_all([{_HOP_NAMES}], keys)
UNION ALL
SELECT answer, '', '', false FROM answers
WHERE hops <> '' AND CASE WHEN json_valid(hops) THEN json_type(hops) <> 'ARRAY' ELSE true END;

DROP TABLE entries;
"""  # noqa: S608 - constants of this module


def derive_windows(db: duckdb.DuckDBPyConnection, windows: Sequence[Window], release_began_ns: int) -> None:
    """Make ``windows`` and ``release``."""
    known = [(window.title, window.began_ns, window.until_ns) for window in windows]
    make_table(db, "windows", "title VARCHAR, began_ns BIGINT, until_ns BIGINT", known)
    make_table(db, "release", "began_ns BIGINT", [(release_began_ns,)])


def derive_lives(db: duckdb.DuckDBPyConnection, known: Iterable[IncarnationFacts]) -> None:
    """Make ``lives``."""
    columns = "incarnation VARCHAR, service VARCHAR, version VARCHAR, came_ns BIGINT, mark_ns BIGINT, "
    columns += "stopped_ns BIGINT, exited_ns BIGINT, gone_ns BIGINT"
    content = [
        (
            life.incarnation,
            life.service,
            life.version,
            life.ready_ns if life.launched_ns is None else life.launched_ns,
            mark_of(life),
            life.stopped_ns,
            life.exited_ns,
            life.unanswering_ns,
        )
        for life in known
    ]
    make_table(db, "lives", columns, content)


def derive_served(db: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make ``served``: as ``executions`` is, from when the load sent the request to when the SLB wrote its line."""
    plain = [
        (instance, one.name, one.version)
        for one in contract.services
        if "executions" in contract.shown(one.name) and "executions" not in one.evidence
        for instance in one.instances
    ]
    if not plain:
        db.execute("CREATE VIEW served AS FROM executions")
        return
    make_table(db, "plain", "instance VARCHAR, service VARCHAR, version VARCHAR", plain)
    db.execute(_SERVED)


_SERVED = """
CREATE TABLE told_by_slb AS
SELECT s.other_id, coalesce(p.service, l.service) AS service, s.peer AS instance, s.incarnation,
       coalesce(l.version, p.version, '') AS version, 'answer' AS operation, o.sent_ns AS start_ns, s.at_ns AS end_ns,
       s.answered AS status, s.seq
FROM slb s JOIN outcomes o USING (seq) LEFT JOIN plain p ON p.instance = s.peer
     LEFT JOIN lives l ON l.incarnation = s.incarnation
WHERE s.answered > 0 AND (p.service IS NOT NULL OR l.service IN (SELECT service FROM plain));
CREATE VIEW served AS
SELECT other_id, service, instance, incarnation, version, operation, start_ns, end_ns, status, seq FROM executions
UNION ALL SELECT other_id, service, instance, incarnation, version, operation, start_ns, end_ns, status, seq
          FROM told_by_slb
"""
"""Instances beyond a service's own, of scaling, are known by the events alone."""


def derive_repeated(db: duckdb.DuckDBPyConnection, contract: Contract, requests: int) -> None:
    """Make ``repeated``; ``requests``: how many rows of them there are."""
    db.execute("CREATE TABLE repeated (seq UBIGINT, service VARCHAR, at_ns BIGINT)")
    suspected = {service for (service,) in rows(db, _MORE_THAN_ONCE, {"last": requests})}
    for service in contract.services:
        if service.name in suspected:
            db.execute(_REPEATED, {"service": service.name})


_MORE_THAN_ONCE = f"""
SELECT service FROM executions GROUP BY service HAVING count(seq) > {numbers("seq")}
"""  # noqa: S608 - an expression of our own

_REPEATED = """
INSERT INTO repeated
SELECT seq, $service, max(start_ns) FROM executions WHERE service = $service AND seq IS NOT NULL
GROUP BY seq HAVING count(*) > 1
"""
"""One service at a time: there are few, and grouping by a number alone is what is fast."""


def derive_failures(db: duckdb.DuckDBPyConnection, starvation: Starvation) -> None:
    """Make ``failures``: requests that failed for the system's sake, not for the client's.

    Where it failed is, in this order: the deepest failed hop of X-Hops; of an answer that came too late the deepest
    execution that took at least half of the time; the instance that answered; the member that the SLB had picked last,
    by what the SLB says of connecting and answering; or between client and SLB.
    """
    db.execute(_LOCATED)
    derive_starved(db, starvation)
    db.execute("CREATE TABLE failures AS SELECT *, seq IN (SELECT seq FROM starved) AS starved FROM located")


_LOCATED = f"""
CREATE TABLE located AS
WITH failed AS (
    SELECT * FROM outcomes WHERE failure NOT IN ('', 'not sent')),
deepest AS (
    SELECT answer, arg_max({{'hop': hop, 'instance': instance, 'incarnation': incarnation,
                            'error': CASE WHEN error <> '' THEN error ELSE 'status ' || status END}},
                           distance * 1000 + position) AS at
    FROM hops WHERE failed GROUP BY answer),
slowest AS (
    SELECT f.seq, arg_max({{'hop': c.hop, 'instance': s.instance, 'incarnation': s.incarnation}}, c.distance) AS at
    FROM failed f JOIN served s USING (seq) JOIN calls c ON c.callee = s.service
         LEFT JOIN served t ON t.seq = f.seq AND t.service = c.caller
    WHERE f.failure = '{TOO_LATE}' AND 2 * (s.end_ns - s.start_ns) >= f.done_ns - f.due_ns
          AND (c.caller = '{SLB_CALLS}' OR t.seq IS NOT NULL)
    GROUP BY f.seq),
accesses AS (
    SELECT seq, arg_max({{'peer': peer, 'incarnation': incarnation, 'status': status, 'connected': connected,
                         'answered': answered > 0}}, 1000 * at_ns + attempt) AS at
    FROM slb WHERE seq IN (SELECT seq FROM failed) GROUP BY seq),
placed AS (
    SELECT f.*, d.at AS deepest, l.at AS slowest, a.instance AS answered_by, a.incarnation AS answering, a.peer,
           s.at AS access,
           CASE WHEN failure = 'unexpected status' THEN 'status ' || f.status ELSE failure END AS client_saw,
           CASE WHEN d.at IS NOT NULL THEN 'hops' WHEN l.at IS NOT NULL THEN 'slow'
                WHEN a.instance <> '' THEN 'answer' WHEN s.at IS NOT NULL THEN 'slb'
                WHEN a.peer <> '' THEN 'peer' ELSE 'client' END AS shown_by
    FROM failed f LEFT JOIN deepest d USING (answer) LEFT JOIN answers a USING (answer)
                  LEFT JOIN accesses s USING (seq) LEFT JOIN slowest l USING (seq))
SELECT p.seq, p.route, p.is_write, coalesce(p.entry, '') AS entry, p.due_ns, p.sent_ns,
       p.done_ns, p.moment_ns, p.status, p.failure, p.answer,
       p.moment_ns < (SELECT began_ns FROM release) AS before, coalesce(w.title, '') AS step,
       CASE shown_by WHEN 'hops' THEN deepest.hop WHEN 'slow' THEN slowest.hop WHEN 'client' THEN 'client->slb'
                     ELSE 'slb->' || coalesce(entry, '') END AS hop,
       CASE shown_by WHEN 'hops' THEN deepest.instance WHEN 'slow' THEN slowest.instance
                     WHEN 'answer' THEN answered_by WHEN 'slb' THEN access.peer
                     WHEN 'peer' THEN peer ELSE '' END AS instance,
       CASE shown_by WHEN 'hops' THEN deepest.incarnation WHEN 'slow' THEN slowest.incarnation
                     WHEN 'answer' THEN answering
                     WHEN 'slb' THEN access.incarnation ELSE '' END AS incarnation,
       CASE shown_by WHEN 'hops' THEN deepest.error
                     WHEN 'slb' THEN CASE WHEN access.peer = '' THEN '{NOBODY}'
                                          WHEN access.answered OR failure <> 'unexpected status' THEN client_saw
                                          WHEN access.connected AND access.status = 504 THEN 'timeout before answer'
                                          WHEN access.connected THEN 'reset before answer'
                                          WHEN access.status = 504 THEN 'connect timeout'
                                          ELSE 'connect failed' END
                     ELSE client_saw END AS hop_error
FROM placed p LEFT JOIN windows w ON p.moment_ns >= w.began_ns AND p.moment_ns < w.until_ns
"""  # noqa: S608 - a constant of this module
