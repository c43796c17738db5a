"""Wall clock and monotonic clock of one run, brought together."""

import time

from conformance.run.clock import Clock


def test_a_wall_time_lands_between_the_monotonic_ones_around_it() -> None:
    clock = Clock.start()
    before, wall, after = clock.now(), time.time_ns(), clock.now()
    slack = 5_000_000  # the two clocks are read one after the other
    assert before - slack <= clock.of_wall(wall) <= after + slack


def test_the_origin_is_zero() -> None:
    clock = Clock(origin_ns=1_000, offset_ns=50)
    assert clock.of_wall(1_050) == 0
    assert clock.of_wall(1_051) == 1
