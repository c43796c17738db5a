"""Every step of the plan was taken, and the record proves it: a fault that silently did nothing must not pass (A3, A7).

Every step began and ended done. Of each replaced instance the way down is proved (under a policy that leaves first:
drain or offline mark, then nothing in flight, then the stop; always: signal and end) and the way up (launched,
ready, listed by whoever calls it). What the plan did not ask for makes a run inconclusive: the world was not the
one that was agreed on. One thing is worse: an incarnation of the new version that ends by itself is a reason not to
release it, and NO-GO.
"""

from collections.abc import Iterator, Sequence

from conformance.judge.check import Check
from conformance.judge.contradictions import unproved
from conformance.judge.failed_instances import others_failed
from conformance.judge.incarnations import IncarnationFacts
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import Batch, RunFacts
from conformance.judge.timeline import StepTaken
from conformance.judge.wording import few, seconds
from conformance.record.contract import Contract, ReleaseFacts
from conformance.record.events import Felt, LeftRotation
from conformance.record.reader import Record
from conformance.vocabulary import Cause, FindingKind


def judge(record: Record, facts: RunFacts) -> Sequence[Finding]:
    """Steps, then the proof of each replacement, then what nobody asked for."""
    release = record.contract.release
    registered = record.contract.service(release.service).registered
    quiet = release.quiet and "in_flight" in record.contract.service(release.service).evidence
    found = [*_steps(record, facts)]
    for batch in facts.batches:
        for life in batch.old:
            found += [unproved(CHECK.name, batch, life, message) for message in _way_down(release, life, quiet=quiet)]
        for life in _to_stay(release, batch) if batch.done or not facts.refused else ():
            found += [
                unproved(CHECK.name, batch, life, message) for message in _way_up(release, life, registered=registered)
            ]
    ended = {life.incarnation: life for life in facts.lives.values() if life.ended_by_itself}
    found += [_ended_by_itself(facts, record.contract, life) for life in ended.values()]
    found += [_left_rotation(facts, lost) for lost in facts.lost]
    found += [_unfelt(facts, event) for event in record.events if isinstance(event, Felt) and not event.failed]
    found += [
        Finding(
            check=CHECK.name,
            finding=FindingKind.TROUBLE,
            verdict=Verdict.INCONCLUSIVE,
            message=f"at {seconds(trouble.at_ns)}: {_first(trouble.what)}",
            detail=() if trouble.ended in ended else _rest(trouble.what),
            step=facts.timeline.top_at(trouble.at_ns),
            substep=facts.timeline.innermost_at(trouble.at_ns),
            first_ns=trouble.at_ns,
            last_ns=trouble.at_ns,
        )
        for trouble in facts.troubles
    ]
    return found


def _to_stay(release: ReleaseFacts, batch: Batch) -> Iterator[IncarnationFacts]:
    """Whom the batch brought; by a team's own command some may come and go, ready or not, before it has ended."""
    return (life for life in batch.new if not release.own_command or life.disappeared_ns is None)


def _steps(record: Record, facts: RunFacts) -> Iterator[Finding]:
    """The innermost step that failed, and all that never began or never ended."""
    planned = [step for step in facts.timeline.steps if not _is_undo(step) or step.began_ns is not None]
    if facts.refused:  # what was refused, and what would have followed, was rightly not done
        planned = [step for step in planned if _is_undo(step) or step.done]
    failed = [step for step in planned if step.ended_ns is not None and not step.done]
    innermost = [step for step in failed if not any(other.number.startswith(f"{step.number}.") for other in failed)]
    for step in innermost:
        at_ns = step.ended_ns or 0
        yield Finding(
            check=CHECK.name,
            finding=FindingKind.STEP_FAILED,
            verdict=Verdict.INCONCLUSIVE,
            message=f"{step.name} failed at {seconds(at_ns)}" + (f": {_first(step.saw)}" if step.saw else ""),
            detail=(*_rest(step.saw), *others_failed(record, step.number, step.saw)),
            step=facts.timeline.top_at(at_ns) or step.title,
            substep=step.name,
            first_ns=step.began_ns or 0,
            last_ns=at_ns,
        )
    for what, names in (
        ("never began", [step.name for step in planned if step.began_ns is None]),
        ("never ended", [s.name for s in planned if s.began_ns is not None and s.ended_ns is None]),
    ):
        if names:
            yield Finding(
                check=CHECK.name,
                finding=FindingKind.STEP_NOT_PROVED,
                verdict=Verdict.INCONCLUSIVE,
                message=f"{few(names)} {what}",
                count=len(names),
            )
    if not facts.timeline.steps:
        message = "the record has no plan"
        yield Finding(
            check=CHECK.name, finding=FindingKind.STEP_NOT_PROVED, verdict=Verdict.INCONCLUSIVE, message=message
        )


