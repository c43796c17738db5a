"""When the machine was CPU-starved, and what that explains: that something came late, and nothing else.

The run looked twice a second at what all processors did. Where they had next to no idle time nobody can tell whether a
request timed out because of the release or because everybody was waiting for a processor: it proves nothing. A
connection that was refused or reset, an answer that was wrong, an effect that is missing behind a good answer are never
late, and are judged as ever. A record that tells of no such stretch excuses nothing.

So it is where the load's own process stood still, as requests show that were due while it sent nothing: what it did not
read in time meanwhile, or gave up for the time that it had not sent it in, may have been answered at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from conformance.judge.sql import has_rows, make_table
from conformance.judge.wording import MILLISECOND_NS
from conformance.record.events import Event, Starved
from conformance.record.thresholds import Thresholds
from conformance.vocabulary import TOO_LATE, ErrorClass

LATE = (ErrorClass.TIMEOUT_BEFORE_ANSWER, ErrorClass.TIMEOUT_IN_ANSWER, ErrorClass.CONNECT_TIMEOUT, TOO_LATE)
"""What a request failed with that merely came late, in the words of the client, the SLB's log and X-Hops alike."""
IDLE_ROUNDING = 0.0005
"""An idle share is told with four digits."""


@dataclass(frozen=True, slots=True)
class Starvation:
    """The stretches in which it was CPU-starved."""

    stretches: tuple[tuple[int, int], ...]
    """From and until, nanoseconds since the run's origin, none overlapping another."""
    enough: float
    """Share of a time from which on they explain what came late in it."""
    still_ns: int
    """A load that sends nothing for longer than this, though something is due, stands still."""

    def share(self, from_ns: int, until_ns: int) -> float:
        """The share of this time in which the machine was CPU-starved; 0 of no time at all."""
        if until_ns <= from_ns:
            return 0.0
        common = (min(until_ns, until) - max(from_ns, since) for since, until in self.stretches)
        return sum(part for part in common if part > 0) / (until_ns - from_ns)

    def explains(self, from_ns: int, until_ns: int) -> bool:
        """Whether that is enough of it."""
        return self.share(from_ns, until_ns) >= self.enough

    def begun_ns(self, at_ns: int) -> int:
        """Since when what is told of this moment may be true: the beginning of the stretch that it lies in."""
        return next((since for since, until in self.stretches if since <= at_ns <= until), at_ns)


def amid(*, starved: bool) -> str:
    """How a message ends that is about something which this explains; empty where it is not."""
    return "; the machine was CPU-starved meanwhile" if starved else ""


def starvation(happened: Sequence[Event], thresholds: Thresholds) -> Starvation:
    """As the events tell of it: a stretch that is told twice is one, and one with idle time enough is none."""
    told = sorted(
        (event.since_ns, event.at_ns)
        for event in happened
        if isinstance(event, Starved)
        and event.idle < thresholds.spare_processors + IDLE_ROUNDING
        and event.since_ns < event.at_ns
    )
    stretches: list[tuple[int, int]] = []
    for since_ns, until_ns in told:
        if stretches and since_ns <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], until_ns))
        else:
            stretches.append((since_ns, until_ns))
    still_ns = round(thresholds.lateness_p99_ms * MILLISECOND_NS)
    return Starvation(tuple(stretches), thresholds.starved_share, still_ns)


def derive_starved(db: duckdb.DuckDBPyConnection, found: Starvation) -> None:
    """Make ``starved``: the failed requests that came late because the machine was CPU-starved.

    Asks ``located``. Waiting for an incarnation that is gone, or frozen, is the doing of whoever took it away: of such
    a wait only the part before that counts.
    """
    make_table(db, "stretches", "since_ns BIGINT, until_ns BIGINT", found.stretches)
    if not has_rows(db, "located"):
        db.execute("CREATE TABLE starved (seq UBIGINT)")
        return
    db.execute(_STARVED, {"late": list(LATE), "enough": found.enough})
    db.execute(_STOOD_STILL, {"still_ns": found.still_ns})
    db.execute(_OF_LOAD, {"late": list(LATE), "enough": found.enough, "too_late": TOO_LATE})


_STARVED = """
CREATE TABLE starved AS
WITH begun AS (
    SELECT *, CASE WHEN sent_ns > 0 THEN sent_ns ELSE due_ns END AS from_ns FROM located WHERE hop_error IN $late),
waits AS (
    SELECT seq, from_ns, moment_ns, least(moment_ns, coalesce(gone_ns, moment_ns)) AS until_ns
    FROM begun LEFT JOIN lives USING (incarnation))
SELECT seq FROM waits w JOIN stretches s ON s.since_ns < w.until_ns AND s.until_ns > w.from_ns
WHERE w.until_ns > from_ns GROUP BY seq, from_ns, moment_ns
HAVING sum(least(w.until_ns, s.until_ns) - greatest(from_ns, s.since_ns)) >= $enough * (moment_ns - from_ns)
"""

_STOOD_STILL = """
CREATE TABLE stood_still AS
SELECT greatest(due_ns, before_ns) AS since_ns, sent_ns AS until_ns
FROM (SELECT due_ns, sent_ns, coalesce(lag(sent_ns) OVER (ORDER BY sent_ns, seq), due_ns) AS before_ns
      FROM outcomes WHERE sent_ns > 0)
WHERE sent_ns - greatest(due_ns, before_ns) > $still_ns
"""
"""A request was due, and nothing at all was sent: one that is merely late, among others, does not stand still."""
_OF_LOAD = """
INSERT INTO starved
WITH waits AS (
    SELECT l.seq, l.due_ns, least(l.moment_ns, coalesce(gone_ns, l.moment_ns)) AS until_ns,
           CASE WHEN l.failure = $too_late THEN l.moment_ns - l.due_ns - e.within_ns
                ELSE $enough * (l.moment_ns - l.due_ns) END AS needed_ns
    FROM located l LEFT JOIN expected e USING (route) LEFT JOIN lives USING (incarnation)
    WHERE l.failure IN $late AND l.seq NOT IN (SELECT seq FROM starved))
SELECT seq FROM waits w JOIN stood_still s ON s.since_ns < w.until_ns AND s.until_ns > w.due_ns
GROUP BY seq, needed_ns
HAVING sum(least(w.until_ns, s.until_ns) - greatest(w.due_ns, s.since_ns)) >= needed_ns
"""
"""What was answered is counted without the time in which nobody read it; of what was given up nobody knows that."""
