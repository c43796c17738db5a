"""The load that was sent is the one of its order, of its own end marker, and of the run's events.

Schedule and honesty of the load are the matter of ``schedule``. Here its rows are held against what was ordered: no
request before it was due, so many on fresh and so many on reused connections, each route its share; and against what
other witnesses say of it: its end marker, the run's events, and the self-test that it claims to have passed.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from conformance.judge.check import Check
from conformance.judge.contradictions import contradiction
from conformance.judge.load_order import UnreadableOrder, by_name, load_order
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, one, rows
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS, few, number, plural, seconds
from conformance.record import events
from conformance.record.reader import Record
from conformance.record.schema import ERRORS
from conformance.vocabulary import FindingKind

BLOCK = 64
"""Requests that a load shuffles together: its shares are exact to within them."""
LEAST = 200
"""Requests from which on a share says anything."""
FRESH_KEPT = 0.9
REUSED_KEPT = 0.5
"""Of what was planned: where no connection is idle, one that was to be reused is opened instead. A connection of which
an answer said that it ends with it cannot be reused by anybody."""
ROUNDING_NS = MILLISECOND_NS
BOUNDS = 2
"""Of how long a request is held: the least and the greatest."""

_ROWS = """
SELECT count(*) FILTER (sent_ns > 0), count(*) FILTER (sent_ns > 0 AND sent_ns < due_ns - $rounding_ns),
       count(*) FILTER (sent_ns > 0 AND connection_uses = 0), coalesce(min(due_ns), 0), coalesce(max(due_ns), 0),
       coalesce(max(done_ns), 0), count(*) FILTER (error = '' AND work_ms > 0),
       count(*) FILTER (error = '' AND work_ms > 0 AND done_ns - sent_ns < work_ms * 1000000 - 5 * $rounding_ns)
FROM requests
"""

_LASTING = "SELECT count(*) FROM requests WHERE sent_ns > 0 AND connection_uses = 0 AND list_contains($lasting, route)"
"""What lasts by its nature has its connection for itself, and is no part of their shares."""

_ANY_ODD = """
SELECT (SELECT count(*) FROM (
    SELECT DISTINCT CAST(connection AS UBIGINT) << 32 | connection_uses FROM requests WHERE sent_ns > 0)) < $sent
    OR EXISTS (SELECT 1 FROM requests WHERE sent_ns > 0 GROUP BY connection
               HAVING max(connection_uses) - min(connection_uses) + 1 <> count(*))
"""
_CONNECTIONS = """
SELECT count(*) FROM (
    SELECT connection FROM requests WHERE sent_ns > 0 GROUP BY connection
    HAVING max(connection_uses) - min(connection_uses) + 1 <> count(*)
        OR count(DISTINCT connection_uses) <> count(*))
"""


_OPENED = """
SELECT count(*) FROM (
    SELECT connection FROM requests WHERE NOT list_contains($others, route) GROUP BY connection
    HAVING max(sent_ns - connection_age_us * 1000) FILTER (sent_ns > 0)
           - min(sent_ns - connection_age_us * 1000) FILTER (sent_ns > 0) > $rounding_ns
        OR min(connection_age_us) < 0
        OR (min(sent_ns - connection_age_us * 1000) FILTER (sent_ns > 0) > $began_ns AND min(connection_uses) > 0))
"""
"""A connection is opened once, and its first request is the first: before the load began, the warm-up's. gRPC's client
opens its own again as it likes, and nobody says how old one is; what goes on after its end is told at its last
connection, with the age of its first."""

_HELD = """
SELECT count(*), count(*) FILTER (work_ms <> 0), count(*) FILTER (work_ms <> 0 AND work_ms NOT BETWEEN $least AND $most)
FROM requests WHERE route = $route
"""


class _Rows(NamedTuple):
    """What the rows of the load come to."""

    sent: int
    early: int
    fresh: int
    first_due_ns: int
    last_due_ns: int
    last_done_ns: int
    held: int
    """Good writes that were asked to be held..."""
    sooner: int
    """...and those of them that were answered sooner."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Rows against the order; then end marker, events and self-test."""
    told = _Rows(*one(record.db, _ROWS, {"rounding_ns": ROUNDING_NS}))
    return [
        *_rows(record, told),
        *_routes(record),
        *_held(record),
        *_marker(record, told),
        *_events(record, facts, told),
        *_self_test(record),
    ]


