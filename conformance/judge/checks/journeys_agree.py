"""What is told of journeys, or of a locustfile's tasks, is what their requests tell: these steps, in this order.

A journey is one user's requests, each due when its user has thought about the answer before. One whose steps stand in
another order, begin before the answer before, or are fewer than its outcome says, is not the one that was sent; and
an SLB that keeps its users sends each of them to where they were, for as long as that one is in rotation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.judge.check import Check
from conformance.judge.contradictions import contradiction
from conformance.judge.failures import request_id
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.load_order import UnreadableOrder, by_name, load_order
from conformance.judge.model import Finding
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, make_table, one, rows
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS, number, plural
from conformance.record.contract import Contract
from conformance.record.events import LeftRotation, Struck
from conformance.record.load_end import TasksEnd
from conformance.record.reader import Record
from conformance.vocabulary import ErrorClass

ROUNDING_NS = MILLISECOND_NS
OUT_NS = 2 * SECOND_NS
"""How old what is known of who is in rotation may be."""
SHARED = ("mark", "users")
"""Grays of chosen users, whom the SLB moves when it begins to choose."""

_OUTCOMES = """
SELECT count(*) FILTER (outcome = 'ended'), count(*) FILTER (outcome = 'raised'),
       count(*) FILTER (outcome = 'broken off'), count(*) FILTER (outcome = 'outlived'),
       count(*) FILTER (outcome = 'not started'),
       count(*) FILTER (outcome NOT IN ('ended', 'raised', 'broken off', 'outlived', 'not started')
                        OR (outcome = 'not started') <> (started_ns = 0)
                        OR (started_ns > 0 AND (started_ns < due_ns - $rounding_ns OR ended_ns < started_ns)))
FROM tasks
"""

_STEPS = """
CREATE OR REPLACE TABLE journey_steps AS
WITH asked AS (
    SELECT task, name, "user", due_ns, started_ns, ended_ns, outcome, try_cast(unnest(numbers) AS UBIGINT) AS seq,
           generate_subscripts(numbers, 1) AS place, len(numbers) AS steps
    FROM (SELECT *, string_split(requests, ' ') AS numbers FROM tasks WHERE requests <> ''))
SELECT a.task, a.name, a."user", a.due_ns AS start_ns, a.started_ns, a.ended_ns, a.outcome, a.place, a.steps, a.seq,
       o.route, o.entry, o.due_ns, o.sent_ns, o.done_ns, o.status, o.answer, o.failure,
       lag(o.done_ns) OVER (PARTITION BY a.task ORDER BY a.place) AS before_ns
FROM asked a JOIN outcomes o USING (seq)
"""

_ODD = """
SELECT count(*), min(seq) FROM journey_steps j LEFT JOIN journey_kinds k USING (name) WHERE {odd}
"""

_OF_STEPS: Mapping[str, str] = {
    "is none of its journey's steps, or in another place": "k.name IS NULL OR place > len(k.routes) "
    "OR k.routes[place] <> route",
    "is one of a journey that has fewer steps than its outcome says, or more": "k.name IS NOT NULL AND "
    "((outcome = 'ended') <> (steps = len(k.routes)))",
    "was due at another time than its journey": "place = 1 AND abs(due_ns - start_ns) > $rounding_ns",
    "was due before its user had thought about the answer before, or long after": "place > 1 AND "
    "due_ns - before_ns NOT BETWEEN k.least_ns - $rounding_ns AND k.most_ns + $rounding_ns",
    "was sent before its journey began, or was answered after its end": "sent_ns > 0 AND "
    "(sent_ns < started_ns - $rounding_ns OR done_ns > ended_ns + $rounding_ns)",
    "is of a journey of somebody else": '"user" <> task',
    "shows that the session is lost, and is told as a good answer": "failure = '' AND place > k.begins "
    "AND list_contains(k.lost, status)",
}
"""What a request is that cannot be -> in SQL."""

_AFTER_THE_LOSS = """
SELECT count(*), min(j.seq) FROM journey_steps j
WHERE failure = $lost AND (place < steps OR outcome NOT IN ('broken off', 'ended')
                           OR NOT coalesce((SELECT k.begins < place FROM journey_kinds k WHERE k.name = j.name), false))
"""
"""A session that is lost ends its journey, and can be lost only once it has begun."""

_MOVED = """
WITH picked AS (
    SELECT seq, arg_max(incarnation, 1000 * at_ns + attempt) AS incarnation FROM slb WHERE answered > 0 GROUP BY seq),
served AS (
    SELECT task, place, entry, seq, sent_ns, done_ns,
           coalesce(nullif(p.incarnation, ''), a.incarnation, '') AS incarnation
    FROM journey_steps j LEFT JOIN picked p USING (seq) LEFT JOIN answers a USING (answer)
    WHERE failure = '' AND NOT list_contains($others, route))
SELECT was, seq, sent_ns FROM (
    SELECT seq, sent_ns, incarnation, lag(incarnation) OVER (PARTITION BY task, entry ORDER BY place) AS was
    FROM served WHERE incarnation <> '')
WHERE was <> incarnation AND NOT EXISTS (
    FROM states s WHERE observer = 'slb' AND s.incarnation = was AND NOT in_rotation
                    AND s.at_ns BETWEEN sent_ns - $out_ns AND sent_ns + $out_ns)
ORDER BY seq
"""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Outcomes against the end marker, then each step against its journey, then where each user was sent."""
    tasks = record.load.tasks
    if tasks is None:
        return ()
    found = [*_outcomes(record, facts, tasks)]
    if record.contract.load.journeys:
        _make_kinds(record)
        record.db.execute(_STEPS)
        found += [*_steps(record), *_moved(record, facts)]
    return found


