"""The way down: one instance at a time here, all of a batch at once by whoever calls."""

from contextlib import suppress
from dataclasses import asdict
from functools import partial

from conformance.record import events
from conformance.run.scene import Scene, seen_by
from conformance.run.waiting import Unmet, until
from conformance.run.world import ExitStatus, Gone, Instance, Signal


def await_held_write(scene: Scene, step: str, instance: Instance) -> None:
    """Wait until a write has come to be held on the instance, and record its id.

    One that was held already at the first look may be answered any moment; one that is new since then is held for most
    of its ``work_ms`` yet. Where the descriptor does not declare what an instance has in flight there is nothing to
    wait for.
    """
    first = instance.status()
    if first.in_flight is None:
        return
    known = set(first.held_writes)
    held = until(
        f"a write in flight on {instance.incarnation}",
        lambda: tuple(instance.status().held_writes),
        accept=lambda writes: bool(set(writes) - known),
        within_s=scene.timings.write_in_flight,
        every_s=scene.timings.look,
    )
    scene.note(events.WritesInFlight, step, instance, requests=held)


def drain(scene: Scene, step: str, instance: Instance) -> None:
    """Take it out of the SLB's group and wait until nothing is in flight on it, by the SLB's own count."""
    await_held_write(scene, step, instance)
    scene.world.slb.withdraw(instance)
    until(
        f"the SLB to have nothing in flight on {instance.incarnation}",
        lambda: sum(m.in_flight for m in scene.world.slb.members() if m.incarnation == instance.incarnation),
        accept=lambda in_flight: in_flight == 0,
        within_s=scene.timings.drained,
        every_s=scene.timings.look,
        describe=lambda in_flight: f"{in_flight} in flight",
    )
    scene.note(events.DrainAcknowledged, step, instance)


def go_offline(scene: Scene, step: str, instance: Instance, *, notify: bool) -> None:
    """Call its offline hook; the mark is when the hook has returned."""
    await_held_write(scene, step, instance)
    instance.go_offline(notify=notify)
    scene.note(events.MarkedOffline, step, instance, notify=notify)


def serve_out(scene: Scene, step: str, instance: Instance) -> None:
    """Wait until neither registry nor consumers list it, and nothing has been in flight on it for two looks running.

    Two, because a consumer may have picked it just before it dropped it, and its request be on the way at the first
    look.
    """
    _await_unlisted_by_registry(scene, step, instance, scene.timings.served_out)
    _await_unlisted_by_consumers(scene, step, instance, scene.timings.served_out)
    quiet = 0

    def look() -> int:
        nonlocal quiet
        in_flight = instance.status().in_flight
        quiet = quiet + 1 if not in_flight else 0
        return in_flight or 0

    until(
        f"nothing in flight on {instance.incarnation}",
        look,
        accept=lambda _: quiet > 1,
        within_s=scene.timings.served_out,
        every_s=scene.timings.look,
        describe=lambda in_flight: f"{in_flight} in flight",
    )
    scene.note(events.NothingInFlight, step, instance)


def stop(  # noqa: PLR0913 - what a Stop says
    scene: Scene, step: str, instance: Instance, signal: Signal, *, in_mid_write: bool, vanish: bool
) -> None:
    """Send the signal, in mid-write where asked, and wait for the end; who does not heed it in its grace is killed."""
    if in_mid_write:
        await_held_write(scene, step, instance)
    scene.leaving.add(instance.incarnation)
    if vanish:
        at_ns = scene.clock.now()
        instance.vanish()
        scene.note(events.Signalled, step, instance, at_ns=at_ns, signal="SIGKILL")
        scene.note(events.Exited, step, instance, **asdict(instance.exit_status() or ExitStatus(None, "SIGKILL")))
        return
    status = _signal(scene, step, instance, signal, scene.timings.stopped if signal == "SIGKILL" else instance.grace_s)
    if status is None and signal != "SIGKILL":
        status = _signal(scene, step, instance, "SIGKILL", scene.timings.stopped)
    if status is None:
        raise Unmet(f"{instance.incarnation} to end after SIGKILL", scene.timings.stopped, "still running")
    scene.note(events.Exited, step, instance, **asdict(status))


def _signal(scene: Scene, step: str, instance: Instance, signal: Signal, within_s: float) -> ExitStatus | None:
    """How it ended; None where it did not in time."""
    at_ns = scene.clock.now()
    try:
        instance.signal(signal)
    except Gone:
        return instance.exit_status()
    scene.note(events.Signalled, step, instance, at_ns=at_ns, signal=signal)
    with suppress(Unmet):
        return until(
            f"{instance.incarnation} to end after {signal}",
            instance.exit_status,
            accept=lambda status: status is not None,
            within_s=within_s,
            every_s=scene.timings.look,
        )
    return None


def await_unlisted(scene: Scene, step: str, instance: Instance) -> None:
    """Wait until the callers have noticed by themselves that it is gone."""
    if not scene.behind_slb:
        _await_unlisted_by_registry(scene, step, instance, scene.timings.unlisted)
        _await_unlisted_by_consumers(scene, step, instance, scene.timings.unlisted)
        return
    until(
        f"the SLB's health check to take {instance.incarnation} out",
        lambda: [m for m in scene.world.slb.members() if m.incarnation == instance.incarnation],
        accept=lambda members: not any(m.in_rotation for m in members),
        within_s=scene.timings.unlisted,
        every_s=scene.timings.look,
    )
    scene.note(events.Unlisted, step, instance, observer="slb")
    scene.world.slb.withdraw(instance)


def _await_unlisted_by_registry(scene: Scene, step: str, instance: Instance, within_s: float) -> None:
    until(
        f"the registry to drop {instance.incarnation}",
        lambda: [r for r in scene.world.registry.registrations(instance.service) if r.healthy],
        accept=lambda listed: all(r.incarnation != instance.incarnation for r in listed),
        within_s=within_s,
        every_s=scene.timings.look,
        describe=lambda listed: ", ".join(sorted(r.incarnation for r in listed)),
    )
    scene.note(events.Unlisted, step, instance, observer="registry")


def _await_unlisted_by_consumers(scene: Scene, step: str, instance: Instance, within_s: float) -> None:
    for consumer in scene.consumers():
        until(
            f"{consumer.incarnation} to drop {instance.incarnation}",
            partial(seen_by, consumer, instance.service),
            accept=lambda seen: seen is None or instance.incarnation not in seen,
            within_s=within_s,
            every_s=scene.timings.look,
        )
        scene.note(events.Unlisted, step, instance, observer=consumer.name)