def _is_undo(step: StepTaken) -> bool:
    """Whether it rolls back: planned always, taken only where the new version is refused."""
    return step.undo


def _first(said: str) -> str:
    """The sentence; what follows it are a server's last log lines."""
    return said.partition("\n")[0]


def _rest(said: str) -> tuple[str, ...]:
    return tuple(said.splitlines()[1:])


def _way_down(release: ReleaseFacts, life: IncarnationFacts, *, quiet: bool) -> Iterator[str]:
    """What is not proved of the way down of one that the release took down."""
    stopped_ns = life.stopped_ns
    if release.own_command:
        return  # that it is gone is all there is to see
    if stopped_ns is None:
        yield "no signal was delivered to it"
    elif life.exited_ns is None:
        yield f"it was sent {life.stop_signal} and its end was not seen"
    if not release.lossless or (life.ready_ns is None and life.launched_ns is not None):
        return  # who was never ready was in nobody's list
    if release.position == "worker":
        return  # what it does to leave is its own: that it stopped is what must be seen
    entry = release.position == "entry"
    left_ns, what = (life.drained_ns, "drain") if entry else (life.marked_ns, "offline mark")
    left_ns = life.performed_ns if left_ns is None else left_ns
    if left_ns is None:
        yield f"its {what} is not recorded, yet the policy is {release.offline}"
    elif stopped_ns is not None and left_ns > stopped_ns:
        yield f"its {what} came after its stop"
    if quiet and not entry and (life.quiet_ns is None or (stopped_ns is not None and life.quiet_ns > stopped_ns)):
        yield "nothing shows that nothing was in flight on it when it was stopped"


def _way_up(release: ReleaseFacts, life: IncarnationFacts, *, registered: bool) -> Iterator[str]:
    """What is not proved of the way up of one that the release launched."""
    if life.ready_ns is None:
        yield "it was launched and its ready check never passed"
    elif release.position == "entry" and "slb" not in {observer for observer, _ in life.listed}:
        yield "the SLB was never seen to list it"
    elif release.position == "provider" and registered and life.registered_ns is None:
        yield "the registry was never seen to list it"


def _ended_by_itself(facts: RunFacts, contract: Contract, life: IncarnationFacts) -> Finding:
    at_ns = life.exited_ns or 0
    newcomer = (life.service, life.version) in {(release.service, release.new) for release in contract.releases}
    step, substep = facts.step_of(at_ns)
    return Finding(
        check=CHECK.name,
        finding=FindingKind.ENDED_BY_ITSELF,
        verdict=Verdict.NO_GO if newcomer else Verdict.INCONCLUSIVE,
        message=f"{life.incarnation} ended by itself ({life.exit}) at {seconds(at_ns)}",
        step=step,
        substep=substep,
        instance=life.instance,
        incarnation=life.incarnation,
        first_ns=at_ns,
        last_ns=at_ns,
        detail=next((_rest(one.what) for one in facts.troubles if one.ended == life.incarnation), ()),
        cause=Cause.OUT_OF_MEMORY if life.out_of_memory else Cause.UNKNOWN,
    )


def _unfelt(facts: RunFacts, felt: Felt) -> Finding:
    """A fault of which nothing shows that it did harm says nothing of what would have come of one that did."""
    step, substep = facts.step_of(felt.at_ns)
    return Finding(
        check=CHECK.name,
        finding=FindingKind.STEP_NOT_PROVED,
        verdict=Verdict.INCONCLUSIVE,
        message=f"nothing shows that the fault in {step} did any harm: no request failed within {felt.within_s:g} s",
        step=step,
        substep=substep,
        first_ns=felt.at_ns,
        last_ns=felt.at_ns,
    )


def _left_rotation(facts: RunFacts, lost: LeftRotation) -> Finding:
    step, substep = facts.step_of(lost.at_ns)
    return Finding(
        check=CHECK.name,
        finding=FindingKind.LEFT_ROTATION,
        verdict=Verdict.INCONCLUSIVE,
        message=(
            f"the SLB's health check took {lost.incarnation} out at {seconds(lost.at_ns)}, "
            "though no step was taking it down: it, or the machine, was too busy to answer"
        ),
        step=step,
        substep=substep,
        instance=lost.instance,
        incarnation=lost.incarnation,
        first_ns=lost.at_ns,
        last_ns=lost.at_ns,
    )


def gaps(contract: Contract) -> Sequence[str]:
    """Of a system that stands already only the list is seen."""
    release = contract.release
    if not release.own_command:
        return ()
    return (f"{release.service} is released by the team's own command: how each instance was taken down",)


CHECK = Check(name="steps", title="Every step was taken and proved", order=80, judge=judge, gaps=gaps)
