"""How well the load kept its schedule, in figures."""

from dataclasses import dataclass

from conformance.judge.sql import one
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS
from conformance.record.reader import Record

_FIGURES = """
SELECT count(*) FILTER (sent_ns > 0), min(due_ns), max(due_ns),
       coalesce(quantile_cont(sent_ns - due_ns, 0.99) FILTER (sent_ns > 0), 0),
       coalesce(max(sent_ns - due_ns) FILTER (sent_ns > 0), 0),
       coalesce(max(due_ns - seq * $between_ns) - min(due_ns - seq * $between_ns), 0)
FROM outcomes
"""

_WORST_SECOND = """
SELECT coalesce(min(share), 0) FROM (
    SELECT count(*) FILTER (sent_ns > 0 AND sent_ns - due_ns <= $most_late_ns) / count(*) AS share
    FROM outcomes GROUP BY (due_ns - $first_ns) // 1000000000)
"""


@dataclass(frozen=True, slots=True)
class LoadKept:
    """The load as it was, beside the load as planned."""

    planned: int
    sent: int
    first_due_ns: int
    last_due_ns: int
    worst_second_share: float
    """Of the requests due in one second, those that were sent, and no later than the longest lateness allowed."""
    lateness_p99_ms: float
    lateness_max_ms: float
    off_schedule_ms: float
    """How far due times stray from one every 1/rate seconds."""

    @property
    def sent_share(self) -> float:
        """Of the planned requests; 0 where none was planned."""
        return self.sent / self.planned if self.planned else 0.0

    @property
    def seconds(self) -> float:
        """From the first to the last due time."""
        return (self.last_due_ns - self.first_due_ns) / SECOND_NS


def load_kept(record: Record) -> LoadKept:
    """Measure it by the load's own rows."""
    contract = record.contract
    between_ns = SECOND_NS / contract.load.rate
    sent, first, last, p99, longest, stray = one(record.db, _FIGURES, {"between_ns": between_ns})
    most_late_ns = round(contract.thresholds.lateness_max_ms * MILLISECOND_NS)
    (share,) = one(record.db, _WORST_SECOND, {"most_late_ns": most_late_ns, "first_ns": first or 0})
    return LoadKept(
        planned=record.load.planned,
        sent=sent,
        first_due_ns=first or 0,
        last_due_ns=last or 0,
        worst_second_share=share,
        lateness_p99_ms=p99 / MILLISECOND_NS,
        lateness_max_ms=longest / MILLISECOND_NS,
        off_schedule_ms=stray / MILLISECOND_NS,
    )
