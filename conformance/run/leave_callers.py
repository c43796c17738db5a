"""The acts by which an instance leaves its callers while it serves on: one instance at a time here."""

import re
from collections.abc import Sequence
from functools import partial

from conformance.plan import (
    Act,
    CommandAct,
    DrainAct,
    HttpAct,
    QuietAct,
    RegistryAct,
    SignalAct,
    UnlistedAct,
    WaitAct,
)
from conformance.record import events
from conformance.run.run_context import RunContext, await_time, hidden_consumers, seen_by
from conformance.run.waiting import Unmet
from conformance.run.world import Gone, Instance, Member, Registry, RegistryName, Status


def await_held_write(context: RunContext, step: str, instance: Instance) -> None:
    """Wait until a write has come to be held on the instance, and record its id; or that none came in time.

    One that was held already at the first look may be answered any moment; one that is new since then is held for most
    of its ``work_ms`` yet. Where no write has been seen held on any instance of its service (the workload holds none,
    or none comes so far) the wait is short: what is in flight on it is recorded, and the way down goes on. So is it
    where the instance does not name the writes that it holds. Where the descriptor does not declare what an instance
    has in flight there is nothing to wait for.
    """
    first = ask(context, instance)
    if first.in_flight is None:
        return
    if first.held_writes is None:
        _await_in_flight(context, step, instance)
        return
    known = set(first.held_writes)
    if known:
        context.held_on.add(instance.service)
    since_ns = context.clock.now()

    def enough(status: Status) -> bool:
        if status.held_writes:
            context.held_on.add(instance.service)
        if set(status.held_writes or ()) - known or (not context.holds_writes and status.in_flight):
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
        last = ask(context, instance)
    held = last.held_writes or ()
    context.note(
        events.WritesInFlight,
        step,
        instance,
        requests=held if set(held) - known else (),
        in_flight=last.in_flight,
    )


def _await_in_flight(context: RunContext, step: str, instance: Instance) -> None:
    """By its count alone. Where writes are held it takes two looks running: what both see is hardly a short request."""
    running, wanted = 0, 2 if context.holds_writes else 1

    def busy(status: Status) -> bool:
        nonlocal running
        running = running + 1 if status.in_flight else 0
        return running >= wanted

    try:
        last = context.wait(
            f"a request in flight on {instance.incarnation}",
            instance.status,
            accept=busy,
            within_s=context.timings.any_write,
            of=instance,
        )
    except Unmet:
        last = ask(context, instance)
    context.note(events.WritesInFlight, step, instance, requests=(), in_flight=last.in_flight)


def ask(context: RunContext, instance: Instance) -> Status:
    """Its status, at the first look that it answers. Raises Gone and Unmet."""
    return context.ask_until_answered(f"{instance.incarnation} to answer", instance.status, of=instance)


def own_members(context: RunContext, instance: Instance) -> list[Member]:
    """What the SLB says of it; raises Gone."""
    return [m for m in context.world.slb.members() if m.incarnation == instance.incarnation]


def is_member(context: RunContext, instance: Instance) -> bool:
    """Whether the SLB has it in its group."""
    own = context.ask_until_answered("the SLB to show its group", partial(own_members, context, instance))
    return any(member.enrolled for member in own)


class ActRefused(RuntimeError):
    """An instance, a command or a registry did not do what it was told; says which, what, and the answer."""


