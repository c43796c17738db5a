"""Who is asked to stop stops by itself, within its grace (A5): who must be killed never came to the end of its hook.

The usual cause is a process 1 that doesn't hand the signal on: a shell around the service. The loss that follows may
look like any other; this is what names the cause. Under a policy that kills at once there is nothing to heed. Where the
machine was CPU-starved meanwhile the hook may only have come late: that proves nothing.
"""

from collections.abc import Sequence

from conformance.judge.check import Check
from conformance.judge.cpu_starvation import amid
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.wording import length, seconds
from conformance.record.contract import Contract
from conformance.record.reader import Record
from conformance.vocabulary import FindingKind


def judge(_record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Each incarnation that the release took down."""
    asked = [
        (batch, life)
        for batch in facts.batches
        for life in batch.old
        if life.stopped_ns is not None and life.stop_signal != "SIGKILL"
    ]
    return [
        *(_swallowed(facts, batch, life) for batch, life in asked if life.killed_ns is not None),
        *(_unseen(batch, life) for batch, life in asked if life.exited_ns is None and life.killed_ns is None),
    ]


def _swallowed(facts: RunFacts, batch: Batch, life: IncarnationFacts) -> Finding:
    stopped_ns, killed_ns = life.stopped_ns or 0, life.killed_ns or 0
    ended = f" ({life.exit})" if life.exit else ""
    starved = facts.starvation.explains(stopped_ns, killed_ns)
    cause = amid(starved=starved) or "; is its process 1 a shell?"
    return Finding(
        check=CHECK.name,
        finding=FindingKind.STOP_SIGNAL_SWALLOWED,
        verdict=Verdict.INCONCLUSIVE if starved else Verdict.NO_GO,
        message=(
            f"{life.incarnation} did not end within {length(killed_ns - stopped_ns)} of {life.stop_signal} "
            f"and was killed at {seconds(killed_ns)}{ended}: its shutdown hook never came to its end{cause}"
        ),
        step=batch.title,
        substep=facts.timeline.innermost_at(killed_ns),
        instance=life.instance,
        incarnation=life.incarnation,
        first_ns=stopped_ns,
        last_ns=killed_ns,
        starved=starved,
    )


def _unseen(batch: Batch, life: IncarnationFacts) -> Finding:
    return Finding(
        check=CHECK.name,
        finding=FindingKind.END_NOT_SEEN,
        verdict=Verdict.INCONCLUSIVE,
        message=f"{life.incarnation} was sent {life.stop_signal}, and nobody saw it end",
        step=batch.title,
        instance=life.instance,
        incarnation=life.incarnation,
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Of a system that stands already nobody sees how an instance ended."""
    release = contract.release
    if not release.own_command:
        return ()
    return (f"{release.service} is released by the team's own command: whether each instance ended by itself, in time",)


CHECK = Check(
    name="stops",
    title="Everyone who was asked to stop did",
    order=85,
    judge=judge,
    of_releases_only=True,
    gaps=gaps,
)
