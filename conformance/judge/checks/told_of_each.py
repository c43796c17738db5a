"""What the run tells of one instance of a release it tells of every one: who dropped it, who lists it, what it held.

A proof that is there for nine instances and not for the tenth was lost on the way, or never was. Each event alone may
be missing without a trace, for another one proves the same; only beside its like does its absence show.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.contradictions import contradiction, unproved
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.sql import count
from conformance.judge.wording import MILLISECOND_NS, few, seconds
from conformance.record import events
from conformance.record.contract import Contract
from conformance.record.reader import Record

SURELY_NS = 100 * MILLISECOND_NS
"""A held write that began so much before a look and ended so much after it must have been seen by it."""

_HELD = """
SELECT count(*) FROM executions e JOIN outcomes o USING (seq)
WHERE o.is_write AND o.work_ms > 0 AND e.incarnation = $incarnation
  AND e.start_ns < $at_ns - $surely_ns AND e.end_ns > $at_ns + $surely_ns
"""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Way up and way down of the released service's own instances, batch by batch."""
    release = record.contract.release
    if release.own_command or _disturbed(record):
        return ()
    own = set(record.contract.service(release.service).instances)
    whole = [batch for batch in facts.batches if batch.done and not batch.undo]
    new = [(batch, life) for batch in whole for life in batch.new if life.instance in own]
    old = [(batch, life) for batch in whole for life in batch.old if life.instance in own]
    return [
        *_acts(old, new),
        *_signals(old),
        *_listed(record.contract, new),
        *_unlisted(record.contract, old),
        *_answered(record, new),
        *(_held(record, old) if _holds_writes(record, old) else ()),
    ]


def _disturbed(record: Record) -> bool:
    """Whether those who tell may have been away: faults, servers that were restarted, callers released meanwhile."""
    away = (events.Struck, events.ServerStopped, events.Refused)
    return len(record.contract.releases) > 1 or any(isinstance(event, away) for event in record.events)


Lives = Sequence[tuple[Batch, IncarnationFacts]]
When = Callable[[IncarnationFacts], int | None]
_DOWN: Sequence[tuple[str, When]] = (
    ("was drained", lambda life: life.drained_ns),
    ("was marked offline", lambda life: life.marked_ns),
    ("had left by its own acts", lambda life: life.performed_ns),
    ("had nothing in flight", lambda life: life.quiet_ns),
)
_UP: Sequence[tuple[str, When]] = (("was registered", lambda life: life.registered_ns),)


def _acts(old: Lives, new: Lives) -> Iterator[Finding]:
    """What one step does to each of a batch's instances."""
    for lives, acts in ((old, _DOWN), (new, _UP)):
        for what, when in acts:
            untold = [(batch, life) for batch, life in lives if when(life) is None]
            if len(untold) < len(lives):
                for batch, life in untold:
                    yield unproved(
                        CHECK.name, batch, life, f"nothing tells that it {what}, as the others of its service"
                    )


def _signals(lives: Lives) -> Iterator[Finding]:
    """One step stops them all, and asks each in the same way."""
    told = Counter(life.stop_signal for _, life in lives if life.stop_signal)
    for _, life in lives if len(told) > 1 else ():
        usual, _ = told.most_common(1)[0]
        if life.stop_signal not in ("", usual):
            message = f"{life.incarnation} was sent {life.stop_signal}, and the others of its service {usual}"
            yield contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)


def _listed(contract: Contract, lives: Lives) -> Iterator[Finding]:
    if contract.release.position == "provider":
        told = [{observer for observer, _ in life.listed} for _, life in lives]
        yield from _missing(lives, told, _who_shows(contract), "was never seen to list it")


def _unlisted(contract: Contract, lives: Lives) -> Iterator[Finding]:
    if contract.release.position == "provider" and contract.release.lossless:
        told = [{observer for observer, _ in life.unlisted} for _, life in lives]
        waits = any(contract.resolved.get(f"{key}.unlisted") == "True" for key in _acts_of(contract))
        yield from _missing(lives, told, _who_shows(contract) if waits else set(), "was never seen to drop it")


def _acts_of(contract: Contract) -> set[str]:
    """The keys of its own way down, by which a lossless release takes it."""
    own = f"services.{contract.release.service}.offline["
    return {key.rpartition(".")[0] for key in contract.resolved if key.startswith(own)}


def _who_shows(contract: Contract) -> set[str]:
    """The instances of its callers that declare to show whom they would call."""
    callers = contract.callers(contract.release.service)
    return {instance for caller in callers if "sees" in caller.evidence for instance in caller.instances}


def _missing(lives: Lives, told: Sequence[set[str]], shown: set[str], what: str) -> Iterator[Finding]:
    """Observers who show whom they list, or are told of with others of these lives, and not with all of them."""
    of_others = set[str]().union(*told)
    for (batch, life), observers in zip(lives, told, strict=True):
        if absent := sorted((of_others | shown) - observers):
            others = ", as the others of its service" if of_others.issuperset(absent) else ""
            yield unproved(CHECK.name, batch, life, f"{few(absent)} {what}{others}")


def _answered(record: Record, lives: Lives) -> Iterator[Finding]:
    answered = {event.incarnation for event in record.events if isinstance(event, events.Answered)}
    silent = [(batch, life) for batch, life in lives if life.incarnation not in answered]
    release = record.contract.release
    shown = record.contract.resolved.get(f"services.{release.service}.evidence.status", "").split(",")
    counts = "executions" in map(str.strip, shown) or (release.position == "entry" and record.contract.slb_lines)
    if counts or len(silent) < len(lives):
        others = ", as the others of its service" if len(silent) < len(lives) else ""
        for batch, life in silent:
            yield unproved(CHECK.name, batch, life, f"nothing tells that it had answered{others}")


def _holds_writes(record: Record, lives: Lives) -> bool:
    """Whether writes are asked to be held, by a service that names those that it holds: else none need be told of."""
    declared = "held_writes" in record.contract.shown(record.contract.release.service)
    named = declared or any(life.held for _, life in lives)
    return named and count(record.db, "SELECT count(*) FROM outcomes WHERE is_write AND work_ms > 0") > 0


def _held(record: Record, lives: Lives) -> Iterator[Finding]:
    """Who was never asked what it held, and who held none while its own log and the load's rows show one.

    A service that declares to show that is asked of each instance before the first act of its way down.
    """
    release = record.contract.release
    unasked = [(batch, life) for batch, life in lives if life.held_ns is None]
    always = {"in_flight", "held_writes"} <= set(record.contract.service(release.service).evidence)
    if release.lossless and (always or len(unasked) < len(lives)):
        for batch, life in unasked:
            others = ", as on the others of its service" if len(unasked) < len(lives) else ""
            yield unproved(CHECK.name, batch, life, f"nothing tells what was in flight on it{others}")
    for _, life in lives:
        if life.held_ns is None:
            continue
        if len(set(life.held)) < len(life.held):
            message = f"{life.incarnation} named a write twice among those that it held at {seconds(life.held_ns)}"
            yield contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)
        if life.held:
            continue
        values = {"incarnation": life.incarnation, "at_ns": life.held_ns, "surely_ns": SURELY_NS}
        if held := count(record.db, _HELD, values):
            told = f"{life.incarnation} held no write at {seconds(life.held_ns)} by the run's events"
            message = f"{told}; its log has {held} under way then that was asked to be held"
            yield contradiction(CHECK.name, message, instance=life.instance, incarnation=life.incarnation)


CHECK = Check(
    name="told_of_each",
    title="What is told of one instance is told of each",
    order=81,
    judge=judge,
    of_releases_only=True,
)
