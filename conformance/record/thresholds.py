"""Every figure a verdict depends on, in one place, recorded with each run."""

from typing import Final

import msgspec

NOTIFIED_WITHIN_S: Final = 0.5
"""A7: a caller that is told with an answer drops the instance at once; so long it may be called all the same."""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the judge demands. A run is judged by the thresholds it recorded, not by those of the day."""

    client_timeout_s: float = 10.0
    """A request unanswered this long after it was due counts as failed."""

    baseline_requests: int = 500
    """Requests that v1 must answer, without a failure, before anything is touched."""
    batch_requests: int = 1_000
    """Requests that must have been under way at some time between the start of a batch and of what follows it."""
    batch_writes: int = 100
    """Writes among them."""
    incarnation_answers: int = 10
    """Executions that each new incarnation must have finished."""
    in_flight_at_stop: int = 1
    """Writes that must be in flight on an instance at the moment its way down begins."""

    usual_requests: int = 20
    """Good requests of a new version on a route from which what is usual for it can be learned: 19 of 20 must do so."""

    gray_requests: int = 1_000
    """Requests that must have been answered while the gray served, before it can be confirmed."""
    gray_answers: int = 100
    """Of them by the new version."""
    gray_slower: float = 2.0
    """So many times the old version's median latency the new one may take..."""
    gray_slower_ms: float = 25.0
    """...and so much more, before it is refused."""

    promise_answers: int = 100
    """Answers from which on a 99th percentile is held against what the team promises."""

    sent_share: float = 0.999
    """Least share of the planned requests that must have been sent."""
    worst_second_share: float = 0.95
    """Least share of the planned requests in the worst second of the run."""
    lateness_p99_ms: float = 50.0
    """Longest p99 of (sent - due): beyond it the load was not the one that was planned."""
    lateness_max_ms: float = 500.0
    """Longest single (sent - due)."""

    clock_drift_ms: float = 20.0
    """Most that wall clock and monotonic clock may part during a run: instances stamp their logs by the wall clock."""
    gray_share_chance: float = 1e-6
    """A gray release's share of the traffic may be so far off that chance alone does it this often, no further."""
    rotation_gap_s: float = 1.5
    """Longest time without a sample of the SLB's group and the registry's list."""
    spare_processors: float = 0.05
    """Idle share of the processors' time, half a second at a time, below which the machine has none to spare."""
    starved_share: float = 0.5
    """Share of the time that something took, in which there was none, from which on that explains it."""
    starved_before_s: float = 5.0
    """How long before an instance is missing from a list its heart-beat or health check may have been held up."""
    stall_ms: float = 1_000.0
    """An answer later than this is reported as a stall (never judged: a stall loses nothing)."""
