"""What the steps of a run share while it is carried out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from conformance.load.process import LoadFailed
from conformance.load.spec import Progress
from conformance.plan import Part, Plan, Server, Step
from conformance.record.events import Event
from conformance.record.request_headers import RequestHeaders, RequestIds
from conformance.record.thresholds import Thresholds
from conformance.record.writer import RecordWriter
from conformance.run.clock import Clock
from conformance.run.listing import listed_by
from conformance.run.load_driver import LoadDriver
from conformance.run.spec import AskOperator, OperatorCommand, Reviewer
from conformance.run.timings import Timings
from conformance.run.waiting import until
from conformance.run.world import ExitStatus, Gone, Instance, Process, Registration, ServiceGroup, World

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Leaving:
    """What the plan is stopping: its end, or its silence, is no trouble."""

    incarnations: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    """The incarnations whose end is in the record."""
    processes: set[str] = field(default_factory=set)
    """Of servers, by name."""
    servers: set[Server] = field(default_factory=set)
    """What is being restarted."""


class NotAnswered(RuntimeError):
    """Somebody who runs did not answer one look: busy, perhaps; the next look tells more."""


@dataclass(slots=True)
class RunContext:
    """One run in progress."""

    plan: Plan
    world: World
    load: LoadDriver
    writer: RecordWriter
    clock: Clock
    thresholds: Thresholds
    timings: Timings
    narrator: Narrator
    headers: RequestHeaders
    """By which requests tell their id and their lane."""
    ids: RequestIds
    """Of its requests."""
    review: Reviewer
    ask: AskOperator
    control: Callable[[], OperatorCommand]
    told_within_s: float
    """How long it takes, at most, until every consumer has been told that an instance has left its list."""
    slb_lines: bool = True
    """Whether the SLB tells what it did with each request."""
    has_writes: bool = True
    """Whether the workload has writes at all."""
    holds_writes: bool = True
    """Whether the workload has writes that an instance holds for a while."""
    held_on: set[str] = field(default_factory=set)
    """The services on which such a write has been seen."""
    leaving: Leaving = field(default_factory=Leaving)
    log_at: dict[str, int] = field(default_factory=dict)
    """Incarnation -> how long its log was, in bytes, when its way down began."""
    paused_ns: int = 0
    """How long the operator has paused the release so far."""
    lane: str = ""
    """The lane in which the gray is started; empty where it serves everybody."""
    weights: tuple[int, int] = (1, 1)
    """The SLB's, of each instance of the new version and of each of the old one."""
    began_ns: int = 0
    """When the first batch began."""
    refused: bool = False
    """Whether the new version was found not to be right."""
    noted: set[tuple[str, str]] = field(default_factory=set)
    """What is in the record of those who come and go by the team's own command: what happened, and to whom."""
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
        """The service of this instance of the plan; KeyError where it is none's."""
        return self.world.group(self.plan.service_of[name])

    def traffic(self) -> Progress:
        """How far the load is. Raises LoadFailed where it has failed, or has ended before it was told to."""
        now = self.load.progress()
        if now.phase in ("finishing", "ended"):
            raise LoadFailed(f"the load has ended by itself after {now.done} requests: it reached its longest duration")
        return now

    def wait(  # noqa: PLR0913 - keywords, each with one meaning; see until
        self,
        what: str,
        look: Callable[[], T],
        *,
        within_s: float,
        accept: Callable[[T], bool] = bool,
        describe: Callable[[T], str] = repr,
        every_s: float | None = None,
        of: Instance | None = None,
    ) -> T:
        """Look until ``accept`` says yes; a look that gets no answer is missed, and the wait goes on.

        Raises:
            Unmet: Not within the time; carries what was seen last, be it that nobody answered.
            Gone: A look got no answer, and a server, the instance that was asked or the platform is gone.
        """
        return until(
            what,
            partial(self._answered, look, of),
            within_s=within_s,
            accept=accept,
            every_s=self.timings.look if every_s is None else every_s,
            transient=(NotAnswered,),
            describe=describe,
        )

    def ask_until_answered(self, what: str, look: Callable[[], T], *, of: Instance | None = None) -> T:
        """The first answer, whatever it says; for questions that change nothing. Raises as ``wait`` does."""
        return self.wait(what, look, within_s=self.timings.answer, accept=lambda _: True, of=of)

    def _answered(self, look: Callable[[], T], of: Instance | None) -> T:
        try:
            return look()
        except Gone as error:
            if of is not None and (status := _exit_status(of)) is not None:
                raise Gone(f"{of.incarnation} has ended: {status}") from error
            self.raise_if_a_server_ended(error)
            raise NotAnswered(str(error)) from error

    def raise_if_a_server_ended(self, error: Gone) -> None:
        """Raises Gone where a server has ended that the plan has not stopped, or the platform itself is lost."""
        for process in (server.process for server in self.world.servers):
            status = process.exit_status()
            if status is not None and process.name not in self.leaving.processes:
                raise Gone(f"{process.name} has ended: {status}\n{error}") from error

    def living(self, names: tuple[str, ...], version: str = "") -> tuple[Instance, ...]:
        """The incarnations of these instances, in this version or in any, that run now."""
        return tuple(
            instance
            for group in self.released
            for instance in group.living()
            if instance.name in names and version in ("", instance.version)
        )

    def going(self, names: tuple[str, ...], version: str) -> tuple[Instance, ...]:
        """Those who run, and those whom the plan has let end: SLB and registry may know them still."""
        ended = (one for one in self.last(names, version) if _exit_status(one) is not None)
        return self.living(names, version) + tuple(one for one in ended if one.incarnation in self.leaving.incarnations)

    def last(self, names: tuple[str, ...], version: str) -> tuple[Instance, ...]:
        """The last incarnation of each of these instances in this version, ended or not."""
        latest = {
            instance.name: instance
            for group in self.released
            for instance in group.all()
            if version in ("", instance.version)
        }
        return tuple(latest[name] for name in names if name in latest)

    def registrations(self, service: str) -> tuple[tuple[Registration, ...], ...]:
        """Which incarnations each registry lists as callable; none of a service that is not registered. Raises Gone."""
        group = self.world.group(service)
        return tuple(
            tuple(one for one in listed_by(registry, group) if one.healthy) for registry in self.world.registries
        )

    def consumers(self, service: str) -> tuple[Instance, ...]:
        """The instances that call this service; none where that is the SLB alone."""
        return tuple(one for group in self.world.groups if service in group.calls for one in group.living())

    def version_before(self, service: str) -> str:
        """What ran of this service before the release; KeyError where it is not released."""
        return self._part(service).service.version

    def version_in_the_end(self, service: str, *, undone: bool) -> str:
        """What every instance of it is to be when all is done, or when all is rolled back."""
        part = self._part(service)
        return part.service.version if undone else self.plan.release.overtaken_by or part.to

    def _part(self, service: str) -> Part:
        part = self.plan.release.part_of(service)
        if part is None:
            raise KeyError(service)
        return part

    def is_released(self, instance: Instance) -> bool:
        """Whether its service is being released."""
        return self.plan.release.part_of(instance.service) is not None

    def is_new(self, instance: Instance) -> bool:
        """Whether it is of the version to which its service is being released."""
        part = self.plan.release.part_of(instance.service)
        return part is not None and instance.version == part.to


