"""No user's session is lost in the release: the servers know every user whom they knew before.

A session in one instance's memory goes with that instance, and a cookie that keeps a user at it is no help then. A
request that shows such a loss is told here, with the instance that the session was on: the one that had answered the
user before. It is a failed request, too, and counted as one. Which answers show it, the workload says. What was lost
before the release began is the baseline's business. Streams that go on on another connection are sessions, too: what is
lost of one is a failed request, and that no way down met any of a route is told with what was not tested.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.check import Check
from conformance.judge.failures import causes, during, request_id
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, make_table, rows
from conformance.judge.streams import unmet
from conformance.judge.wording import number, plural, span
from conformance.record.contract import Contract, JourneyFacts
from conformance.record.reader import Record
from conformance.vocabulary import ErrorClass, FindingKind

MOST_IDS = 5

_STEPS = """
CREATE OR REPLACE TABLE steps AS
WITH asked AS (
    SELECT t.task, k.begins, unnest(string_split(t.requests, ' ')) AS seq,
           generate_subscripts(string_split(t.requests, ' '), 1) - 1 AS place
    FROM tasks t JOIN kept k USING (name) WHERE t.requests <> ''),
picked AS (
    SELECT seq, arg_max({'peer': peer, 'incarnation': incarnation}, at_ns) AS at FROM slb WHERE peer <> '' GROUP BY seq)
SELECT task, begins, place, o.seq, o.due_ns, o.moment_ns, o.failure,
       coalesce(nullif(a.incarnation, ''), p.at.incarnation, '') AS incarnation
FROM asked JOIN outcomes o ON o.seq = try_cast(asked.seq AS UBIGINT)
     LEFT JOIN answers a USING (answer) LEFT JOIN picked p ON p.seq = o.seq
"""

_SESSIONS = """
SELECT count(*) FROM (
    SELECT task FROM steps WHERE place > begins GROUP BY task
    HAVING max(moment_ns) >= (SELECT began_ns FROM release))
"""

_LOST = f"""
WITH lost AS (SELECT * FROM steps WHERE failure = '{ErrorClass.SESSION_LOST}'),
held AS (
    SELECT l.seq, l.due_ns, l.moment_ns, arg_max(s.incarnation, s.place) AS was_on, arg_max(s.moment_ns, s.place) AS at
    FROM lost l JOIN steps s ON s.task = l.task AND s.place < l.place AND s.failure = ''
    GROUP BY l.seq, l.due_ns, l.moment_ns)
SELECT coalesce(w.title, '') AS step, h.was_on, count(*), min(h.due_ns), max(h.moment_ns), max(h.at),
       arg_min(h.seq, h.moment_ns, $most)
FROM held h LEFT JOIN windows w ON h.moment_ns >= w.began_ns AND h.moment_ns < w.until_ns
WHERE h.moment_ns >= (SELECT began_ns FROM release) GROUP BY ALL ORDER BY min(h.moment_ns)
"""  # noqa: S608 - a constant of ours

_ACROSS = """
SELECT count(DISTINCT b.task) FROM steps b JOIN steps a ON a.task = b.task AND a.place > b.place
WHERE b.place >= b.begins AND b.failure = '' AND b.incarnation = $incarnation
      AND b.moment_ns <= $stopped_ns AND a.moment_ns > $stopped_ns
"""
"""Sessions on an incarnation that went on after its stop."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """Sessions that were lost in one step and had been on one incarnation."""

    step: str
    was_on: str
    count: int
    first_ns: int
    last_ns: int
    known_ns: int
    """When the last of them was known for the last time."""
    seqs: tuple[int, ...]


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """One finding for each step and incarnation; and that no session was at stake where none was."""
    kept = [one for one in record.contract.load.journeys if one.session_begins is not None]
    if not kept or record.load.tasks is None:
        return ()
    _make_steps(record, kept)
    sessions = count(record.db, _SESSIONS)
    lost = [_Lost(*row) for row in rows(record.db, _LOST, {"most": MOST_IDS})]
    found = [_finding(record, facts, one, sessions) for one in lost]
    return found or list(_too_little(record, facts))


def _make_steps(record: Record, kept: Sequence[JourneyFacts]) -> None:
    record.db.execute("DROP TABLE IF EXISTS kept")
    make_table(record.db, "kept", "name VARCHAR, begins INTEGER", [(one.name, one.session_begins) for one in kept])
    record.db.execute(_STEPS)


def _finding(record: Record, facts: RunFacts, one: _Lost, sessions: int) -> Finding:
    on = f"they had been on {one.was_on}" if one.was_on else "nothing tells where they had been"
    share = f" ({one.count / sessions:.1%})" if sessions else ""
    lost = f"{number(one.count)} of {number(sessions)} sessions{share} were lost"
    where = " ".join(part for part in (lost, during(one.step), f"({span(one.first_ns, one.last_ns)})") if part)
    life = facts.lives.get(one.was_on)
    return Finding(
        check=CHECK.name,
        finding=FindingKind.SESSION_LOST,
        verdict=Verdict.NO_GO,
        message=f"{where}: {on}",
        step=one.step,
        instance=life.instance if life else one.was_on.rpartition(".")[0],
        incarnation=one.was_on,
        error=ErrorClass.SESSION_LOST,
        count=one.count,
        first_ns=one.first_ns,
        last_ns=one.last_ns,
        requests=tuple(request_id(record, seq) for seq in one.seqs),
        detail=causes(facts, one.was_on, one.known_ns),
    )


def _too_little(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """No session was on anybody who went down: that none was lost proves nothing."""
    released = {release.service for release in record.contract.releases} & set(record.contract.entries)
    stops = [
        (life.incarnation, life.stopped_ns)
        for life in facts.lives.values()
        if life.service in released and life.stopped_ns is not None
    ]
    across = [count(record.db, _ACROSS, {"incarnation": who, "stopped_ns": at_ns}) for who, at_ns in stops]
    if stops and not any(across):
        yield Finding(
            check=CHECK.name,
            finding=FindingKind.TOO_LITTLE_EVIDENCE,
            verdict=Verdict.INCONCLUSIVE,
            message=f"no session was on any of the {plural(len(stops), 'instance')} that went down and asked again",
        )


def idle(contract: Contract) -> str:
    """Where no journey says what begins its session."""
    watched = any(one.session_begins is not None for one in contract.load.journeys)
    return "" if watched else "no journey watches its session: [[workload.journeys]] session"


CHECK = Check(
    name="sessions",
    title="No session of the journeys that watch theirs was lost",
    order=13,
    judge=judge,
    idle=idle,
    unseen=unmet,
)