def _not_kept(message: str, times: int = 1) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.LOAD_NOT_SUSTAINED,
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        count=times,
    )


def _rows(record: Record, told: _Rows) -> Iterator[Finding]:
    if record.load.tasks is not None:
        return  # users of a locustfile ask when they like, over connections of their own
    sent, early, fresh = told.sent, told.early, told.fresh
    if early:
        yield _not_kept(f"{number(early)} of {number(sent)} requests were sent before they were due", early)
    lasting = [route.name for route in record.contract.load.routes if route.lasts]
    alone = count(record.db, _LASTING, {"lasting": lasting}) if lasting else 0
    sent, fresh = sent - alone, fresh - alone
    wanted = record.contract.load.fresh_share
    if sent >= LEAST and fresh < FRESH_KEPT * wanted * sent - BLOCK * wanted:
        message = f"{number(fresh)} of {number(sent)} requests opened a connection ({fresh / sent:.1%})"
        yield _not_kept(f"{message}; {wanted:.0%} were to")
    reused = sent - fresh
    if sent >= LEAST and reused < REUSED_KEPT * ((1 - wanted) * sent - record.load.ended_by_answers):
        message = f"{number(reused)} of {number(sent)} requests were sent on a connection that was there"
        yield _not_kept(f"{message} ({reused / sent:.1%}); {1 - wanted:.0%} were to")
    if 0 < told.sooner <= told.held // 20:
        message = f"{number(told.sooner)} of {number(told.held)} writes that were asked to be held were answered sooner"
        yield contradiction(CHECK.name, message, told.sooner)
    suspected = count(record.db, _ANY_ODD, {"sent": told.sent})
    if suspected and (odd := count(record.db, _CONNECTIONS)):
        message = f"{number(odd)} connections carried other requests than their rows count"
        yield contradiction(CHECK.name, message, odd)
    others = [route.name for route in record.contract.load.routes if route.rpc or route.goes_on]
    known = {"rounding_ns": ROUNDING_NS, "began_ns": told.first_due_ns + ROUNDING_NS, "others": others}
    if odd := count(record.db, _OPENED, known):
        message = "opened at several times by the age at each request, or amid the load and not for its first row's"
        yield contradiction(CHECK.name, f"{plural(odd, 'connection')} {message}", odd)


def _routes(record: Record) -> Iterator[Finding]:
    """Each route has its share, exact to within one block."""
    load = record.contract.load
    if record.load.tasks is not None or load.journeys:
        return
    found = {name: int(times) for name, times in rows(record.db, "SELECT route, count(*) FROM requests GROUP BY route")}
    total, weights = sum(found.values()), sum(route.weight for route in load.routes)
    for route in load.routes if total >= LEAST and weights > 0 else ():
        share, times = route.weight / weights, found.get(route.name, 0)
        if abs(times - share * total) > BLOCK:
            message = f"{number(times)} of {number(total)} requests were {route.name} ({times / total:.1%})"
            yield _not_kept(f"{message}; {share:.1%} were to be")


def _held(record: Record) -> Iterator[Finding]:
    """So many writes are asked to be held, and for so long, as the load was ordered to ask."""
    load = record.contract.load
    if record.load.tasks is not None or load.journeys:
        return
    with suppress(UnreadableOrder):  # ``contract_agrees`` says so
        for name, route in by_name(load_order(record), "routes").items():
            share, times_ms = route.get("long_share"), route.get("long_ms")
            if not isinstance(share, int | float) or not isinstance(times_ms, list) or len(times_ms) != BOUNDS:
                continue
            least, most = times_ms
            times, held, odd = one(record.db, _HELD, {"route": name, "least": least, "most": most})
            if odd or (least > 0 and abs(held - share * times) > BLOCK):
                asked = f"{number(held)} of {number(times)} requests of {name} were to be held by their rows"
                ordered = f"{share:.1%} by the load's order, for {least} to {most} ms"
                but = f" ({number(odd)} of them for other times)" if odd else ""
                yield contradiction(CHECK.name, f"{asked}{but}; {ordered}", max(odd, 1))


