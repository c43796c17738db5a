"""When the machine was CPU-starved, and of what that is enough to explain it."""

import msgspec
import pytest

from conformance.judge.cpu_starvation import Starvation, amid, starvation
from conformance.record.thresholds import Thresholds
from tests.judge.healthy import left_rotation, starved

FOUND = Starvation(((100, 200), (300, 400)), enough=0.5, still_ns=50)


@pytest.mark.parametrize(
    ("from_ns", "until_ns", "share"),
    [
        (100, 200, 1.0),
        (120, 180, 1.0),
        (100, 400, 2 / 3),
        (150, 250, 0.5),
        (0, 1_000, 0.2),
        (200, 300, 0.0),
        (400, 500, 0.0),
        (150, 150, 0.0),
        (200, 100, 0.0),
    ],
)
def test_the_share_is_of_the_time_that_is_asked_about(from_ns: int, until_ns: int, share: float) -> None:
    assert FOUND.share(from_ns, until_ns) == pytest.approx(share)


def test_half_of_a_time_explains_what_came_late_in_it_and_less_does_not() -> None:
    assert FOUND.explains(150, 250)
    assert not FOUND.explains(151, 251)


def test_a_record_that_tells_of_no_stretch_excuses_nothing() -> None:
    assert not starvation([left_rotation(100)], Thresholds()).explains(0, 1_000)


def test_the_stretches_are_those_of_the_events() -> None:
    found = starvation([starved(1, 2), left_rotation(3), starved(4, 6)], Thresholds())
    assert found.stretches == ((1_000_000, 2_000_000), (4_000_000, 6_000_000))


def test_a_stretch_that_is_told_twice_is_one_and_one_with_idle_time_is_none() -> None:
    idle = msgspec.structs.replace(starved(8, 9), idle=0.4)
    found = starvation([starved(1, 3), starved(1, 3), starved(2, 4), idle], Thresholds())
    assert found.stretches == ((1_000_000, 4_000_000),)


def test_a_message_says_so_only_where_it_is_so() -> None:
    assert amid(starved=True) == "; the machine was CPU-starved meanwhile"
    assert amid(starved=False) == ""
