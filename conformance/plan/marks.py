"""What a scenario says of itself besides its release: the verdict that it expects, what it needs, and its load."""

from dataclasses import dataclass
from typing import Final, Literal

import pytest

from conformance.vocabulary import FindingKind

GO: Final = "GO"
NO_GO: Final = "NO-GO"


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected verdict and, for NO-GO, what must have been found; a field of None matches anything."""

    verdict: Literal["GO", "NO-GO"] = GO
    finding: str | None = None
    hop: str | None = None
    step: str | None = None
    also: tuple[str, ...] = ()
    """Damage to data that may be there besides, anywhere: what is not named must not be there."""


def expects(
    verdict: Literal["GO", "NO-GO"],
    *,
    finding: str | None = None,
    hop: str | None = None,
    step: str | None = None,
    also: str | tuple[str, ...] = (),
) -> pytest.MarkDecorator:
    """Mark a scenario whose release is expected to lose something: the proof that the suite can see.

    It is met only where one finding matches every given field, and no partial, lost, duplicate or phantom write was
    found that neither ``finding`` nor ``also`` names. GO, another finding, or such damage means that the suite was
    blind: INCONCLUSIVE.

    Raises:
        pytest.Collector.CollectError: A finding that no check makes.
    """
    named = (also,) if isinstance(also, str) else tuple(also)
    known = {kind.value for kind in FindingKind}
    for one in (*named, *([finding] if finding is not None else [])):
        if one not in known:
            raise pytest.Collector.CollectError(f"expects: no check finds {one!r}; docs/checks.md names the findings")
    return pytest.mark.expects(Expectation(verdict, finding, hop, step, named))


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


@dataclass(frozen=True, slots=True)
class Load:
    """An open-loop load by the descriptor's workload."""

    rate: int | None = None
    """Requests per second; None leaves it to the descriptor. ``--rate`` beats both."""
