"""A fault in the middle of a release: it strikes, it is felt, it is mended; each with its proof."""

from contextlib import suppress

from conformance.plan import Fault, Restart
from conformance.record import events
from conformance.run.down import await_silence
from conformance.run.scene import Scene
from conformance.run.waiting import Unmet, until
from conformance.run.world import Gone, Instance


def strike(scene: Scene, step: str, fault: Fault) -> None:
    """Let it happen, and see that it did: the instance answers no more."""
    victim = _victim(scene, fault)
    scene.leaving.add(victim.incarnation)
    if fault.harm == "freeze":
        victim.signal("SIGSTOP")
    else:
        victim.cut_off()
    await_silence(scene, victim)
    scene.note(events.Struck, step, victim, harm=fault.harm)


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
    """End it, and wait until the instance is ready and its callers list it."""
    victim = _victim(scene, fault)
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


def stop_server(scene: Scene, step: str, fault: Restart) -> None:
    """End every registry: what they know is gone with them."""
    for registry in scene.world.registries:
        scene.leaving |= {fault.server, registry.server.process.name}
        registry.server.stop()
    scene.writer.event(events.ServerStopped(at_ns=scene.clock.now(), step=step, server=fault.server))


def start_server(scene: Scene, step: str, fault: Restart) -> None:
    """Start them anew, one after the other; each answers when it is back."""
    for registry in scene.world.registries:
        registry.server.restart()
        scene.leaving.discard(registry.server.process.name)
    scene.leaving.discard(fault.server)
    scene.writer.event(events.ServerStarted(at_ns=scene.clock.now(), step=step, server=fault.server))


def _victim(scene: Scene, fault: Fault) -> Instance:
    return next(one for one in scene.world.group(fault.service.name).living() if one.name == fault.instance)


def _is_listed(scene: Scene, instance: Instance) -> bool:
    """By whoever its callers go by: the SLB's group or the registry."""
    if scene.world.group(instance.service).role == "entry":
        return any(m.incarnation == instance.incarnation and m.in_rotation for m in scene.world.slb.members())
    lists = scene.registrations(instance.service)
    return all(any(one.incarnation == instance.incarnation for one in listed) for listed in lists)
