"""Whose requests meet the gray: set before there is one, lifted when everybody may meet it."""

from conformance.plan import Exposure
from conformance.record import events
from conformance.run.parallel import on_each
from conformance.run.run_context import RunContext
from conformance.run.world import Instance, Rule


def expose(context: RunContext, step: str, names: tuple[str, ...], exposure: Exposure) -> None:
    """Weigh the old version against the gray that is to come, or tell the SLB whose requests are the lane's.

    Everybody has the old version's weight until then, those whom the gray will replace included: among themselves
    nothing changes.
    """
    if exposure.by == "weights":
        old = _behind_the_slb(context)
        context.weights = exposure.weights(len(names), len(old) - len(names))
        on_each(old, lambda instance: context.world.slb.weigh(instance, context.weights[1]))
    else:
        context.lane = exposure.lane
        users = float(exposure.share) if exposure.by == "users" else 0.0
        marks = {"header": exposure.header, "cookie": exposure.cookie, "value": exposure.value}
        context.world.slb.divert(Rule(lane=exposure.lane, users=users, **marks))
    context.writer.event(events.Exposed(at_ns=context.clock.now(), step=step, to=exposure.told))


def open_to_all(context: RunContext, step: str, names: tuple[str, ...]) -> None:
    """Equal weights, no rule, and whoever of these stands in the lane steps out of it."""
    context.writer.event(
        events.Opened(at_ns=context.clock.now(), step=step)
    )  # before: what is asked from now on is free
    context.world.slb.open()
    if context.lane:
        new = context.living(names, context.plan.release.to)
        on_each([one for one in new if not _is_behind_the_slb(context, one)], lambda instance: instance.open_lane())
    context.lane, context.weights = "", (1, 1)


def _behind_the_slb(context: RunContext) -> list[Instance]:
    return [one for group in context.world.groups if group.role == "entry" for one in group.living()]


def _is_behind_the_slb(context: RunContext, instance: Instance) -> bool:
    return context.world.group(instance.service).role == "entry"
