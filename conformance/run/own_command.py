"""A release by the team's own command, in a system that stands already: nothing is done to it here, it is watched.

Who comes and who goes is recorded as the system's own list shows it, and what the system itself tells of them as what
is watched beside the command prints it. Where more requests have failed than the team allows, the load ends at once:
what has been seen is enough, and the system has enough to do. A command that fails once instances of the new version
have come refuses that version: what has begun is then taken back by the team's other command, where there is one.
"""

from collections.abc import Sequence
from typing import TypeVar

from conformance.load.spec import Progress
from conformance.plan.steps import RunOwnCommand
from conformance.record import events
from conformance.run.run_context import RunContext
from conformance.run.start_instance import SURELY
from conformance.run.waiting import Unmet
from conformance.run.world import Gone, Instance, OwnCommand
from conformance.vocabulary import Aspect

T = TypeVar("T")
_CAME, _READY, _LEFT, _GONE = "came", "ready", "left", "gone"


class TooManyFailed(RuntimeError):
    """As many requests have failed as the team allows: what has been seen is enough."""


class CommandFailed(RuntimeError):
    """The team's own command did not end with 0; carries its last lines."""

    def __init__(self, how: str, *, has_begun: bool) -> None:
        super().__init__(f"the team's own command failed: {how}")
        self.has_begun = has_begun
        """Whether instances of the new version had come by then."""


def carry_out(context: RunContext, step: str, action: RunOwnCommand) -> None:
    """Carry the command out, and record who comes and goes until it has ended.

    Raises:
        Gone: It cannot be started.
        CommandFailed: It did not end with 0, or not in time: then it is ended.
        Unmet: Nobody tells who is there once it has ended.
        TooManyFailed: More would be too many.
    """
    command = _command(context)
    if not action.undoes:
        for instance in _listed(context):
            context.noted |= {(_CAME, instance.incarnation), (_READY, instance.incarnation)}
    command.begin(undo=action.undoes)
    try:
        how = context.wait(
            "the team's own command to end",
            lambda: _look_while(context, step, command.ended()),
            accept=lambda how: how is not None,
            within_s=action.within_s,
            every_s=context.timings.sample,
            describe=lambda _: "it runs",
        )
    except Unmet:
        how = command.give_up()
    # A command that failed for want of the cluster says nothing of the version: who is there must still be told.
    code = how.partition("\n")[0] if how else "exit 0"
    after = f"the list to be told once the team's own command has ended ({code})"
    context.ask_until_answered(after, lambda: _look(context, step, None))
    if how:
        come = (one for group in context.released for one in group.all() if context.is_new(one))
        raise CommandFailed(how, has_begun=any(come))


def await_replaced(context: RunContext, step: str, version: str) -> None:
    """Record who comes and goes until only this version is listed, all of it ready, and the load has sent enough.

    Raises:
        Unmet: Not in time.
        TooManyFailed: More would be too many.
    """
    _await_listed(context, step, version, context.timings.replaced)
    requests, writes = context.thresholds.batch_requests, context.thresholds.batch_writes * context.has_writes
    context.wait(
        f"{requests} requests and {writes} writes during the release",
        lambda: _look(context, step, _since(context.mark, context.traffic())),
        accept=lambda seen: seen[0] >= SURELY * requests and seen[1] >= SURELY * writes,
        within_s=context.timings.enough_traffic,
        every_s=context.timings.sample,
        describe=lambda seen: f"{seen[0]} requests, {seen[1]} writes",
    )


def verify(context: RunContext, step: str, version: str) -> None:
    """See that it is still so, whoever they are: a second deployment's may have come and gone. Raises Unmet."""
    _await_listed(context, step, version, context.timings.answer)


def _await_listed(context: RunContext, step: str, version: str, within_s: float) -> None:
    wanted = len(context.plan.release.parts[0].names)
    context.wait(
        f"{wanted} instances of {version}, and no others, to be ready",
        lambda: _look(context, step, _listed(context)),
        accept=lambda listed: [(one.version, one.status().ready) for one in listed] == [(version, True)] * wanted,
        within_s=within_s,
        every_s=context.timings.sample,
        describe=_told,
    )


def _look_while(context: RunContext, step: str, how: str | None) -> str | None:
    """How the command has ended; while it runs, None, after a look."""
    return _look(context, step, how) if how is None else how


def _since(mark: Progress, now: Progress) -> tuple[int, int]:
    return now.done - mark.done, now.writes - mark.writes


def _command(context: RunContext) -> OwnCommand:
    if context.world.own_command is None:
        raise Gone("the system that stands names no command that releases it")
    return context.world.own_command


def _listed(context: RunContext) -> tuple[Instance, ...]:
    return tuple(one for group in context.released for one in group.living())


def _look(context: RunContext, step: str, seen: T) -> T:
    """Record who has come, is ready, and is gone; what was seen, unless too many requests have failed."""
    living = _listed(context)
    present = {one.incarnation for one in living}
    for one in (one for group in context.released for one in group.all()):
        if _first(context, _CAME, one):
            context.note(events.Launched, step, one, version=one.version, address=one.address)
        if one.incarnation in present and one.status().ready and _first(context, _READY, one):
            context.note(events.Ready, step, one)
            context.note(events.Listed, step, one, observer="slb")
        if one.incarnation not in present and _first(context, _GONE, one):
            context.note(events.Disappeared, step, one)
    _note_told(context)
    refuse_more_failures(_command(context), context.traffic(), "the load ends here; the command goes on")
    return seen


def refuse_more_failures(command: OwnCommand, traffic: Progress, then: str) -> None:
    """Raise TooManyFailed where as many have failed as the team allows; ``then``: what that means."""
    if traffic.failed >= command.stop_after:
        failed = f"{traffic.failed} of {traffic.done} requests have failed, and {command.stop_after} are enough"
        raise TooManyFailed(f"{failed}: {then}")


def _note_told(context: RunContext) -> None:
    """Record what the system itself has told since the last look of those whom the list shows, or has shown.

    It was heard before this look, and maybe before the present step: it is told of none.
    """
    known = {one.incarnation: one for group in context.released for one in group.all()}
    for told in _command(context).told(known):
        one, at_ns = known[told.incarnation], context.clock.of_monotonic(told.monotonic_ns)
        context.note(events.Told, "", one, at_ns=at_ns, aspect=told.aspect, said=told.said)
        if told.aspect is Aspect.ENDPOINT and told.is_leaving and _first(context, _LEFT, one):
            context.note(events.Unlisted, "", one, at_ns=at_ns, observer="slb")


def _first(context: RunContext, what: str, instance: Instance) -> bool:
    """Whether this is recorded of it for the first time."""
    fresh = (what, instance.incarnation) not in context.noted
    context.noted.add((what, instance.incarnation))
    return fresh


def _told(listed: Sequence[Instance]) -> str:
    said = [f"{one.incarnation} {one.version}{'' if one.status().ready else ' not ready'}" for one in listed]
    return ", ".join(said) or "nobody is listed"
