"""Every instance was replaced, the new version answered, and the old one answers no more (A8).

A release that did nothing loses nothing; it must not pass for a lossless one. So each instance of each batch has
ended one incarnation and launched another of the new version, which executed requests; what instances say of
themselves (the X-Version of an answer, the version in a ledger row) agrees; and after the last batch nothing of the
old version answers.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conformance.judge.check import Check
from conformance.judge.failures import request_id
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.sql import rows
from conformance.judge.timeline import FOREVER_NS
from conformance.judge.wording import few, plural
from conformance.record.contract import Contract, ReleaseFacts
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind

_SELF_REPORTS = """
WITH later AS (
    SELECT coalesce(min(seq), 18446744073709551615) AS first FROM outcomes WHERE due_ns > $ended_ns),
answered AS (
    SELECT answer, count(*) AS times, count(*) FILTER (seq >= first) AS times_after,
           min(seq) FILTER (seq >= first) AS first_after, min(seq) AS first
    FROM outcomes, later GROUP BY answer),
wrote AS (
    SELECT instance, incarnation, version, count(*) AS times, count(*) FILTER (seq >= first) AS times_after,
           min(seq) FILTER (seq >= first) AS first_after, min(seq) AS first
    FROM ledger, later WHERE seq IS NOT NULL GROUP BY instance, incarnation, version),
told AS (
    SELECT instance, incarnation, version, times, times_after, first_after, first
    FROM answers JOIN answered USING (answer)
    UNION ALL SELECT * FROM wrote)
SELECT instance, incarnation, version, sum(times), sum(times_after), min(first_after), min(first)
FROM told WHERE version <> '' AND list_contains($instances, instance)
GROUP BY instance, incarnation, version ORDER BY incarnation, version
"""
"""Requests are numbered in the order in which they are due: those from ``later`` on were due after the last batch."""


class _Told(NamedTuple):
    """What one incarnation said of its version."""

    instance: str
    incarnation: str
    version: str
    times: int
    times_after: int
    """In answer to requests that were due after the end of the last batch."""
    first_after: int | None
    first: int


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Lives first, then what the instances executed, then what they said of themselves."""
    release = record.contract.release
    if release.old == release.new:
        message = f"{release.service} was released from {release.old} to {release.new}: nothing can be told apart"
        return (_finding(FindingKind.NOT_REPLACED, message),)
    left_out = set(record.contract.service(release.service).instances).difference(_planned(release))
    told = [_Told(*row) for row in _self_reports(record, facts)]
    if facts.refused:
        return _rolled_back(record, facts, told)
    found = (
        [_finding(FindingKind.NOT_REPLACED, f"{few(sorted(left_out))} is in no batch of the release")]
        if left_out
        else []
    )
    again = _started_again(facts, release, told)
    found += [finding for batch in facts.batches for finding in _batch(record, facts, batch, again)]
    launched = {life.incarnation: batch.to for batch in facts.batches for life in batch.new}
    launched = {incarnation: to for incarnation, to in launched.items() if incarnation not in again}
    found += _said(record, launched, told)
    new = {life.incarnation for life in facts.lives.values() if life.version == release.new}
    new |= {life.incarnation for life in facts.lives.values() if _came_up(life)}
    found += _still_there(record, facts, new | again, told)
    return found


def _rolled_back(record: Record, facts: RunFacts, told: Sequence[_Told]) -> list[Finding]:
    """Everything is as it was before: what was rolled back serves the old version again, and the new one is gone."""
    undone = [batch for batch in facts.batches if batch.undo]
    found = [finding for batch in undone for finding in _restored(record, facts, batch)]
    launched = {life.incarnation for batch in undone for life in batch.new}
    old = record.contract.release.old
    for one in told:
        if one.times_after and one.version != old and one.incarnation not in launched and one.first_after is not None:
            ids = (request_id(record, one.first_after),)
            found.append(_still(one.version, one.instance, one.incarnation, one.times_after, ids))
    return found