def carry_out(  # noqa: C901, PLR0913 - a flat table; keywords, each with one meaning
    context: RunContext, step: str, instance: Instance, act: Act, *, begins: bool = False, amid: bool = True
) -> None:
    """One act, but for a signal.

    Args:
        context: Of the run.
        step: Its number, for the record.
        instance: Whose act it is.
        act: What is done.
        begins: Whether it is the first by which the instance leaves its callers: nothing where it has left them
            already, by the SLB's group or by its own word.
        amid: Whether a write is to be in flight on it where it begins.

    Raises:
        ActRefused: It was not done.
        Gone, Unmet: A server has ended, or what was waited for did not come.
    """
    match act:
        case DrainAct():
            if is_member(context, instance):
                if begins and amid:
                    begin(context, step, instance)
                _withdraw(context, step, instance)
        case HttpAct() | CommandAct() | RegistryAct():
            if begins and amid:
                if ask(context, instance).offline:
                    return
                begin(context, step, instance)
            _tell(context, step, instance, act, marks=begins)
        case UnlistedAct():
            await_unlisted(context, step, instance)
        case QuietAct():
            _await_quiet(context, step, instance, act)
        case WaitAct(seconds):
            await_time(context, f"{seconds:g} s to pass", context.clock.now() + round(seconds * 1e9))
        case SignalAct():
            raise NotImplementedError("a signal is the end, not a way to it: stop_instance.stop")


def _withdraw(context: RunContext, step: str, instance: Instance) -> None:
    """Take it out of the SLB's group and wait until nothing is in flight on it, by what the SLB knows."""
    context.world.slb.withdraw(instance)
    context.wait(
        f"the SLB to have nothing in flight on {instance.incarnation}",
        partial(own_members, context, instance),
        accept=lambda own: not any(member.enrolled or member.in_flight != 0 for member in own),
        within_s=context.timings.drained,
        describe=lambda own: _in_flight([member.in_flight for member in own]),
    )
    context.note(events.DrainAcknowledged, step, instance)


def _in_flight(counts: Sequence[int | None]) -> str:
    return "an unknown number in flight" if None in counts else f"{sum(filter(None, counts))} in flight"


def begin(context: RunContext, step: str, instance: Instance) -> None:
    """Its way down begins, in mid-write where it can be told."""
    await_held_write(context, step, instance)
    remember_log(context, instance)


def remember_log(context: RunContext, instance: Instance) -> None:
    """What its log gains from now on, it says on its way down."""
    size = instance.log.stat().st_size if instance.log.exists() else 0
    context.log_at.setdefault(instance.incarnation, size)


def _tell(
    context: RunContext, step: str, instance: Instance, act: HttpAct | CommandAct | RegistryAct, *, marks: bool
) -> None:
    """Raises Gone where a server has ended, else ActRefused with what was said."""
    try:
        if isinstance(act, RegistryAct):
            if not _tell_registries(context, instance, act):
                return
        else:
            instance.perform(act)
    except Gone as error:
        context.raise_if_a_server_ended(error)
        raise ActRefused(f"{_not_done(instance, act)}{error}") from error
    if marks:
        notify = not isinstance(act, RegistryAct) and act.notifies
        context.note(events.MarkedOffline, step, instance, notify=notify)
    context.note(events.Performed, step, instance, act=str(act))


def _not_done(instance: Instance, act: HttpAct | CommandAct | RegistryAct) -> str:
    """What a registry was asked, whose answer does not name the instance; others say all by themselves."""
    if not isinstance(act, RegistryAct):
        return ""
    return f"{instance.incarnation} was not {'put' if isinstance(act.state, str) else 'given'} {act}: "


def await_known(context: RunContext, registry: Registry, name: RegistryName, instance: Instance) -> None:
    """Wait until the registry has its address under this name. Raises Gone and Unmet."""
    context.wait(
        f"{registry.name} to know {instance.incarnation} at {instance.address}",
        partial(known_addresses, registry, name),
        accept=lambda known: instance.address in known,
        within_s=context.timings.listed,
        of=instance,
    )


def _tell_registries(context: RunContext, instance: Instance, act: RegistryAct) -> bool:
    """Each of them; in service or of a weight once it knows the instance.

    Returns:
        Whether any has done it: one that is ending may have left already.
    """
    name = context.world.group(instance.service).registered_as
    if name is None:
        raise Gone(f"{instance.service} stands in no registry")
    ending, done = instance.incarnation in context.leaving.incarnations, False
    for registry in context.world.registries:
        try:
            if act.state != "out of service" and not ending:
                await_known(context, registry, name, instance)
            registry.set_state(name, instance.address, act.state)
            done = True
        except Gone:
            if not ending:
                raise
    return done


