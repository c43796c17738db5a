"""What the steps of a run share while it is carried out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from conformance.load.process import LoadProcess
from conformance.load.spec import Progress
from conformance.plan import CALLERS, Plan, Step
from conformance.record.events import Event
from conformance.record.thresholds import Thresholds
from conformance.record.writer import RecordWriter
from conformance.run.clock import Clock
from conformance.run.spec import AskOperator, OperatorCommand, Reviewer
from conformance.run.timings import Timings
from conformance.run.waiting import until
from conformance.run.world import Instance, Registration, ServiceGroup, World


class Narrator(Protocol):
    """Whoever tells a person how far the run is."""

    def planned(self, plan: Plan) -> None:
        """The run begins."""
        ...

    def began(self, step: Step) -> None:
        """A step begins."""
        ...

    def ended(self, step: Step, *, done: bool, saw: str) -> None:
        """A step ended; where it failed, with what was seen last."""
        ...

    def progress(self, progress: Progress) -> None:
        """How far the load is; about four times a second."""
        ...

    def halted(self, why: str) -> None:
        """The release waits for the world to be whole; an empty string when it goes on."""
        ...

    def finished(self, doing: str) -> None:
        """What follows the last step: ``reading the ledger``; an empty string at the very end."""
        ...


@dataclass(slots=True)
class RunContext:
    """One run in progress."""

    plan: Plan
    world: World
    load: LoadProcess
    writer: RecordWriter
    clock: Clock
    thresholds: Thresholds
    timings: Timings
    narrator: Narrator
    run: str
    """Its id."""
    review: Reviewer
    ask: AskOperator
    control: Callable[[], OperatorCommand]
    told_within_s: float
    """How long it takes, at most, until every consumer has been told that an instance has left its list."""
    leaving: set[str] = field(default_factory=set)
    """Incarnations, and servers by name, that the plan is stopping: their end is no trouble."""
    lane: str = ""
    """The lane in which the gray is started; empty where it serves everybody."""
    weights: tuple[int, int] = (1, 1)
    """The SLB's, of each instance of the new version and of each of the old one."""
    began_ns: int = 0
    """When the first batch began."""
    refused: bool = False
    """Whether the new version was found not to be right."""
    mark: Progress = field(default_factory=lambda: Progress(phase="ready"))
    """The load's progress when the present top-level step began."""

    def note(
        self, kind: Callable[..., Event], step: str, instance: Instance, *, at_ns: int | None = None, **more: object
    ) -> None:
        """Record that this happened to the instance, now or at ``at_ns``."""
        self.writer.event(
            kind(
                at_ns=self.clock.now() if at_ns is None else at_ns,
                step=step,
                service=instance.service,
                instance=instance.name,
                incarnation=instance.incarnation,
                **more,
            )
        )

    @property
    def released(self) -> tuple[ServiceGroup, ...]:
        """The services that are being released."""
        return tuple(self.world.group(part.service.name) for part in self.plan.release.parts)

    def group_of(self, name: str) -> ServiceGroup:
        """The service of this instance; KeyError where it is none's."""
        return self.world.group(name.rpartition("-")[0])

    def living(self, names: tuple[str, ...], version: str = "") -> tuple[Instance, ...]:
        """The incarnations of these instances, in this version or in any, that run now."""
        return tuple(
            instance
            for group in self.released
            for instance in group.living()
            if instance.name in names and version in ("", instance.version)
        )

    def last(self, names: tuple[str, ...], version: str) -> tuple[Instance, ...]:
        """The last incarnation of each of these instances in this version, ended or not."""
        latest = {
            instance.name: instance
            for group in self.released
            for instance in group.all()
            if version in ("", instance.version)
        }
        return tuple(latest[name] for name in names)

    def registrations(self, service: str) -> tuple[tuple[Registration, ...], ...]:
        """Whom each registry lists as healthy; raises Gone."""
        return tuple(
            tuple(one for one in registry.registrations(service) if one.healthy) for registry in self.world.registries
        )

    def consumers(self, service: str) -> tuple[Instance, ...]:
        """The instances that call this service; none where that is the SLB."""
        caller = CALLERS[self.world.group(service).role]
        return tuple(i for group in self.world.groups if group.role == caller for i in group.living())


def await_time(context: RunContext, what: str, at_ns: int) -> None:
    """Wait until this time of the run, under load."""
    until(
        what,
        lambda: context.clock.now() >= at_ns,
        within_s=(at_ns - context.clock.now()) / 1e9 + context.timings.served_out,
        every_s=context.timings.look,
        describe=lambda _: "not yet",
    )


def named(lists: tuple[tuple[Registration, ...], ...]) -> str:
    """Whom registries list, for people."""
    return "; ".join(", ".join(sorted(one.incarnation for one in listed)) or "nobody" for listed in lists)


def seen_by(consumer: Instance, service: str) -> tuple[str, ...] | None:
    """The incarnations of ``service`` that this consumer would call now; None where it does not show them."""
    sees = consumer.status().sees
    return None if sees is None else sees.get(service, ())
