"""The way down: one instance at a time here, all of a batch at once by whoever calls."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from conformance.record import events
from conformance.run.run_context import RunContext, await_time, seen_by
from conformance.run.waiting import Unmet, until
from conformance.run.world import ExitStatus, Gone, Instance, Signal


def await_held_write(context: RunContext, step: str, instance: Instance) -> None:
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
        within_s=context.timings.write_in_flight,
        every_s=context.timings.look,
    )
    context.note(events.WritesInFlight, step, instance, requests=held)


def drain(context: RunContext, step: str, instance: Instance) -> None:
    """Take it out of the SLB's group, in mid-write, and wait until nothing is in flight on it; nothing if it is out."""
    if not any(m.incarnation == instance.incarnation and m.enrolled for m in context.world.slb.members()):
        return
    await_held_write(context, step, instance)
    withdraw(context, step, instance)


def withdraw(context: RunContext, step: str, instance: Instance) -> None:
    """Take it out of the SLB's group and wait until nothing is in flight on it, by what the SLB knows."""
    context.world.slb.withdraw(instance)
    until(
        f"the SLB to have nothing in flight on {instance.incarnation}",
        lambda: [m.in_flight for m in context.world.slb.members() if m.incarnation == instance.incarnation],
        accept=lambda counts: all(in_flight == 0 for in_flight in counts),
        within_s=context.timings.drained,
        every_s=context.timings.look,
        describe=_in_flight,
    )
    context.note(events.DrainAcknowledged, step, instance)


def _in_flight(counts: Sequence[int | None]) -> str:
    return "an unknown number in flight" if None in counts else f"{sum(filter(None, counts))} in flight"


def go_offline(context: RunContext, step: str, instance: Instance, *, notify: bool) -> None:
    """Call its offline hook; the mark is when the hook has returned. Nothing where it is offline."""
    if instance.status().offline:
        return
    await_held_write(context, step, instance)
    mark_offline(context, step, instance, notify=notify)


def mark_offline(context: RunContext, step: str, instance: Instance, *, notify: bool) -> None:
    """Call its offline hook, whatever is in flight on it."""
    instance.go_offline(notify=notify)
    context.note(events.MarkedOffline, step, instance, notify=notify)


def serve_out(context: RunContext, step: str, instance: Instance) -> None:
    """Wait until neither registry nor consumers list it, and nothing has been in flight on it for two looks running.

    Two, because a consumer may have picked it just before it dropped it, and its request be on the way at the first
    look. Where consumers do not show whom they would call, it serves on for as long as they may go on calling it.
    """
    began_ns = context.clock.now()
    _await_unlisted(context, step, instance, context.timings.served_out)
    if any(seen_by(consumer, instance.service) is None for consumer in context.consumers(instance.service)):
        what = f"every consumer to have asked for its list since {instance.incarnation} left it"
        await_time(context, what, began_ns + round(context.told_within_s * 1e9))
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
        within_s=context.timings.served_out,
        every_s=context.timings.look,
        describe=lambda in_flight: f"{in_flight} in flight",
    )
    context.note(events.NothingInFlight, step, instance)


def hang(context: RunContext, step: str, instance: Instance) -> None:
    """Let it fall silent in mid-write, and see that it did."""
    await_held_write(context, step, instance)
    context.leaving.add(instance.incarnation)
    at_ns = context.clock.now()
    instance.signal("SIGSTOP")
    context.note(events.Signalled, step, instance, at_ns=at_ns, signal="SIGSTOP")
    await_silence(context, instance)


def await_silence(context: RunContext, instance: Instance) -> None:
    """Wait until it answers no more."""
    until(
        f"{instance.incarnation} to fall silent",
        lambda: answers(instance),
        accept=lambda it_does: not it_does,
        within_s=context.timings.silent,
        every_s=context.timings.look,
        describe=lambda _: "it still answers",
    )


def answers(instance: Instance) -> bool:
    """Whether it does."""
    try:
        instance.status()
    except Gone:
        return False
    return True


