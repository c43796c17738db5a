"""A fault in the middle of a release: it strikes, it is felt, it is mended; each with its proof."""

from contextlib import suppress
from dataclasses import asdict
from functools import partial

from conformance.plan import Fault, Restart
from conformance.record import events
from conformance.run import start_instance, stop_instance
from conformance.run.parallel import on_instances
from conformance.run.run_context import RunContext
from conformance.run.waiting import Unmet
from conformance.run.world import Instance


def strike(context: RunContext, step: str, fault: Fault) -> None:
    """Let it happen to all of them at once, and see that it did: they answer no more."""
    victims = _victims(context, fault)
    context.leaving.incarnations.update(victim.incarnation for victim in victims)
    for victim in victims:
        if fault.harm == "cut off":
            victim.cut_off()
        elif fault.harm == "freeze":
            victim.signal("SIGSTOP")
        else:
            at_ns = context.clock.now()
            victim.signal("SIGKILL")
            context.note(events.Signalled, step, victim, at_ns=at_ns, signal="SIGKILL")
    on_instances(context, step, victims, partial(_await_struck, context, step, fault))


def _await_struck(context: RunContext, step: str, fault: Fault, victim: Instance) -> None:
    stop_instance.await_silence(context, victim)
    context.note(events.Struck, step, victim, harm=fault.harm)
    if fault.harm == "kill":
        status = context.wait(
            f"{victim.incarnation} to end after SIGKILL",
            victim.exit_status,
            accept=lambda status: status is not None,
            within_s=context.timings.stopped,
        )
        assert status is not None  # noqa: S101 - that is what was waited for
        context.note(events.Exited, step, victim, **asdict(status))


def await_felt(context: RunContext, step: str) -> None:
    """Wait until a request has failed since the fault began, but no longer than a client would wait for an answer.

    Records how many had; a fault that nobody felt is recorded as that, so that it cannot pass for one that did harm.
    """
    before, within_s = context.mark, context.thresholds.client_timeout_s
    with suppress(Unmet):
        context.wait(
            "a request to fail",
            context.traffic,
            accept=lambda now: now.failed > before.failed,
            within_s=within_s,
        )
    failed = context.traffic().failed - before.failed
    context.writer.event(events.Felt(at_ns=context.clock.now(), step=step, failed=failed, within_s=within_s))


def mend(context: RunContext, step: str, fault: Fault) -> None:
    """End it, and wait until everybody is ready and listed by their callers."""
    on_instances(context, step, _victims(context, fault), partial(_mend, context, step, fault))


def _mend(context: RunContext, step: str, fault: Fault, victim: Instance) -> None:
    if fault.harm == "kill":
        _start_anew(context, step, victim)
        return
    if fault.harm == "freeze":
        victim.signal("SIGCONT")
    else:
        victim.reconnect()
    context.wait(
        f"{victim.incarnation} to be ready again",
        lambda: victim.status().ready,
        within_s=context.timings.ready,
        of=victim,
    )
    context.wait(
        f"{victim.incarnation} to be listed again",
        lambda: _is_listed(context, victim),
        within_s=context.timings.listed,
        of=victim,
    )
    context.leaving.incarnations.discard(victim.incarnation)
    context.note(events.Mended, step, victim)


def _start_anew(context: RunContext, step: str, victim: Instance) -> None:
    """In the version that it was; and wait until nobody calls the dead one any more."""
    at_ns = context.clock.now()
    instance = context.world.group(victim.service).start(victim.name, victim.version)
    context.note(events.Launched, step, instance, at_ns=at_ns, version=instance.version, address=instance.address)
    start_instance.await_ready(
        instance, within_s=max(context.timings.ready, instance.ready_s), every_s=context.timings.look
    )
    context.note(events.Ready, step, instance)
    start_instance.await_listed(context, step, instance)
    stop_instance.await_missed(context, step, victim)
    context.note(events.Mended, step, instance)


def stop_server(context: RunContext, step: str, fault: Restart) -> None:
    """End it, both of them where there are two; what they kept in memory is gone."""
    for server in context.world.restartable[fault.server]:
        context.leaving.servers.add(fault.server)
        context.leaving.processes.add(server.process.name)
        server.stop()
    context.writer.event(events.ServerStopped(at_ns=context.clock.now(), step=step, server=fault.server))


def start_server(context: RunContext, step: str, fault: Restart) -> None:
    """Start them anew, one after the other; each answers when it is back. The SLB's group is restored (A3)."""
    for server in context.world.restartable[fault.server]:
        server.restart()
        context.leaving.processes.discard(server.process.name)
    if fault.server == "SLB":
        _restore_group(context)
    context.leaving.servers.discard(fault.server)
    context.writer.event(events.ServerStarted(at_ns=context.clock.now(), step=step, server=fault.server))


def _restore_group(context: RunContext) -> None:
    """As a controller does that finds an SLB without one."""
    entry = [one for group in context.world.groups if group.position == "entry" for one in group.living()]
    for instance in entry:
        context.world.slb.enrol(instance)
    for instance in entry:
        context.wait(
            f"the SLB's health check to pass {instance.incarnation}",
            partial(_is_listed, context, instance),
            within_s=context.timings.listed,
            of=instance,
        )


def _victims(context: RunContext, fault: Fault) -> tuple[Instance, ...]:
    """The last incarnation of each."""
    latest = {one.name: one for group in context.world.groups for one in group.all()}
    return tuple(latest[name] for name in fault.instances)


def _is_listed(context: RunContext, instance: Instance) -> bool:
    """By whoever its callers go by: the SLB's group or the registry."""
    group = context.world.group(instance.service)
    if group.position == "entry":
        return any(m.incarnation == instance.incarnation and m.in_rotation for m in context.world.slb.members())
    if group.registered_as is None:
        return True
    lists = context.registrations(instance.service)
    return all(any(one.incarnation == instance.incarnation for one in listed) for listed in lists)
