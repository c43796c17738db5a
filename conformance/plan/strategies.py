"""What a scenario asks for. Where it is impossible it is refused here, with a sentence, before anything starts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from conformance.plan.exposure import Exposure, by_instances
from conformance.plan.release import Amid, Confirmation, Part, Release, Scaling, automatic, manual
from conformance.plan.sizes import Sizes, TooManyBatches, split, usual_batches, usual_gray
from conformance.plan.topology import Order, Service
from conformance.plan.way_steps import way_down_of, way_up_of
from conformance.plan.ways_down import OfflinePolicy

GREATEST_WEIGHT = 100
"""Of an instance at the SLB: its wheel has a place for each unit of weight."""


class PlanError(ValueError):
    """A release that cannot be planned; says why in one sentence."""


class Inapplicable(PlanError):
    """A release that this service, as its descriptor has it, cannot be given; carries what would mend that."""

    def __init__(self, kind: str, why: str, remedy: str) -> None:
        super().__init__(why)
        self.kind = kind
        """In one or two words, for lists: ``one instance``."""
        self.remedy = remedy


def batches(  # noqa: PLR0913 - keywords that read like the sentence they stand in
    *services: Service,
    offline: OfflinePolicy,
    to: str | None = None,
    batches: Sizes | None = None,
    order: Order | None = None,
    interval_s: float | None = None,
    at_least: int | None = None,
    at_most: int | None = None,
    instances: int | None = None,
    before: str | None = None,
    amid: Amid | None = None,
    together: bool = True,
    overtaken_by: str = "",
) -> Release:
    """Replace every instance of each service by its new version, batch by batch.

    What is not given is as the team releases the service (``Service.release``), else as the suite does.

    Args:
        services: What is released; several at the same time.
        offline: How an instance leaves.
        to: The new version; the service's next one unless given.
        batches: How many, the larger ones first; or their sizes; or the share of each, such as ``"30 %"``.
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
        Inapplicable: The service has too few instances for it, no next version, or no way to leave its callers first.
        PlanError: No service; batches that cannot be; an unknown version, or the one that runs already; a batch of
            everybody where nothing may be lost; more in rotation than there can be, or fewer than there must be;
            services together that go down in different ways; a single batch that is to be overtaken.
    """
    released = [_as_released(service, instances, before) for service in services]
    _check_together(released, offline, together=together)

    def sizes(service: Service) -> tuple[int, ...]:
        count = service.released_instances
        if batches is not None:
            return split(count, batches)
        return _declared(service, count) or split(count, usual_batches(count))

    parts = tuple(_part(service, (to, overtaken_by or None), sizes, offline) for service in released)
    release = Release(
        parts,
        offline,
        order=_order(parts, order),
        interval_s=parts[0].service.release.interval_s if interval_s is None else interval_s,
        amid=amid,
        together=together,
        overtaken_by=overtaken_by,
    )
    return _checked(release, at_least, at_most)


def gray(  # noqa: PLR0913 - keywords that read like the sentence they stand in
    *services: Service,
    offline: OfflinePolicy,
    to: str | None = None,
    then: Sizes | None = None,
    first: int | None = None,
    confirm: Confirmation | None = None,
    met_by: Exposure = by_instances,
    order: Order | None = None,
    interval_s: float | None = None,
    at_least: int | None = None,
    at_most: int | None = None,
    instances: int | None = None,
    before: str | None = None,
    together: bool = True,
) -> Release:
    """Replace the first few instances, see that the business is right, then the rest in batches (A8).

    ``first`` is how many; ``then`` is what ``batches`` is elsewhere, of the rest; ``confirm`` says who decides,
    ``met_by`` whose requests meet the gray until then. Everything else as there.

    Raises:
        Inapplicable: As ``batches``.
        PlanError: As ``batches``; a gray of nobody or of everybody; a share by weights of a service that
            stands neither behind the SLB nor in a registry, or one too small for them.
    """
    released = [_as_released(service, instances, before) for service in services]
    _check_together(released, offline, together=together)

    def sizes(service: Service) -> tuple[int, ...]:
        count = service.released_instances
        taken = (service.release.first or usual_gray(count)) if first is None else first
        _check_gray(service, taken, met_by)
        rest = count - taken
        if then is not None:
            return (taken, *split(rest, then))
        return (taken, *(_declared(service, rest) or split(rest, min(rest, max(1, usual_batches(count) - 1)))))

    parts = tuple(_part(service, (to,), sizes, offline) for service in released)
    release = Release(
        parts,
        offline,
        confirm or _confirmation(parts[0].service),
        order=_order(parts, order),
        interval_s=parts[0].service.release.interval_s if interval_s is None else interval_s,
        together=together,
        met_by=met_by,
    )
    return _checked(release, at_least, at_most)


def _declared(service: Service, count: int) -> tuple[int, ...]:
    """The batches that the team declares; empty where it declares none."""
    wanted = service.release.batches
    return () if wanted is None else split(count, wanted)


def _order(parts: Sequence[Part], asked: Order | None) -> Order:
    """A single instance is started anew before it stops: else nobody would serve meanwhile.

    Not where the new one is to have the address of the old one.
    """
    if asked is not None:
        return asked
    declared = parts[0].service.release.order
    alone = any(sum(part.sizes) == 1 and not part.service.kept_addresses for part in parts)
    return declared or ("start first" if alone else "stop first")


def _confirmation(service: Service) -> Confirmation:
    within_s = service.release.confirm_within_s
    if service.release.manual:
        return manual() if within_s is None else manual(within_s=within_s)
    return automatic if within_s is None else replace(automatic, within_s=within_s)


def _check_together(services: Sequence[Service], offline: OfflinePolicy, *, together: bool) -> None:
    if not services:
        raise PlanError("no service is named: nothing to release")
    ways = {(service.position == "entry", way_down_of(service, offline), service.way_up) for service in services}
    if together and len(ways) > 1:
        names = ", ".join(service.name for service in services)
        raise Inapplicable(
            "different ways",
            f"{names} go down or come up in different ways, and cannot share a batch",
            "declare the same [[services.NAME.offline]] and [[services.NAME.online]] for both",
        )


def _check_gray(service: Service, first: int, met_by: Exposure) -> None:
    count = service.released_instances
    if count == 1:
        raise _too_few(service, f"a gray of {first} of 1 instance; the rest must be at least 1", 2)
    if not 0 < first < count:
        raise PlanError(f"{service.name}: a gray of {first} of {count} instances; at least 1, and not all")
    if met_by.by != "weights":
        return
    if service.position != "entry" and not service.registered:
        raise Inapplicable(
            "not behind the SLB",
            f"{service.name} stands neither behind the SLB nor in a registry, whose weights give a gray its share",
            "release an entry service, or one that is registered",
        )
    if (weight := max(met_by.weights(first, count - first))) > GREATEST_WEIGHT:
        raise PlanError(f"{service.name}: {met_by.told} needs a weight of {weight}; at most {GREATEST_WEIGHT}")


def _too_few(service: Service, why: str, wanted: int) -> Inapplicable:
    remedy = f"set services.{service.name}.released_instances = {wanted} or more"
    return Inapplicable("too few instances", f"{service.name}: {why}", remedy)


def _as_released(service: Service, instances: int | None, before: str | None) -> Service:
    return replace(
        service,
        released_instances=service.released_instances if instances is None else instances,
        version=service.version if before is None else before,
    )


def _part(
    service: Service,
    to: Sequence[str | None],
    sizes: Callable[[Service], tuple[int, ...]],
    offline: OfflinePolicy,
) -> Part:
    new = to[0] or service.next
    if not new:
        raise Inapplicable(
            "no next version",
            f"{service.name} has no next version",
            f"set services.{service.name}.next, or declare a second one of its versions",
        )
    down = way_down_of(service, offline)
    if offline.leaves_first and not down:
        raise Inapplicable(
            "no way down",
            f"{service.name} has no way to leave its callers first: no registry lists it and no act is declared",
            f"declare [[services.{service.name}.offline]]",
        )
    try:
        part = Part(service, new, sizes(service), down, way_up_of(service, down))
    except TooManyBatches as error:
        gray_takes = service.released_instances - error.count
        raise _too_few(service, str(error), error.at_least + gray_takes) from error
    except PlanError:
        raise
    except ValueError as error:
        raise PlanError(f"{service.name}: {error}") from error
    versions = [version for version in (new, *to[1:], service.version) if version]
    for version in versions:
        if version not in service.versions:
            known = ", ".join(service.versions)
            raise PlanError(f"{service.name}: version {version!r} is unknown; the topology can start {known}")
    for version, other in pairwise(reversed(versions)):
        if version == other:
            raise PlanError(f"{service.name}: {version!r} is the version that runs already")
    return part


def _checked(release: Release, at_least: int | None, at_most: int | None) -> Release:
    of_parts = (_faults_of_part(release, part, at_least, at_most) for part in release.parts)
    for fault in chain(_faults(release), *of_parts):
        raise fault if isinstance(fault, PlanError) else PlanError(fault)
    return release


def _faults(release: Release) -> Iterator[str]:
    """What is impossible of the whole."""
    if len({len(part.sizes) for part in release.parts}) > 1:
        yield "services that are released together need the same number of batches"
    if release.together and len({(part.service.version, part.to) for part in release.parts}) > 1:
        versions = ", ".join(f"{part.service.name} {part.service.version} -> {part.to}" for part in release.parts)
        yield f"services that are released in the same batches must go from one version to one other: {versions}"
    if release.interval_s < 0:
        yield f"an interval of {release.interval_s:g} s; it cannot be negative"
    if release.overtaken_by and release.batches == 1:
        yield "1 batch: there is nothing left that another release could overtake"
    if release.overtaken_by and not release.together:
        yield "a release of one service after the other cannot be overtaken: release them together"
    if isinstance(release.amid, Scaling) and release.amid.by < 1:
        yield f"scaled by {release.amid.by} instances; at least 1 is needed"


def _faults_of_part(
    release: Release, part: Part, at_least: int | None, at_most: int | None
) -> Iterator[str | PlanError]:
    """What is impossible of one service."""
    serving, name = part.minimum_in_rotation(release.order), part.service.name
    if release.order == "start first" and part.service.kept_addresses:
        yield Inapplicable(
            "kept addresses",
            f"{name}: nothing can start at an address that is to be kept before the old instance has left it",
            f'release it with order = "stop first", or without services.{name}.addresses = "kept"',
        )
    if release.offline.leaves_first and not serving:
        why = f"{release.offline.name} in 1 batch would leave no instance serving; at least 2 are needed"
        yield _too_few(part.service, why, 2) if sum(part.sizes) == 1 else f"{name}: {why}"
    if at_least is not None and serving < at_least:
        yield f"{name}: {at_least} in rotation at all times; the largest batch leaves {serving}"
    scaled = release.amid.by if isinstance(release.amid, Scaling) else 0
    running = sum(part.sizes) + max(part.surge(release.order), scaled)
    if at_most is not None and running > at_most:
        yield f"{name}: at most {at_most} may run; there would be {running}"
