"""What writes of a route must leave: by the answer's status, and by the version that has worked on it."""

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.record.contract import Contract, RouteFacts

Left = tuple[str, ...]
"""Effects; one that is named twice must be there twice."""


@dataclass(frozen=True, slots=True)
class Case:
    """Writes of one route of which the same is right."""

    statuses: tuple[int, ...]
    """Of their answers; empty for all that no other case of the route names, and for writes that failed."""
    others: tuple[int, ...]
    """Those that other cases name."""
    version: str | None
    """What the record shows to have worked on them; None where it does not say, or no version leaves anything else."""
    right: tuple[Left, ...]
    """Any of these, whole."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What writes of one route must leave."""

    route: str
    service: str
    """Whose version decides; empty where none does."""
    acknowledged: tuple[Case, ...]
    failed: Case
    """All of one of these, or nothing."""

    @property
    def effects(self) -> Left:
        """Every effect that any of its writes can leave, once."""
        return tuple(dict.fromkeys(effect for left in self.failed.right for effect in left))


def duties(contract: Contract) -> tuple[Duties, ...]:
    """Of every route that declares effects."""
    return tuple(_of_route(contract, route) for route in contract.load.routes if route.write and route.declares_effects)


def _of_route(contract: Contract, route: RouteFacts) -> Duties:
    service = next((rule.service for rule in route.rules if rule.service), "")
    versions = versions_in_play(contract, service) if service else ()
    differs = len(versions) > 1
    named = sorted({status for rule in route.rules for status in rule.statuses})
    cases = [
        Case(
            statuses=() if status is None else (status,),
            others=tuple(named) if status is None else (),
            version=version,
            right=_distinct(route.leaves(status, one) for one in (versions if version is None else [version]) or [""]),
        )
        for status in (*named, None)
        for version in ((*versions, None) if differs else (None,))
    ]
    right = _distinct(left for case in cases for left in case.right)
    failed = Case(statuses=(), others=(), version=None, right=right)
    return Duties(route.name, service if differs else "", tuple(cases), failed)


def versions_in_play(contract: Contract, service: str) -> tuple[str, ...]:
    """The versions in which instances of a service run at some time of the run."""
    known = [one.version for one in contract.services if one.name == service]
    for release in contract.releases:
        if release.service == service:
            brought = (batch.to for batch in (*release.batches, *release.undo))
            known += [release.old, release.new, release.overtaken_by, *brought]
    return tuple(dict.fromkeys(version for version in known if version))


def _distinct(every: Iterable[Left]) -> tuple[Left, ...]:
    """Without those that only differ in their order; the longest first: what is held against it lacks the most."""
    found = {tuple(sorted(left)): left for left in every}
    return tuple(sorted(found.values(), key=len, reverse=True))
