"""Rolling back: as lossless as rolling out, from whatever state the release has got into."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from conformance.plan import LEAVES, Act, Part, RegistryAct, SignalAct, suites_way_down
from conformance.plan.steps import Stop
from conformance.record import events
from conformance.run import leave_callers, start_instance, stop_instance
from conformance.run.parallel import in_places, on_instances
from conformance.run.run_context import RunContext
from conformance.run.waiting import Unmet
from conformance.run.world import Instance


def retire(context: RunContext, step: str, instance: Instance) -> None:
    """Take it down: out of its callers' lists first. One that is not ready may be in them all the same.

    Where an act of its way down is refused, or what it waits for does not come, it leaves them by the suite's own.
    """
    part = context.plan.release.part_of(instance.service)
    acts = () if part is None else part.way_down
    if part is not None and stop_instance.can_be_asked(context, instance):
        _leave_callers(context, step, instance, part)
    signals = (act for act in acts if isinstance(act, SignalAct))
    end = next(signals, SignalAct()).signal
    stop_instance.stop(context, step, instance, Stop(end, in_mid_write=False))
    if leave_callers.is_member(context, instance):  # it did not answer, or declares no drain
        context.world.slb.withdraw(instance)


def restore(context: RunContext, step: str, names: tuple[str, ...], version: str, *, most: int | None = None) -> None:
    """Start this version wherever none of it runs, ``most`` at a time, and wait until each is ready.

    One that was on its way down is of no use any more: it has left its callers' lists, and does not come back to them.
    """
    leaving = [one for one in context.living(names, version) if stop_instance.is_going(context, one)]
    on_instances(context, step, leaving, lambda instance: retire(context, step, instance))
    missing = [name for name in names if not context.living((name,), version)]
    in_places(context, step, missing, lambda name: start_instance.start(context, step, name, version), most=most)


def _leave_callers(context: RunContext, step: str, instance: Instance, part: Part) -> None:
    own = suites_way_down(part.service)
    try:
        _leave(context, step, instance, part.way_down)
    except (leave_callers.ActRefused, Unmet) as failed:
        if part.way_down == own:
            raise
        context.note(events.InstanceFailed, step, instance, why=str(failed))
        _leave(context, step, instance, own)


def _leave(context: RunContext, step: str, instance: Instance, acts: Sequence[Act]) -> None:
    """All the acts before the stop, one after the other, whatever is in flight on it: what rolls back is not tried."""
    leave_callers.remember_log(context, instance)
    begins = True
    for act in acts:
        if isinstance(act, SignalAct):
            if not act.at_once:
                return
        elif not isinstance(act, RegistryAct) or _is_known(context, instance):
            leave_callers.carry_out(context, step, instance, act, begins=begins, amid=False)
        begins = begins and not isinstance(act, LEAVES)


def _is_known(context: RunContext, instance: Instance) -> bool:
    """Whether every registry knows its address: one that was never ready may never have come so far.

    One that is ready may be about to register: to stop it before that would let callers be told of it while it ends.
    """
    name = context.world.group(instance.service).registered_as
    if name is None:
        return False
    known = [
        instance.address
        in context.ask_until_answered(f"{one.name} to answer", partial(leave_callers.known_addresses, one, name))
        for one in context.world.registries
    ]
    if all(known) or not leave_callers.ask(context, instance).ready:
        return all(known)
    with suppress(Unmet):
        for one in context.world.registries:
            leave_callers.await_known(context, one, name, instance)
        return True
    return False
