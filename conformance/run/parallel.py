"""The same thing on several instances at once, each in a thread of its own."""

import queue
import threading
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

from conformance.record import events
from conformance.run.run_context import RunContext
from conformance.run.world import Instance

T = TypeVar("T")
R = TypeVar("R")


def _nobody(_item: object, _error: BaseException) -> None:
    """Nobody needs to know of each failure."""


def on_each(
    items: Iterable[T],
    act: Callable[[T], R],
    failed: Callable[[T, BaseException], None] = _nobody,
    *,
    most: int | None = None,
) -> tuple[R, ...]:
    """Act on all of them at the same time, or on ``most`` at a time in their order; return the results in their order.

    The first failure is raised once all that have begun have come to their end, and ``failed`` is told each of them, in
    the order of the items; after a failure no further one begins. Every ``act`` has deadlines of its own, so none waits
    for ever. The threads are daemons: Ctrl-C in the main thread ends the waiting at once and leaves them behind to find
    the world gone.
    """
    work = list(items)
    ends: queue.SimpleQueue[tuple[int, R | None, BaseException | None]] = queue.SimpleQueue()

    def body(index: int, item: T) -> None:
        try:
            ends.put((index, act(item), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread and raised there
            ends.put((index, None, error))

    waiting = iter(enumerate(work))

    def begin(count: int | None) -> int:
        begun = list(islice(waiting, count))
        for index, item in begun:
            threading.Thread(target=body, args=(index, item), daemon=True).start()
        return len(begun)

    results: dict[int, R] = {}
    failures: dict[int, BaseException] = {}
    running = begin(most)
    while running:
        index, result, failure = ends.get()
        if failure is not None:
            failures[index] = failure
        else:
            results[index] = result  # type: ignore[assignment]  # no failure: there is a result
        running += (0 if failures else begin(1)) - 1
    for index, error in sorted(failures.items()):
        failed(work[index], error)
    if failures:
        raise failures[min(failures)]
    return tuple(results[index] for index in range(len(work)))


def on_instances(
    context: RunContext, step: str, instances: Iterable[Instance], act: Callable[[Instance], None]
) -> None:
    """Act on all of them at the same time; the first failure is raised once all have come to their end."""

    def failed(instance: Instance, error: BaseException) -> None:
        context.note(events.InstanceFailed, step, instance, why=str(error) or type(error).__name__)

    on_each(instances, act, failed)


def in_places(
    context: RunContext, step: str, names: Iterable[str], act: Callable[[str], None], *, most: int | None = None
) -> None:
    """The same by the names of instances, for what has no incarnation yet; ``most`` at a time."""

    def failed(name: str, error: BaseException) -> None:
        context.writer.event(
            events.InstanceFailed(
                at_ns=context.clock.now(),
                step=step,
                service=context.plan.service_of[name],
                instance=name,
                incarnation="",
                why=str(error) or type(error).__name__,
            )
        )

    on_each(names, act, failed, most=most)
