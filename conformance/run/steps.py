"""Carries out the plan: each action by its function, on all instances of the step at once.

Begin, end and proof of each go into the record.
"""

from functools import partial

from conformance.load.process import LoadFailed
from conformance.log_lines import by_name
from conformance.plan import HttpAct, QuietAct, Step
from conformance.plan.steps import (
    Action,
    AwaitAnswered,
    AwaitEnd,
    AwaitFelt,
    AwaitHealthy,
    AwaitListed,
    AwaitReplaced,
    AwaitTraffic,
    AwaitUnlisted,
    Confirm,
    Drain,
    Dwell,
    Expose,
    Hang,
    Mend,
    Open,
    Perform,
    Plan,
    ProveBaseline,
    Restore,
    Retire,
    RunOwnCommand,
    ServeUntilQuiet,
    ServeUntilUnlisted,
    Start,
    StartServer,
    Stop,
    StopServer,
    Strike,
    Verify,
)
from conformance.record import events
from conformance.run import (
    faults,
    health_gate,
    leave_callers,
    null_release,
    own_command,
    rollback,
    start_instance,
    stop_instance,
)
from conformance.run.confirm import Refusal, confirm
from conformance.run.exposure import expose, open_to_all
from conformance.run.operator_commands import apply_operator_command
from conformance.run.parallel import in_places, on_instances
from conformance.run.run_context import RunContext, await_time
from conformance.run.waiting import Unmet
from conformance.run.world import Gone, Instance
from conformance.vocabulary import Refuser

_REPAIRS = AwaitFelt | Mend | StartServer | AwaitHealthy
"""What an operator's command comes too early for: while a fault stands, nothing can be rolled back."""

_FAILS = (
    Unmet,
    Gone,
    LoadFailed,
    start_instance.EndedAtStart,
    leave_callers.ActRefused,
    own_command.CommandFailed,
    own_command.TooManyFailed,
    Refusal,
)
"""What ends a step: the record says which, and what was seen last."""

_DOWN = Drain | Perform | ServeUntilUnlisted | ServeUntilQuiet | Hang | Stop | AwaitEnd | AwaitUnlisted


def carry_out(context: RunContext, plan: Plan) -> bool:
    """Carry out the steps in order; stop at the first that fails, for what follows would prove nothing.

    Where it is the new version that failed, what has begun is rolled back, the last batch first.

    Returns:
        Whether every step was done. The record tells which was not, and what was seen last.
    """
    begun: list[Step] = []
    for step in plan.steps:
        begun.append(step)
        if not _carry_out_step(context, step):
            if context.refused:
                _roll_back(context, plan, begun)
            return False
    return True


def _roll_back(context: RunContext, plan: Plan, begun: list[Step]) -> None:
    """Undo the batches that have begun, then look."""
    touched = {name for step in begun if step.is_batch for name in step.instances}
    backwards = [step for step in reversed(plan.undo) if step.is_batch and touched.intersection(step.instances)]
    then = [step for step in plan.undo if not step.is_batch]
    all(_carry_out_step(context, step) for step in (*backwards, *then))


def _carry_out_step(context: RunContext, step: Step) -> bool:
    if step.is_batch and not context.began_ns:
        context.began_ns = context.clock.now()
    context.writer.event(events.StepBegan(at_ns=context.clock.now(), step=step.number, title=step.title))
    context.narrator.began(step)
    saw = ""
    try:
        if step.is_top:
            context.mark = context.traffic()
        if not step.is_undo and not isinstance(step.action, _REPAIRS):
            apply_operator_command(context, step.number)
        done = all(_carry_out_step(context, child) for child in step.children)
        if step.action is not None:
            _act(context, step, step.action)
    except _FAILS as error:
        done, saw = False, by_name(str(error))
        by = _refused_by(step, error)
        if context.plan.undo and by:
            context.refused = True
            context.writer.event(events.Refused(at_ns=context.clock.now(), step=step.number, why=saw, by=by))
    context.writer.event(
        events.StepEnded(at_ns=context.clock.now(), step=step.number, outcome="done" if done else "failed", saw=saw)
    )
    context.narrator.ended(step, done=done, saw=saw)
    return done


def _refused_by(step: Step, error: Exception) -> Refuser:
    """What refuses the new version: not ready, not listed, not answering, not right, an act refused; or nobody."""
    if step.is_undo:
        return Refuser.NOBODY
    if isinstance(error, Refusal):
        return error.by
    if isinstance(error, start_instance.EndedAtStart):
        return Refuser.CRASH
    if isinstance(error, leave_callers.ActRefused):
        return Refuser.ACT
    if isinstance(error, own_command.CommandFailed):
        return Refuser.COMMAND if error.has_begun else Refuser.NOBODY
    late = isinstance(error, Unmet) and isinstance(step.action, Start | AwaitListed)
    late = late or isinstance(error, start_instance.NotAnswering)
    return Refuser.TIMEOUT if late else Refuser.NOBODY


