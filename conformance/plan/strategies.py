"""What a scenario asks for. Where it is impossible it is refused here, with a sentence, before anything starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from conformance.plan.confirmation import Confirmation, automatic
from conformance.plan.faults import Fault, Restart
from conformance.plan.offline import OfflinePolicy
from conformance.plan.sizes import Sizes, split
from conformance.plan.topology import Service


class PlanError(ValueError):
    """A release that cannot be planned; says why in one sentence."""


class VersionAbsent(PlanError):
    """The topology cannot start a version that a scenario names; the scenario cannot be carried out on it."""

    def __init__(self, service: Service, version: str) -> None:
        known = ", ".join(service.versions)
        super().__init__(f"{service.name}: version {version!r} is unknown; the topology can start {known}")
        self.service = service.name
        self.version = version


Order = Literal["stop first", "start first"]


@dataclass(frozen=True, slots=True)
class Part:
    """One service of a release."""

    service: Service
    sizes: tuple[int, ...]
    """Instances per batch, in order."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every instance that is replaced."""
        return self.service.names(sum(self.sizes))

    def batch(self, number: int) -> tuple[str, ...]:
        """The instances of the batch of this number, counted from 0."""
        begin = sum(self.sizes[:number])
        return self.names[begin : begin + self.sizes[number]]

    def minimum_in_rotation(self, order: Order) -> int:
        """Instances that serve at all times: all, or all but the largest batch where it is stopped first."""
        return sum(self.sizes) - (max(self.sizes) if order == "stop first" else 0)


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it is asked for."""

    parts: tuple[Part, ...]
    """Each service that is released, batch by batch at the same time, in the same number of batches."""
    to: str
    offline: OfflinePolicy
    confirm: Confirmation | None = None
    """Who confirms the first batch, which is then the gray: users meet the new version there first (A8)."""
    order: Order = "stop first"
    """Within a batch."""
    interval_s: float = 0.0
    """How long a batch is left to serve before the next."""
    amid: Fault | Restart | None = None
    """What happens after the first batch, and is mended before the next."""

    @property
    def service(self) -> Service:
        """The one that is released; the first of several."""
        return self.parts[0].service

    @property
    def gray(self) -> bool:
        """Whether the first batch is a gray."""
        return self.confirm is not None

    @property
    def batches(self) -> int:
        """How many, the gray among them."""
        return len(self.parts[0].sizes)

    @property
    def strategy(self) -> str:
        """``3 batches of 4, 3 and 3``, or ``gray of 2, then 2 batches of 4 and 4``."""
        sizes = [sum(part.sizes[number] for part in self.parts) for number in range(self.batches)]
        told = f"gray of {sizes[0]}, then {_told(sizes[1:])}" if self.gray else _told(sizes)
        return told if self.order == "stop first" else f"{told}, each started before the old one stops"

    def title(self, number: int) -> str:
        """The title of the batch of this number, counted from 0."""
        if self.gray and number == 0:
            whole = sum(sum(part.sizes) for part in self.parts)
            return f"Gray: {sum(part.sizes[0] for part in self.parts)} of {whole}"
        return f"Batch {number + 1 - self.gray} of {self.batches - self.gray}"


def _told(sizes: Sequence[int]) -> str:
    if len(sizes) == 1:
        return f"1 batch of {sizes[0]}"
    return f"{len(sizes)} batches of {', '.join(str(size) for size in sizes[:-1])} and {sizes[-1]}"


def batches(  # noqa: PLR0913 - keywords that read like the sentence they stand in
    *services: Service,
    to: str,
    batches: Sizes,
    offline: OfflinePolicy,
    order: Order = "stop first",
    interval_s: float = 0.0,
    at_least: int | None = None,
    instances: int | None = None,
    before: str | None = None,
    amid: Fault | Restart | None = None,
) -> Release:
    """Replace every instance of each service by version ``to``, batch by batch.

    Args:
        services: What is released; several at the same time.
        to: The new version.
        batches: How many, the larger ones first; or their sizes; or the share of each, such as ``"30 %"``.
        offline: How an instance leaves.
        order: Whether a batch stops before it is started anew, or the other way round.
        interval_s: How long each batch is left to serve before the next begins.
        at_least: How many instances must be in rotation at all times.
        instances: How many run of each, where it is not the service's own number.
        before: What runs until then, where it is not the service's usual version.
        amid: What happens after the first batch.

    Raises:
        PlanError: No service; batches that cannot be; an unknown version, or the one that runs already; a batch of
            everybody where nothing may be lost; more in rotation than there can be; the entry among others.
    """
    _check_together(services)
    parts = [
        _part(service, to, lambda count: split(count, batches))
        for service in (_as_released(service, instances, before) for service in services)
    ]
    return _checked(Release(tuple(parts), to, offline, None, order, interval_s, amid), at_least)


def gray(  # noqa: PLR0913 - keywords that read like the sentence they stand in
    service: Service,
    *,
    to: str,
    then: Sizes,
    offline: OfflinePolicy,
    first: int = 2,
    confirm: Confirmation = automatic,
    order: Order = "stop first",
    interval_s: float = 0.0,
    at_least: int | None = None,
    instances: int | None = None,
    before: str | None = None,
) -> Release:
    """Replace the first few instances, see that the business is right, then the rest in batches (A8).

    ``then`` is what ``batches`` is elsewhere, of the rest; ``confirm`` says who decides. Everything else as there.

    Raises:
        PlanError: As ``batches``; a gray of nobody or of everybody.
    """
    released = _as_released(service, instances, before)
    if not 0 < first < released.released_instances:
        count = released.released_instances
        raise PlanError(f"{service.name}: a gray of {first} of {count} instances; at least 1, and not all")
    part = _part(released, to, lambda count: (first, *split(count - first, then)))
    return _checked(Release((part,), to, offline, confirm, order, interval_s), at_least)


def _check_together(services: Sequence[Service]) -> None:
    if not services:
        raise PlanError("no service is named: nothing to release")
    if len(services) > 1 and any(service.role == "entry" for service in services):
        raise PlanError("the entry is drained where others deregister: release it by itself")


def _as_released(service: Service, instances: int | None, before: str | None) -> Service:
    return replace(
        service,
        released_instances=service.released_instances if instances is None else instances,
        version=service.version if before is None else before,
    )


def _part(service: Service, to: str, sizes: Callable[[int], tuple[int, ...]]) -> Part:
    try:
        part = Part(service, sizes(service.released_instances))
    except ValueError as error:
        raise PlanError(f"{service.name}: {error}") from error
    for version in (to, service.version):
        if version not in service.versions:
            raise VersionAbsent(service, version)
    if to == service.version:
        raise PlanError(f"{service.name}: {to!r} is the version that runs already")
    return part


def _checked(release: Release, at_least: int | None) -> Release:
    if len({len(part.sizes) for part in release.parts}) > 1:
        raise PlanError("services that are released together need the same number of batches")
    if release.interval_s < 0:
        raise PlanError(f"an interval of {release.interval_s:g} s; it cannot be negative")
    for part in release.parts:
        serving, name = part.minimum_in_rotation(release.order), part.service.name
        if release.offline.leaves_first and not serving:
            raise PlanError(
                f"{name}: {release.offline.name} in 1 batch would leave no instance serving; at least 2 are needed"
            )
        if at_least is not None and serving < at_least:
            raise PlanError(f"{name}: {at_least} in rotation at all times; the largest batch leaves {serving}")
    return release
