"""A fault in the middle of a release: it strikes, it is felt, it is mended; each with its proof."""

from contextlib import suppress
from dataclasses import asdict
from functools import partial

from conformance.plan import Fault, Restart
from conformance.record import events
from conformance.run import down, up
from conformance.run.parallel import on_each
from conformance.run.scene import Scene
from conformance.run.waiting import Unmet, until
from conformance.run.world import Gone, Instance


def strike(scene: Scene, step: str, fault: Fault) -> None:
    """Let it happen to all of them at once, and see that it did: they answer no more."""
    victims = _victims(scene, fault)
    scene.leaving |= {victim.incarnation for victim in victims}
    for victim in victims:
        if fault.harm == "cut off":
            victim.cut_off()
        elif fault.harm == "freeze":
            victim.signal("SIGSTOP")
        else:
            at_ns = scene.clock.now()
            victim.signal("SIGKILL")
            scene.note(events.Signalled, step, victim, at_ns=at_ns, signal="SIGKILL")
    on_each(victims, partial(_await_struck, scene, step, fault))


def _await_struck(scene: Scene, step: str, fault: Fault, victim: Instance) -> None:
    down.await_silence(scene, victim)
    scene.note(events.Struck, step, victim, harm=fault.harm)
    if fault.harm == "kill":
        status = until(
            f"{victim.incarnation} to end after SIGKILL",
            victim.exit_status,
            accept=lambda status: status is not None,
            within_s=scene.timings.stopped,
            every_s=scene.timings.look,
        )
        assert status is not None  # noqa: S101 - that is what was waited for
        scene.note(events.Exited, step, victim, **asdict(status))


def await_felt(scene: Scene) -> None:
    """Wait until a request has failed since the fault began, but no longer than a client would wait for an answer."""
    before = scene.mark
    with suppress(Unmet):
        until(
            "a request to fail",
            scene.load.progress,
            accept=lambda now: now.failed > before.failed,
            within_s=scene.thresholds.client_timeout_s,
            every_s=scene.timings.look,
        )


def mend(scene: Scene, step: str, fault: Fault) -> None:
    """End it, and wait until everybody is ready and listed by their callers."""
    on_each(_victims(scene, fault), partial(_mend, scene, step, fault))


def _mend(scene: Scene, step: str, fault: Fault, victim: Instance) -> None:
    if fault.harm == "kill":
        _start_anew(scene, step, victim)
        return
    if fault.harm == "freeze":
        victim.signal("SIGCONT")
    else:
        victim.reconnect()
    until(
        f"{victim.incarnation} to be ready again",
        lambda: victim.status().ready,
        within_s=scene.timings.ready,
        every_s=scene.timings.look,
        transient=(Gone,),
    )
    until(
        f"{victim.incarnation} to be listed again",
        lambda: _is_listed(scene, victim),
        within_s=scene.timings.listed,
        every_s=scene.timings.look,
    )
    scene.leaving.discard(victim.incarnation)
    scene.note(events.Mended, step, victim)


def _start_anew(scene: Scene, step: str, victim: Instance) -> None:
    """In the version that it was; and wait until nobody calls the dead one any more."""
    at_ns = scene.clock.now()
    instance = scene.group_of(victim.name).start(victim.name, victim.version)
    scene.note(events.Launched, step, instance, at_ns=at_ns, version=instance.version, address=instance.address)
    up.await_ready(instance, within_s=scene.timings.ready, every_s=scene.timings.look)
    scene.note(events.Ready, step, instance)
    up.await_listed(scene, step, instance)
    down.await_unlisted(scene, step, victim)
    scene.note(events.Mended, step, instance)


def stop_server(scene: Scene, step: str, fault: Restart) -> None:
    """End it, both of them where there are two; what they kept in memory is gone."""
    for server in scene.world.restartable[fault.server]:
        scene.leaving |= {fault.server, server.process.name}
        server.stop()
    scene.writer.event(events.ServerStopped(at_ns=scene.clock.now(), step=step, server=fault.server))


def start_server(scene: Scene, step: str, fault: Restart) -> None:
    """Start them anew, one after the other; each answers when it is back. The SLB's group is restored (A3)."""
    for server in scene.world.restartable[fault.server]:
        server.restart()
        scene.leaving.discard(server.process.name)
    if fault.server == "SLB":
        _restore_group(scene)
    scene.leaving.discard(fault.server)
    scene.writer.event(events.ServerStarted(at_ns=scene.clock.now(), step=step, server=fault.server))


def _restore_group(scene: Scene) -> None:
    """As a controller does that finds an SLB without one."""
    entry = [one for group in scene.world.groups if group.role == "entry" for one in group.living()]
    for instance in entry:
        scene.world.slb.enrol(instance)
    for instance in entry:
        until(
            f"the SLB's health check to pass {instance.incarnation}",
            partial(_is_listed, scene, instance),
            within_s=scene.timings.listed,
            every_s=scene.timings.look,
        )


def _victims(scene: Scene, fault: Fault) -> tuple[Instance, ...]:
    """The last incarnation of each."""
    latest = {one.name: one for group in scene.world.groups for one in group.all()}
    return tuple(latest[name] for name in fault.instances)


def _is_listed(scene: Scene, instance: Instance) -> bool:
    """By whoever its callers go by: the SLB's group or the registry."""
    if scene.world.group(instance.service).role == "entry":
        return any(m.incarnation == instance.incarnation and m.in_rotation for m in scene.world.slb.members())
    lists = scene.registrations(instance.service)
    return all(any(one.incarnation == instance.incarnation for one in listed) for listed in lists)
