"""What a scenario asks for. Where it is impossible it is refused here, with a sentence, before anything starts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from conformance.plan.exposure import Exposure, by_instances
from conformance.plan.offline import OfflinePolicy
from conformance.plan.release import Amid, Confirmation, Order, Part, Release, Scaling, automatic
from conformance.plan.sizes import Sizes, split
from conformance.plan.topology import Service

GREATEST_WEIGHT = 100
"""Of an instance at the SLB: its wheel has a place for each unit of weight."""


class PlanError(ValueError):
    """A release that cannot be planned; says why in one sentence."""


class VersionAbsent(PlanError):
    """The topology cannot start a version that a scenario names; the scenario cannot be carried out on it."""

    def __init__(self, service: Service, version: str) -> None:
        known = ", ".join(service.versions)
        super().__init__(f"{service.name}: version {version!r} is unknown; the topology can start {known}")
        self.service = service.name
        self.version = version


def batches(  # noqa: PLR0913 - keywords that read like the sentence they stand in
    *services: Service,
    to: str,
    batches: Sizes,
    offline: OfflinePolicy,
    order: Order = "stop first",
    interval_s: float = 0.0,
    at_least: int | None = None,
    at_most: int | None = None,
    instances: int | None = None,
    before: str | None = None,
    amid: Amid | None = None,
    together: bool = True,
    overtaken_by: str = "",
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
        at_most: How many may run at any time; more than there are: the surge.
        instances: How many run of each, where it is not the service's own number.
        before: What runs until then, where it is not the service's usual version.
        amid: What happens after the first batch.
        together: Several services batch by batch; else one after the other, providers before their callers.
        overtaken_by: A version whose own release begins when the first batch is done, and replaces everything.

    Raises:
        PlanError: No service; batches that cannot be; an unknown version, or the one that runs already; a batch of
            everybody where nothing may be lost; more in rotation than there can be, or fewer than there must be; the
            entry together with others; a single batch that is to be overtaken.
    """
    released = [_as_released(service, instances, before) for service in services]
    _check_together(released, together=together)
    parts = [_part(service, (to, overtaken_by), lambda count: split(count, batches)) for service in released]
    release = Release(
        tuple(parts),
        to,
        offline,
        order=order,
        interval_s=interval_s,
        amid=amid,
        together=together,
        overtaken_by=overtaken_by,
    )
    return _checked(release, at_least, at_most)


def gray(  # noqa: PLR0913 - keywords that read like the sentence they stand in
    *services: Service,
    to: str,
    then: Sizes,
    offline: OfflinePolicy,
    first: int = 2,
    confirm: Confirmation = automatic,
    met_by: Exposure = by_instances,
    order: Order = "stop first",
    interval_s: float = 0.0,
    at_least: int | None = None,
    at_most: int | None = None,
    instances: int | None = None,
    before: str | None = None,
    together: bool = True,
) -> Release:
    """Replace the first few instances, see that the business is right, then the rest in batches (A8).

    ``then`` is what ``batches`` is elsewhere, of the rest; ``confirm`` says who decides, ``met_by`` whose requests meet
    the gray until then. Everything else as there.

    Raises:
        PlanError: As ``batches``; a gray of nobody or of everybody; a share by the SLB's weights of a service that is
            not behind it, or one too small for them.
    """
    released = [_as_released(service, instances, before) for service in services]
    _check_together(released, together=together)
    for service in released:
        _check_gray(service, first, met_by)
    parts = [_part(service, (to,), lambda count: (first, *split(count - first, then))) for service in released]
    release = Release(
        tuple(parts),
        to,
        offline,
        confirm,
        order=order,
        interval_s=interval_s,
        together=together,
        met_by=met_by,
    )
    return _checked(release, at_least, at_most)


def _check_together(services: Sequence[Service], *, together: bool) -> None:
    if not services:
        raise PlanError("no service is named: nothing to release")
    if together and len(services) > 1 and any(service.role == "entry" for service in services):
        raise PlanError("the entry is drained where others deregister: release it by itself, or one after the other")


def _check_gray(service: Service, first: int, met_by: Exposure) -> None:
    count = service.released_instances
    if not 0 < first < count:
        raise PlanError(f"{service.name}: a gray of {first} of {count} instances; at least 1, and not all")
    if met_by.by != "weights":
        return
    if service.role != "entry":
        raise PlanError(f"{service.name} is not behind the SLB, whose weights are to give a share to its gray")
    if (weight := max(met_by.weights(first, count - first))) > GREATEST_WEIGHT:
        raise PlanError(f"{service.name}: {met_by.told} needs a weight of {weight}; at most {GREATEST_WEIGHT}")


def _as_released(service: Service, instances: int | None, before: str | None) -> Service:
    return replace(
        service,
        released_instances=service.released_instances if instances is None else instances,
        version=service.version if before is None else before,
    )


def _part(service: Service, to: Sequence[str], sizes: Callable[[int], tuple[int, ...]]) -> Part:
    try:
        part = Part(service, sizes(service.released_instances))
    except ValueError as error:
        raise PlanError(f"{service.name}: {error}") from error
    versions = [version for version in (*to, service.version) if version]
    for version in versions:
        if version not in service.versions:
            raise VersionAbsent(service, version)
    for version, other in pairwise(reversed(versions)):
        if version == other:
            raise PlanError(f"{service.name}: {version!r} is the version that runs already")
    return part


def _checked(release: Release, at_least: int | None, at_most: int | None) -> Release:
    of_parts = (_faults_of_part(release, part, at_least, at_most) for part in release.parts)
    for fault in chain(_faults(release), *of_parts):
        raise PlanError(fault)
    return release


def _faults(release: Release) -> Iterator[str]:
    """What is impossible of the whole."""
    if len({len(part.sizes) for part in release.parts}) > 1:
        yield "services that are released together need the same number of batches"
    if len({part.service.version for part in release.parts}) > 1:
        versions = ", ".join(f"{part.service.name} {part.service.version}" for part in release.parts)
        yield f"services that are released in one plan must be of one version before: {versions}"
    if release.interval_s < 0:
        yield f"an interval of {release.interval_s:g} s; it cannot be negative"
    if release.overtaken_by and release.batches == 1:
        yield "1 batch: there is nothing left that another release could overtake"
    if release.overtaken_by and not release.together:
        yield "a release of one service after the other cannot be overtaken: release them together"
    if isinstance(release.amid, Scaling) and release.amid.by < 1:
        yield f"scaled by {release.amid.by} instances; at least 1 is needed"


def _faults_of_part(release: Release, part: Part, at_least: int | None, at_most: int | None) -> Iterator[str]:
    """What is impossible of one service."""
    serving, name = part.minimum_in_rotation(release.order), part.service.name
    if release.offline.leaves_first and not serving:
        yield f"{name}: {release.offline.name} in 1 batch would leave no instance serving; at least 2 are needed"
    if at_least is not None and serving < at_least:
        yield f"{name}: {at_least} in rotation at all times; the largest batch leaves {serving}"
    scaled = release.amid.by if isinstance(release.amid, Scaling) else 0
    running = sum(part.sizes) + max(part.surge(release.order), scaled)
    if at_most is not None and running > at_most:
        yield f"{name}: at most {at_most} may run; there would be {running}"
