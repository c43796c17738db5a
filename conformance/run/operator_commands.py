"""What the operator orders of a release that is under way: pause it, resume it, abort it."""

from conformance.record import events
from conformance.run.confirm import Refusal
from conformance.run.run_context import RunContext
from conformance.run.spec import OperatorCommand
from conformance.run.waiting import Unmet
from conformance.vocabulary import Refuser


def apply_operator_command(context: RunContext, step: str) -> None:
    """Before a step: go on, or wait until told to, or go no further.

    Raises:
        Refusal: It was aborted, or paused and not resumed in the time that all pauses of a run have together.
        LoadFailed: The load is no more.
    """
    if _order(context) != "pause":
        return
    began_ns = context.clock.now()
    left_s = max(0.0, context.timings.paused - context.paused_ns / 1e9)
    context.writer.event(events.Halted(at_ns=began_ns, step=step, why="paused by a person"))
    context.narrator.halted(f"paused by a person; it is rolled back unless resumed within {left_s / 60:.0f} min")

    def order() -> OperatorCommand:
        context.traffic()  # without load there is nothing to resume
        return _order(context)

    try:
        context.wait(
            "a person to resume the release",
            order,
            accept=lambda order: order != "pause",
            within_s=left_s,
            every_s=context.timings.sample,
            describe=lambda _: "still paused",
        )
    except Unmet as unmet:
        raise Refusal(str(unmet), Refuser.OPERATOR) from unmet
    finally:
        context.paused_ns += context.clock.now() - began_ns
    context.writer.event(events.Resumed(at_ns=context.clock.now(), step=step))
    context.narrator.halted("")


def _order(context: RunContext) -> OperatorCommand:
    """What was ordered last; an abort is obeyed at once."""
    order = context.control()
    if order == "abort":
        raise Refusal("aborted by a person", Refuser.OPERATOR)
    return order
