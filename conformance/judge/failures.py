"""Failed requests, grouped by where and when they failed, and what the record proves of the cause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from conformance.judge.answers_seen import GroupKey, answers_seen
from conformance.judge.cpu_starvation import amid
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import FailedRequest, Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, has_rows, rows
from conformance.judge.wording import SECOND_NS, length, seconds, tally
from conformance.record.events import LeftRotation, Trouble
from conformance.record.files import UNREADABLE
from conformance.record.reader import Record
from conformance.record.schema import HopAnswer
from conformance.vocabulary import TOO_LATE, ErrorClass, FailureCause, FindingKind

MOST_GROUPS = 100
MOST_IDS = 5


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Requests that failed at the same hop and incarnation during the same top-level step, late for the same reason."""

    before: bool
    """Whether they failed before the release began."""
    step: str
    hop: str
    instance: str
    incarnation: str
    starved: bool
    """Whether they only came late, while the machine was CPU-starved."""
    count: int
    first_ns: int
    """When the first of them was due."""
    last_ns: int
    """When the last of them ended."""
    first_end_ns: int
    last_sent_ns: int
    requests: tuple[str, ...]
    """The first few."""
    errors: tuple[tuple[str, int], ...]
    """Each error and how often, the most frequent first."""

    @property
    def key(self) -> GroupKey:
        """What they have in common."""
        return GroupKey(self.before, self.step, self.hop, self.instance, self.incarnation, self.starved)

    @property
    def where(self) -> str:
        """``over storefront->orders at orders-03``."""
        return place(self.hop, self.instance)

    @property
    def why(self) -> str:
        """``70 connect refused, 28 reset before answer``, and what explains it, if anything does."""
        return errors_told(self.errors) + amid(starved=self.starved)


def place(hop: str, instance: str) -> str:
    """``over storefront->orders at orders-03``; empty where no hop is known."""
    return f"over {hop}" + (f" at {instance}" if instance else "") if hop else ""


def during(step: str) -> str:
    """``in Batch 1 of 3``; empty outside all steps."""
    return f"in {step}" if step else ""


def failure_groups(record: Record, *, before: bool) -> tuple[FailureGroup, ...]:
    """The groups of the failures before the release began, or since, the largest first; at most MOST_GROUPS.

    Sessions that were lost since are the business of a check of their own.
    """
    if not has_rows(record.db, "failures"):
        return ()
    found = rows(
        record.db,
        """
        SELECT before, step, hop, instance, incarnation, starved,
               count(*), min(due_ns), max(moment_ns), min(moment_ns), max(sent_ns), arg_min(seq, moment_ns, $most_ids),
               histogram(hop_error)
        FROM failures WHERE before = $before AND (before OR failure <> $session_lost)
        GROUP BY before, step, hop, instance, incarnation, starved
        ORDER BY count(*) DESC, min(moment_ns) LIMIT $most_groups
        """,
        {"before": before, "session_lost": ErrorClass.SESSION_LOST, "most_ids": MOST_IDS, "most_groups": MOST_GROUPS},
    )
    return tuple(_group(record, row) for row in found)


def _group(record: Record, row: Sequence[Any]) -> FailureGroup:
    *key, failed, first, last, first_end, last_sent, seqs, errors = row
    return FailureGroup(
        **GroupKey(*key)._asdict(),
        count=failed,
        first_ns=first,
        last_ns=last,
        first_end_ns=first_end,
        last_sent_ns=last_sent,
        requests=tuple(request_id(record, seq) for seq in seqs),
        errors=by_frequency(errors),
    )


def found_by(check: str, finding: FindingKind, record: Record, facts: RunFacts, group: FailureGroup) -> Finding:
    """The facts of a group as a finding; what it means, and how it is said, is the check's to fill in."""
    return Finding(
        check=check,
        finding=finding,
        verdict=Verdict.INCONCLUSIVE,
        message="",
        substep=facts.timeline.innermost_at(group.first_end_ns),
        hop=group.hop,
        instance=group.instance,
        incarnation=group.incarnation,
        error=group.errors[0][0],
        starved=group.starved,
        count=group.count,
        first_ns=group.first_ns,
        last_ns=group.last_ns,
        requests=group.requests,
        detail=(
            *answers_seen(record, group.key),
            *hops_line(record, group.requests[0]),
            *causes(facts, group.incarnation, group.last_sent_ns),
            *after_start(facts, group),
        ),
    )


def preceded(record: Record, excuses: Iterable[Trouble | LeftRotation], at_ns: int) -> bool:
    """Whether one of these was there at this time: what was seen within one look after it may have been there before.

    What comes later than that explains nothing.
    """
    look_ns = round(record.contract.thresholds.rotation_gap_s * SECOND_NS)
    return any(excuse.at_ns - look_ns <= at_ns for excuse in excuses)


def unrecovered(record: Record, excuses: Iterable[Trouble], group: FailureGroup) -> bool:
    """Whether one of these was there when the first of the group failed, and nothing was answered since until the last.

    Once requests are answered again it is over, and explains nothing of what fails later.
    """
    look_ns = round(record.contract.thresholds.rotation_gap_s * SECOND_NS)
    question = "SELECT count(*) FROM outcomes WHERE failure = '' AND sent_ns > $since_ns AND sent_ns < $until_ns"
    return any(
        not count(record.db, question, {"since_ns": excuse.at_ns + look_ns, "until_ns": group.last_sent_ns})
        for excuse in excuses
        if preceded(record, (excuse,), group.first_end_ns)
    )


