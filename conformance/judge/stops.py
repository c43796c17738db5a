"""What is at risk in a release is its stops: which incarnations it took down, and which of them in mid-write."""

from collections.abc import Iterable, Mapping

import duckdb

from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.sql import make_table, rows
from conformance.record.contract import Contract, ReleaseFacts
from conformance.record.request_headers import RequestIds

_AMID_WRITES = """
WITH under_way AS (
    SELECT d.incarnation, d.down_ns, o.seq, o.answer
    FROM downs d JOIN outcomes o ON o.sent_ns <= d.down_ns AND o.moment_ns > d.down_ns
    WHERE o.is_write AND o.sent_ns > 0),
told AS (
    SELECT u.incarnation, u.seq FROM under_way u JOIN hops h ON h.answer = u.answer AND h.incarnation = u.incarnation
    UNION SELECT u.incarnation, u.seq FROM under_way u
          JOIN answers a ON a.answer = u.answer AND a.incarnation = u.incarnation
    UNION SELECT u.incarnation, u.seq FROM under_way u JOIN slb s ON s.seq = u.seq AND s.incarnation = u.incarnation
    UNION SELECT u.incarnation, u.seq FROM under_way u
          JOIN executions e ON e.seq = u.seq AND e.incarnation = u.incarnation AND e.end_ns >= u.down_ns)
SELECT incarnation, count(*) FROM told GROUP BY incarnation
"""


def amid_writes(db: duckdb.DuckDBPyConnection, stopped: Iterable[IncarnationFacts]) -> Mapping[str, int]:
    """Of each incarnation: how many writes that it worked on were under way when its way down began.

    By the load's rows for the time, and by X-Hops, the answer's headers, the SLB's lines or the execution for whose
    they were. Incarnations that nothing tells of are left out.
    """
    downs = {life.incarnation: life.down_ns for life in stopped if life.down_ns is not None}
    make_table(db, "downs", "incarnation VARCHAR, down_ns BIGINT", downs.items())
    return dict(rows(db, _AMID_WRITES)) if downs else {}


_HELD = """
SELECT h.incarnation, count(*) FROM held h JOIN outcomes o USING (seq)
WHERE o.is_write AND o.sent_ns BETWEEN 1 AND h.held_ns AND o.moment_ns >= h.held_ns GROUP BY h.incarnation
"""


def held_writes(db: duckdb.DuckDBPyConnection, ids: RequestIds, lives: Iterable[IncarnationFacts]) -> Mapping[str, int]:
    """Of each incarnation: how many of the writes that it named as held were in flight then by the load's own rows.

    Incarnations that named none, or whose way down had begun by then, are left out.
    """
    held = dict.fromkeys(
        (life.incarnation, life.held_ns, seq)
        for life in lives
        if life.held_ns is not None and (life.down_ns is None or life.held_ns <= life.down_ns)
        for request in life.held
        if (seq := ids.number_it_began_as(request)) is not None
    )
    make_table(db, "held", "incarnation VARCHAR, held_ns BIGINT, seq UBIGINT", held)
    return dict(rows(db, _HELD)) if held else {}


def tells_of_writes(contract: Contract, release: ReleaseFacts) -> bool:
    """Whether anything tells which incarnation of the released service a write was under way on."""
    shown = contract.shown(release.service)
    if "in_flight" in shown or "executions" in shown:
        return True
    if release.position == "entry":
        return "identity" in shown or contract.slb_lines
    return any("hops" in caller.evidence for caller in contract.callers(release.service))
