"""The load was the one that was planned, from before the first batch to after the last, and the client is honest.

An open load is due at fixed times whatever the system does; one that waits for a slow system hides what a user
would see. So due times keep to the rate, nearly all requests were sent, in every second, and not late; where a
locustfile of the team's own asks, that holds of its task executions. What breaks a promised time for no other reason
than that the load sent it late is the load's doing, too. And the client must have proved beforehand that it tells
failures apart and never repeats a request.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import one
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS, few, milliseconds, number, plural, seconds
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_HELD_UP = "SELECT count(*), max(sent_ns - due_ns) FROM outcomes WHERE held_up"
_LATE_WHERE_IT_STOOD = (
    "SELECT quantile_cont(sent_ns - due_ns, 0.99) FROM requests WHERE sent_ns > 0 AND connection_uses > 0"
)
MOST_STRAY_MS = 1.0
"""Due times are computed, not measured: beyond rounding they cannot stray from the rate."""


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Honesty, length, then how closely the schedule was kept."""
    found = [_finding(FindingKind.CLIENT_NOT_HONEST, message) for message in _dishonest(record)]
    messages = [*_too_short(record, facts), *_not_kept(record, facts)]
    return [*found, *(_finding(FindingKind.LOAD_NOT_SUSTAINED, message) for message in messages)]


def _dishonest(record: Record) -> Iterator[str]:
    load = record.load
    if not load.self_test:
        yield "the client did not prove beforehand that it sees failures"
    elif not load.self_test_passed:
        told = few((f"{what}: {seen}" for what, seen in sorted(load.self_test.items())), most=8)
        yield f"the client's self-test failed ({told})"


def _too_short(record: Record, facts: RunFacts) -> Iterator[str]:
    if facts.load_began_ns is None or facts.load_ended_ns is None:
        yield "the load's beginning or its end is not recorded"
    kept = facts.load
    began_ns, ended_ns = facts.release_began_ns, facts.release_ended_ns
    if began_ns is not None and kept.first_due_ns > began_ns:
        first = seconds(kept.first_due_ns)
        yield f"the first {kept.noun} was due at {first}, after the first batch had begun"
    if ended_ns is not None and kept.last_due_ns + SECOND_NS // record.contract.load.rate < ended_ns:
        last = seconds(kept.last_due_ns)
        yield f"the last {kept.noun} was due at {last}; the last batch ended at {seconds(ended_ns)}"


def _not_kept(record: Record, facts: RunFacts) -> Iterator[str]:
    kept, wanted = facts.load, record.contract.thresholds
    if kept.off_schedule_ms > MOST_STRAY_MS:
        rate = record.contract.load.rate
        yield f"due times stray by {milliseconds(kept.off_schedule_ms)} from {rate} {kept.noun}s per second"
    if kept.sent_share < wanted.sent_share:
        yield (
            f"{number(kept.sent)} of {number(kept.planned)} planned {kept.noun}s were {kept.verb}"
            f" ({kept.sent_share:.2%}); "
            f"at least {wanted.sent_share:.2%} wanted"
        )
    if kept.worst_second_share < wanted.worst_second_share:
        yield (
            f"in the worst second {kept.worst_second_share:.1%} of the {kept.noun}s were {kept.verb} in time; "
            f"at least {wanted.worst_second_share:.1%} wanted"
        )
    if kept.lateness_p99_ms > wanted.lateness_p99_ms:
        allowed = milliseconds(wanted.lateness_p99_ms)
        late, why = milliseconds(kept.lateness_p99_ms), _by_connecting(record, facts)
        yield f"{kept.noun}s were {kept.verb} late: p99 {late}, at most {allowed} allowed{why}"
    if kept.lateness_max_ms > wanted.lateness_max_ms:
        allowed = milliseconds(wanted.lateness_max_ms)
        yield f"a {kept.noun} was {kept.verb} {milliseconds(kept.lateness_max_ms)} late, at most {allowed} allowed"
    held_up, late_ns = one(record.db, _HELD_UP)
    if held_up:
        late = milliseconds(late_ns / MILLISECOND_NS)
        yield (
            f"{plural(held_up, 'answer')} came in the promised time counted from when the load sent the request, "
            f"and not from when it was due: it was up to {late} late"
        )


def _by_connecting(record: Record, facts: RunFacts) -> str:
    """What the load is not to blame for: a request is sent when its connection has come up, far away or by TLS."""
    (late_ns,) = one(record.db, _LATE_WHERE_IT_STOOD)
    if facts.load.noun != "request" or late_ns is None:
        return ""
    late_ms = late_ns / MILLISECOND_NS
    if late_ms > record.contract.thresholds.lateness_p99_ms:
        return ""
    return f"; on connections that stood already {milliseconds(late_ms)}: new ones take long to come up"


def _finding(finding: FindingKind, message: str) -> Finding:
    return Finding(check=CHECK.name, finding=finding, verdict=Verdict.INCONCLUSIVE, message=message)


def unseen(record: Record, facts: RunFacts) -> Sequence[str]:
    """What a locustfile asks for that the load does not do, what had not ended with it, and what was broken off."""
    tasks = record.load.tasks
    if tasks is None:
        return ()
    noun = facts.load.noun
    outlived = [f"{plural(tasks.outlived, noun)} outlived the load"] if tasks.outlived else []
    left = "further steps were not asked: a session was lost, or an answer did not say what they name"
    broken = [f"{plural(tasks.broken_off, noun)} broken off: {left}"] if tasks.broken_off else []
    return (*(f"the locustfile: {notice}" for notice in tasks.notices), *outlived, *broken)


CHECK = Check(
    name="schedule",
    title="The load kept its schedule and its client is honest",
    order=90,
    judge=judge,
    unseen=unseen,
)
