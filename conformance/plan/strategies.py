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
class Release:
    """A release as it is asked for."""

    service: Service
    to: str
    sizes: tuple[int, ...]
    """Instances per batch, in order."""
    offline: OfflinePolicy
    amid: Fault | Restart | None = None
    """What happens after the first batch, and is mended before the next."""

    @property
    def strategy(self) -> str:
        """``3 batches of 4, 3 and 3``."""
        if len(self.sizes) == 1:
            return f"1 batch of {self.sizes[0]}"
        head = ", ".join(str(size) for size in self.sizes[:-1])
        return f"{len(self.sizes)} batches of {head} and {self.sizes[-1]}"

    @property
    def minimum_in_rotation(self) -> int:
        """Instances that serve at all times: all but the largest batch, which is stopped before it is started anew."""
        return sum(self.sizes) - max(self.sizes)


def batches(  # noqa: PLR0913 - keywords that read like the sentence they stand in
    service: Service,
    *,
    to: str,
    batches: int,
    offline: OfflinePolicy,
    instances: int | None = None,
    before: str | None = None,
    amid: Fault | Restart | None = None,
) -> Release:
    """Replace every instance of ``service`` by version ``to``, in this many batches, the larger ones first.

    Args:
        service: What is released.
        to: The new version.
        batches: How many.
        offline: How an instance leaves.
        instances: How many run, where it is not the service's own number.
        before: What runs until then, where it is not the service's usual version.
        amid: What happens after the first batch.

    Raises:
        PlanError: No batch, more batches than instances, an unknown version, or the one that runs already; a batch of
            everybody where nothing may be lost.
    """
    if instances is not None:
        service = replace(service, released_instances=instances)
    if before is not None:
        service = replace(service, version=before)
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
    sizes = tuple(least + 1 if number < more else least for number in range(batches))
    return Release(service, to, sizes, offline, amid)
