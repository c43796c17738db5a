"""A gray was confirmed: by enough, after it served, before the rest followed, and by figures that speak for it (A8).

The confirmation is a decision of the run, and told with its figures. It is held against the steps and against the
load's own rows: one that was never made, was made too early or after the next batch, or whose own figures speak against
the new version is none.
"""

import re
from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.contradictions import contradiction
from conformance.judge.gray import no_gray
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.sql import count, one
from conformance.judge.timeline import FOREVER_NS
from conformance.judge.wording import MILLISECOND_NS, number, seconds
from conformance.record.events import Confirmed
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind, Refuser, StepKind

_FIGURES = {
    "requests": re.compile(r"([\d,]+) requests?, "),
    "failed": re.compile(r"([\d,]+) failed"),
    "not whole": re.compile(r"([\d,]+) not whole"),
    "answers": re.compile(r"([\d,]+) answers? by the new version"),
}
_MEDIANS = re.compile(r"median ([\d.,]+) ms against ([\d.,]+) ms")


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Each gray of this release that was not refused."""
    grays = [batch for batch in facts.batches if batch.gray and not batch.undo]
    if not grays or facts.refused:
        return ()
    confirmed = [event for event in record.events if isinstance(event, Confirmed)]
    if not confirmed:
        return (_missing("the gray was never confirmed, and the rest followed all the same", grays[0]),)
    return [
        *_when(record, facts, grays, confirmed),
        *(found for one in confirmed for found in _figures(record, one)),
        *_by_rows(record, facts, grays, confirmed[0]),
    ]


def _missing(message: str, gray: Batch | None = None, at_ns: int = 0) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.GRAY_NOT_CONFIRMED,
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        step=gray.title if gray else "",
        first_ns=at_ns,
        last_ns=at_ns,
    )


def _when(record: Record, facts: RunFacts, grays: Sequence[Batch], confirmed: Sequence[Confirmed]) -> Iterator[Finding]:
    served_ns = max((FOREVER_NS if gray.ended_ns is None else gray.ended_ns) for gray in grays)
    rest = [batch.began_ns for batch in facts.batches if not batch.gray and not batch.undo and batch.began_ns]
    follows_ns = min(rest, default=FOREVER_NS)
    first = confirmed[0]
    if first.at_ns < served_ns:
        told = f"at {seconds(first.at_ns)}, before it served (its batch ended at {seconds(served_ns)})"
        yield _missing(f"the gray was confirmed {told}", grays[0], first.at_ns)
    if first.at_ns > follows_ns:
        told = f"at {seconds(first.at_ns)}, after the next batch had begun ({seconds(follows_ns)})"
        yield _missing(f"the gray was confirmed {told}", grays[0], first.at_ns)
    steps = {node.number for node in record.plan if node.kind is StepKind.CONFIRM}
    if steps and first.step.partition(".")[0] not in steps:
        yield contradiction(CHECK.name, f"the gray was confirmed in step {first.step}, which is not planned for it")
    since_ns = facts.release_began_ns or 0
    answered = count(
        record.db,
        "SELECT count(*) FROM outcomes WHERE failure = '' AND moment_ns BETWEEN $since AND $until",
        {"since": since_ns, "until": first.at_ns},
    )
    if first.by == Refuser.REQUESTS and answered < record.contract.thresholds.gray_requests:
        told = f"{number(answered)} requests were answered from the first batch until then"
        wanted = number(record.contract.thresholds.gray_requests)
        yield _missing(f"the gray was confirmed at {seconds(first.at_ns)}: {told}; {wanted} wanted", grays[0])


def _figures(record: Record, confirmed: Confirmed) -> Iterator[Finding]:
    """What the confirmation tells of itself; a person's words have no figures that would have to be right."""
    told = {name: _number(pattern, confirmed.saw) for name, pattern in _FIGURES.items()}
    wanted = record.contract.thresholds
    against = [f"{number(told[name])} {name}" for name in ("failed", "not whole") if told[name] > 0]
    medians = _MEDIANS.search(confirmed.saw)
    if medians:
        new, old = (float(text.replace(",", "")) for text in medians.groups())
        if new > old * wanted.gray_slower + wanted.gray_slower_ms:
            against.append(f"median {new:g} ms against {old:g} ms")
    if against:
        yield Finding(
            check=CHECK.name,
            finding=FindingKind.GRAY_NOT_CONFIRMED,
            verdict=Verdict.NO_GO,
            message=f"the gray was confirmed at {seconds(confirmed.at_ns)} with {' and '.join(against)}",
            first_ns=confirmed.at_ns,
            last_ns=confirmed.at_ns,
        )
    if confirmed.by == Refuser.REQUESTS and told["requests"] < 0:
        yield _missing(f"the gray was confirmed at {seconds(confirmed.at_ns)} without figures", at_ns=confirmed.at_ns)
    few = [
        f"{number(told[name])} {what}, {number(least)} wanted"
        for name, what, least in (
            ("requests", "requests", wanted.gray_requests),
            ("answers", "answers by the new version", wanted.gray_answers),
        )
        if confirmed.by == Refuser.REQUESTS and 0 <= told[name] < least
    ]
    for message in few:
        yield _missing(f"the gray was confirmed at {seconds(confirmed.at_ns)} by {message}", at_ns=confirmed.at_ns)


