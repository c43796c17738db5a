"""Nothing lost proves something only where much was at stake: enough of everything in every batch, or inconclusive.

Enough requests and writes under way during each batch, enough executions on each new incarnation, and, where the
workload holds writes and the instance names those that it holds, a write in flight on each one when its way down
begins. Where no held write has come as far as the released service, none is asked for. That write is taken for real
only if the load's own rows agree: sent before that moment, answered after it.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check, lacking
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.sql import count, one
from conformance.judge.stops import tells_of_writes
from conformance.judge.wording import number, plural, seconds
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Each batch for itself."""
    declared = record.contract.shown(record.contract.release.service)
    worker = _by_ledger(record, facts)
    held = _holds_writes(record)
    found: list[Finding] = []
    for batch in facts.batches:
        if facts.refused and not batch.done:
            continue  # what was refused need not have been tried enough
        if batch.began_ns is None:
            found.append(_little(batch, f"{batch.title} never began"))
            continue
        found += _traffic(record, batch, batch.began_ns)
        if "executions" in declared or worker:
            found += _answers(record, facts, batch)
        if held and "held_writes" in declared and not batch.undo:
            found += _in_flight(record, facts, batch)
    if not facts.batches:
        found.append(
            Finding(
                check=CHECK.name,
                finding=FindingKind.TOO_LITTLE_EVIDENCE,
                verdict=Verdict.INCONCLUSIVE,
                message="the release has no batch: nothing was released",
            )
        )
    return found


def _holds_writes(record: Record) -> bool:
    """Whether the workload holds writes; as far as executions show it, on instances of the released service."""
    service = record.contract.service(record.contract.release.service)
    if "executions" not in record.contract.shown(service.name):
        return count(record.db, "SELECT count(*) FROM outcomes WHERE is_write AND work_ms > 0") > 0
    reached = """
        SELECT count(*) FROM outcomes SEMI JOIN (FROM served WHERE service = $service) USING (seq)
        WHERE is_write AND work_ms > 0
        """
    return count(record.db, reached, {"service": service.name}) > 0


def _traffic(record: Record, batch: Batch, began_ns: int) -> Iterator[Finding]:
    wanted = record.contract.thresholds
    requests, writes = one(
        record.db,
        """
        SELECT count(*), count(*) FILTER (is_write) FROM outcomes
        WHERE sent_ns > 0 AND due_ns < $until_ns AND moment_ns >= $began_ns
        """,
        {"began_ns": began_ns, "until_ns": batch.until_ns},
    )
    if requests < wanted.batch_requests:
        message = f"{plural(requests, 'request')} during {batch.title}; {number(wanted.batch_requests)} wanted"
        yield _little(batch, message)
    writing = any(route.write for route in record.contract.load.routes)
    if writing and writes < wanted.batch_writes:
        yield _little(batch, f"{plural(writes, 'write')} during {batch.title}; {number(wanted.batch_writes)} wanted")


def _answers(record: Record, facts: RunFacts, batch: Batch) -> Iterator[Finding]:
    wanted = record.contract.thresholds.incarnation_answers
    for life in batch.new:
        executed = facts.executed.get(life.incarnation)
        times, what = (executed.count if executed else 0), "execution"
        if not executed and _by_ledger(record, facts):
            times, what = facts.wrote.get(life.incarnation, 0), "effect"
        if times < wanted:
            message = f"{plural(times, what)} on {life.incarnation}; {number(wanted)} wanted"
            yield _little(batch, message, life)


def _by_ledger(record: Record, facts: RunFacts) -> bool:
    """Whether the ledger shows what a worker does that shows no executions."""
    release = record.contract.release
    if release.position != "worker" or "executions" in record.contract.shown(release.service):
        return False
    return any(life.incarnation in facts.wrote for life in facts.lives.values() if life.service == release.service)


def _in_flight(record: Record, facts: RunFacts, batch: Batch) -> Iterator[Finding]:
    wanted = record.contract.thresholds.in_flight_at_stop
    for life in batch.old:
        truly = in_flight_at_stop(facts, life)
        if truly < wanted:
            claimed = (
                f"{len(life.held)} claimed at {seconds(life.held_ns)}" if life.held_ns is not None else "none claimed"
            )
            yield _little(
                batch,
                f"{plural(truly, 'write')} in flight on {life.incarnation} when its way down began ({claimed}); "
                f"{number(wanted)} wanted",
                life,
            )


def in_flight_at_stop(facts: RunFacts, life: IncarnationFacts) -> int:
    """How many writes were in flight on it when its way down began, held ones or others."""
    return max(facts.held_writes.get(life.incarnation, 0), facts.amid_writes.get(life.incarnation, 0))


def _little(batch: Batch, message: str, life: IncarnationFacts | None = None) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.TOO_LITTLE_EVIDENCE,
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        step=batch.title,
        instance=life.instance if life else "",
        incarnation=life.incarnation if life else "",
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Figures that the released service cannot show."""
    service, worker = contract.release.service, contract.release.position == "worker"
    return (
        *(() if worker else lacking(contract, service, "executions", "how much each new incarnation answered")),
        *(
            ()
            if tells_of_writes(contract, contract.release)
            else lacking(contract, service, "in_flight", "whether a write was in flight when an instance went down")
        ),
    )


def unseen(record: Record, facts: RunFacts) -> Sequence[str]:
    """Where no write is held, or none is named, instances that went down with none in flight: not in mid-write."""
    contract = record.contract
    release = contract.release
    if release.position == "worker" and "executions" not in contract.shown(release.service):
        gap = f"{release.service} does not declare executions, and the ledger has no row of it: what each instance did"
        return () if _by_ledger(record, facts) else (gap,)
    held, named = _holds_writes(record), "held_writes" in contract.shown(release.service)
    told = tells_of_writes(contract, release)
    if (held and named) or not told or not any(route.write for route in contract.load.routes):
        return ()
    gone = [life for batch in facts.batches if not batch.undo for life in batch.old]
    idle = sum(in_flight_at_stop(facts, life) < contract.thresholds.in_flight_at_stop for life in gone)
    if not idle:
        return ()
    why = f"{release.service} does not declare held_writes" if held else "no write was held"
    return (f"{why}: {idle} of {plural(len(gone), 'instance')} went down with none in flight, not in mid-write",)


CHECK = Check(
    name="evidence",
    title="Every batch was released under enough traffic",
    order=70,
    judge=judge,
    gaps=gaps,
    unseen=unseen,
)