def known_addresses(registry: Registry, name: RegistryName) -> tuple[str, ...]:
    """What it lists for this service, in service or not; raises Gone."""
    return tuple(one.address for one in registry.registrations(name))


def await_unlisted(context: RunContext, step: str, instance: Instance, *, within_s: float | None = None) -> None:
    """Wait until neither registry nor consumers list it.

    Where consumers do not show which instances they would call, it serves on for as long as they may go on calling it.
    """
    began_ns = context.clock.now()
    context.wait(
        f"registry and consumers to drop {instance.incarnation}",
        _Listing(context, step, instance).look,
        accept=lambda still: not still,
        within_s=context.timings.served_out if within_s is None else within_s,
        describe=lambda still: f"still listed by {', '.join(still)}",
    )
    hidden = hidden_consumers(context, instance.service)
    if hidden and within_s is None:
        what = f"every consumer to have asked for its list since {instance.incarnation} left it"
        await_time(context, what, began_ns + round(context.told_within_s * 1e9))
        context.note(events.UnlistedByTime, step, instance, consumers=tuple(one.name for one in hidden))


def _await_quiet(context: RunContext, step: str, instance: Instance, act: QuietAct) -> None:
    """Wait until nothing is in flight on it, at two looks running by its status, or as the act tells it.

    Two, because a consumer may have picked it just before it dropped it, and its request be on the way at the first
    look. Where nothing shows what it has in flight, that is recorded as unknown. One that was sent a signal before may
    end meanwhile: its end then says what there is to say.
    """
    remember_log(context, instance)
    try:
        _await_shown_quiet(context, step, instance, act)
    except Gone:
        if instance.incarnation not in context.leaving.incarnations or instance.exit_status() is None:
            raise


def _await_shown_quiet(context: RunContext, step: str, instance: Instance, act: QuietAct) -> None:
    if act.command is not None or act.log:
        context.wait(
            f"{instance.incarnation} to be quiet by {act.command or act.log}",
            partial(_quiet_by_word, context, instance, act),
            within_s=_quiet_within_s(context, act),
            describe=lambda _: "not so far",
            of=instance,
        )
    elif ask(context, instance).in_flight is None:
        context.note(events.InFlightUnknown, step, instance)
        return
    else:
        _await_none_in_flight(context, instance, within_s=_quiet_within_s(context, act))
    context.note(events.NothingInFlight, step, instance)


def _quiet_by_word(context: RunContext, instance: Instance, act: QuietAct) -> bool:
    """Raises Gone where it has ended without a word."""
    if _says_quiet(context, instance, act):
        return True
    if instance.exit_status() is not None:
        raise Gone(f"{instance.incarnation} has ended")
    return False


def _says_quiet(context: RunContext, instance: Instance, act: QuietAct) -> bool:
    if act.command is not None:
        try:
            instance.perform(act.command)
        except Gone:
            return False
        return True
    if not instance.log.exists():
        return False
    with instance.log.open("rb") as log:
        log.seek(context.log_at[instance.incarnation])
        return any(re.search(act.log, line) for line in log.read().decode(errors="replace").splitlines())


def _quiet_within_s(context: RunContext, act: QuietAct) -> float:
    return context.timings.served_out if act.within_s is None else act.within_s


def _await_none_in_flight(context: RunContext, instance: Instance, *, within_s: float) -> None:
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
        within_s=within_s,
        describe=lambda in_flight: f"{in_flight} in flight",
        of=instance,
    )


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
        if self._context.world.group(self._instance.service).registered_as is None:
            del still["registry"]
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