def _act(context: RunContext, step: Step, action: Action) -> None:  # noqa: C901, PLR0912 - one flat table of actions
    number, living = step.number, context.living(step.instances, step.version)
    match action:
        case ProveBaseline():
            _prove_baseline(context)
        case AwaitTraffic(is_baseline):
            null_release.await_traffic(context, is_baseline=is_baseline)
        case AwaitHealthy():
            health_gate.await_healthy(context, number)
        case _ if isinstance(action, _DOWN):
            _act_down(context, step, action)
        case Start(version, most):
            start = partial(start_instance.start, context, number, version=version)
            in_places(context, number, step.instances, start, most=most)
        case AwaitListed():
            on_instances(context, number, living, partial(start_instance.await_listed, context, number))
        case AwaitAnswered():
            start_instance.await_answered(context, number, living)
        case Confirm(confirmation):
            confirm(context, number, step.instances, confirmation)
        case Expose(exposure):
            expose(context, number, step.instances, exposure)
        case Open():
            open_to_all(context, number, step.instances)
        case Retire():
            new = [one for one in living if one.version != context.version_before(one.service)]
            on_instances(context, number, new, partial(rollback.retire, context, number))
        case Restore(most):
            rollback.restore(context, number, step.instances, step.version, most=most)
        case RunOwnCommand():
            own_command.carry_out(context, number, action)
        case AwaitReplaced():
            own_command.await_replaced(context, number, step.version)
        case Dwell(seconds):
            await_time(context, f"{seconds:g} s to pass", context.clock.now() + round(seconds * 1e9))
        case Strike() | AwaitFelt() | Mend() | StopServer() | StartServer():
            _act_amid(context, number, action)
        case Verify() if context.plan.release.own_command:
            own_command.verify(context, number, step.version)
        case Verify():
            _verify(context, step)
        case _:
            raise NotImplementedError(f"no way to carry out {action}")


def _act_down(context: RunContext, step: Step, action: _DOWN) -> None:
    """An act of a way down, or up: on those who run; where SLB or registry is told, on those who have ended too."""
    number, living = step.number, context.living(step.instances, step.version)
    going = context.going(step.instances, step.version)
    last = context.last(step.instances, step.version)
    match action:
        case Drain() | Perform() | ServeUntilUnlisted() | ServeUntilQuiet():
            asked = living if isinstance(action.act, HttpAct | QuietAct) else going
            do = partial(leave_callers.carry_out, context, number, act=action.act, begins=action.begins)
            on_instances(context, number, asked, do)
        case Hang():
            on_instances(context, number, living, partial(stop_instance.hang, context, number))
        case Stop():
            on_instances(context, number, going, partial(stop_instance.stop, context, number, action=action))
        case AwaitEnd():
            on_instances(context, number, last, partial(stop_instance.await_end, context, number))
        case AwaitUnlisted():
            on_instances(context, number, last, partial(stop_instance.await_missed, context, number))


def _act_amid(context: RunContext, number: str, action: Strike | AwaitFelt | Mend | StopServer | StartServer) -> None:
    """What happens in the middle of a release."""
    match action:
        case Strike(fault):
            faults.strike(context, number, fault)
        case AwaitFelt():
            faults.await_felt(context, number)
        case Mend(fault):
            faults.mend(context, number, fault)
        case StopServer(fault):
            faults.stop_server(context, number, fault)
        case StartServer(fault):
            faults.start_server(context, number, fault)


def _prove_baseline(context: RunContext) -> None:
    before, wanted = context.mark, context.thresholds.baseline_requests
    now = context.wait(
        f"{wanted} requests before anything is touched",
        context.traffic,
        accept=lambda now: now.failed > 0 or now.done - before.done >= wanted,
        within_s=context.timings.enough_traffic,
        describe=lambda now: f"{now.done - before.done} answered",
    )
    if now.failed:
        raise Unmet("a baseline without a failure", 0, f"{now.failed} of {now.done} requests failed before the release")
    if context.world.ledger is not None:  # what cannot be audited is not released: by now it has what was written
        context.world.ledger.effects(context.ids.prefix)


def _verify(context: RunContext, step: Step) -> None:
    living = context.living(step.instances)
    missing = set(step.instances) - {instance.name for instance in living}
    if missing:
        raise Unmet("every instance to run", 0, f"missing: {', '.join(sorted(missing))}")

    def wanted(instance: Instance) -> str:
        return step.version or context.version_in_the_end(instance.service, undone=step.is_undo)

    wrong = [one.incarnation for one in living if one.version != wanted(one) or not _is_ready(context, one)]
    if wrong:
        what = step.version or "its service's version"
        raise Unmet(f"every instance to be {what} and ready", 0, f"not so: {', '.join(wrong)}")


def _is_ready(context: RunContext, instance: Instance) -> bool:
    what = f"{instance.incarnation} to answer"
    return context.ask_until_answered(what, instance.status, of=instance).ready
