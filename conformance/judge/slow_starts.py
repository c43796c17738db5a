"""How slow each new incarnation was at first: cold caches, pools that fill, code that is yet to be compiled.

Measured by the executions of its service, or for an entry without a log of them by what the SLB tells of its answers.
Slow is what takes longer than nearly all did of the same route before the release. From when the incarnation was ready
it is looked at in quarters of a second: it is slow until the first of them in which most of the executions that begin
are not. Writes that were asked to be held are left out. Reported, never judged: what is judged is what a team promises.
"""

from collections.abc import Iterator

from conformance.judge.model import SlowStart
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import make_table, rows
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS
from conformance.record.reader import Record

_SLOW_STARTS = """
WITH timed AS NOT MATERIALIZED (
    SELECT s.service, s.incarnation, o.route, s.start_ns, s.end_ns, s.end_ns - s.start_ns AS took_ns
    FROM served s JOIN outcomes o USING (seq) WHERE o.timed),
usual AS (
    SELECT service, route, $times * quantile_cont(took_ns, 0.99) + $more_ns AS slow_ns
    FROM timed WHERE end_ns < (SELECT began_ns FROM release) GROUP BY service, route),
young AS (
    SELECT t.*, b.since_ns, u.slow_ns, (t.start_ns - b.since_ns) // 250000000 AS quarter, t.took_ns > u.slow_ns AS slow
    FROM timed t JOIN born b USING (incarnation) JOIN usual u USING (service, route)
    WHERE t.start_ns >= b.since_ns)
SELECT incarnation, quarter, count(*), count(*) FILTER (slow), max(end_ns) FILTER (slow), max(took_ns), max(slow_ns)
FROM young GROUP BY incarnation, quarter ORDER BY incarnation, quarter
"""


def slow_starts(record: Record, facts: RunFacts) -> tuple[SlowStart, ...]:
    """One for each new incarnation that was slow at first, in the order of their starts."""
    born = {
        life.incarnation: (life.ready_ns if life.ready_ns is not None else life.launched_ns)
        for life in facts.lives.values()
        if life.launched_ns is not None
    }
    if not born:
        return ()
    wanted = record.contract.thresholds
    record.db.execute("DROP TABLE IF EXISTS born")
    make_table(record.db, "born", "incarnation VARCHAR, since_ns BIGINT", list(born.items()))
    values = {"times": wanted.gray_slower, "more_ns": round(wanted.gray_slower_ms * MILLISECOND_NS)}
    quarters: dict[str, list[tuple[int, ...]]] = {}
    for incarnation, *quarter in rows(record.db, _SLOW_STARTS, values):
        quarters.setdefault(incarnation, []).append(tuple(quarter))
    found = [
        one for incarnation, told in quarters.items() for one in _slow(facts, incarnation, born[incarnation] or 0, told)
    ]
    return tuple(sorted(found, key=lambda one: one.since_ns))


def _slow(facts: RunFacts, incarnation: str, since_ns: int, told: list[tuple[int, ...]]) -> Iterator[SlowStart]:
    """Nothing where it was not slow; ``told``: of each quarter of a second that had executions, in order."""
    served = slow = until_ns = longest_ns = usual_ns = 0
    for _, number, late, last_ns, most_ns, slow_ns in told:
        if 2 * late <= number:
            break
        served, slow = served + number, slow + late
        until_ns, longest_ns, usual_ns = max(until_ns, last_ns), max(longest_ns, most_ns), max(usual_ns, slow_ns)
    if not slow:
        return
    life = facts.lives[incarnation]
    yield SlowStart(
        service=life.service,
        instance=life.instance,
        incarnation=incarnation,
        version=life.version or "",
        since_ns=since_ns,
        seconds=(until_ns - since_ns) / SECOND_NS,
        slow=slow,
        served=served,
        slower_than_ms=usual_ns / MILLISECOND_NS,
        longest_ms=longest_ns / MILLISECOND_NS,
    )
