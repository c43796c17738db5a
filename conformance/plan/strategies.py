"""What a scenario asks for. Where it is impossible it is refused here, with a sentence, before anything starts."""

from dataclasses import dataclass

from conformance.plan.offline import OfflinePolicy
from conformance.plan.topology import Service


class PlanError(ValueError):
    """A release that cannot be planned; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it is asked for."""

    service: Service
    to: str
    sizes: tuple[int, ...]
    """Instances per batch, in order."""
    offline: OfflinePolicy

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


def batches(service: Service, *, to: str, batches: int, offline: OfflinePolicy) -> Release:
    """Replace every instance of ``service`` by version ``to``, in this many batches, the larger ones first.

    Raises:
        PlanError: No batch, more batches than instances, an unknown version, or the one that runs already; a batch of
            everybody where nothing may be lost.
    """
    count = service.released_instances
    if batches < 1:
        raise PlanError(f"{service.name}: {batches} batches; at least 1 is needed")
    if batches > count:
        raise PlanError(f"{service.name}: {batches} batches for {count} instances; at most one batch per instance")
    if to not in service.versions:
        known = ", ".join(service.versions)
        raise PlanError(f"{service.name}: version {to!r} is unknown; the topology can start {known}")
    if to == service.version:
        raise PlanError(f"{service.name}: {to!r} is the version that runs already")
    if offline.leaves_first and batches == 1:
        raise PlanError(
            f"{service.name}: {offline.name} in 1 batch would leave no instance serving; at least 2 are needed"
        )
    least, more = divmod(count, batches)
    sizes = tuple(least + 1 if number < more else least for number in range(batches))
    return Release(service, to, sizes, offline)
