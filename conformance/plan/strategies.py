"""What a scenario asks for. Where it is impossible it is refused here, with a sentence, before anything starts."""

from dataclasses import dataclass, replace

from conformance.plan.faults import Fault, Restart
from conformance.plan.offline import OfflinePolicy
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

    @property
    def minimum_in_rotation(self) -> int:
        """Instances that serve at all times: all but the largest batch, which is stopped before it is started anew."""
        return sum(self.sizes) - max(self.sizes)


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it is asked for."""

    parts: tuple[Part, ...]
    """Each service that is released, batch by batch at the same time, in the same number of batches."""
    to: str
    offline: OfflinePolicy
    amid: Fault | Restart | None = None
    """What happens after the first batch, and is mended before the next."""

    @property
    def service(self) -> Service:
        """The one that is released; the first of several."""
        return self.parts[0].service

    @property
    def batches(self) -> int:
        """How many."""
        return len(self.parts[0].sizes)

    @property
    def strategy(self) -> str:
        """``3 batches of 4, 3 and 3``."""
        sizes = [sum(part.sizes[number] for part in self.parts) for number in range(self.batches)]
        if len(sizes) == 1:
            return f"1 batch of {sizes[0]}"
        head = ", ".join(str(size) for size in sizes[:-1])
        return f"{len(sizes)} batches of {head} and {sizes[-1]}"


def batches(  # noqa: PLR0913 - keywords that read like the sentence they stand in
    *services: Service,
    to: str,
    batches: int,
    offline: OfflinePolicy,
    instances: int | None = None,
    before: str | None = None,
    amid: Fault | Restart | None = None,
) -> Release:
    """Replace every instance of each service by version ``to``, in this many batches, the larger ones first.

    Args:
        services: What is released; several at the same time.
        to: The new version.
        batches: How many.
        offline: How an instance leaves.
        instances: How many run of each, where it is not the service's own number.
        before: What runs until then, where it is not the service's usual version.
        amid: What happens after the first batch.

    Raises:
        PlanError: No service, no batch, more batches than instances, an unknown version, or the one that runs already;
            a batch of everybody where nothing may be lost; the entry, which leaves in its own way, among others.
    """
    if not services:
        raise PlanError("no service is named: nothing to release")
    if len(services) > 1 and any(service.role == "entry" for service in services):
        raise PlanError("the entry is drained where others deregister: release it by itself")
    parts = tuple(
        Part(service, _sizes(service, to, batches, offline))
        for service in (_as_released(service, instances, before) for service in services)
    )
    return Release(parts, to, offline, amid)


def _as_released(service: Service, instances: int | None, before: str | None) -> Service:
    return replace(
        service,
        released_instances=service.released_instances if instances is None else instances,
        version=service.version if before is None else before,
    )


def _sizes(service: Service, to: str, batches: int, offline: OfflinePolicy) -> tuple[int, ...]:
    """The sizes of its batches; refuses what cannot be."""
    count = service.released_instances
    if batches < 1:
        raise PlanError(f"{service.name}: {batches} batches; at least 1 is needed")
    if batches > count:
        raise PlanError(f"{service.name}: {batches} batches for {count} instances; at most one batch per instance")
    for version in (to, service.version):
        if version not in service.versions:
            raise VersionAbsent(service, version)
    if to == service.version:
        raise PlanError(f"{service.name}: {to!r} is the version that runs already")
    if offline.leaves_first and batches == 1:
        raise PlanError(
            f"{service.name}: {offline.name} in 1 batch would leave no instance serving; at least 2 are needed"
        )
    least, more = divmod(count, batches)
    return tuple(least + 1 if number < more else least for number in range(batches))
