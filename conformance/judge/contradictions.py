"""How it is reported that two witnesses tell different things of one fact, or that nobody tells of it."""

from conformance.judge.failures import request_id
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind


def contradiction(check: str, message: str, count: int = 1, **where: object) -> Finding:
    """INCONCLUSIVE: one of the two cannot be believed, and nobody knows which."""
    return Finding(
        check=check,
        finding=FindingKind.CONTRADICTORY_RECORD,
        verdict=Verdict.INCONCLUSIVE,
        message=message,
        count=count,
        **where,  # type: ignore[arg-type]  # fields of a finding
    )


def unproved(check: str, batch: Batch, life: IncarnationFacts, message: str) -> Finding:
    """INCONCLUSIVE: of something that the release did to this instance nobody tells that it happened."""
    return Finding(
        check=check,
        finding=FindingKind.STEP_NOT_PROVED,
        verdict=Verdict.INCONCLUSIVE,
        message=f"{life.incarnation} in {batch.title}: {message}",
        step=batch.title,
        instance=life.instance,
        incarnation=life.incarnation,
    )


def breach(  # noqa: PLR0913 - what it is, who saw it, and where and when
    check: str,
    finding: FindingKind,
    message: str,
    record: Record,
    facts: RunFacts,
    *,
    count: int,
    first_ns: int,
    last_ns: int,
    seq: int | None = None,
    hop: str = "",
    instance: str = "",
    incarnation: str = "",
) -> Finding:
    """NO-GO: one witness saw a failure, a repetition or a stop that was not clean; INCONCLUSIVE before the release."""
    step, substep = facts.step_of(first_ns)
    return Finding(
        check=check,
        finding=finding,
        verdict=Verdict.INCONCLUSIVE if facts.before_release(first_ns) else Verdict.NO_GO,
        message=message,
        step=step,
        substep=substep,
        hop=hop,
        instance=instance,
        incarnation=incarnation,
        count=count,
        first_ns=first_ns,
        last_ns=last_ns,
        requests=() if seq is None else (request_id(record, seq),),
    )
