"""Who lost requests to whom, and the first request that was lost with every hop that it took: for people."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from conformance.judge.failures import by_frequency, request_id
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import FirstLoss, HopSeen, Loss
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import has_rows, rows
from conformance.judge.wording import plural, seconds
from conformance.record.contract import SLB_CALLS
from conformance.record.files import UNREADABLE
from conformance.record.reader import Record
from conformance.record.schema import HopAnswer
from conformance.vocabulary import ErrorClass

MOST_LOSSES = 100

_LOSSES = """
WITH called AS (
    SELECT answer, callee, arg_max(instance, position) AS instance FROM hops GROUP BY answer, callee),
lost AS (
    SELECT f.*,
           CASE WHEN c.hop IS NULL THEN 'client' WHEN c.caller = 'slb' THEN 'slb' WHEN d.answer IS NOT NULL
                THEN d.instance WHEN c.caller = f.entry THEN coalesce(nullif(a.instance, ''), a.peer, '') ELSE ''
                END AS caller
    FROM failures f LEFT JOIN answers a USING (answer) LEFT JOIN calls c ON c.hop = f.hop
         LEFT JOIN called d ON d.answer = f.answer AND d.callee = c.caller
    WHERE NOT f.before)
SELECT hop, caller, instance, incarnation, count(*), histogram(hop_error), min(due_ns), max(moment_ns)
FROM lost GROUP BY hop, caller, instance, incarnation ORDER BY count(*) DESC, min(due_ns), caller LIMIT $most
"""
_FIRST = """
SELECT f.seq, f.route, f.due_ns, f.moment_ns, f.done_ns, f.status, f.failure, f.hop, f.incarnation, f.hop_error, f.step,
       coalesce(a.incarnation, ''), coalesce(a.hops, '')
FROM failures f LEFT JOIN answers a USING (answer) WHERE NOT f.before ORDER BY f.moment_ns, f.seq LIMIT 1
"""


def losses(record: Record) -> tuple[Loss, ...]:
    """Failed requests since the release began, by caller and callee, the largest share first; at most MOST_LOSSES."""
    if not has_rows(record.db, "failures"):
        return ()
    return tuple(
        Loss(
            hop=hop,
            caller=caller,
            instance=instance,
            incarnation=incarnation,
            count=count,
            errors=by_frequency(errors),
            first_ns=first_ns,
            last_ns=last_ns,
        )
        for hop, caller, instance, incarnation, count, errors, first_ns, last_ns in rows(
            record.db, _LOSSES, {"most": MOST_LOSSES}
        )
    )


def first_loss(record: Record, facts: RunFacts) -> FirstLoss | None:
    """The first request since the release began whose failure was known; None where none failed."""
    found = rows(record.db, _FIRST) if has_rows(record.db, "failures") else []
    for seq, route, due_ns, moment_ns, done_ns, status, failure, hop, at, error, step, answering, told in found:
        seen = [HopSeen(who="client", status=status, error="" if failure == ErrorClass.UNEXPECTED_STATUS else failure)]
        seen += _slb(record, facts, seq, error if hop.startswith(f"{SLB_CALLS}->") else "", answering or at)
        seen += _behind(record, facts, told)
        methods = {one.name: one.method for one in record.contract.load.routes}
        return FirstLoss(
            request=request_id(record, seq),
            method=methods.get(route, ""),
            route=route,
            due_ns=due_ns,
            into_load_ns=due_ns - (facts.load_began_ns or 0),
            took_ns=moment_ns - due_ns if done_ns else None,
            status=status,
            error=failure,
            incarnation=at,
            step=step,
            hops=tuple(seen),
        )
    return None


def _slb(record: Record, facts: RunFacts, seq: int, error: str, answering: str) -> Iterator[HopSeen]:
    """The SLB and the instance of the entry that it had picked, by the SLB's log."""
    found: list[Any] = rows(
        record.db,
        "SELECT status, peer, incarnation, answered FROM slb WHERE seq = $seq ORDER BY at_ns, attempt DESC LIMIT 1",
        {"seq": seq},
    )
    for status, peer, incarnation, answered in found:
        yield HopSeen(who="SLB", status=status, error=error if not peer else "")
        if peer:
            who = incarnation or answering or peer
            yield _instance(record, facts, who, 0 if error else answered, error)


def _behind(record: Record, facts: RunFacts, told: str) -> Iterator[HopSeen]:
    """What the answer says of the hops behind the entry; nothing where it says nothing that can be read."""
    try:
        hops: Sequence[HopAnswer] = msgspec.json.decode(told, type=list[HopAnswer]) if told else ()
    except UNREADABLE:
        return
    for hop in hops:
        yield _instance(record, facts, hop.incarnation or hop.instance, hop.status, hop.error)


def _instance(record: Record, facts: RunFacts, incarnation: str, status: int, error: str) -> HopSeen:
    life = facts.lives.get(incarnation)
    return HopSeen(
        who=incarnation,
        version=_version(record, incarnation),
        status=status,
        error=error,
        end=_end(life) if life and error else "",
    )


def _version(record: Record, incarnation: str) -> str:
    found = rows(record.db, "SELECT version FROM served WHERE incarnation = $who LIMIT 1", {"who": incarnation})
    return found[0][0] if found else ""


def _end(life: IncarnationFacts) -> str:
    """How it ended, as far as the events tell: ``SIGKILL at 9.2 s with 1 write in flight``."""
    if life.ended_by_itself and life.exited_ns is not None:
        return f"ended by itself ({life.exit}) at {seconds(life.exited_ns)}"
    if life.stopped_ns is None:
        return ""
    held = f" with {plural(len(life.held), 'write')} in flight" if life.held else ""
    killed = f", SIGKILL at {seconds(life.killed_ns)}" if life.killed_ns is not None else ""
    said = "" if life.drained_ns or life.marked_ns or life.performed_ns else ", neither drained nor marked offline"
    return f"{life.stop_signal} at {seconds(life.stopped_ns)}{held}{killed}{said}"
