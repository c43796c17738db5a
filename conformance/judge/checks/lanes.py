"""Where the gray is meant for chosen requests, they and no others meet it, on their whole way (A8).

Where a mark of the request chooses, the load knows whose requests are marked: all that they make any released service
execute must be the new version's, and nothing that the others make it execute may be. Where the SLB chooses users, it
alone knows whom: but whoever meets the new version must meet it everywhere on the way, and every time.
"""

from collections.abc import Iterator, Sequence

import msgspec

from conformance.judge.check import Check
from conformance.judge.failures import number_of, preceded, request_id
from conformance.judge.gray import gray_window, no_gray
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count, one, rows
from conformance.judge.timeline import FOREVER_NS
from conformance.judge.wording import number, plural, span
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_MET = """
WITH met AS (
    SELECT e.seq, e.service, e.instance, e.incarnation, user_of(e.seq, $users) AS user,
           user_of(e.seq, $users) < $marked AS is_marked,
           list_contains($new, e.incarnation) AS is_new
    FROM served e JOIN outcomes o ON o.seq = e.seq
    WHERE o.due_ns BETWEEN $began_ns AND $until_ns AND e.end_ns <= $until_ns AND list_contains($services, e.service))
"""
"""What requests met that were due, and were executed, while the gray served."""
_SEEN = f"{_MET} SELECT count(*) FILTER (is_new) FROM met"  # noqa: S608 - constants of this module
_LEAKS = f"""
{_MET} SELECT incarnation, any_value(instance), is_marked, count(*), min(seq) FROM met WHERE is_new <> is_marked
GROUP BY incarnation, is_marked ORDER BY min(seq)
"""  # noqa: S608 - constants of this module
_MIXED = f"""
{_MET}, mixed AS (SELECT seq FROM met GROUP BY seq HAVING count(DISTINCT is_new) > 1)
SELECT count(*), min(seq) FROM mixed
"""  # noqa: S608 - constants of this module
_FLAPPING = f"""
{_MET}, of_user AS (
    SELECT user, min(seq) FILTER (is_new) AS new, min(seq) FILTER (NOT is_new) AS old FROM met GROUP BY user)
SELECT count(*), min(greatest(new, old)) FROM of_user WHERE new IS NOT NULL AND old IS NOT NULL
"""  # noqa: S608 - constants of this module


_CAME_BACK = f"""
{_MET}, of_user AS (SELECT user FROM met GROUP BY user HAVING count(DISTINCT seq) > 1)
SELECT count(*) FROM of_user
"""  # noqa: S608 - constants of this module
_OPENED = f"""
{_MET}, theirs AS (SELECT DISTINCT user FROM met WHERE is_new)
SELECT DISTINCT incarnation FROM served
WHERE start_ns > $since_ns AND user_of(seq, $users) >= $marked
      AND ($marked > 0 OR user_of(seq, $users) NOT IN (SELECT user FROM theirs))
"""  # noqa: S608 - constants of this module
"""Who has executed, since it was opened, what a user asked for whom the gray was not meant."""


