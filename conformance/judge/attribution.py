"""Why each failed request failed where it did, and whether it was executed there: as far as the record proves it.

Makes ``attributed``: per failed request ``cause``, one of FailureCause, and ``executed``: ``yes``, ``no`` or
``unknown``. An execution that was cut has no line in any log, so that without a line only a connection that never was
proves that nothing was executed.
"""

from collections.abc import Iterable, Sequence

import duckdb

from conformance.judge.derived import CLIENT_HOP, NOBODY
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.sql import has_rows, make_table
from conformance.judge.timeline import FOREVER_NS
from conformance.record.events import Event, ServerStarted, ServerStopped
from conformance.vocabulary import TOO_LATE, ErrorClass, FailureCause

NOT_CONNECTED = (ErrorClass.CONNECT_REFUSED, ErrorClass.CONNECT_FAILED, ErrorClass.CONNECT_TIMEOUT)
ENDED_UNANSWERED = (
    ErrorClass.EOF_BEFORE_ANSWER,
    ErrorClass.RESET_BEFORE_ANSWER,
    ErrorClass.EOF_IN_ANSWER,
    ErrorClass.RESET_IN_ANSWER,
)
ANSWERED_BY = (ErrorClass.UNEXPECTED_STATUS, ErrorClass.WRONG_ANSWER, ErrorClass.GARBLED_ANSWER)

_ATTRIBUTED = """
INSERT INTO attributed
WITH done AS (
    SELECT f.seq, bool_or(e.incarnation = f.incarnation) AS here
    FROM failures f JOIN executions e USING (seq) WHERE f.incarnation <> '' GROUP BY f.seq),
effects AS (
    SELECT DISTINCT f.seq FROM failures f JOIN ledger l ON l.seq = f.seq AND l.incarnation = f.incarnation
    WHERE f.incarnation <> ''),
told AS (
    SELECT f.seq, f.hop_error, f.hop, f.starved, f.sent_ns, f.moment_ns, e.*, d.here, x.seq IS NOT NULL AS wrote,
           EXISTS (FROM away a WHERE a.since_ns <= f.moment_ns AND a.until_ns >= f.sent_ns) AS away
    FROM failures f LEFT JOIN ends e ON e.incarnation = f.incarnation AND f.incarnation <> ''
         LEFT JOIN done d ON d.seq = f.seq LEFT JOIN effects x ON x.seq = f.seq)
SELECT seq,
       CASE WHEN here OR wrote THEN 'yes'
            WHEN hop_error = $nobody OR list_contains($not_connected, hop_error) THEN 'no'
            ELSE 'unknown' END AS executed,
       CASE WHEN hop_error = $nobody THEN $nobody_listed
            WHEN hop_error = $too_late THEN CASE WHEN starved THEN $starved ELSE $late END
            WHEN silent_ns <= moment_ns THEN $silent
            WHEN oom AND exited_ns <= moment_ns + $look_ns THEN $out_of_memory
            WHEN by_itself AND exited_ns <= moment_ns + $look_ns THEN $crashed
            WHEN list_contains($answered_by, hop_error) OR hop_error LIKE 'status %'
                THEN CASE WHEN away THEN $server_away ELSE $answered END
            WHEN exited_ns <= sent_ns THEN $gone
            WHEN stopped_ns <= moment_ns
                THEN CASE WHEN NOT list_contains($not_connected, hop_error) THEN $cut
                          WHEN killed_ns <= moment_ns THEN $gone ELSE $closing END
            WHEN left_ns <= moment_ns AND list_contains($ended_unanswered, hop_error) THEN $left
            WHEN list_contains($not_connected, hop_error) AND launched_ns IS NOT NULL
                 AND coalesce(ready_ns > sent_ns, true) THEN $not_ready
            WHEN starved THEN $starved
            WHEN away THEN $server_away
            WHEN list_contains($ended_unanswered, hop_error)
                 AND (hop = $to_slb OR incarnation IS NOT NULL AND coalesce(ready_ns <= sent_ns, launched_ns IS NULL)
                      AND coalesce(stopped_ns > moment_ns + $look_ns, true))
                THEN $dropped
            ELSE $unknown END AS cause
FROM told
"""
"""An instance leaves from the moment before its way down began, at which writes were looked for that it works on, else
from its offline mark or its drain, which are told when they have been answered. It is silent when it was struck or
stopped by SIGSTOP; ``away`` is a server that the plan had stopped. Who served on is one that no stop, end or way down
reaches; the SLB always is, where the plan had not stopped it."""


def attribute(
    db: duckdb.DuckDBPyConnection, happened: Sequence[Event], lives: Iterable[IncarnationFacts], look_ns: int
) -> None:
    """Make ``attributed``; asks ``failures``.

    Args:
        db: The record's tables.
        happened: The record's events.
        lives: Every incarnation that the events tell of.
        look_ns: How long after an end of its own accord the run may have seen it.
    """
    db.execute("CREATE TABLE attributed (seq UBIGINT, executed VARCHAR, cause VARCHAR)")
    if not has_rows(db, "failures"):
        return
    columns = "incarnation VARCHAR, stopped_ns BIGINT, exited_ns BIGINT, silent_ns BIGINT, left_ns BIGINT, "
    columns += "killed_ns BIGINT, by_itself BOOLEAN, oom BOOLEAN, launched_ns BIGINT, ready_ns BIGINT"
    content = [
        (
            life.incarnation,
            life.stopped_ns,
            life.exited_ns,
            min((at_ns for at_ns in (life.silenced_ns, life.struck_ns) if at_ns is not None), default=None),
            next((at_ns for at_ns in (life.held_ns, life.marked_ns, life.drained_ns) if at_ns is not None), None),
            life.stopped_ns if life.stop_signal == "SIGKILL" else life.killed_ns,
            life.ended_by_itself,
            life.out_of_memory,
            life.launched_ns,
            life.ready_ns,
        )
        for life in lives
    ]
    make_table(db, "ends", columns, content)
    make_table(db, "away", "since_ns BIGINT, until_ns BIGINT", _away(happened))
    values = {f"{cause.name.lower()}": cause.value for cause in FailureCause}
    lists = {
        "not_connected": [kind.value for kind in NOT_CONNECTED],
        "ended_unanswered": [kind.value for kind in ENDED_UNANSWERED],
        "answered_by": [kind.value for kind in ANSWERED_BY],
    }
    db.execute(
        _ATTRIBUTED, values | lists | {"to_slb": CLIENT_HOP, "nobody": NOBODY, "too_late": TOO_LATE, "look_ns": look_ns}
    )


def _away(happened: Sequence[Event]) -> list[tuple[int, int]]:
    """From when the plan stopped a server until it answered again."""
    found = []
    for event in happened:
        if isinstance(event, ServerStopped):
            ends = [
                later.at_ns
                for later in happened
                if isinstance(later, ServerStarted) and later.server == event.server and later.at_ns > event.at_ns
            ]
            found.append((event.at_ns, min(ends, default=FOREVER_NS)))
    return found
