"""How much a machine carries, by what a request costs it."""

import pytest

from fixtures.glue import rate_calibration
from fixtures.glue.rate_calibration import FULLEST_UNSPARED, LEAST_RATE, STEP, Cost


@pytest.mark.parametrize(
    ("standing", "request_ms", "processors", "carried"),
    [
        (0.05, 2.4, 2, 410),
        (0.05, 6.0, 2, 160),
        (0.05, 6.0, 8, 660),
        (0.35, 6.0, 2, 60),
        (0.05, 2000.0, 2, STEP),
        (0.99, 2.4, 2, STEP),
    ],
)
def test_a_machine_carries_what_leaves_it_room_to_start_instances(
    standing: float, request_ms: float, processors: int, carried: int
) -> None:
    """Rounded down; never nothing, for then nothing could be told at all."""
    cost = Cost(standing, request_ms)
    assert cost.carried(processors) == carried
    assert ("and is sent 100" in cost.told(processors)) is (carried < LEAST_RATE)


def test_where_instances_that_start_take_from_those_that_serve_it_carries_less() -> None:
    assert Cost(0.1, 3.1, FULLEST_UNSPARED).carried(2) < Cost(0.1, 3.1).carried(2) / 2


@pytest.mark.parametrize(
    ("looks", "another"),
    [((0.1,), False), ((0.5, 0.12), False), ((0.5, 0.6, 0.4), True), ((0.0, 0.0, 0.0), False)],
)
def test_a_machine_that_has_changed_is_measured_again_and_a_moment_is_no_change(
    monkeypatch: pytest.MonkeyPatch, looks: tuple[float, ...], another: bool
) -> None:
    seen = iter(looks)
    monkeypatch.setattr(rate_calibration, "_standing", lambda: next(seen))
    assert Cost(0.1, 2.4).is_of_another_machine() is another
