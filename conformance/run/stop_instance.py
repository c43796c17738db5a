"""The way down: one instance at a time here, all of a batch at once by whoever calls."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial

from conformance.record import events
from conformance.run.run_context import RunContext, await_time, hidden_consumers, seen_by
from conformance.run.waiting import Unmet
from conformance.run.world import ExitStatus, Gone, Instance, Member, Signal, Status


def await_held_write(context: RunContext, step: str, instance: Instance) -> None:
    """Wait until a write has come to be held on the instance, and record its id; or that none came in time.

    One that was held already at the first look may be answered any moment; one that is new since then is held for most
    of its ``work_ms`` yet. Where no write has been seen held on any instance of its service (the workload holds none,
    or none comes so far) the wait is short: what is in flight on it is recorded, and the way down goes on. Where the
    descriptor does not declare what an instance has in flight there is nothing to wait for.
    """
    first = _ask(context, instance)
    if first.in_flight is None:
        return
    known = set(first.held_writes)
    if known:
        context.held_on.add(instance.service)
    since_ns = context.clock.now()

    def enough(status: Status) -> bool:
        if status.held_writes:
            context.held_on.add(instance.service)
        if set(status.held_writes) - known or (not context.holds_writes and status.in_flight):
            return True
        waited_s = (context.clock.now() - since_ns) / 1e9
        return instance.service not in context.held_on and waited_s >= context.timings.any_write

    try:
        last = context.wait(
            f"a write in flight on {instance.incarnation}",
            instance.status,
            accept=enough,
            within_s=max(context.timings.write_in_flight, context.timings.any_write),
            of=instance,
        )
    except Unmet:
        last = _ask(context, instance)
    held = last.held_writes if set(last.held_writes) - known else ()
    context.note(events.WritesInFlight, step, instance, requests=held, in_flight=last.in_flight)


def _ask(context: RunContext, instance: Instance) -> Status:
    return context.ask_until_answered(f"{instance.incarnation} to answer", instance.status, of=instance)


def _own_members(context: RunContext, instance: Instance) -> list[Member]:
    return [m for m in context.world.slb.members() if m.incarnation == instance.incarnation]


def is_member(context: RunContext, instance: Instance) -> bool:
    """Whether the SLB has it in its group."""
    own = context.ask_until_answered("the SLB to show its group", partial(_own_members, context, instance))
    return any(member.enrolled for member in own)


def drain(context: RunContext, step: str, instance: Instance) -> None:
    """Take it out of the SLB's group, in mid-write, and wait until nothing is in flight on it; nothing if it is out."""
    if not is_member(context, instance):
        return
    await_held_write(context, step, instance)
    withdraw(context, step, instance)


def withdraw(context: RunContext, step: str, instance: Instance) -> None:
    """Take it out of the SLB's group and wait until nothing is in flight on it, by what the SLB knows."""
    context.world.slb.withdraw(instance)
    context.wait(
        f"the SLB to have nothing in flight on {instance.incarnation}",
        partial(_own_members, context, instance),
        accept=lambda own: not any(member.enrolled or member.in_flight != 0 for member in own),
        within_s=context.timings.drained,
        describe=lambda own: _in_flight([member.in_flight for member in own]),
    )
    context.note(events.DrainAcknowledged, step, instance)


def _in_flight(counts: Sequence[int | None]) -> str:
    return "an unknown number in flight" if None in counts else f"{sum(filter(None, counts))} in flight"


