"""A step's act on several instances at once; the record has every failure, not only the first."""

from collections.abc import Callable, Iterable

from conformance.record import events
from conformance.run.parallel import on_each
from conformance.run.run_context import RunContext
from conformance.run.world import Instance


def on_instances(
    context: RunContext, step: str, instances: Iterable[Instance], act: Callable[[Instance], None]
) -> None:
    """Act on all of them at the same time; the first failure is raised once all have come to their end."""

    def failed(instance: Instance, error: BaseException) -> None:
        context.note(events.InstanceFailed, step, instance, why=str(error) or type(error).__name__)

    on_each(instances, act, failed)


def in_places(context: RunContext, step: str, names: Iterable[str], act: Callable[[str], None]) -> None:
    """The same by the names of instances, for what has no incarnation yet."""

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

    on_each(names, act, failed)