def _restored(record: Record, facts: RunFacts, batch: Batch) -> Iterator[Finding]:
    """What rolling back took down was the new version, and who took its place has served."""
    executions = "executions" in record.contract.shown(batch.service)
    for life in batch.old:
        if life.over_ns is None:
            yield _finding(
                FindingKind.NOT_REPLACED, f"nothing proves that {life.incarnation} ended in {batch.title}", batch
            )
    for life in batch.new:
        if executions and life.incarnation not in facts.executed:
            message = f"{life.incarnation} was started again as {batch.to} and never executed a request"
            yield _finding(FindingKind.NOT_REPLACED, message, batch, life.instance)


def _planned(release: ReleaseFacts) -> set[str]:
    """The instances that the release is to replace."""
    return {instance for batch in release.batches for instance in batch.instances}


def _self_reports(record: Record, facts: RunFacts) -> list[Any]:
    instances = sorted(_planned(record.contract.release))
    ended_ns = FOREVER_NS if facts.release_ended_ns is None else facts.release_ended_ns
    return rows(record.db, _SELF_REPORTS, {"ended_ns": ended_ns, "instances": instances})


def _started_again(facts: RunFacts, release: ReleaseFacts, told: Sequence[_Told]) -> set[str]:
    """The incarnations that a batch started in the old version again, that came up, and that nobody took down.

    Whether a request met one before the load ended is chance: a release that leaves it to serve is not done. One that
    says of itself that it is the version that was wanted contradicts the record, and proves neither.
    """
    claims = {(one.incarnation, one.version) for one in told}
    return {
        life.incarnation
        for batch in facts.batches
        for life in batch.new
        if life.version == release.old != batch.to
        and life.over_ns is None
        and (life.ready_ns is not None or life.incarnation in facts.executed)
        and (life.incarnation, batch.to) not in claims
    }


def _batch(record: Record, facts: RunFacts, batch: Batch, again: Collection[str]) -> Iterator[Finding]:
    new, executions = batch.to, "executions" in record.contract.shown(batch.service)
    ended = {life.instance for life in batch.old if life.over_ns is not None}
    started = {life.instance: life for life in batch.new if life.version == new}
    old_again = {life.instance: life for life in batch.new if life.incarnation in again}
    for instance in batch.instances:
        if instance not in ended:
            yield _finding(
                FindingKind.NOT_REPLACED, f"nothing proves that {instance} ended in {batch.title}", batch, instance
            )
        if instance in old_again:
            yield _old_again(batch, old_again[instance])
        elif instance not in started:
            message = f"nothing proves that {instance} was started as {new} in {batch.title}"
            yield _finding(FindingKind.NOT_REPLACED, message, batch, instance)
        elif executions and started[instance].incarnation not in facts.executed:
            message = f"{started[instance].incarnation} was started as {new} and never executed a request"
            yield _finding(FindingKind.NOT_REPLACED, message, batch, instance)


def _old_again(batch: Batch, life: IncarnationFacts) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.OLD_VERSION_ANSWERS,
        verdict=Verdict.NO_GO,
        message=f"{life.incarnation} was started as {life.version} in {batch.title}, where {batch.to} was to be, "
        "and was left to serve",
        step=batch.title,
        instance=life.instance,
        incarnation=life.incarnation,
        first_ns=life.launched_ns or 0,
        last_ns=life.ready_ns or life.launched_ns or 0,
    )