def concerns(contract: Contract) -> bool:
    """Where the gray is meant for some, by a mark of theirs or by chance."""
    return contract.release.exposure.by in {"mark", "users"}


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Who met whom while the gray served."""
    contract = record.contract
    by, load = contract.release.exposure.by, contract.load
    if not concerns(contract):
        return ()
    while_gray = gray_window(contract, facts)
    if while_gray is None or not load.users:
        return () if facts.refused else (_lacking("when the gray served, or whose the requests were, is not recorded"),)
    began_ns, until_ns = while_gray
    brought = {(release.service, release.new) for release in contract.releases}
    values = {
        "users": load.users,
        "marked": load.marked_users,
        "new": [life.incarnation for life in facts.lives.values() if (life.service, life.version) in brought],
        "services": [release.service for release in contract.releases],
        "began_ns": began_ns,
        "until_ns": until_ns,
    }
    when, wanted = span(began_ns, until_ns), contract.thresholds.incarnation_answers
    if (seen := count(record.db, _SEEN, values)) < wanted:
        return (
            ()
            if facts.refused
            else (_lacking(f"the gray executed {plural(seen, 'request')} ({when}); {number(wanted)} are wanted"),)
        )
    leaks = _leaks(record, values, when) if by == "mark" else _mixed(record, values, when)
    found = tuple(_excused(record, facts, leak) for leak in (*leaks, *_flapping(record, values, when)))
    if facts.refused:
        return found
    came_back = _too_few_came_back(record, values, when) if by == "users" and not found else ()
    return (*found, *came_back, *_unopened(record, facts, values))


def _too_few_came_back(record: Record, values: dict[str, object], when: str) -> Iterator[Finding]:
    """Whoever asks but once meets one version, whatever becomes of those who come back."""
    wanted = min(record.contract.thresholds.incarnation_answers, record.contract.load.users)
    if (seen := count(record.db, _CAME_BACK, values)) < wanted:
        told = f"{plural(seen, 'user')} came back while the gray served ({when})"
        wants = f"{number(wanted)} {'is' if wanted == 1 else 'are'} wanted"
        yield _lacking(f"{told}; {wants}, to tell whether each meets one version every time")


def _excused(record: Record, facts: RunFacts, found: Finding) -> Finding:
    """Where somebody had dropped out untouched by then, its requests rightly went to whoever was left."""
    seq = number_of(record, found.requests[0])
    (at_ns,) = one(record.db, "SELECT moment_ns FROM outcomes WHERE seq = $seq", {"seq": seq})
    excused = preceded(record, (*facts.lost, *facts.troubles), at_ns)
    return msgspec.structs.replace(found, verdict=Verdict.INCONCLUSIVE) if excused else found


def _unopened(record: Record, facts: RunFacts, values: dict[str, object]) -> Iterator[Finding]:
    """Who of the gray has executed nothing but the gray's own since it was opened."""
    since_ns = FOREVER_NS if facts.opened_ns is None else facts.opened_ns
    met = {incarnation for (incarnation,) in rows(record.db, _OPENED, values | {"since_ns": since_ns})}
    grays = [life for batch in facts.batches if batch.gray for life in batch.new]
    for life in (life for life in grays if life.incarnation not in met):
        yield Finding(
            check=CHECK.name,
            finding=FindingKind.GRAY_NOT_OPENED,
            verdict=Verdict.INCONCLUSIVE,
            message=f"{life.incarnation} executed nobody else's requests since the gray was opened to everybody",
            instance=life.instance,
            incarnation=life.incarnation,
        )


def _leaks(record: Record, values: dict[str, object], when: str) -> Iterator[Finding]:
    for incarnation, instance, is_marked, times, first in rows(record.db, _LEAKS, values):
        met = "the old version executed the gray's requests" if is_marked else "the gray executed others' requests"
        message = f"{met}: {incarnation}, {plural(times, 'time')} ({when})"
        found = _against(record, message, times, first, finding=FindingKind.LEAK)
        yield msgspec.structs.replace(found, instance=instance, incarnation=incarnation)


def _mixed(record: Record, values: dict[str, object], when: str) -> Iterator[Finding]:
    mixed, first = one(record.db, _MIXED, values)
    if mixed:
        message = f"{plural(mixed, 'request')} met both versions on one way ({when})"
        yield _against(record, message, mixed, first, finding=FindingKind.LEAK)


def _flapping(record: Record, values: dict[str, object], when: str) -> Iterator[Finding]:
    users, first = one(record.db, _FLAPPING, values)
    if users:
        message = f"{plural(users, 'user')} met now the one version, now the other ({when})"
        yield _against(record, message, users, first, finding=FindingKind.FLAPPING)


def _against(record: Record, message: str, count: int, first: int, *, finding: FindingKind) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=finding,
        verdict=Verdict.NO_GO,
        message=message,
        count=count,
        requests=(request_id(record, first),),
    )


def _lacking(message: str) -> Finding:
    return Finding(
        check=CHECK.name, finding=FindingKind.TOO_LITTLE_EVIDENCE, verdict=Verdict.INCONCLUSIVE, message=message
    )


CHECK = Check(
    name="lanes",
    title="The gray was met by those for whom it was meant, and by nobody else",
    order=66,
    needs=frozenset({"executions"}),
    judge=judge,
    idle=no_gray,
    concerns=concerns,
    of_releases_only=True,
)
