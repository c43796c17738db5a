"""How well the load kept its schedule, in figures: of requests, or of a locustfile's task executions."""

from dataclasses import dataclass

from conformance.judge.sql import one
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS
from conformance.record.reader import Record

_OF_REQUESTS = """
SELECT seq AS number, due_ns, CASE WHEN sent_ns > 0 THEN sent_ns - due_ns END AS late_ns FROM outcomes
"""

_OF_TASKS = """
SELECT task AS number, t.due_ns,
       CASE WHEN started_ns = 0 THEN NULL WHEN r.sent_ns > 0 THEN r.sent_ns - r.due_ns
            ELSE started_ns - t.due_ns END AS late_ns
FROM tasks t LEFT JOIN requests r ON r.seq = try_cast(split_part(t.requests, ' ', 1) AS UBIGINT)
"""
"""An execution is as late as its first request; that one is as late as its task began, and as it was sent."""

_FIGURES = """
SELECT count(late_ns), min(due_ns), max(due_ns), coalesce(quantile_cont(late_ns, 0.99), 0),
       coalesce(max(late_ns), 0),
       coalesce(max(due_ns - number * $between_ns) - min(due_ns - number * $between_ns), 0)
FROM ({due})
"""

_WORST_SECOND = """
SELECT coalesce(min(share), 0) FROM (
    SELECT count(*) FILTER (late_ns <= $most_late_ns) / count(*) AS share
    FROM ({due}) GROUP BY (due_ns - $first_ns) // 1000000000)
"""


@dataclass(frozen=True, slots=True)
class LoadKept:
    """The load as it was, beside the load as planned."""

    noun: str
    """What was due: ``request``, ``task execution``, ``journey``."""
    verb: str
    """What happened to it in time: ``sent``, ``started``."""
    planned: int
    sent: int
    first_due_ns: int
    last_due_ns: int
    worst_second_share: float
    """Of those due in one second, the share that was sent, and no later than the longest lateness allowed."""
    lateness_p99_ms: float
    lateness_max_ms: float
    off_schedule_ms: float
    """How far due times stray from one every 1/rate seconds."""

    @property
    def sent_share(self) -> float:
        """Of what was planned; 0 where nothing was."""
        return self.sent / self.planned if self.planned else 0.0

    @property
    def seconds(self) -> float:
        """From the first to the last due time."""
        return (self.last_due_ns - self.first_due_ns) / SECOND_NS


def load_kept(record: Record) -> LoadKept:
    """Measure it by the load's own rows."""
    contract, tasks = record.contract, record.load.tasks
    due = _OF_REQUESTS if tasks is None else _OF_TASKS
    between_ns = SECOND_NS / contract.load.rate
    sent, first, last, p99, longest, stray = one(record.db, _FIGURES.format(due=due), {"between_ns": between_ns})
    most_late_ns = round(contract.thresholds.lateness_max_ms * MILLISECOND_NS)
    values = {"most_late_ns": most_late_ns, "first_ns": first or 0}
    (share,) = one(record.db, _WORST_SECOND.format(due=due), values)
    return LoadKept(
        noun="request" if tasks is None else "journey" if contract.load.journeys else "task execution",
        verb="sent" if tasks is None else "started",
        planned=record.load.planned if tasks is None else tasks.planned,
        sent=sent,
        first_due_ns=first or 0,
        last_due_ns=last or 0,
        worst_second_share=share,
        lateness_p99_ms=p99 / MILLISECOND_NS,
        lateness_max_ms=longest / MILLISECOND_NS,
        off_schedule_ms=stray / MILLISECOND_NS,
    )
