"""The one way to wait: a deadline, a reason, the last thing seen."""

import pytest

from conformance.run.waiting import Unmet, until


def test_what_is_accepted_is_returned() -> None:
    seen = iter([0, 1, 2])
    assert until("two", lambda: next(seen), within_s=5, accept=lambda n: n == 2, every_s=0.001) == 2


def test_a_wait_in_vain_tells_what_it_waited_for_and_saw() -> None:
    with pytest.raises(Unmet, match=r"^the sea: not within 0 s; last seen: 'land'$"):
        until("the sea", lambda: "land", within_s=0, accept=lambda seen: seen == "sea")


def test_a_listed_error_only_means_not_yet() -> None:
    tries = iter([ConnectionError("refused"), None])

    def look() -> bool:
        error = next(tries)
        if error:
            raise error
        return True

    assert until("it to answer", look, within_s=5, every_s=0.001, transient=(ConnectionError,))


def test_a_listed_error_that_lasts_is_the_last_thing_seen() -> None:
    def look() -> bool:
        raise ConnectionError("refused")

    with pytest.raises(Unmet, match=r"last seen: refused$"):
        until("it to answer", look, within_s=0, transient=(ConnectionError,))


def test_any_other_error_ends_the_wait_at_once() -> None:
    def look() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        until("never", look, within_s=60)


def test_a_sick_harness_is_no_sick_product() -> None:
    assert not issubclass(Unmet, AssertionError)
