"""Whether SLB and registry are healthy: no instance is taken down while those who tell its callers do not answer."""

from conformance.record import events
from conformance.run.run_context import RunContext, named, seen_by
from conformance.run.world import Gone, Instance, ServiceGroup


def await_healthy(context: RunContext, step: str) -> None:
    """Wait until the SLB and every registry answer, list everybody who runs, and every consumer sees its providers.

    Where that is not so at the first look the release halts, says why, and goes on when it is.

    Raises:
        Unmet: Not in time; carries what was missing last.
    """
    missing = _missing(context)
    if not missing:
        return
    context.writer.event(events.Halted(at_ns=context.clock.now(), step=step, why=missing))
    context.narrator.halted(missing)
    asked = "the SLB and the registry" if context.world.registries else "the SLB"
    context.wait(
        f"{asked} to answer, and to list everybody who runs",
        lambda: _missing(context),
        accept=lambda missing: not missing,
        within_s=context.timings.healthy,
        every_s=context.timings.sample,
        describe=str,
    )
    context.writer.event(events.Resumed(at_ns=context.clock.now(), step=step))
    context.narrator.halted("")


def _missing(context: RunContext) -> str:
    """The first thing that is not as it should be; empty where all is well."""
    try:
        return next((lack for lack in (_at_slb(context), _at_registries(context), _at_consumers(context)) if lack), "")
    except Gone as error:
        return str(error).partition("\n")[0]


def _staying(context: RunContext, group: ServiceGroup) -> list[Instance]:
    """The instances that are to serve now."""
    return [one for one in group.living() if one.incarnation not in context.leaving.incarnations]


def _at_slb(context: RunContext) -> str:
    rotating = {member.incarnation for member in context.world.slb.members() if member.in_rotation}
    entries = [group for group in context.world.groups if group.position == "entry"]
    staying = [one for group in entries for one in _staying(context, group)]
    return _lack("the SLB", [one for one in staying if one.incarnation not in rotating])


def _at_registries(context: RunContext) -> str:
    for group in context.world.groups:
        if group.registered_as is None:
            continue
        lists = context.registrations(group.name)
        everywhere = set.intersection(*({one.incarnation for one in listed} for listed in lists))
        absent = [one for one in _staying(context, group) if one.incarnation not in everywhere]
        if absent:
            return f"{_lack('the registry', absent)} (lists {named(lists)})"
    return ""


def _at_consumers(context: RunContext) -> str:
    """What is released must be known to its callers; those of other services have not changed."""
    for group in context.released:
        for consumer in context.consumers(group.name):
            seen = seen_by(consumer, group.name)
            if seen is not None and (
                absent := [one for one in _staying(context, group) if one.incarnation not in seen]
            ):
                return _lack(consumer.incarnation, absent)
    return ""


def _lack(observer: str, absent: list[Instance]) -> str:
    return f"{observer} does not list {', '.join(one.incarnation for one in absent)}" if absent else ""
