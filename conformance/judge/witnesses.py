"""What SLB, services and ledger say of the load's requests, side by side and counted: the tables of cross-examination.

An answer's identity headers and X-Hops are kept once for all requests that got the same ones. So what another witness
tells of these requests is gathered by that answer: a few thousand rows instead of millions, and whoever compares two
witnesses asks those.

``asked``    by answer and whether the request failed: how many requests there were
``worked``   by answer, route and whether the request failed: who executed what, with which status, how often
``lined``    the same of the SLB's lines
``effects_told``  the same of the ledger's rows
``known``    every incarnation that was launched, or was there when the run began
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from conformance.judge.clocks import put_back
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.sql import make_table, rows
from conformance.record.contract import Contract
from conformance.record.request_headers import RequestIds

_SESSIONS = """
CREATE TEMP TABLE sessions AS
SELECT DISTINCT seq FROM (SELECT seq, other_id FROM slb UNION ALL SELECT seq, other_id FROM executions)
WHERE $any AND seq IS NOT NULL AND other_id IS NOT NULL AND {further}
"""
"""Requests that went on on another connection: the load tells of the last one only."""

_FURTHER = "UPDATE {table} SET seq = NULL WHERE seq IS NOT NULL AND other_id IS NOT NULL AND {further}"

_ASKED = """
CREATE TEMP TABLE asked AS
SELECT answer, failure = '' AS good, count(*) AS times, min(seq) AS first, min(moment_ns) AS first_ns,
       max(moment_ns) AS last_ns
FROM outcomes WHERE answer IN (SELECT answer FROM answers) GROUP BY ALL
"""

_WORKED = """
CREATE TEMP TABLE worked AS
SELECT o.answer, o.route, any_value(o.entry) AS entry, o.failure = '' AS good, o.status AS client_status,
       e.service, e.instance, e.incarnation, e.version, e.operation, e.status,
       o.moment_ns < (SELECT began_ns FROM release) AS before,
       count(*) AS times, min(o.seq) AS first, min(e.start_ns - o.sent_ns) AS earliest_ns,
       max(e.start_ns - o.done_ns) AS latest_ns, min(e.end_ns - e.start_ns) AS shortest_ns,
       max(e.end_ns - o.done_ns) AS outlived_ns,
       min(o.moment_ns) AS first_ns, max(o.moment_ns) AS last_ns
FROM executions e JOIN outcomes o USING (seq) WHERE seq NOT IN (SELECT seq FROM sessions) GROUP BY ALL
"""

_LINED = """
CREATE TEMP TABLE lined AS
SELECT o.answer, o.route, any_value(o.entry) AS entry, o.failure = '' AS good, o.status AS client_status,
       s.peer, s.incarnation, s.address, s.status, s.connected, s.answered, s.attempt,
       o.moment_ns < (SELECT began_ns FROM release) AS before, count(*) AS times, min(o.seq) AS first,
       min(s.at_ns - o.sent_ns) AS earliest_ns, max(s.at_ns - o.done_ns) AS latest_ns,
       min(s.at_ns - o.done_ns) AS soonest_ns, min(o.moment_ns) AS first_ns, max(o.moment_ns) AS last_ns
FROM slb s JOIN outcomes o USING (seq) WHERE seq NOT IN (SELECT seq FROM sessions) GROUP BY ALL
"""

_EFFECTS = """
CREATE TEMP TABLE effects_told AS
SELECT o.answer, o.failure = '' AS good, l.effect, l.instance, l.incarnation, l.version, count(*) AS times,
       min(o.seq) AS first, min(o.moment_ns) AS first_ns, max(o.moment_ns) AS last_ns
FROM ledger l JOIN outcomes o USING (seq) GROUP BY ALL
"""


def disown_further(db: duckdb.DuckDBPyConnection, ids: RequestIds) -> None:
    """Let ids of further connections be nobody's, where the load tells that no request went on on another one."""
    for table in ("slb", "executions", "ledger"):
        db.execute(_FURTHER.format(table=table, further=ids.further_sql("other_id")))


def gather(db: duckdb.DuckDBPyConnection, allowed_ns: int, ids: RequestIds, *, reconnects: bool) -> None:
    """Make ``worked``, ``lined`` and ``effects_told``, and ``misdated`` (clocks.py), which corrects the first.

    Args:
        db: The record's tables.
        allowed_ns: How far the clocks may part.
        ids: Of the run's requests.
        reconnects: Whether requests went on on another connection.
    """
    db.execute(_SESSIONS.format(further=ids.further_sql("other_id")), {"any": reconnects})
    db.execute(_WORKED)
    if put_back(db, allowed_ns):
        db.execute("DROP TABLE worked")
        db.execute(_WORKED)
    db.execute(_ASKED)
    db.execute(_LINED)
    db.execute(_EFFECTS)


def know(db: duckdb.DuckDBPyConnection, contract: Contract, lives: Mapping[str, IncarnationFacts]) -> None:
    """Make ``known``: service, instance, incarnation and version of whoever the run can have met.

    The run launched it and told so; or it is the one incarnation of an instance of the contract that was seen before
    any of that instance's was launched.
    """
    launched = [
        (life.service, life.instance, life.incarnation, life.version or "", life.launched_ns)
        for life in lives.values()
        if life.launched_ns is not None
    ]
    columns = "service VARCHAR, instance VARCHAR, incarnation VARCHAR, version VARCHAR, since_ns BIGINT"
    make_table(db, "known", columns, [*launched, *_there_before(db, contract, lives)])


_SEEN = """
SELECT instance, incarnation, min(at_ns) FROM (
    SELECT instance, incarnation, at_ns FROM states WHERE in_rotation AND incarnation <> ''
    UNION ALL SELECT instance, incarnation, first_ns FROM worked
    UNION ALL SELECT peer, incarnation, first_ns FROM lined
    UNION ALL SELECT instance, incarnation, first_ns FROM effects_told)
WHERE incarnation <> '' GROUP BY instance, incarnation ORDER BY min(at_ns)
"""


def _there_before(
    db: duckdb.DuckDBPyConnection, contract: Contract, lives: Mapping[str, IncarnationFacts]
) -> Iterator[tuple[str, str, str, str, int]]:
    """Of each instance of the contract the incarnation that the run found."""
    own = {instance: service for service in contract.services for instance in service.instances}
    launched = {life.incarnation for life in lives.values() if life.launched_ns is not None}
    came_up = {life.incarnation for life in lives.values() if life.ready_ns is not None}
    first: dict[str, str] = {}
    seen: Sequence[Any] = [
        *((life.instance, life.incarnation) for life in lives.values() if life.down_step),
        *((instance, incarnation) for instance, incarnation, _ in rows(db, _SEEN)),
    ]
    for told, incarnation in seen:
        instance = told or incarnation.rpartition(".")[0]  # a ledger need not have a column for the instance
        if instance in own and incarnation not in launched and incarnation not in came_up:
            first.setdefault(instance, incarnation)
    for instance, incarnation in first.items():
        yield own[instance].name, instance, incarnation, own[instance].version, -1