def _said(record: Record, launched: Mapping[str, str], told: Sequence[_Told]) -> Iterator[Finding]:
    """Whether the new incarnations say that they are the version that they were started as."""
    old, new = record.contract.release.old, record.contract.release.new
    for one in told:
        if one.incarnation in launched and one.version != launched[one.incarnation]:
            is_old = one.version == old
            yield Finding(
                check=CHECK.name,
                finding=FindingKind.OLD_VERSION_ANSWERS if is_old else FindingKind.UNKNOWN_VERSION,
                verdict=Verdict.NO_GO if is_old else Verdict.INCONCLUSIVE,
                message=f"{one.incarnation} was started as {launched[one.incarnation]} and says of itself that it is "
                f"{one.version}, {plural(one.times, 'time')}",
                instance=one.instance,
                incarnation=one.incarnation,
                count=one.times,
                requests=(request_id(record, one.first),),
            )
    silent = {incarnation for incarnation, version in launched.items() if version == new}
    silent -= {one.incarnation for one in told if one.version == new}
    if told and silent:
        message = f"{few(sorted(silent))} never said of itself that it is {new}"
        yield _finding(FindingKind.NEW_VERSION_NOT_SHOWN, message)
    elif (
        not told
        and record.contract.release.position != "worker"
        and not _shown_by_log_alone(record.contract)
        and not gaps(record.contract)
    ):
        service = record.contract.release.service
        yield _finding(
            FindingKind.NEW_VERSION_NOT_SHOWN, f"nothing that {service} answered or wrote says of which version it was"
        )


def _shown_by_log_alone(contract: Contract) -> bool:
    """Whether the log of the process that was started as the new version must do for proof.

    So it is with a service that neither answers the client nor writes: nobody is told its version.
    """
    evidence = contract.shown(contract.release.service)
    return "executions" in evidence and not (contract.release.position == "entry" and "identity" in evidence)


def _still_there(record: Record, facts: RunFacts, launched: set[str], told: Sequence[_Told]) -> Iterator[Finding]:
    """Whether anything that the release was to replace still answers after it."""
    release = record.contract.release
    replaced = _planned(release)
    after = {one.incarnation: one for one in told if one.times_after and one.version != release.new}
    for incarnation, executed in facts.executed.items():
        by_log = executed.after_release if executed.instance in replaced and incarnation not in launched else 0
        if by_log:
            life = facts.lives.get(incarnation)
            version = life.version if life and life.version else release.old
            yield _still(version, executed.instance, incarnation, by_log, ())
            after.pop(incarnation, None)
    for one in after.values():
        if one.incarnation not in launched and one.first_after is not None:
            ids = (request_id(record, one.first_after),)
            yield _still(one.version, one.instance, one.incarnation, one.times_after, ids)


def _came_up(life: IncarnationFacts) -> bool:
    """Whether it was started, though nothing tells as what: that its launch is missing is said by ``strangers``."""
    return life.launched_ns is None and (life.ready_ns is not None or life.registered_ns is not None)


def _still(version: str, instance: str, incarnation: str, times: int, requests: tuple[str, ...]) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.OLD_VERSION_ANSWERS,
        verdict=Verdict.NO_GO,
        message=f"{incarnation} ({version}) answered {plural(times, 'time')} after the end of the last batch",
        instance=instance,
        incarnation=incarnation,
        count=times,
        requests=requests,
    )


def _finding(finding: FindingKind, message: str, batch: Batch | None = None, instance: str = "") -> Finding:
    return Finding(
        check=CHECK.name,
        finding=finding,
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        step=batch.title if batch else "",
        instance=instance,
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Without identity and without executions nothing shows who answered."""
    release = contract.release
    if release.position == "worker" or {"identity", "executions"} & contract.shown(release.service):
        return ()
    return (f"{release.service} declares neither identity nor executions: which version answered",)


def unseen(record: Record, facts: RunFacts) -> Sequence[str]:
    """Of a worker, what neither its executions nor the ledger shows."""
    release = record.contract.release
    if release.position != "worker" or "executions" in record.contract.shown(release.service):
        return ()
    if _self_reports(record, facts):
        return ()
    return (f"{release.service} does not declare executions, and the ledger has no row of it: which version worked",)


CHECK = Check(
    name="replaced",
    title="Every instance was replaced and the new version answered",
    order=50,
    judge=judge,
    of_releases_only=True,
    gaps=gaps,
    unseen=unseen,
)
