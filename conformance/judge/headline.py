"""The whole verdict in one sentence."""

import math
from collections.abc import Sequence

from conformance.judge.binomial import CONFIDENCE, most_possible
from conformance.judge.model import Finding
from conformance.judge.wording import number, plural


def good_news(requests: int, whole: int, answered: int) -> str:
    """What GO rests on.

    Args:
        requests: All of the load.
        whole: Acknowledged writes that were found to be whole; 0 where none was judged.
        answered: Requests that ended as expected since the release began.
    """
    writes = f", {number(whole)} writes whole" if whole else ""
    return f"0 of {number(requests)} requests failed{writes}: {loss_bound(0, answered)}"


def loss_bound(failed: int, requests: int) -> str:
    """``loss below 0.02 % at 95 % confidence``: the share of lost requests that is still possible, rounded up.

    Args:
        failed: Requests that failed since the release began.
        requests: Requests that ended since then, these among them.
    """
    return f"loss below {_percent(most_possible(failed, requests))} % at {CONFIDENCE * 100:.0f} % confidence"


def bad_news(findings: Sequence[Finding]) -> str:
    """The worst finding, and how many there are besides; ``findings`` has the worst first."""
    more = len(findings) - 1
    tail = f" (and {plural(more, 'more finding')})" if more else ""
    return f"{findings[0].message}{tail}"


def _percent(share: float) -> str:
    """In percent, two digits, rounded up: a bound must not be understated."""
    percent = share * 100
    digits = 1 - math.floor(math.log10(percent))
    scale = 10.0**digits
    return f"{math.ceil(percent * scale) / scale:.{max(digits, 0)}f}"
