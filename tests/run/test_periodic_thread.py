"""Something done every so often beside a run: a failure is told, and ends nothing."""

import errno
import threading

from conformance.run.periodic_thread import PeriodicThread


def test_one_that_raises_is_told_of_and_done_again() -> None:
    done, again, told = 0, threading.Event(), list[Exception]()

    def do() -> None:
        nonlocal done
        done += 1
        if done == 2:
            raise ZeroDivisionError
        if done == 4:
            again.set()

    with PeriodicThread("test", 0.001, do, told.append, joined_within_s=5):
        assert again.wait(30)
    assert [type(error) for error in told] == [ZeroDivisionError]


def test_after_its_end_it_is_done_no_more() -> None:
    done: list[int] = []
    with PeriodicThread("test", 0.001, lambda: done.append(1), lambda _error: None, joined_within_s=5):
        pass
    count = len(done)
    assert not any(thread.name == "test" for thread in threading.enumerate())
    assert len(done) == count


def test_a_failure_that_a_full_disk_takes_no_word_of_ends_nothing() -> None:
    told, again = list[Exception](), threading.Event()

    def do() -> None:
        if told:
            again.set()
        raise OSError(errno.ENOSPC, "No space left on device")

    def failed(error: Exception) -> None:
        told.append(error)
        raise error

    with PeriodicThread("test", 0.001, do, failed, joined_within_s=5):
        assert again.wait(30)
