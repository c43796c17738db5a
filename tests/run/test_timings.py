"""How long a run waits for what comes with the load."""

import pytest

from conformance.run.timings import USUAL_RATE, Timings


@pytest.mark.parametrize("rate", [USUAL_RATE, 10 * USUAL_RATE])
def test_at_the_usual_rate_and_above_nothing_waits_longer(rate: int) -> None:
    assert Timings().at(rate) == Timings()


def test_below_it_traffic_and_nothing_else_is_waited_for_longer() -> None:
    usual, slow = Timings(), Timings().at(USUAL_RATE // 3)
    assert slow.slower == 3
    assert slow.write_in_flight == 3 * usual.write_in_flight
    assert slow.enough_traffic == 3 * usual.enough_traffic
    assert (slow.ready, slow.listed, slow.stopped) == (usual.ready, usual.listed, usual.stopped)