_MEANWHILE = """
SELECT count(*) FILTER (sent_ns > 0 AND due_ns <= $until_ns AND moment_ns >= $since_ns),
       count(*) FILTER (list_contains($new, incarnation)),
       quantile_cont(took_ns, 0.5) FILTER (timed AND is_good AND list_contains($new, incarnation)),
       quantile_cont(took_ns, 0.5) FILTER (timed AND is_good AND NOT list_contains($new, incarnation)),
       count(*) FILTER (timed AND is_good AND list_contains($new, incarnation))
FROM (
    SELECT o.sent_ns, o.due_ns, o.moment_ns, o.done_ns - o.due_ns AS took_ns, o.failure = '' AS is_good,
           o.timed AND o.due_ns >= $served_ns AND o.moment_ns <= $until_ns AS timed, s.incarnation
    FROM outcomes o LEFT JOIN (SELECT DISTINCT ON (seq) seq, incarnation FROM served WHERE service = $service) s
         USING (seq)
    WHERE o.due_ns <= $until_ns AND o.moment_ns >= $since_ns)
"""
"""What the load's rows show of the time from the first batch to the confirmation."""
MEDIAN_OF = 20
"""Answers of the new version from which on their median says anything."""
BORDER = 1.25
"""By so much a median must be beyond what is allowed: the run looked a moment sooner."""


def _by_rows(record: Record, facts: RunFacts, grays: Sequence[Batch], confirmed: Confirmed) -> Iterator[Finding]:
    """The figures again, from the rows: no more than there were, and no new version that they show to be slow."""
    wanted, service = record.contract.thresholds, record.contract.release.service
    if confirmed.by != Refuser.REQUESTS or "executions" not in record.contract.shown(service):
        return
    requests, answers, new, old, times = one(
        record.db,
        _MEANWHILE,
        {
            "since_ns": facts.release_began_ns or 0,
            "served_ns": max(gray.ended_ns or 0 for gray in grays),
            "until_ns": confirmed.at_ns,
            "new": [life.incarnation for gray in grays for life in gray.new],
            "service": service,
        },
    )
    when = f"the gray was confirmed at {seconds(confirmed.at_ns)}"
    counted = (("requests", requests), *((("answers", answers),) if len(record.contract.releases) == 1 else ()))
    for name, there in counted:
        told = _number(_FIGURES[name], confirmed.saw)
        if told > there:
            yield contradiction(
                CHECK.name, f"{when} by {number(told)} {name}; by the load's rows there were {number(there)}"
            )
    if times < MEDIAN_OF or old is None:
        return
    new_ms, old_ms = new / MILLISECOND_NS, old / MILLISECOND_NS
    if new_ms > BORDER * (old_ms * wanted.gray_slower + wanted.gray_slower_ms):
        yield Finding(
            check=CHECK.name,
            finding=FindingKind.GRAY_NOT_CONFIRMED,
            verdict=Verdict.NO_GO,
            message=f"{when}; by the load's rows its median is {new_ms:.1f} ms against {old_ms:.1f} ms",
            first_ns=confirmed.at_ns,
            last_ns=confirmed.at_ns,
        )


def _number(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return int(found.group(1).replace(",", "")) if found else -1


CHECK = Check(
    name="gray_confirmed",
    title="A gray was confirmed before the rest followed",
    order=64,
    judge=judge,
    idle=no_gray,
    of_releases_only=True,
)
