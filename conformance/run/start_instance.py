"""The way up: a new incarnation in an instance's place, until its callers list it and it has answered."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import islice

from conformance.log_lines import last_words
from conformance.record import events
from conformance.run.exposure import weigh
from conformance.run.listing import listed_by
from conformance.run.run_context import RunContext, await_time, hidden_consumers, named, seen_by
from conformance.run.waiting import Unmet, until
from conformance.run.world import Gone, Instance, Member, Status

SURELY = 1.1
"""The load tells how far it is a few times a second: what it told before the batch began may be a moment old."""


def start(context: RunContext, step: str, name: str, version: str) -> None:
    """Start the version in this instance's place and wait until its ready check passes; nothing where it runs."""
    if context.living((name,), version):
        return
    at_ns = context.clock.now()  # before: it may be at work by the time that the platform says so
    part = context.plan.release.part_of(context.plan.service_of[name])
    lane = context.lane if part is not None and version == part.to else ""
    instance = context.group_of(name).start(name, version, lane=lane)
    context.note(events.Launched, step, instance, at_ns=at_ns, version=version, address=instance.address)
    await_ready(instance, within_s=instance.ready_s, every_s=context.timings.look)
    context.note(events.Ready, step, instance)


def _is_wanted() -> bool:
    return True


def await_ready(
    instance: Instance, *, within_s: float, every_s: float, is_wanted: Callable[[], bool] = _is_wanted
) -> None:
    """Wait until its ready check passes, or until it is wanted no longer.

    Raises:
        EndedAtStart: It ended first.
        Unmet: It did not become ready in time; names the key that gives it more.
    """
    what = f"{instance.incarnation} to be ready"
    try:
        until(
            what,
            lambda: _status(instance) if is_wanted() else None,
            within_s=within_s,
            accept=lambda status: status is None or status.ready,
            every_s=every_s,
            transient=(Gone,),
            describe=lambda status: (status and status.why_not_ready) or "it answers, but is not ready",
        )
    except Unmet as unmet:
        if not instance.ready_key:
            raise
        first, *log = unmet.saw.split("\n", 1)  # the lines of its log stay beneath
        more = f"{first}; {instance.ready_key} above {within_s:g} gives it longer"
        raise Unmet(what, within_s, "\n".join([more, *log])) from unmet


def await_listed(context: RunContext, step: str, instance: Instance) -> None:
    """Bring it to its callers: into the SLB's group, or onto the lists of registry and consumers."""
    group = context.world.group(instance.service)
    if group.position == "entry":
        _enrol(context, step, instance)
    if group.registered_as is not None and (group.position != "entry" or context.consumers(instance.service)):
        _await_registered(context, step, instance)


def await_answered(context: RunContext, step: str, instances: tuple[Instance, ...]) -> None:
    """Wait until each has finished enough executions, and the batch has seen the traffic that the judge demands."""
    for instance in instances:
        status = context.ask_until_answered(f"{instance.incarnation} to answer", instance.status, of=instance)
        if status.executions is not None:
            context.note(events.Answered, step, instance, executions=_await_answers(context, instance))
        elif context.slb_lines and context.world.group(instance.service).position == "entry":
            context.note(events.Answered, step, instance, executions=_await_answers_at_slb(context, instance))
        elif context.world.group(instance.service).position == "worker":
            _await_effects(context, instance)
    before, requests = context.mark, context.thresholds.batch_requests
    writes = context.thresholds.batch_writes if context.has_writes else 0
    context.wait(
        f"{requests} requests and {writes} writes since the batch began",
        context.traffic,
        accept=lambda now: (
            now.done - before.done >= SURELY * requests and now.writes - before.writes >= SURELY * writes
        ),
        within_s=context.timings.enough_traffic,
        describe=lambda now: f"{now.done - before.done} requests, {now.writes - before.writes} writes",
    )


def _await_answers(context: RunContext, instance: Instance) -> int:
    """By what it says of itself."""
    return _await_enough(context, instance, lambda: instance.status().executions or 0)


def _await_answers_at_slb(context: RunContext, instance: Instance) -> int:
    """By the SLB's lines, where the instance does not count."""
    counted = told = 0  # of the lines, which are only ever added to

    def answered() -> int:
        nonlocal counted, told
        for line in islice(context.world.slb.accesses(context.ids.prefix), told, None):
            told += 1
            counted += line.incarnation == instance.incarnation and line.answered > 0
        return counted

    return _await_enough(context, instance, answered)


