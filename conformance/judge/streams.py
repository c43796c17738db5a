"""Streams and sessions that go on on another connection: how many of them an instance's way down has met.

Where none was open at anybody who went down, that all of them came to their ends says nothing of going on elsewhere.
"""

from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count
from conformance.judge.wording import plural
from conformance.record.contract import RouteFacts
from conformance.record.reader import Record

_OPEN = """
WITH asked AS (SELECT * FROM outcomes WHERE route = $route AND sent_ns > 0 AND sent_ns <= $down_ns)
SELECT count(*) FROM (
    SELECT o.seq FROM asked o JOIN slb s ON s.seq = o.seq AND s.incarnation = $incarnation WHERE s.at_ns >= $down_ns
    UNION SELECT o.seq FROM asked o JOIN answers a ON a.answer = o.answer AND a.incarnation = $incarnation
          WHERE o.moment_ns >= $down_ns
    UNION SELECT o.seq FROM asked o JOIN executions e ON e.seq = o.seq AND e.incarnation = $incarnation
          WHERE e.start_ns <= $down_ns AND e.end_ns >= $down_ns)
"""
"""An SLB writes its line of a connection when that ends, an instance its execution; the answer's headers are of the
last connection."""


def unmet(record: Record, facts: RunFacts) -> tuple[str, ...]:
    """One sentence for each route whose streams go on elsewhere and none of which met a way down of the released entry.

    Nothing where nobody went down: what a release did not do it need not show.
    """
    release, first = record.contract.release.service, record.contract.entries[:1]
    gone = [life for life in facts.stops if life.down_ns is not None]
    return tuple(
        f"no stream of {route.name} was open at any of the {plural(len(gone), 'instance')} that went down: "
        "whether it goes on at another"
        for route in record.contract.load.routes
        if gone and route.goes_on and release in ((route.entry,) if route.entry else first)
        if not any(_open(record, facts, route, life) for life in gone)
    )


def _open(record: Record, facts: RunFacts, route: RouteFacts, life: IncarnationFacts) -> int:
    """How many streams of the route were open at it when its way down began: it may close them before it says so."""
    step = facts.timeline.step(life.down_step)
    down_ns = life.down_ns if step is None else step.began_ns
    values = {"route": route.name, "incarnation": life.incarnation, "down_ns": down_ns}
    return count(record.db, _OPEN, values)
