"""How long an instance may be called after its mark."""

import pytest

from conformance.load.spec import Journey, Route
from conformance.record.thresholds import NOTIFIED_WITHIN_S
from conformance.run.contract import removal_bound_s, round_s


def _route(weight: float, *, write: bool) -> Route:
    return Route(name="r", method="GET", path="/", weight=weight, expect=(200,), write=write)


READ, WRITE = _route(3, write=False), _route(1, write=True)


@pytest.mark.parametrize(
    ("routes", "seconds"), [((READ,), 0.2), ((WRITE,), 0.2), ((READ, WRITE), 0.8)], ids=["reads", "writes", "both"]
)
def test_a_round_is_as_long_as_all_callers_need_to_call_everybody(routes: tuple[Route, ...], seconds: float) -> None:
    """Ten instances, two callers, 100 requests a second; of four requests one goes all the way."""
    assert round_s(instances=10, callers=2, rate=100, routes=routes) == pytest.approx(seconds)


def test_the_steps_of_journeys_are_asked_for_by_each_of_them() -> None:
    """Of four starts one is a journey of two writes and a read: half a write whenever something is due."""
    step = _route(0, write=True)
    journey = Journey(name="j", weight=1, steps=(1, 0, 1))
    assert round_s(instances=10, callers=2, rate=100, routes=(READ, step), journeys=(journey,)) == pytest.approx(0.4)


def test_who_notifies_must_have_been_asked_since_and_no_longer_is_allowed() -> None:
    assert removal_bound_s(notifies=True, told_within_s=9, round_s=0.1, held_s=0.0) == NOTIFIED_WITHIN_S
    assert removal_bound_s(notifies=True, told_within_s=9, round_s=0.8, held_s=0.0) == 1.6


def test_who_notifies_tells_nobody_before_an_answer_that_is_held_has_come() -> None:
    """Of two callers of four, at 30 calls a second, one came after 150 ms, was held for 455, and had called again."""
    assert removal_bound_s(notifies=True, told_within_s=9, round_s=8 / 30, held_s=0.6) > 0.549


def test_who_does_not_notify_waits_for_registry_and_lists() -> None:
    assert removal_bound_s(notifies=False, told_within_s=9, round_s=0.8, held_s=0.6) == 10
