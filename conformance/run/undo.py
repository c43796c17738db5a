"""Rolling back: as lossless as rolling out, from whatever state the release has got into."""

from conformance.run import down, up
from conformance.run.parallel import on_each
from conformance.run.scene import Scene
from conformance.run.world import Instance


def retire(scene: Scene, step: str, instance: Instance, *, notify: bool) -> None:
    """Take it down: out of its callers' lists first. One that is not ready may be in them all the same."""
    if down.answers(instance):
        if scene.world.group(instance.service).role == "entry":
            if any(member.incarnation == instance.incarnation for member in scene.world.slb.members()):
                down.withdraw(scene, step, instance)
        else:
            down.mark_offline(scene, step, instance, notify=notify)
            down.serve_out(scene, step, instance)
    down.stop(scene, step, instance, signal="SIGTERM", in_mid_write=False, vanish=False)


def restore(scene: Scene, step: str, names: tuple[str, ...], version: str, *, notify: bool) -> None:
    """Start this version wherever none of it runs, and wait until each is ready.

    One that was on its way down is of no use any more: it has left its callers' lists, and does not come back to them.
    """
    leaving = [one for one in scene.living(names, version) if down.answers(one) and one.status().offline]
    on_each(leaving, lambda instance: retire(scene, step, instance, notify=notify))
    missing = [name for name in names if not scene.living((name,), version)]
    on_each(missing, lambda name: up.start(scene, step, name, version))