def by_frequency(histogram: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """The most frequent first, then by name."""
    return tuple(sorted(histogram.items(), key=lambda item: (-item[1], item[0])))


def request_id(record: Record, seq: int) -> str:
    """The id of request ``seq``."""
    return record.contract.ids.of(seq)


def number_of(record: Record, request: str) -> int | None:
    """The number of the request of this id; None where the run can have none of it."""
    return record.contract.ids.number_it_began_as(request)


def failed_requests(record: Record, most: int) -> tuple[FailedRequest, ...]:
    """The first failed requests since the release began, in the order in which they were due."""
    if not has_rows(record.db, "failures"):
        return ()
    found = rows(
        record.db,
        """
        SELECT seq, route, due_ns, sent_ns, done_ns, status, failure, hop, instance, incarnation, hop_error, step,
               executed, cause
        FROM failures LEFT JOIN attributed USING (seq) WHERE NOT before ORDER BY seq LIMIT $most
        """,
        {"most": most},
    )
    names = ("route", "due_ns", "sent_ns", "done_ns", "status", "error", "hop", "instance", "incarnation", "hop_error")
    return tuple(
        FailedRequest(
            request=request_id(record, seq),
            **dict(zip((*names, "step", "executed"), values, strict=True)),
            cause=FailureCause(cause),
        )
        for seq, *values, cause in found
    )


def error_window(record: Record) -> tuple[int, int] | None:
    """When the first failed request since the release began was due, and when the last one ended."""
    ((first, last),) = rows(record.db, "SELECT min(due_ns), max(moment_ns) FROM failures WHERE NOT before")
    return None if first is None else (first, last)


def hops_line(record: Record, request: str) -> tuple[str, ...]:
    """What the answer to this request says of the hops that it took, as one line; nothing where it says nothing."""
    seq = record.contract.ids.number(request)
    found = rows(
        record.db, "SELECT hops FROM outcomes JOIN answers USING (answer) WHERE seq = $seq AND hops <> ''", {"seq": seq}
    )
    for (text,) in found:
        try:
            hops = msgspec.json.decode(text, type=list[HopAnswer])
        except UNREADABLE:
            return (f"{request}: X-Hops {text}",)
        told = "; ".join(f"{hop.hop} {hop.incarnation or hop.instance}: {hop.error or hop.status}" for hop in hops)
        return (f"{request}: {told}",) if told else ()
    return ()


def causes(facts: RunFacts, incarnation: str, last_sent_ns: int) -> tuple[str, ...]:
    """What the record proves of the incarnation at which requests failed, the last of them sent at ``last_sent_ns``."""
    life = facts.lives.get(incarnation)
    if life is None:
        return ()
    return tuple(line for line in (_stop(life, last_sent_ns), _end(life), _dropped(life), _start(life)) if line)


def after_start(facts: RunFacts, group: FailureGroup) -> tuple[str, ...]:
    """Of answers that came too late from an incarnation that is new: how long after it was ready."""
    life = facts.lives.get(group.incarnation)
    since_ns = None if life is None or life.launched_ns is None else life.ready_ns or life.launched_ns
    if group.errors[0][0] != TOO_LATE or since_ns is None:
        return ()
    first, last = length(max(0, group.first_ns - since_ns)), length(max(0, group.last_ns - since_ns))
    return (f"the first of these requests was due {first} after it was ready, the last was answered {last} after that",)


def _stop(life: IncarnationFacts, last_sent_ns: int) -> str:
    if life.stopped_ns is None:
        return ""
    apart_ns = last_sent_ns - life.stopped_ns
    sent = "the last of these requests was sent"
    when = f"{sent} {length(apart_ns)} later" if apart_ns >= 0 else f"{sent} {length(-apart_ns)} before"
    left = "" if life.drained_ns or life.marked_ns or life.performed_ns else ", neither drained nor marked offline,"
    return f"{life.incarnation}{left} was stopped by {life.stop_signal} at {seconds(life.stopped_ns)}; {when}"


def _end(life: IncarnationFacts) -> str:
    if not life.ended_by_itself or life.exited_ns is None:
        return ""
    return f"{life.incarnation} ended by itself ({life.exit}) at {seconds(life.exited_ns)}"


def _dropped(life: IncarnationFacts) -> str:
    if not life.unlisted:
        return ""
    observer, at_ns = max(life.unlisted, key=lambda seen: seen[1])
    return f"the last to drop it was {observer}, at {seconds(at_ns)}"


def _start(life: IncarnationFacts) -> str:
    if life.launched_ns is None or life.stopped_ns is not None:
        return ""
    ready = f"ready at {seconds(life.ready_ns)}" if life.ready_ns is not None else "never ready"
    return f"{life.incarnation} ({life.version}) was launched at {seconds(life.launched_ns)}, {ready}"


def errors_told(errors: Sequence[tuple[str, int]]) -> str:
    """The errors for a message: all of them, or the most frequent and how many more."""
    shown = 4
    rest = sum(count for _, count in errors[shown:])
    return tally([*errors[:shown], ("others", rest)] if rest else errors)
