"""Stretches in which the machine was CPU-starved: found by what all processors did, window by window."""

import threading
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from conformance.record.events import Starved, Trouble
from conformance.record.thresholds import Thresholds
from conformance.run.clock import Clock
from conformance.run.control_group import Quota
from conformance.run.cpu_watch import CpuWatch, Room, Spent, Stretches, processors, spent
from conformance.run.timings import Timings


class Times(NamedTuple):
    """As psutil shows them."""

    user: float
    nice: float
    idle: float


WINDOW_NS = 500_000_000


def _stretches(*idle_shares: float) -> list[Starved]:
    """Windows of half a second on two processors, one after the other, with these shares of idle time."""
    now = Spent(idle=100.0, total=1_000.0)
    stretches = Stretches(0.05, 0, now)
    found = []
    for number, share in enumerate(idle_shares, start=1):
        now = Spent(now.idle + share, now.total + 1.0)
        found.append(stretches.look(number * WINDOW_NS, now))
    return [one for one in (*found, stretches.end()) if one is not None]


def _seconds(found: Sequence[Starved]) -> list[tuple[float, float]]:
    return [(one.since_ns / 1e9, one.at_ns / 1e9) for one in found]


def test_a_machine_with_something_to_spare_yields_nothing() -> None:
    assert _stretches(0.9, 0.4, 0.06, 0.2) == []


def test_windows_without_a_spare_processor_that_follow_each_other_are_one_stretch() -> None:
    (found,) = _stretches(0.5, 0.0, 0.02, 0.04, 0.5, 0.9)
    assert (found.since_ns, found.at_ns, found.step) == (WINDOW_NS, 4 * WINDOW_NS, "")
    assert found.idle == pytest.approx(0.02)


def test_a_window_between_with_something_to_spare_parts_two_stretches() -> None:
    assert _seconds(_stretches(0.0, 0.3, 0.0, 0.0)) == [(0.0, 0.5), (1.0, 2.0)]


def test_a_stretch_that_is_not_over_lasts_until_the_last_look() -> None:
    assert _seconds(_stretches(0.5, 0.0)) == [(0.5, 1.0)]


def test_where_no_time_has_passed_nothing_is_known() -> None:
    stretches = Stretches(0.05, 0, Spent(1.0, 2.0))
    assert stretches.look(WINDOW_NS, Spent(1.0, 2.0)) is None
    assert stretches.end() is None


def test_idle_time_that_is_taken_back_is_none() -> None:
    assert Spent(9.0, 101.0).since(Spent(10.0, 100.0)) == Spent(0.0, 1.0)


def test_waiting_for_a_disk_is_idle_and_guests_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Times:
        def _asdict(self) -> dict[str, float]:
            return {"user": 10.0, "system": 4.0, "idle": 5.0, "iowait": 1.0, "guest": 3.0, "guest_nice": 0.0}

    monkeypatch.setattr(psutil, "cpu_times", Times)
    assert spent() == Spent(idle=6.0, total=20.0)


def test_this_machine_tells_what_its_processors_spend() -> None:
    now = spent()
    assert 0 <= now.idle <= now.total
    assert now.total > 0
    assert 0 <= spent().since(now).idle_share <= 1


def test_the_thread_records_what_it_sees_to_its_end() -> None:
    """A stretch in the middle, and one that is going on when the run ends."""
    shares = iter([0.5, 0.0, 0.5])
    seen, enough = [Spent(0.0, 0.0)], threading.Event()

    def look() -> Spent:
        share = next(shares, 0.0)
        seen.append(Spent(seen[-1].idle + share, seen[-1].total + 1.0))
        if len(seen) > 6:
            enough.set()
        return seen[-1]

    found: list[Starved | Trouble] = []
    with CpuWatch(found.append, Clock.start(), Thresholds(), Timings(processors=0.001), look):
        assert enough.wait(30)
    first, second = found
    assert isinstance(first, Starved)
    assert isinstance(second, Starved)
    assert first.since_ns < first.at_ns < second.since_ns < second.at_ns
    assert (first.idle, second.idle) == (0.0, 0.0)


def test_time_of_lower_priority_is_room_unless_the_run_is_nice_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    times = Times(user=60.0, nice=30.0, idle=10.0)
    monkeypatch.setattr(psutil, "cpu_times", lambda: times)
    monkeypatch.setattr("os.getpriority", lambda *_: 0)
    assert spent() == Spent(idle=40.0, total=100.0)
    monkeypatch.setattr("os.getpriority", lambda *_: 5)
    assert spent() == Spent(idle=10.0, total=100.0)


def test_the_processors_are_those_that_affinity_and_quotas_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert processors(dict) == 8.0
    assert processors(lambda: {GROUP: _quota(of=32.0)}) == 8.0
    assert processors(lambda: {GROUP: _quota(of=1.5), GROUP / "inner": _quota(of=4.0)}) == 1.5


GROUP = Path("group")
HALF_S = 0.5


def _quota(throttled: int = 0, periods: int = 0, of: float = 1.0) -> Quota:
    return Quota(processors=of, period_s=0.1, periods=periods, throttled=throttled)


def _room(*looks: Mapping[Path, Quota], idle: float = 0.8) -> list[float]:
    """What each look, half a second after the one before, finds to be idle, on a machine of which so much is."""
    times = [Spent(idle * number, float(number)) for number in range(len(looks))]
    moments = [HALF_S * 1.05 * number for number in range(len(looks))]
    room = Room(iter(times).__next__, iter(looks).__next__, iter(moments).__next__)
    seen = [Spent(0.0, 0.0), *(room() for _ in looks[1:])]
    return [round(after.since(before).idle_share, 3) for before, after in pairwise(seen)]


def test_without_a_quota_there_is_what_the_machine_has() -> None:
    assert _room({}, {}, {}) == [0.8, 0.8]


def test_a_quota_that_is_spent_in_every_period_leaves_nothing_on_an_idle_machine() -> None:
    assert _room({GROUP: _quota(7, 20)}, {GROUP: _quota(12, 25)}, {GROUP: _quota(12, 30)}) == [0.0, 0.8]


def test_of_machine_and_quotas_that_with_the_least_room_counts() -> None:
    other = GROUP / "inner"
    looks = ({GROUP: _quota(), other: _quota()}, {GROUP: _quota(1, 5), other: _quota(3, 5)})
    assert _room(*looks) == [0.4]
    assert _room(*looks, idle=0.1) == [0.1]


def test_a_period_in_which_the_group_had_nothing_to_do_left_it_all() -> None:
    assert _room({GROUP: _quota()}, {GROUP: _quota(1, 1)}, idle=1.0) == [0.8]


def test_of_a_group_that_this_process_has_just_been_put_in_nothing_is_known() -> None:
    assert _room({}, {GROUP: _quota(40, 40)}, {GROUP: _quota(45, 45)}) == [0.8, 0.0]


def test_a_look_that_fails_is_trouble_once_and_ends_nothing() -> None:
    looks, enough = 0, threading.Event()

    def look() -> Spent:
        nonlocal looks
        looks += 1
        if looks in {2, 3}:
            raise OSError("no figures")
        if looks > 5:
            enough.set()
        return Spent(float(looks), float(looks))

    found: list[Starved | Trouble] = []
    with CpuWatch(found.append, Clock.start(), Thresholds(), Timings(processors=0.001), look):
        assert enough.wait(30)
    assert [event.what for event in found if isinstance(event, Trouble)] == [
        "the watch of the processors failed: OSError: no figures"
    ]
