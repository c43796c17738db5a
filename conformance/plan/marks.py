"""What a scenario says of itself besides its release: the verdict that it expects, what it needs, and its load."""

from dataclasses import dataclass
from typing import Final, Literal

import pytest

from conformance.plan.topology import Position, Strategy
from conformance.vocabulary import DAMAGE, LOSSES, FindingKind, StepKind

GO: Final = "GO"
NO_GO: Final = "NO-GO"
__all__ = [
    "ABILITIES",
    "DAMAGE",
    "GO",
    "LOSSES",
    "NO_GO",
    "Ability",
    "Expectation",
    "Load",
    "applies_to",
    "expects",
    "measured",
    "needs",
]


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected verdict and, for NO-GO, what must have been found; a field of None matches anything."""

    verdict: Literal["GO", "NO-GO", "ANY"] = GO
    finding: tuple[str, ...] = ()
    """One of them must be there."""
    hop: str | None = None
    step: StepKind | None = None
    """The first step of this kind in the plan."""
    also: tuple[str, ...] = ()
    """Damage to data that may be there besides, anywhere: what is not named must not be there."""


def expects(
    verdict: Literal["GO", "NO-GO"],
    *,
    finding: str | tuple[str, ...] = (),
    hop: str | None = None,
    step: Literal["batch", "gray", "confirm", "fault"] | None = None,
    also: str | tuple[str, ...] = (),
) -> pytest.MarkDecorator:
    """Mark a scenario whose release is expected to lose something: the proof that the suite can see.

    It is met only where one finding matches every given field, and no partial, lost, duplicate or phantom write was
    found that neither ``finding`` nor ``also`` names. GO, another finding, or such damage means that the suite was
    blind: INCONCLUSIVE.

    Args:
        verdict: What must come out.
        finding: What must be found; of several, one of them.
        hop: Where: ``->service`` for any hop to the service that is released.
        step: When: in the first step of this kind.
        also: Damage to data that may be found besides.

    Raises:
        pytest.Collector.CollectError: A finding that no check makes.
    """
    found, named = ((one,) if isinstance(one, str) else tuple(one) for one in (finding, also))
    known = {kind.value for kind in FindingKind}
    for one in (*found, *named):
        if one not in known:
            raise pytest.Collector.CollectError(f"expects: no check finds {one!r}; docs/checks.md names the findings")
    kind = None if step is None else StepKind(step)
    return pytest.mark.expects(Expectation(verdict, found, hop, kind, named))


measured: Final = pytest.mark.expects(Expectation("ANY"))
"""Marks a scenario that is carried out for what it costs: whatever its verdict is, it is as expected."""


def applies_to(*positions: Position) -> pytest.MarkDecorator:
    """Mark a scenario that is about services in these positions: carried out for each of them that is released."""
    return pytest.mark.applies_to(*positions)


Ability = Literal[
    "active checks",
    "address",
    "lanes",
    "memory",
    "network",
    "process 1",
    "push",
    "registry weights",
    "self-preservation",
    "servers",
    "weights",
]

ABILITIES: dict[Ability, str] = {
    "active checks": "ask its members by itself how they are",
    "address": "take an instance's address away",
    "lanes": "choose whose requests meet the gray",
    "memory": "limit an instance's memory",
    "network": "cut an instance off the network",
    "process 1": "give an instance a process 1 of its own",
    "push": "tell its subscribers of a change by itself",
    "registry weights": "give each instance a weight, by which its consumers choose",
    "servers": "end the SLB or the database and start it anew where it was",
    "self-preservation": "stop evicting where too many fall silent at once",
    "weights": "share its requests by weights",
}
"""What each is, as the end of a sentence that begins with *it can*."""


def needs(*abilities: Ability) -> pytest.MarkDecorator:
    """Mark a scenario that can be carried out only where platform, registry and SLB can do this."""
    return pytest.mark.needs(*abilities)


def of_strategy(strategy: Strategy) -> pytest.MarkDecorator:
    """Mark the scenario of a strategy, which every profile has for services whose team declares that strategy."""
    return pytest.mark.strategy(strategy)


of_a_standing_system: Final = pytest.mark.standing
"""Marks a scenario of a system that stands already: it is for descriptors with ``[standing]``, and only such are for
them."""


@dataclass(frozen=True, slots=True)
class Load:
    """An open-loop load by the descriptor's workload."""

    rate: int | None = None
    """Requests per second; None leaves it to the descriptor. ``--rate`` beats both."""
