"""Exact binomial figures: what chance alone gives, and what a count leaves possible."""

import pytest

from conformance.judge.binomial import chance, most_possible


@pytest.mark.parametrize(
    ("hits", "trials", "share", "expected"),
    [
        (0, 10, 0.5, 2 / 1024),
        (10, 10, 0.5, 2 / 1024),
        (9, 10, 0.5, 22 / 1024),
        (5, 10, 0.5, 1.0),
        (0, 1, 0.2, 1.0),
        (3, 3, 0.2, 0.016),
    ],
)
def test_chance_is_the_exact_binomial_tail_on_both_sides(hits: int, trials: int, share: float, expected: float) -> None:
    assert chance(hits, trials, share) == pytest.approx(expected)


def test_chance_can_be_told_of_a_million_calls() -> None:
    assert chance(200_000, 1_000_000, 0.2) > 0.99
    assert chance(202_000, 1_000_000, 0.2) < 1e-6


@pytest.mark.parametrize(
    ("hits", "trials", "most"),
    [
        (0, 0, 1.0),
        (0, 1, 0.95),
        (0, 15_000, 1 - 0.05 ** (1 / 15_000)),
        (1, 2, 0.95**0.5),  # not both: 1 - p^2 = 0.05
        (1, 10, 0.394163),
        (5, 100, 0.102253),
        (10, 10, 1.0),
    ],
)
def test_the_largest_share_that_a_count_leaves_possible(hits: int, trials: int, most: float) -> None:
    """The figures of tables of Clopper and Pearson's one-sided bound."""
    assert most_possible(hits, trials) == pytest.approx(most, rel=1e-5)


def test_more_losses_leave_more_possible_and_more_requests_less() -> None:
    bounds = [most_possible(lost, 10_000) for lost in (0, 1, 10, 9_091, 9_999)]
    assert bounds == sorted(bounds)
    assert most_possible(98, 1_000_000) < most_possible(98, 100_000)
