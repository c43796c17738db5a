"""What is reported of every run, whatever its verdict: counts, load, latency. Nothing here is judged."""

from conformance.judge.checks.evidence import in_flight_at_stop
from conformance.judge.failures import request_id
from conformance.judge.model import Pair, PartialWrite
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, one, rows
from conformance.judge.wording import MILLISECOND_NS
from conformance.record.reader import Record

_COUNTS = """
SELECT * FROM (SELECT count(*) FROM requests),
              (SELECT count(*) FILTER (failure <> 'not sent' AND moment_ns >= (SELECT began_ns FROM release))
               FROM outcomes),
              (SELECT count(*) FILTER (NOT before), count(*) FILTER (before) FROM failures),
              (SELECT count(*) FILTER (failure = 'not sent'), count(*) FILTER (is_write),
                      count(*) FILTER (is_write AND failure = '') FROM outcomes),
              (SELECT count(*) FILTER (NOT before AND least = 0 AND most > 0)
                      + (SELECT count(*) FROM unknown_writes WHERE partial),
                      count(*) FILTER (NOT before AND least = 0 AND most = 0),
                      count(*) FILTER ((NOT before OR again) AND most > 1)
                      + (SELECT count(*) FROM unknown_writes WHERE len(repeated) > 0) FROM broken_writes),
              (SELECT count(DISTINCT request_id) FROM phantoms),
              (SELECT count(*) FROM executions)
"""
_COUNT_NAMES = (
    "requests",
    "since_release",
    "failed",
    "failed_before",
    "not_sent",
    "writes",
    "acknowledged_writes",
    "partial_writes",
    "lost_writes",
    "duplicates",
    "phantoms",
    "executions",
)

_LATENCY = """
SELECT coalesce(quantile_cont(done_ns - due_ns, 0.5), 0), coalesce(quantile_cont(done_ns - due_ns, 0.99), 0),
       coalesce(max(done_ns - due_ns), 0), count(*) FILTER (done_ns - due_ns > $stall_ns)
FROM outcomes WHERE failure = '' AND timed
"""

_LONGEST_GAP = """
SELECT coalesce(max(gap), 0) FROM (
    SELECT done_ns - lag(done_ns) OVER (ORDER BY done_ns) AS gap FROM outcomes WHERE failure = '')
"""


_PAIRS = """
SELECT caller.service, caller.version, provider.service, provider.version, count(DISTINCT caller.seq)
FROM served caller JOIN served provider USING (seq)
WHERE caller.service = $caller AND provider.service = $provider
      AND caller.start_ns >= (SELECT began_ns FROM release)
GROUP BY ALL ORDER BY ALL
"""


def pairs(record: Record) -> tuple[Pair, ...]:
    """Who met whom, of the services that are released and call each other."""
    released = {release.service for release in record.contract.releases}
    found = []
    for _, caller, provider in record.contract.hops:
        if caller in released and provider in released:
            found += [
                Pair(caller=one, caller_version=old, provider=other, provider_version=new, requests=times)
                for one, old, other, new, times in rows(record.db, _PAIRS, {"caller": caller, "provider": provider})
            ]
    return tuple(found)


def counts(record: Record) -> dict[str, int]:
    """How many of what; failures and broken writes since the release began, those of before apart."""
    return dict(zip(_COUNT_NAMES, one(record.db, _COUNTS), strict=True))


def stops(facts: RunFacts) -> dict[str, int]:
    """How many incarnations the release took down, and on how many of them a write was in flight then."""
    amid = [life for life in facts.stops if in_flight_at_stop(facts, life)]
    return {"stops": len(facts.stops), "stops_amid_writes": len(amid)}


def answered_since(record: Record) -> int:
    """Requests that ended as expected since the release began: what a verdict of GO rests on."""
    return count(
        record.db, "SELECT count(*) FROM outcomes WHERE failure = '' AND moment_ns >= (SELECT began_ns FROM release)"
    )


def load(record: Record, facts: RunFacts) -> dict[str, float]:
    """The load as it was."""
    kept = facts.load
    return {
        "rate": float(record.contract.load.rate),
        "workers": float(record.contract.load.workers),
        "planned": float(kept.planned),
        "sent": float(kept.sent),
        "sent_share": kept.sent_share,
        "worst_second_share": kept.worst_second_share,
        "lateness_p99_ms": kept.lateness_p99_ms,
        "lateness_max_ms": kept.lateness_max_ms,
        "seconds": kept.seconds,
    }


def latency(record: Record) -> dict[str, float]:
    """Of the expected answers, from when each was due. Writes that the services were asked to hold are left out."""
    stall_ns = round(record.contract.thresholds.stall_ms * MILLISECOND_NS)
    p50, p99, longest, stalls = one(record.db, _LATENCY, {"stall_ns": stall_ns})
    (gap,) = one(record.db, _LONGEST_GAP)
    return {
        "p50_ms": p50 / MILLISECOND_NS,
        "p99_ms": p99 / MILLISECOND_NS,
        "max_ms": longest / MILLISECOND_NS,
        "stalls": float(stalls),
        "longest_gap_ms": gap / MILLISECOND_NS,
    }


def partial_writes(record: Record, most: int) -> tuple[PartialWrite, ...]:
    """The first writes since the release began that left some of their effects, in the order of their requests."""
    found = rows(
        record.db,
        """
        SELECT seq, found, missing, acknowledged, step FROM broken_writes
        WHERE NOT before AND least = 0 AND most > 0 ORDER BY seq LIMIT $most
        """,
        {"most": most},
    )
    return tuple(
        PartialWrite(
            request=request_id(record, seq),
            found=tuple(there),
            missing=tuple(missing),
            acknowledged=acknowledged,
            step=step,
        )
        for seq, there, missing, acknowledged, step in found
    )
