"""The exact binomial distribution: how often chance alone gives a count, and which shares a count leaves possible."""

import math

CONFIDENCE = 0.95
NEGLIGIBLE = 1e-17
"""A term this small against the sum before it changes no figure any more."""


def chance(hits: int, trials: int, share: float) -> float:
    """How often chance alone gives a count at least this far on its side: twice the smaller exact binomial tail."""
    upper = hits >= trials * share
    return min(1.0, 2 * _tail(hits, trials, share, step=1 if upper else -1))


def most_possible(hits: int, trials: int) -> float:
    """The largest share that ``hits`` of ``trials`` leave possible at 95 % confidence, one-sided (Clopper-Pearson)."""
    if hits >= trials:
        return 1.0
    doubt = 1.0 - CONFIDENCE
    if hits == 0:
        return 1.0 - math.pow(doubt, 1.0 / trials)
    low, high = hits / trials, 1.0
    while (middle := (low + high) / 2) not in (low, high):
        if _tail(hits, trials, middle, step=-1) > doubt:
            low = middle
        else:
            high = middle
    return high


def _tail(hits: int, trials: int, share: float, *, step: int) -> float:
    """The sum of the probabilities of ``hits`` and of all counts beyond it, upwards or downwards."""
    total, k = 0.0, hits
    while 0 <= k <= trials:
        term = math.exp(_log_probability(k, trials, share))
        total += term
        if term <= total * NEGLIGIBLE:
            break
        k += step
    return total


def _log_probability(k: int, n: int, p: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return choose + k * math.log(p) + (n - k) * math.log1p(-p)
