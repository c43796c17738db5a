"""Who says, once the gray serves, that the business is right and the rest may follow (A8)."""

from dataclasses import dataclass
from typing import Literal

from conformance.vocabulary import Refuser


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A decision in the middle of a release."""

    by: Literal[Refuser.REQUESTS, Refuser.OPERATOR]
    within_s: float
    """Without an answer for so long the release is refused and rolled back. At less than the usual rate the gray's own
    traffic has as much more time."""


automatic = Confirmation(Refuser.REQUESTS, within_s=60.0)
"""By the gray's own traffic so far: no request failed, every write whole, the new version not much slower."""


def manual(*, within_s: float = 3600.0) -> Confirmation:
    """By a person: at the terminal, or where there is none by a file."""
    return Confirmation(Refuser.OPERATOR, within_s)
