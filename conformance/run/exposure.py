"""Whose requests meet the gray: set before there is one, lifted when everybody may meet it."""

from collections.abc import Sequence
from functools import partial

from conformance.plan import Exposure
from conformance.record import events
from conformance.run.parallel import on_instances
from conformance.run.run_context import RunContext
from conformance.run.world import Instance, Member, Rule


def expose(context: RunContext, step: str, names: tuple[str, ...], exposure: Exposure) -> None:
    """Weigh the old version against the gray that is to come, or tell the SLB whose requests are the lane's.

    Everybody has the old version's weight until then, those whom the gray will replace included: among themselves
    nothing changes.
    """
    if exposure.by == "weights":
        old = _released_behind_the_slb(context)
        context.weights = exposure.weights(len(names), len(old) - len(names))
        on_instances(context, step, old, lambda instance: context.world.slb.weigh(instance, context.weights[1]))
        context.wait(
            f"the SLB to show weight {context.weights[1]} for every instance",
            context.world.slb.members,
            accept=partial(_all_weigh, {one.incarnation for one in old}, context.weights[1]),
            within_s=context.timings.answer,
        )
    else:
        context.lane = exposure.lane
        users = float(exposure.share) if exposure.by == "users" else 0.0
        marks = {"header": exposure.header, "cookie": exposure.cookie, "value": exposure.value}
        rule = Rule(lane=exposure.lane, users=users, **marks)
        context.world.slb.divert(rule)
        context.wait(
            "the SLB to show the rule",
            context.world.slb.rule,
            accept=lambda shown: shown == rule,
            within_s=context.timings.answer,
        )
    context.writer.event(events.Exposed(at_ns=context.clock.now(), step=step, to=exposure.told))


def open_to_all(context: RunContext, step: str, names: tuple[str, ...]) -> None:
    """Equal weights, no rule, and whoever of these stands in the lane steps out of it."""
    at_ns = context.clock.now()  # before: what is asked from now on is free
    context.world.slb.open()
    context.writer.event(events.Opened(at_ns=at_ns, step=step))
    if context.lane:
        new = [one for one in context.living(names) if context.is_new(one)]
        in_lane = [one for one in new if context.world.group(one.service).position != "entry"]
        on_instances(context, step, in_lane, lambda instance: instance.open_lane())
    context.lane, context.weights = "", (1, 1)


def _all_weigh(incarnations: set[str], weight: int, members: Sequence[Member]) -> bool:
    return incarnations <= {member.incarnation for member in members if member.weight == weight}


def _released_behind_the_slb(context: RunContext) -> list[Instance]:
    return [one for group in context.released if group.position == "entry" for one in group.living()]
