"""What a scenario expects of its verdict. Without the mark: GO."""

from dataclasses import dataclass
from typing import Final, Literal

import pytest

GO: Final = "GO"
NO_GO: Final = "NO-GO"


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected verdict and, for NO-GO, what must have been found; a field of None matches anything."""

    verdict: Literal["GO", "NO-GO"] = GO
    finding: str | None = None
    hop: str | None = None
    step: str | None = None


def expects(
    verdict: Literal["GO", "NO-GO"], *, finding: str | None = None, hop: str | None = None, step: str | None = None
) -> pytest.MarkDecorator:
    """Mark a scenario whose release is expected to lose something: the proof that the suite can see.

    It passes only where one finding matches every given field. GO, or another finding, means that the suite was blind.
    """
    return pytest.mark.expects(Expectation(verdict, finding, hop, step))
