"""Rolling back: as lossless as rolling out, from whatever state the release has got into."""

from conformance.run import start_instance, stop_instance
from conformance.run.parallel import in_places, on_instances
from conformance.run.run_context import RunContext
from conformance.run.world import Instance


def retire(context: RunContext, step: str, instance: Instance, *, notify: bool) -> None:
    """Take it down: out of its callers' lists first. One that is not ready may be in them all the same."""
    if stop_instance.can_be_asked(context, instance):
        if context.world.group(instance.service).role == "entry":
            if stop_instance.is_member(context, instance):
                stop_instance.withdraw(context, step, instance)
        else:
            stop_instance.mark_offline(context, step, instance, notify=notify)
            stop_instance.serve_out(context, step, instance)
    stop_instance.stop(context, step, instance, signal="SIGTERM", in_mid_write=False, vanish=False)


def restore(context: RunContext, step: str, names: tuple[str, ...], version: str, *, notify: bool) -> None:
    """Start this version wherever none of it runs, and wait until each is ready.

    One that was on its way down is of no use any more: it has left its callers' lists, and does not come back to them.
    """
    leaving = [one for one in context.living(names, version) if stop_instance.is_offline(context, one)]
    on_instances(context, step, leaving, lambda instance: retire(context, step, instance, notify=notify))
    missing = [name for name in names if not context.living((name,), version)]
    in_places(context, step, missing, lambda name: start_instance.start(context, step, name, version))
