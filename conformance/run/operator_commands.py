"""A person's hand on a release that is under way: pause it, resume it, abort it."""

from conformance.record import events
from conformance.run.confirm import Refusal
from conformance.run.run_context import RunContext
from conformance.run.spec import OperatorCommand
from conformance.run.waiting import Unmet, until
from conformance.vocabulary import Refuser


def apply_operator_command(context: RunContext, step: str) -> None:
    """Before a step: go on, or wait until told to, or go no further.

    Raises:
        Refusal: It was aborted, or paused and not resumed in time.
    """
    if _order(context) != "pause":
        return
    context.writer.event(events.Halted(at_ns=context.clock.now(), step=step, why="paused by a person"))
    context.narrator.halted("paused by a person")
    try:
        until(
            "a person to resume the release",
            lambda: _order(context),
            accept=lambda order: order != "pause",
            within_s=context.timings.paused,
            every_s=context.timings.sample,
            describe=lambda _: "still paused",
        )
    except Unmet as unmet:
        raise Refusal(str(unmet), Refuser.OPERATOR) from unmet
    context.writer.event(events.Resumed(at_ns=context.clock.now(), step=step))
    context.narrator.halted("")


def _order(context: RunContext) -> OperatorCommand:
    """What was ordered last; an abort is obeyed at once."""
    order = context.control()
    if order == "abort":
        raise Refusal("aborted by a person", Refuser.OPERATOR)
    return order
