"""A person's hand on a release that is under way: pause it, resume it, abort it."""

from conformance.record import events
from conformance.run.confirm import Refusal
from conformance.run.order import Order
from conformance.run.scene import Scene
from conformance.run.waiting import Unmet, until


def heed(scene: Scene, step: str) -> None:
    """Before a step: go on, or wait until told to, or go no further.

    Raises:
        Refusal: It was aborted, or paused and not resumed in time.
    """
    if _order(scene) != "pause":
        return
    scene.writer.event(events.Halted(at_ns=scene.clock.now(), step=step, why="paused by a person"))
    scene.narrator.halted("paused by a person")
    try:
        until(
            "a person to resume the release",
            lambda: _order(scene),
            accept=lambda order: order != "pause",
            within_s=scene.timings.paused,
            every_s=scene.timings.sample,
            describe=lambda _: "still paused",
        )
    except Unmet as unmet:
        raise Refusal(str(unmet), "a person") from unmet
    scene.writer.event(events.Resumed(at_ns=scene.clock.now(), step=step))
    scene.narrator.halted("")


def _order(scene: Scene) -> Order:
    """What was ordered last; an abort is obeyed at once."""
    order = scene.control()
    if order == "abort":
        raise Refusal("aborted by a person", "a person")
    return order