def go_offline(context: RunContext, step: str, instance: Instance, *, notify: bool) -> None:
    """Call its offline hook; the mark is when the hook has returned. Nothing where it is offline."""
    if _ask(context, instance).offline:
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
    look. Where consumers do not show whom they would call, it serves on for as long as they may go on calling it. Where
    it does not show what it has in flight, that is recorded as unknown.
    """
    began_ns = context.clock.now()
    hidden = hidden_consumers(context, instance.service)
    _await_unlisted(context, step, instance, context.timings.served_out)
    if hidden:
        what = f"every consumer to have asked for its list since {instance.incarnation} left it"
        await_time(context, what, began_ns + round(context.told_within_s * 1e9))
        context.note(events.UnlistedByTime, step, instance, consumers=tuple(one.name for one in hidden))
    if _ask(context, instance).in_flight is None:
        context.note(events.InFlightUnknown, step, instance)
        return
    quiet = 0

    def look() -> int | None:
        nonlocal quiet
        in_flight = instance.status().in_flight
        quiet = quiet + 1 if in_flight == 0 else 0
        return in_flight

    context.wait(
        f"nothing in flight on {instance.incarnation}",
        look,
        accept=lambda _: quiet > 1,
        within_s=context.timings.served_out,
        describe=lambda in_flight: f"{in_flight} in flight",
        of=instance,
    )
    context.note(events.NothingInFlight, step, instance)


def hang(context: RunContext, step: str, instance: Instance) -> None:
    """Let it fall silent in mid-write, and see that it did."""
    await_held_write(context, step, instance)
    context.leaving.incarnations.add(instance.incarnation)
    at_ns = context.clock.now()
    instance.signal("SIGSTOP")
    context.note(events.Signalled, step, instance, at_ns=at_ns, signal="SIGSTOP")
    await_silence(context, instance)


def await_silence(context: RunContext, instance: Instance) -> None:
    """Wait until it answers no more: not at two looks running, for at one it may only have been busy."""
    silent = 0

    def look() -> bool:
        nonlocal silent
        it_does = answers(instance)
        silent = 0 if it_does else silent + 1
        return it_does

    context.wait(
        f"{instance.incarnation} to fall silent",
        look,
        accept=lambda _: silent > 1,
        within_s=context.timings.silent,
        describe=lambda _: "it still answers",
    )


def answers(instance: Instance) -> bool:
    """Whether it does, at this one look."""
    try:
        instance.status()
    except Gone:
        return False
    return True


def is_offline(context: RunContext, instance: Instance) -> bool:
    """Whether it says so; one that does not answer says nothing."""
    return can_be_asked(context, instance) and bool(_ask(context, instance).offline)


def can_be_asked(context: RunContext, instance: Instance) -> bool:
    """Whether it answers at all: one look that it was too busy for does not decide that."""
    try:
        _ask(context, instance)
    except (Gone, Unmet):
        return False
    return True


def stop(  # noqa: PLR0913 - what a Stop says
    context: RunContext, step: str, instance: Instance, signal: Signal, *, in_mid_write: bool, vanish: bool
) -> None:
    """Send the signal, in mid-write where asked, and wait for the end; who has not ended in its grace is killed."""
    if in_mid_write:
        await_held_write(context, step, instance)
    context.leaving.incarnations.add(instance.incarnation)
    if vanish:
        at_ns = context.clock.now()
        instance.vanish()
        context.note(events.Signalled, step, instance, at_ns=at_ns, signal="SIGKILL")
        status = _end(context, instance, "SIGKILL", context.timings.stopped)
        if status is None:
            raise Unmet(f"{instance.incarnation} to end with its host", context.timings.stopped, "still running")
        context.note(events.Exited, step, instance, **asdict(status))
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
        status = instance.exit_status()
        if status is None:
            raise  # it runs, and was not sent the signal: to kill it for that would prove nothing
        return status
    context.note(events.Signalled, step, instance, at_ns=at_ns, signal=signal)
    return _end(context, instance, signal, within_s)


def _end(context: RunContext, instance: Instance, signal: Signal, within_s: float) -> ExitStatus | None:
    with suppress(Unmet):
        return context.wait(
            f"{instance.incarnation} to end after {signal}",
            instance.exit_status,
            accept=lambda status: status is not None,
            within_s=within_s,
        )
    return None


def await_unlisted(context: RunContext, step: str, instance: Instance) -> None:
    """Wait until the callers have noticed by themselves that it is gone."""
    if context.world.group(instance.service).role != "entry":
        _await_unlisted(context, step, instance, context.timings.unlisted)
        return
    context.wait(
        f"the SLB's health check to take {instance.incarnation} out",
        partial(_own_members, context, instance),
        accept=lambda members: not any(m.in_rotation for m in members),
        within_s=context.timings.unlisted,
    )
    context.note(events.Unlisted, step, instance, observer="slb")
    context.world.slb.withdraw(instance)


class _Listing:
    """Who still lists an instance; notes when each observer has dropped it, in whatever order they do.

    A consumer that does not show its list is no observer: nothing is said of it.
    """

    def __init__(self, context: RunContext, step: str, instance: Instance) -> None:
        self._context = context
        self._step = step
        self._instance = instance
        self._dropped: set[str] = set()

    def look(self) -> tuple[str, ...]:
        """The observers that still list it."""
        consumers = self._context.consumers(self._instance.service)
        still = {"registry": self._registered(), **{one.name: self._seen(one) for one in consumers}}
        for observer, lists in still.items():
            if lists is False and observer not in self._dropped:
                self._dropped.add(observer)
                self._context.note(events.Unlisted, self._step, self._instance, observer=observer)
        return tuple(observer for observer, lists in still.items() if lists)

    def _registered(self) -> bool:
        lists = self._context.registrations(self._instance.service)
        return any(one.incarnation == self._instance.incarnation for listed in lists for one in listed)

    def _seen(self, consumer: Instance) -> bool | None:
        seen = seen_by(consumer, self._instance.service)
        return None if seen is None else self._instance.incarnation in seen


def _await_unlisted(context: RunContext, step: str, instance: Instance, within_s: float) -> None:
    context.wait(
        f"registry and consumers to drop {instance.incarnation}",
        _Listing(context, step, instance).look,
        accept=lambda still: not still,
        within_s=within_s,
        describe=lambda still: f"still listed by {', '.join(still)}",
    )
