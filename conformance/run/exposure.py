"""Whose requests meet the gray: set before there is one, lifted when everybody may meet it.

An entry is weighed at the SLB, a provider at its registries, whose callers choose by it.
"""

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
        old = [one for group in context.released for one in group.living()]
        context.weights = exposure.weights(len(names), len(old) - len(names))
        on_instances(context, step, old, lambda instance: weigh(context, instance, context.weights[1]))
        behind_slb = {one.incarnation for one in old if context.world.group(one.service).position == "entry"}
        context.wait(
            f"the SLB to show weight {context.weights[1]} for every instance behind it",
            context.world.slb.members,
            accept=partial(_all_weigh, behind_slb, context.weights[1]),
            within_s=context.timings.answer,
        )
    else:
        lane = context.lane = context.headers.lane_value
        users = float(exposure.share) if exposure.by == "users" else 0.0
        rule = Rule(lane=lane, header=exposure.header, cookie=exposure.cookie, value=exposure.value, users=users)
        if exposure.by == "mark" and not exposure.mark:
            rule = Rule(lane=lane, header=context.headers.lane, value=lane)
        context.world.slb.divert(rule)
        context.wait(
            "the SLB to show the rule",
            context.world.slb.rule,
            accept=lambda shown: shown == rule,
            within_s=context.timings.answer,
        )
    context.writer.event(events.Exposed(at_ns=context.clock.now(), step=step, to=exposure.told))


def weigh(context: RunContext, instance: Instance, weight: int) -> None:
    """Where its callers choose by it; raises Gone."""
    group = context.world.group(instance.service)
    if group.position == "entry":
        context.world.slb.weigh(instance, weight)
    elif group.registered_as is not None:
        for registry in context.world.registries:
            registry.set_state(group.registered_as, instance.address, weight)


def open_to_all(context: RunContext, step: str, names: tuple[str, ...]) -> None:
    """Equal weights, no rule, and whoever of these stands in the lane steps out of it."""
    at_ns = context.clock.now()  # before: what is asked from now on is free
    context.world.slb.open()
    if context.weights != (1, 1):
        providers = [group for group in context.released if group.position != "entry"]
        weighed = [one for group in providers for one in group.living()]
        on_instances(context, step, weighed, lambda instance: weigh(context, instance, 1))
    context.writer.event(events.Opened(at_ns=at_ns, step=step))
    if context.lane:
        new = [one for one in context.living(names) if context.is_new(one)]
        in_lane = [one for one in new if context.world.group(one.service).position != "entry"]
        on_instances(context, step, in_lane, lambda instance: instance.open_lane())
    context.lane, context.weights = "", (1, 1)


def _all_weigh(incarnations: set[str], weight: int, members: Sequence[Member]) -> bool:
    return incarnations <= {member.incarnation for member in members if member.weight == weight}
