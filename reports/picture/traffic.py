"""The load slice by slice: who answered, how quickly, and where it did not keep its schedule. Aggregated by DuckDB.

A request belongs to the slice in which it was due, so that what was planned, what was answered and what was lost add
up. Expects the judge's ``outcomes`` and ``hops``.
"""

from collections.abc import Mapping, Sequence

import duckdb

from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.sql import make_table, one, rows
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS
from conformance.record.contract import ReleaseFacts
from conformance.record.reader import Record
from reports.picture.data import Blind, Slice, Span, Traffic

MOST_SLICES = 130
"""As many as can be told apart."""
LEAST_PER_SLICE = 20
"""Requests that were due in one, or its percentiles mean nothing."""
LEAST_TIMED = 5
_NICE = (0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)

_ANSWERED = """
CREATE TABLE answered AS
WITH asked AS (
    SELECT answer, arg_max(incarnation, position) AS incarnation FROM hops WHERE callee = $service AND NOT failed
    GROUP BY answer
    UNION ALL SELECT answer, incarnation FROM answers WHERE list_contains($instances, instance) AND incarnation <> ''),
said AS (
    SELECT incarnation, any_value(version) AS version FROM answers WHERE version <> '' GROUP BY incarnation
    UNION ALL SELECT incarnation, any_value(version) FROM ledger WHERE version <> '' GROUP BY incarnation)
SELECT a.answer, coalesce(any_value(s.version), any_value(l.version), $old) AS version
FROM asked a LEFT JOIN said s USING (incarnation) LEFT JOIN launched l USING (incarnation) GROUP BY a.answer
"""
"""By what an incarnation says of itself; else by what was launched; one that ran before the run is the old version."""

_SLICES = """
SELECT (due_ns - $first_ns) // $width_ns AS slice,
       count(*) FILTER (failure = '' AND version = $old), count(*) FILTER (failure = '' AND version = $new),
       count(*) FILTER (failure = '' AND version NOT IN ($old, $new)),
       count(*) FILTER (failure = '' AND version IS NULL),
       count(*) FILTER (failure NOT IN ('', 'not sent')),
       count(*) FILTER (failure = '' AND timed),
       quantile_cont(done_ns - due_ns, [0.5, 0.99]) FILTER (failure = '' AND timed)
FROM outcomes LEFT JOIN answered USING (answer) GROUP BY slice ORDER BY slice
"""

_SECONDS = """
SELECT (due_ns - $first_ns) // 1000000000 AS second, count(*),
       count(*) FILTER (sent_ns > 0 AND sent_ns - due_ns <= $most_late_ns) AS in_time
FROM outcomes GROUP BY second HAVING in_time < $wanted * count(*) ORDER BY second
"""


def due_span(db: duckdb.DuckDBPyConnection) -> Span | None:
    """From when the first request was due to when the last one was; None where there is none."""
    first, last = one(db, "SELECT min(due_ns), max(due_ns) FROM outcomes")
    return None if first is None else Span(first, last)


def slice_width(length_ns: int, rate: int) -> int:
    """How long a slice is, in nanoseconds."""
    least_s = max(length_ns / SECOND_NS / MOST_SLICES, LEAST_PER_SLICE / max(rate, 1))
    return round(next((nice for nice in _NICE if nice >= least_s), least_s) * SECOND_NS)


def traffic(record: Record, lives: Mapping[str, IncarnationFacts], due: Span, width_ns: int) -> Traffic:
    """Aggregate it, seen from the first of the released services."""
    contract, db = record.contract, record.db
    release, rate = contract.release, contract.load.rate
    _tell_who_answered(db, release, contract.service(release.service).instances, lives)
    asked = {"first_ns": due.began_ns, "width_ns": width_ns, "old": release.old, "new": release.new}
    end_ns = due.ended_ns + SECOND_NS // max(rate, 1)
    slices = []
    for number, old, new, third, elsewhere, failed, timed, quantiles in rows(db, _SLICES, asked):
        began_ns = due.began_ns + number * width_ns
        p50, p99 = quantiles if timed >= LEAST_TIMED else (None, None)
        slices.append(
            Slice(
                span=Span(began_ns, min(began_ns + width_ns, end_ns)),
                old=old,
                new=new,
                third=third,
                elsewhere=elsewhere,
                failed=failed,
                p50_ms=None if p50 is None else p50 / MILLISECOND_NS,
                p99_ms=None if p99 is None else p99 / MILLISECOND_NS,
            )
        )
    return Traffic(release.service, len(contract.releases), rate, tuple(slices))


def _tell_who_answered(
    db: duckdb.DuckDBPyConnection,
    release: ReleaseFacts,
    own: Sequence[str],
    lives: Mapping[str, IncarnationFacts],
) -> None:
    launched = [(life.incarnation, life.version) for life in lives.values() if life.version is not None]
    make_table(db, "launched", "incarnation VARCHAR, version VARCHAR", launched)
    instances = sorted({*own, *(life.instance for life in lives.values() if life.service == release.service)})
    db.execute(_ANSWERED, {"service": release.service, "instances": instances, "old": release.old})


def not_kept(record: Record, due: Span) -> tuple[Blind, ...]:
    """Where the load did not keep its schedule, second by second as the judge counts; neighbours are one stretch."""
    wanted = record.contract.thresholds
    asked = {
        "first_ns": due.began_ns,
        "most_late_ns": round(wanted.lateness_max_ms * MILLISECOND_NS),
        "wanted": wanted.worst_second_share,
    }
    stretches: list[tuple[Span, int, int]] = []
    for second, planned, in_time in rows(record.db, _SECONDS, asked):
        began_ns = due.began_ns + second * SECOND_NS
        span = Span(began_ns, began_ns + SECOND_NS)
        if stretches and stretches[-1][0].ended_ns >= began_ns:
            before, planned_before, in_time_before = stretches.pop()
            stretches.append((before.joined(span), planned_before + planned, in_time_before + in_time))
        else:
            stretches.append((span, planned, in_time))
    return tuple(
        Blind(span, f"the load sent {in_time / planned:.0%} of its requests in time")
        for span, planned, in_time in stretches
    )