def _marker(record: Record, told: _Rows) -> Iterator[Finding]:
    load = record.load
    if told.sent != load.sent:
        message = f"the load's end marker tells of {number(load.sent)} requests sent, its rows of {number(told.sent)}"
        yield contradiction(CHECK.name, message, abs(told.sent - load.sent))
    if load.reconnects and not any(route.goes_on for route in record.contract.load.routes):
        message = f"{plural(load.reconnects, 'request')} went on on another connection by the load's end marker"
        yield contradiction(CHECK.name, f"{message}; no route's requests do by the contract", load.reconnects)
    if load.ended_by_answers > told.sent:
        message = f"{number(load.ended_by_answers)} connections ended with an answer by the load's end marker"
        yield contradiction(CHECK.name, f"{message}; its rows tell of {plural(told.sent, 'request')} sent")
    if load.tasks is not None or not load.rows:
        return
    if abs(told.first_due_ns - load.started_ns) > ROUNDING_NS:
        when = f"{seconds(load.started_ns)} by its end marker and at {seconds(told.first_due_ns)} by its rows"
        yield contradiction(CHECK.name, f"the load began at {when}")
    if abs(told.last_due_ns - load.stopped_ns) > SECOND_NS + SECOND_NS // record.contract.load.rate:
        when = f"{seconds(load.stopped_ns)} by its end marker; its last request was due at {seconds(told.last_due_ns)}"
        yield contradiction(CHECK.name, f"the load was stopped at {when}")


def _events(record: Record, facts: RunFacts, told: _Rows) -> Iterator[Finding]:
    """Load and run tell of the same beginning and end: between the two, instances must serve."""
    first_due, end_ns = told.first_due_ns, max(told.last_due_ns, told.last_done_ns)
    for kind, what in ((events.LoadBegan, "beginning"), (events.LoadEnded, "end")):
        times = sum(isinstance(event, kind) for event in record.events)
        if times > 1:
            yield contradiction(CHECK.name, f"events tell {times} times of the load's {what}")
    began_ns = facts.load_began_ns
    told_late = began_ns is not None and facts.starvation.explains(first_due, began_ns)
    if began_ns is not None and abs(began_ns - first_due) > SECOND_NS and not told_late:
        when = f"{seconds(began_ns)} by the run's events; its first request was due at {seconds(first_due)}"
        yield contradiction(CHECK.name, f"the load began at {when}")
    if facts.load_ended_ns is not None and facts.load_ended_ns < end_ns - SECOND_NS // 10:
        when = f"{seconds(facts.load_ended_ns)} by the run's events; a request went on until {seconds(end_ns)}"
        yield contradiction(CHECK.name, f"the load ended at {when}")


_CLASSES = ("none", *ERRORS)


def _self_test(record: Record) -> Iterator[Finding]:
    """What the client claims to have passed: each case that it was shown seen as it was to be seen, and none left out.

    A record that does not say how each was to be seen is older.
    """
    load = record.load
    if not load.self_test_passed:
        return  # ``schedule`` says so
    wanted = load.self_test_wanted or dict.fromkeys(load.self_test, "any")
    seen = dict.fromkeys(wanted, "not shown") | load.self_test
    odd = [f"{what}: {saw}" for what, saw in sorted(seen.items()) if not _right(saw, wanted.get(what))]
    if odd:
        yield Finding(
            check=CHECK.name,
            finding=FindingKind.CLIENT_NOT_HONEST,
            verdict=Verdict.INCONCLUSIVE,
            message=f"the client claims to have passed its self-test, which says otherwise ({few(odd)})",
            count=len(odd),
        )


def _right(seen: str, wanted: str | None) -> bool:
    return seen in _CLASSES if wanted == "any" else seen == wanted


CHECK = Check(name="load_agrees", title="Load, its order and events agree", order=91, judge=judge)