def _await_effects(context: RunContext, worker: Instance) -> None:
    """By what the ledger has of it, where it names such workers; that it is too little is the judge's to say."""
    ledger = context.world.ledger
    if ledger is None:
        return

    def written() -> Counter[str]:
        context.traffic()  # where there is none any more, nobody writes
        return Counter(one.incarnation for one in ledger.effects(context.ids.prefix))

    known = {one.incarnation for one in context.world.group(worker.service).all()}
    if known.isdisjoint(context.ask_until_answered("the ledger to be read", written)):
        return
    wanted = context.thresholds.incarnation_answers
    with suppress(Unmet):
        context.wait(
            f"{worker.incarnation} to have left {wanted} effects",
            lambda: written()[worker.incarnation],
            accept=lambda left: left >= wanted,
            within_s=context.timings.enough_traffic,
            every_s=context.timings.review,
            of=worker,
        )


def _await_enough(context: RunContext, instance: Instance, count: Callable[[], int]) -> int:
    wanted = context.thresholds.incarnation_answers
    what = f"{instance.incarnation} to have answered {wanted} times"

    def counted() -> int:
        context.traffic()  # where there is none any more, nobody answers
        return count()

    try:
        return context.wait(
            what,
            counted,
            accept=lambda count: count >= wanted,
            within_s=context.timings.enough_traffic,
            of=instance,
        )
    except Unmet as unmet:
        raise NotAnswering(what, context.timings.enough_traffic, unmet.saw) from unmet


def _status(instance: Instance) -> Status:
    """What it says of itself; a process that has ended will never be ready, so that ends the wait at once."""
    ended = instance.exit_status()
    if ended is not None:
        raise EndedAtStart(instance, str(ended))
    return instance.status()


class NotAnswering(Unmet):
    """A new incarnation is listed and has not executed what it must; Unmet, with the same words."""


class EndedAtStart(RuntimeError):
    """A new incarnation ended before it was ready; the message carries its last log lines."""

    def __init__(self, instance: Instance, status: str) -> None:
        super().__init__("\n".join([f"{instance.incarnation} ended at start: {status}", *last_words(instance.log)]))


def _enrol(context: RunContext, step: str, instance: Instance) -> None:
    members = context.ask_until_answered("the SLB to show its group", context.world.slb.members)
    if any(m.incarnation == instance.incarnation and m.enrolled for m in members):
        return
    new = context.is_new(instance)
    weight = context.weights[0] if new else context.weights[1]
    context.world.slb.enrol(instance, weight=weight, lane=context.lane if new else "")

    def own() -> list[Member]:
        return [m for m in context.world.slb.members() if m.incarnation == instance.incarnation]

    context.wait(
        f"the SLB's health check to pass {instance.incarnation}",
        own,
        accept=lambda members: any(m.in_rotation for m in members),
        within_s=context.timings.listed,
        of=instance,
    )
    context.note(events.Listed, step, instance, observer="slb")


def _hidden_by(context: RunContext, instance: Instance) -> str:
    """Which registries know its address and tell no caller of it, with what would do; empty where none does.

    An address that was put out of service stays so for whoever starts there next, until somebody puts it in again.
    """
    group = context.world.group(instance.service)
    with suppress(Gone):
        names = [
            registry.name
            for registry in context.world.registries
            if any(one.address == instance.address and not one.healthy for one in listed_by(registry, group))
        ]
        if names:
            has = f"{' and '.join(names)} has {instance.address}, out of service or not healthy"
            hidden = f"{has}, and tells no caller of it"
            return (
                f'; {hidden}: services.{instance.service}.online = [{{ registry = "in service" }}] puts it in service'
            )
    return ""


def _await_registered(context: RunContext, step: str, instance: Instance) -> None:
    what, within_s = f"the registry to list {instance.incarnation}", context.timings.listed
    try:
        context.wait(
            what,
            partial(context.registrations, instance.service),
            accept=lambda lists: all(any(r.incarnation == instance.incarnation for r in listed) for listed in lists),
            within_s=within_s,
            describe=named,
            of=instance,
        )
    except Unmet as unmet:
        raise Unmet(what, within_s, f"{unmet.saw}{_hidden_by(context, instance)}") from unmet
    if context.weights != (1, 1) and context.is_released(instance):
        weigh(context, instance, context.weights[0 if context.is_new(instance) else 1])
        told_ns = context.clock.now() + round(context.told_within_s * 1e9)
        await_time(context, f"every consumer to have been told of {instance.incarnation}'s weight", told_ns)
    context.note(events.Registered, step, instance)
    hidden = hidden_consumers(context, instance.service)
    if hidden:
        told_ns = context.clock.now() + round(context.told_within_s * 1e9)
        await_time(context, f"every consumer to have been told of {instance.incarnation}", told_ns)
        context.note(events.ListedByTime, step, instance, consumers=tuple(one.name for one in hidden))
    for consumer in context.consumers(instance.service):
        if consumer in hidden:
            continue
        context.wait(
            f"{consumer.incarnation} to see {instance.incarnation}",
            partial(seen_by, consumer, instance.service),
            accept=lambda seen: seen is not None and instance.incarnation in seen,
            within_s=context.timings.listed,
            of=consumer,
        )
        context.note(events.Listed, step, instance, observer=consumer.name)
