"""A record of a null release that deserves GO: the requests of ``healthy``, and nobody is replaced.

0  baseline        requests 0, 1, 2
250  null release    requests 3 to 10
1050  verify          request 11
"""

from conformance.record import events
from conformance.record.contract import BatchFacts, PlanNode
from conformance.vocabulary import StepKind
from tests.judge.handmade import MS, Handmade, Row
from tests.judge.healthy import WRITES, made

STEPS = (
    ("1", "Baseline", StepKind.BASELINE, 0, 250),
    ("2", "Null release: nothing is released", StepKind.NOTHING, 250, 1050),
    ("3", "Verify", StepKind.VERIFY, 1050, 1080),
)


def unreleased(service: str = "orders") -> Handmade:
    """One before the release of this service."""
    record = made(service)
    record.plan = [PlanNode(number=number, title=title, kind=kind) for number, title, kind, _, _ in STEPS]
    record.release(
        nothing=True,
        new="v1",
        strategy="nothing released",
        offline="nothing goes offline",
        lossless=False,
        removal_bound_s=None,
        minimum_in_rotation=2,
        batches=(BatchFacts(step="2", title=STEPS[1][1], instances=()),),
    )
    record.events = [events.LoadBegan(at_ns=0, step="")]
    for number, title, _, began, ended in STEPS:
        record.events.append(events.StepBegan(at_ns=began * MS, step=number, title=title))
        record.events.append(events.StepEnded(at_ns=ended * MS, step=number, outcome="done"))
    record.events.append(events.LoadEnded(at_ns=1150 * MS, step=""))
    record.events.append(events.AuditRead(at_ns=1200 * MS, step="", rows=3 * len(WRITES), agreed=True))
    for rows in (record.executions, record.slb, record.ledger, record.states, list(record.identities.values())):
        for row in rows:
            _stay(row)
    return record


def _stay(row: Row) -> None:
    """Who took an instance's place in the release is who was there before it, and serves all the time."""
    for name, value in row.items():
        if isinstance(value, str):
            row[name] = "v1" if value == "v2" else value.replace(".2", ".1")
    if "in_rotation" in row:
        row["in_rotation"] = True
