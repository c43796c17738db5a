"""The verdict in one sentence."""

import pytest

from conformance.judge.binomial import most_possible
from conformance.judge.headline import good_news, loss_bound


def test_go_says_what_it_rests_on() -> None:
    assert good_news(6_312, 3_150, 6_312) == (
        "0 of 6,312 requests failed, 3,150 writes whole: loss below 0.048 % at 95 % confidence"
    )


def test_go_claims_no_whole_writes_where_none_was_judged() -> None:
    assert "writes" not in good_news(6_312, 0, 6_312)


@pytest.mark.parametrize(
    ("answered", "bound"), [(0, "100"), (1, "95"), (100, "3.0"), (3_000, "0.100"), (1_000_000, "0.00030")]
)
def test_the_bound_is_never_understated(answered: int, bound: str) -> None:
    said = good_news(answered, 0, answered).split("below ")[1].split(" %")[0]
    assert said == bound
    assert float(said) >= most_possible(0, answered) * 100


def test_a_bound_of_losses_is_said_the_same_way() -> None:
    assert loss_bound(98, 15_000) == "loss below 0.78 % at 95 % confidence"