def _exit_status(one: Process | Instance) -> ExitStatus | None:
    """How it ended; None where it runs, or where the platform does not say."""
    try:
        return one.exit_status()
    except Gone:
        return None


def await_time(context: RunContext, what: str, at_ns: int) -> None:
    """Wait until this time of the run, under load."""
    until(
        what,
        lambda: context.clock.now() >= at_ns,
        within_s=(at_ns - context.clock.now()) / 1e9 + context.timings.served_out,
        every_s=context.timings.look,
        describe=lambda _: "not yet",
    )


def hidden_consumers(context: RunContext, service: str) -> tuple[Instance, ...]:
    """The consumers of ``service`` that do not show whom they would call."""
    return tuple(one for one in context.consumers(service) if _hides_its_list(context, one, service))


def _hides_its_list(context: RunContext, consumer: Instance, service: str) -> bool:
    what = f"{consumer.incarnation} to show whom it would call"
    return context.ask_until_answered(what, partial(seen_by, consumer, service), of=consumer) is None


def named(lists: tuple[tuple[Registration, ...], ...]) -> str:
    """Whom registries list, for people."""
    return "; ".join(", ".join(sorted(one.incarnation for one in listed)) or "nobody" for listed in lists)


def seen_by(consumer: Instance, service: str) -> tuple[str, ...] | None:
    """The incarnations of ``service`` that this consumer would call now; None where it does not show them."""
    sees = consumer.status().sees
    return None if sees is None else sees.get(service, ())
