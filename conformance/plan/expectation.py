"""What a scenario expects of its verdict. Without the mark: GO."""

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
