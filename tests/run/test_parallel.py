"""Several instances at once: results in order, the first failure raised when all have come to their end."""

import threading

import pytest

from conformance.run.parallel import on_each


def test_results_come_in_the_order_of_the_items() -> None:
    assert on_each(range(20), lambda n: n * n) == tuple(n * n for n in range(20))


def test_all_are_at_it_at_the_same_time() -> None:
    together = threading.Barrier(8)
    assert on_each(range(8), lambda _: together.wait(timeout=30) >= 0) == (True,) * 8


def test_a_failure_is_raised_after_the_others_have_ended() -> None:
    ended: list[int] = []

    def act(number: int) -> None:
        if number == 1:
            raise ValueError("one")
        ended.append(number)

    with pytest.raises(ValueError, match="one"):
        on_each(range(4), act)
    assert sorted(ended) == [0, 2, 3]


def test_no_more_than_so_many_are_at_it_at_the_same_time_and_each_has_its_turn() -> None:
    at_it, most_seen, together = 0, 0, threading.Barrier(2)
    lock = threading.Lock()

    def act(number: int) -> int:
        nonlocal at_it, most_seen
        with lock:
            at_it += 1
            most_seen = max(most_seen, at_it)
        together.wait(timeout=30)  # two are: neither goes on without the other
        with lock:
            at_it -= 1
        return number

    assert on_each(range(6), act, most=2) == tuple(range(6))
    assert most_seen == 2


def test_after_a_failure_no_further_one_begins() -> None:
    begun: list[int] = []

    def act(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise ValueError("one")

    with pytest.raises(ValueError, match="one"):
        on_each(range(4), act, most=1)
    assert begun == [0, 1]


def test_nothing_to_do_is_done() -> None:
    assert on_each([], lambda _: 1 / 0) == ()


def test_each_failure_is_told_in_the_order_of_the_items_before_the_first_is_raised() -> None:
    told: list[tuple[int, str]] = []
    with pytest.raises(ZeroDivisionError):
        on_each([3, 0, 5, 0], lambda n: 1 // n, lambda n, error: told.append((n, type(error).__name__)))
    assert told == [(0, "ZeroDivisionError"), (0, "ZeroDivisionError")]
