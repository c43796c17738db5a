"""The whole verdict in one sentence."""

import math
from collections.abc import Sequence

from conformance.judge.model import Finding
from conformance.judge.wording import number, plural

CONFIDENCE = 0.95


def good_news(requests: int, whole: int, answered: int) -> str:
    """What GO rests on.

    Args:
        requests: All of the load.
        whole: Acknowledged writes that were found to be whole; 0 where none was judged.
        answered: Requests that ended as expected since the release began.
    """
    writes = f", {number(whole)} writes whole" if whole else ""
    bound = f"loss below {_percent(loss_bound(answered))} % at {CONFIDENCE * 100:.0f} % confidence"
    return f"0 of {number(requests)} requests failed{writes}: {bound}"


def bad_news(findings: Sequence[Finding]) -> str:
    """The worst finding, and how many there are besides; ``findings`` has the worst first."""
    more = len(findings) - 1
    tail = f" (and {plural(more, 'more finding')})" if more else ""
    return f"{findings[0].message}{tail}"


def loss_bound(answered: int) -> float:
    """The share of lost requests that is still possible where none of ``answered`` was lost: exact, binomial."""
    return 1.0 if answered <= 0 else 1.0 - (1.0 - CONFIDENCE) ** (1.0 / answered)


def _percent(share: float) -> str:
    """In percent, two digits, rounded up: a bound must not be understated."""
    percent = share * 100
    digits = 1 - math.floor(math.log10(percent))
    scale = 10.0**digits
    return f"{math.ceil(percent * scale) / scale:.{max(digits, 0)}f}"