def _outcomes(record: Record, facts: RunFacts, tasks: TasksEnd) -> Iterator[Finding]:
    ended, raised, broken_off, outlived, unstarted, odd = one(record.db, _OUTCOMES, {"rounding_ns": ROUNDING_NS})
    rows_tell = (tasks.planned - unstarted, ended, raised, broken_off, outlived)
    marker_tells = (tasks.started, tasks.ended, tasks.raised, tasks.broken_off, tasks.outlived)
    noun = facts.load.noun
    for what, by_rows, by_marker in zip(
        ("started", "ended", "raised", "broken off", "outlived the load"), rows_tell, marker_tells, strict=True
    ):
        if by_rows != by_marker:
            message = f"{plural(by_marker, noun)} {what} by the load's end marker, {number(by_rows)} by tasks.csv"
            yield contradiction(CHECK.name, message, abs(by_rows - by_marker))
    if odd:
        yield contradiction(CHECK.name, f"{plural(odd, 'row')} of tasks.csv at odds with itself", odd)


def _make_kinds(record: Record) -> None:
    """``journey_kinds``: the routes of each kind of start, and what the load's order says of its user."""
    load, journeys = record.contract.load, _ordered(record)
    kinds: list[tuple[object, ...]] = [(route.name, [route.name], 0, 0, 1, []) for route in load.routes if route.weight]
    for journey in load.journeys:
        told = journeys.get(journey.name, {})
        least_ms, most_ms = _thinks_ms(told)
        session = told.get("session")
        lost = session.get("lost", ()) if isinstance(session, dict) else ()
        begins = len(journey.steps) if journey.session_begins is None else journey.session_begins + 1
        kinds.append(
            (journey.name, list(journey.steps), least_ms * MILLISECOND_NS, most_ms * MILLISECOND_NS, begins, [*lost])
        )
    columns = "name VARCHAR, routes VARCHAR[], least_ns BIGINT, most_ns BIGINT, begins INTEGER, lost INTEGER[]"
    record.db.execute("DROP TABLE IF EXISTS journey_kinds")
    make_table(record.db, "journey_kinds", columns, kinds)


def _ordered(record: Record) -> dict[str, dict[str, Any]]:
    """The journeys of the load's order by name; none where it cannot be read: ``contract_agrees`` says so."""
    try:
        return by_name(load_order(record), "journeys")
    except UnreadableOrder:
        return {}


FOREVER_MS = 10**9


def _thinks_ms(journey: Mapping[str, object]) -> tuple[int, int]:
    """How long its user thinks, at least and at most; for ever where the order does not say."""
    match journey.get("think_ms"):
        case [int(least), int(most)]:
            return least, most
        case _:
            return 0, FOREVER_MS


def _steps(record: Record) -> Iterator[Finding]:
    questions = {what: _ODD.format(odd=odd) for what, odd in _OF_STEPS.items()}
    questions["tells that a session was lost, and its journey went on or had none"] = _AFTER_THE_LOSS
    values: dict[str, object] = {"rounding_ns": ROUNDING_NS, "lost": ErrorClass.SESSION_LOST.value}
    for what, question in questions.items():
        given = {name: value for name, value in values.items() if f"${name}" in question}
        times, seq = one(record.db, question, given)
        if times:
            first = request_id(record, seq)
            message = f"a request of a journey {what}, {number(times)} times: first {first}"
            yield contradiction(CHECK.name, message, times, requests=(first,))
    if apart := count(record.db, "SELECT count(*) FROM requests WHERE seq NOT IN (SELECT seq FROM journey_steps)"):
        yield contradiction(CHECK.name, f"{plural(apart, 'request')} of no journey, though journeys make all", apart)


def _moved(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """A sticky SLB sends no user to somebody else while the one who answered before is in rotation.

    Who has failed a request, is going or has left may be out of it by the SLB's own judgement.
    """
    contract = record.contract
    if not contract.sticky or contract.release.exposure.by in SHARED or contract.release.own_command:
        return
    others = [route.name for route in contract.load.routes if route.rpc or route.lasts]
    gone = {event.incarnation for event in record.events if isinstance(event, LeftRotation | Struck)}
    gone |= {str(who) for (who,) in rows(record.db, "SELECT DISTINCT incarnation FROM failures")}
    moved = [
        (str(was), int(seq))
        for was, seq, sent_ns in rows(record.db, _MOVED, {"others": others, "out_ns": OUT_NS})
        if was not in gone and not _goes(facts.lives.get(was), sent_ns)
    ]
    if moved and not facts.outages.get("SLB"):
        was, seq = moved[0]
        first = request_id(record, seq)
        message = f"the SLB keeps its users by the contract, and sent {plural(len(moved), 'request')} to another one"
        yield contradiction(
            CHECK.name,
            f"{message} than who had answered before and was in rotation: first {first}, away from {was}",
            len(moved),
            requests=(first,),
        )


def _goes(life: IncarnationFacts | None, at_ns: int) -> bool:
    return life is not None and life.down_ns is not None and life.down_ns <= at_ns + OUT_NS


def idle(contract: Contract) -> str:
    """Where each request is due by itself; of a locustfile the contract does not tell."""
    watched = contract.load.journeys or not contract.load.routes
    return "" if watched else "no journeys: [[workload.journeys]]"


CHECK = Check(
    name="journeys_agree", title="Journeys and tasks are what their requests tell", order=34, judge=judge, idle=idle
)
