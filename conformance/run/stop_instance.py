"""The end: silence, signal, and what its callers notice of it by themselves; one instance at a time here."""

from contextlib import suppress
from dataclasses import asdict
from functools import partial

from conformance.plan.steps import Stop
from conformance.record import events
from conformance.run import leave_callers
from conformance.run.run_context import RunContext
from conformance.run.waiting import Unmet
from conformance.run.world import ExitStatus, Gone, Instance, Signal


def hang(context: RunContext, step: str, instance: Instance) -> None:
    """Let it fall silent in mid-write, and see that it did."""
    leave_callers.begin(context, step, instance)
    context.leaving.incarnations.add(instance.incarnation)
    at_ns = context.clock.now()
    instance.signal("SIGSTOP")
    context.note(events.Signalled, step, instance, at_ns=at_ns, signal="SIGSTOP")
    await_silence(context, instance)


def await_silence(context: RunContext, instance: Instance) -> None:
    """Wait until it answers no more: not at two looks running, for at one it may only have been busy."""
    silent = 0

    def look() -> bool:
        nonlocal silent
        it_does = answers(instance)
        silent = 0 if it_does else silent + 1
        return it_does

    context.wait(
        f"{instance.incarnation} to fall silent",
        look,
        accept=lambda _: silent > 1,
        within_s=context.timings.silent,
        describe=lambda _: "it still answers",
    )


def answers(instance: Instance) -> bool:
    """Whether it does, at this one look."""
    try:
        instance.status()
    except Gone:
        return False
    return True


def is_going(context: RunContext, instance: Instance) -> bool:
    """Whether its way down has begun, or it says so itself; one that does not answer says nothing."""
    begun = instance.incarnation in context.log_at
    return can_be_asked(context, instance) and (begun or bool(leave_callers.ask(context, instance).offline))


def can_be_asked(context: RunContext, instance: Instance) -> bool:
    """Whether it answers at all: one look that it was too busy for does not decide that."""
    try:
        leave_callers.ask(context, instance)
    except (Gone, Unmet):
        return False
    return True


def stop(context: RunContext, step: str, instance: Instance, action: Stop) -> None:
    """Send the signal, in mid-write where asked, and wait for the end unless the next act begins at once.

    Nothing where its end is in the record already.
    """
    if instance.incarnation in context.leaving.ended:
        return
    if action.in_mid_write:
        leave_callers.begin(context, step, instance)
    context.leaving.incarnations.add(instance.incarnation)
    if action.vanish:
        at_ns = context.clock.now()
        instance.vanish()
        context.note(events.Signalled, step, instance, at_ns=at_ns, signal="SIGKILL")
        _note_end(context, step, instance, _end(context, instance, "SIGKILL", context.timings.stopped), "with its host")
        return
    _signal(context, step, instance, action.signal)
    if not action.at_once:
        await_end(context, step, instance, after=action.signal)


def await_end(context: RunContext, step: str, instance: Instance, *, after: Signal = "SIGTERM") -> None:
    """Wait for the end; what has not ended within its grace is killed. Nothing where it is in the record already."""
    if instance.incarnation in context.leaving.ended:
        return
    status = _end(context, instance, after, context.timings.stopped if after == "SIGKILL" else instance.grace_s)
    if status is None and after != "SIGKILL":
        _signal(context, step, instance, "SIGKILL")
        status = _end(context, instance, "SIGKILL", context.timings.stopped)
    _note_end(context, step, instance, status, "after SIGKILL")


def _note_end(context: RunContext, step: str, instance: Instance, status: ExitStatus | None, how: str) -> None:
    if status is None:
        raise Unmet(f"{instance.incarnation} to end {how}", context.timings.stopped, "still running")
    context.note(events.Exited, step, instance, **asdict(status))
    context.leaving.ended.add(instance.incarnation)


def _signal(context: RunContext, step: str, instance: Instance, signal: Signal) -> None:
    """Deliver it; nothing where the process has ended already. Raises Gone where it runs and was not sent it."""
    at_ns = context.clock.now()
    try:
        instance.signal(signal)
    except Gone:
        if instance.exit_status() is None:
            raise  # to kill it for that would prove nothing
        return
    context.note(events.Signalled, step, instance, at_ns=at_ns, signal=signal)


def _end(context: RunContext, instance: Instance, signal: Signal, within_s: float) -> ExitStatus | None:
    with suppress(Unmet):
        return context.wait(
            f"{instance.incarnation} to end after {signal}",
            instance.exit_status,
            accept=lambda status: status is not None,
            within_s=within_s,
        )
    return None


def await_missed(context: RunContext, step: str, instance: Instance) -> None:
    """Wait until its callers have noticed by themselves that it is gone: the SLB's health check, registry and lists."""
    if context.world.group(instance.service).position != "entry":
        leave_callers.await_unlisted(context, step, instance, within_s=context.timings.unlisted)
        return
    context.wait(
        f"the SLB's health check to take {instance.incarnation} out",
        partial(leave_callers.own_members, context, instance),
        accept=lambda members: not any(m.in_rotation for m in members),
        within_s=context.timings.unlisted,
    )
    context.note(events.Unlisted, step, instance, observer="slb")
    context.world.slb.withdraw(instance)