def stop(  # noqa: PLR0913 - what a Stop says
    context: RunContext, step: str, instance: Instance, signal: Signal, *, in_mid_write: bool, vanish: bool
) -> None:
    """Send the signal, in mid-write where asked, and wait for the end; who does not heed it in its grace is killed."""
    if in_mid_write:
        await_held_write(context, step, instance)
    context.leaving.add(instance.incarnation)
    if vanish:
        at_ns = context.clock.now()
        instance.vanish()
        context.note(events.Signalled, step, instance, at_ns=at_ns, signal="SIGKILL")
        context.note(events.Exited, step, instance, **asdict(instance.exit_status() or ExitStatus(None, "SIGKILL")))
        return
    status = _signal(
        context, step, instance, signal, context.timings.stopped if signal == "SIGKILL" else instance.grace_s
    )
    if status is None and signal != "SIGKILL":
        status = _signal(context, step, instance, "SIGKILL", context.timings.stopped)
    if status is None:
        raise Unmet(f"{instance.incarnation} to end after SIGKILL", context.timings.stopped, "still running")
    context.note(events.Exited, step, instance, **asdict(status))


def _signal(context: RunContext, step: str, instance: Instance, signal: Signal, within_s: float) -> ExitStatus | None:
    """How it ended; None where it did not in time."""
    at_ns = context.clock.now()
    try:
        instance.signal(signal)
    except Gone:
        return instance.exit_status()
    context.note(events.Signalled, step, instance, at_ns=at_ns, signal=signal)
    with suppress(Unmet):
        return until(
            f"{instance.incarnation} to end after {signal}",
            instance.exit_status,
            accept=lambda status: status is not None,
            within_s=within_s,
            every_s=context.timings.look,
        )
    return None


def await_unlisted(context: RunContext, step: str, instance: Instance) -> None:
    """Wait until the callers have noticed by themselves that it is gone."""
    if context.world.group(instance.service).role != "entry":
        _await_unlisted(context, step, instance, context.timings.unlisted)
        return
    until(
        f"the SLB's health check to take {instance.incarnation} out",
        lambda: [m for m in context.world.slb.members() if m.incarnation == instance.incarnation],
        accept=lambda members: not any(m.in_rotation for m in members),
        within_s=context.timings.unlisted,
        every_s=context.timings.look,
    )
    context.note(events.Unlisted, step, instance, observer="slb")
    context.world.slb.withdraw(instance)


class _Listing:
    """Who still lists an instance; notes when each observer has dropped it, in whatever order they do."""

    def __init__(self, context: RunContext, step: str, instance: Instance) -> None:
        self._scene = context
        self._step = step
        self._instance = instance
        self._dropped: set[str] = set()

    def look(self) -> tuple[str, ...]:
        """The observers that still list it."""
        consumers = self._scene.consumers(self._instance.service)
        still = {"registry": self._registered(), **{one.name: self._seen(one) for one in consumers}}
        for observer, lists in still.items():
            if not lists and observer not in self._dropped:
                self._dropped.add(observer)
                self._scene.note(events.Unlisted, self._step, self._instance, observer=observer)
        return tuple(observer for observer, lists in still.items() if lists)

    def _registered(self) -> bool:
        lists = self._scene.registrations(self._instance.service)
        return any(one.incarnation == self._instance.incarnation for listed in lists for one in listed)

    def _seen(self, consumer: Instance) -> bool:
        seen = seen_by(consumer, self._instance.service)
        return seen is not None and self._instance.incarnation in seen


def _await_unlisted(context: RunContext, step: str, instance: Instance, within_s: float) -> None:
    until(
        f"registry and consumers to drop {instance.incarnation}",
        _Listing(context, step, instance).look,
        accept=lambda still: not still,
        within_s=within_s,
        every_s=context.timings.look,
        describe=lambda still: f"still listed by {', '.join(still)}",
    )
