"""Rolling back: as lossless as rolling out, from whatever state the release has got into."""

from conformance.plan import SignalAct
from conformance.plan.steps import Stop
from conformance.run import leave_callers, start_instance, stop_instance
from conformance.run.parallel import in_places, on_instances
from conformance.run.run_context import RunContext
from conformance.run.world import Instance


def retire(context: RunContext, step: str, instance: Instance) -> None:
    """Take it down: out of its callers' lists first. One that is not ready may be in them all the same."""
    part = context.plan.release.part_of(instance.service)
    acts = () if part is None else part.way_down
    if stop_instance.can_be_asked(context, instance):
        leave_callers.leave(context, step, instance, acts)
    signals = (act for act in acts if isinstance(act, SignalAct))
    end = next(signals, SignalAct()).signal
    stop_instance.stop(context, step, instance, Stop(end, in_mid_write=False))
    if leave_callers.is_member(context, instance):  # it did not answer, or declares no drain
        context.world.slb.withdraw(instance)


def restore(context: RunContext, step: str, names: tuple[str, ...], version: str) -> None:
    """Start this version wherever none of it runs, and wait until each is ready.

    One that was on its way down is of no use any more: it has left its callers' lists, and does not come back to them.
    """
    leaving = [one for one in context.living(names, version) if stop_instance.is_going(context, one)]
    on_instances(context, step, leaving, lambda instance: retire(context, step, instance))
    missing = [name for name in names if not context.living((name,), version)]
    in_places(context, step, missing, lambda name: start_instance.start(context, step, name, version))
