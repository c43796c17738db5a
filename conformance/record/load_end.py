"""What a load says of itself when it has ended: its end marker, written by its own process after the last row."""

from typing import Literal

import msgspec

from conformance.record.contract import RouteFacts

AN_EXPECTED_STATUS = "an expected status"
"""What was expected of an answer whose status is none of the route's."""


class WrongAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer that was not what the route promises: by its status, its body or its end."""

    seq: int
    expected: str
    saw: str
    """As far as it is shown; secrets are masked."""


class TasksEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of the task executions of a team's own locustfile; tasks.csv has a row for each."""

    planned: int
    """Executions that were due."""
    started: int
    ended: int
    raised: int
    """By an exception."""
    broken_off: int = 0
    """Journeys whose further steps could not be asked for: the session was lost, or an answer did not say what they
    name."""
    outlived: int
    """They had not ended when the load had waited for them as long as a request may take."""
    users: int
    """Greatest number at once."""
    unused_ids: int
    """Ids of requests that were asked for and not used: their numbers have no row."""
    apart: int
    """Requests that belong to no execution: a user's farewell, or what runs beside its tasks."""
    errors: tuple[tuple[str, int], ...] = ()
    """What was raised, with its place, and how often; the most frequent ones."""
    notices: tuple[str, ...] = ()
    """What its tasks asked for that the load does not do."""


CLOCK_UNSURE_NS = 20_000_000
"""A worker's clock that is not known any better is not known: requests are due to the millisecond."""
CLOCK_APART_NS = 1_000_000
"""Two readings of one clock differ by nothing; this is for rounding."""


def clock_fault(ahead_ns: int, within_ns: int) -> str:
    """Why no load can go by a worker's clock; empty where it can.

    Args:
        ahead_ns: By how much it is before the master's...
        within_ns: ...give or take.
    """
    within = f"{within_ns / 1e6:.1f} ms"
    if within_ns > CLOCK_UNSURE_NS:
        return f"its clock is known to {within} only: the machine had no time to answer; give it more room"
    if abs(ahead_ns) > within_ns + CLOCK_APART_NS:
        return f"its clock is {ahead_ns / 1e6:.1f} ms (to {within}) from the master's: it is not the same clock"
    return ""


class WorkerEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one of several processes that shared a load says of its part."""

    number: int
    """From 1. It sent the requests whose number, divided by that of the workers, leaves ``number - 1``."""
    process: int
    """Its number where it ran."""
    planned: int
    """Requests of its own that were due."""
    sent: int
    rows: int
    crc32: int
    """Over all bytes of the table that it wrote itself."""
    lateness_p99_ms: float
    lateness_max_ms: float
    cpu_s: float
    """Processor time of its process while the load lasted."""
    connections: int
    """That it opened, the warm-up's included."""
    realtime: bool
    timer: Literal["timerfd", "sleep"]
    told_before_ns: int
    """How long before request 0 was due it knew when that would be; not above 0: it began late."""
    clock_ahead_ns: int = 0
    """By how much its monotonic clock was before the master's..."""
    clock_within_ns: int = 0
    """...give or take: half of the time that the quickest question about it took."""
    place: str = ""
    """Where it ran; empty: on its master's machine."""


class LoadEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The load's own end marker, written by its process after the last row."""

    planned: int
    """Requests that were due before the load was told to stop."""
    sent: int
    rows: int
    crc32: int
    """Running CRC-32 over all bytes of requests.csv."""
    answers: int
    started_ns: int
    stopped_ns: int
    """When the last request was due; both since the run's origin."""
    realtime: bool
    """Whether SCHED_FIFO was granted; to all, where there are several workers."""
    timer: Literal["timerfd", "sleep"]
    """Of several workers the least exact."""
    self_test: dict[str, str]
    """Each misbehaviour that the client was shown, and the error class that it recorded; see load/selftest.py."""
    self_test_passed: bool
    self_test_wanted: dict[str, str] = {}
    """Of each, what an honest client records; ``any`` where an error is as right as none. Empty in older records."""
    workers: int = 1
    each: tuple[WorkerEnd, ...] = ()
    """Of more workers than one, what each says of itself, in their order."""
    routes: tuple[RouteFacts, ...] = ()
    """What tasks have asked for: the contract of such a load cannot say it."""
    tasks: TasksEnd | None = None
    """None: the load had no locustfile of the team's own; a request was due each time."""
    wrong_answers: tuple[WrongAnswer, ...] = ()
    """The first of each kind of failure; every one is a row with that error, such as ``wrong answer``."""
    reconnects: int = 0
    """How often a session went on on another connection, where the server had closed the one before because it went."""
    ended_by_answers: int = 0
    """Connections that were to be kept for further requests, and of which an answer said that they end with it."""
