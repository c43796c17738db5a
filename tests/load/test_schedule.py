"""The schedule: exact, repeatable, divisible."""

from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import pytest

from conformance.load.schedule import BLOCK, Schedule, Turn
from conformance.load.spec import Route
from tests.load.specs import READ, WRITE, an_order

SECOND_NS = 1_000_000_000


def _first(number: int, schedule: Schedule) -> list[Turn]:
    return list(islice(schedule.turns(), number))


def test_the_same_order_gives_the_same_sequence() -> None:
    spec = an_order(Path())
    assert _first(1_000, Schedule(spec)) == _first(1_000, Schedule(spec))


def test_another_seed_gives_another_sequence() -> None:
    assert _first(1_000, Schedule(an_order(Path()))) != _first(1_000, Schedule(an_order(Path(), seed=8)))


def test_a_turn_follows_from_its_number_alone() -> None:
    turns = _first(1_000, Schedule(an_order(Path())))
    asked_backwards = Schedule(an_order(Path()))
    assert [asked_backwards.turn(seq) for seq in reversed(range(1_000))] == turns[::-1]


def test_shares_are_met_to_within_one_at_the_end_of_every_block() -> None:
    third = Route(name="third", method="GET", path="/", weight=0.3, expect=(200,), write=False)
    weights = [WRITE.weight, READ.weight, third.weight]
    schedule = Schedule(an_order(Path(), routes=(WRITE, READ, third), fresh_share=0.07))
    routes: Counter[int] = Counter()
    fresh = long = 0
    for turn in islice(schedule.turns(), BLOCK * 500):
        routes[turn.route] += 1
        fresh += turn.fresh
        long += turn.work_ms > 0
        if (turn.seq + 1) % BLOCK == 0:
            sent = turn.seq + 1
            for route, weight in enumerate(weights):
                # Each route may be off by its own rounding and that of the routes before it.
                assert abs(routes[route] - sent * weight / sum(weights)) < 2
            assert abs(fresh - sent * 0.07) < 1
            assert abs(long - routes[0] * 0.05) < 1


@pytest.mark.parametrize("share", ["1/3", "1/30", "1/100", "2/7"])
def test_a_log_in_is_due_at_an_even_pace(share: str) -> None:
    """Two of a block might stand at its one end and the next two at its other: too late for what they tell."""
    over, under = map(int, share.split("/"))
    weight = over / (under - over) * (WRITE.weight + READ.weight)
    login = Route(
        name="login", method="POST", path="/", weight=weight, expect=(200,), write=False, renew_s=under / over / 500 * 2
    )
    turns = _first(50 * BLOCK, Schedule(an_order(Path(), routes=(WRITE, READ, login))))
    assert [turn.seq for turn in turns] == list(range(50 * BLOCK))
    due = [turn.seq for turn in turns if turn.route == 2]
    assert due[0] < under / over + 1
    assert {after - before for before, after in pairwise(due)} <= {under // over, -(-under // over)}
    assert abs(len(due) - len(turns) * over / under) <= 1
    assert Counter(turn.route for turn in turns)[0] == pytest.approx((len(turns) - len(due)) / 4, abs=2)


def test_a_share_of_all_or_nothing_is_kept_everywhere() -> None:
    never = Route(name="never", method="GET", path="/", weight=0, expect=(200,), write=False)
    turns = _first(10 * BLOCK, Schedule(an_order(Path(), routes=(never, READ), fresh_share=1.0)))
    assert {turn.route for turn in turns} == {1}
    assert all(turn.fresh for turn in turns)


def test_work_lies_within_its_bounds_and_varies() -> None:
    works = {turn.work_ms for turn in _first(20_000, Schedule(an_order(Path())))} - {0}
    assert len(works) > 100
    assert min(works) >= 300
    assert max(works) <= 1_000


@pytest.mark.parametrize("workers", [2, 3, 7])
def test_workers_share_the_one_schedule(workers: int) -> None:
    whole = _first(600, Schedule(an_order(Path())))
    parts = [Schedule(an_order(Path(), worker=worker, workers=workers)) for worker in range(workers)]
    shared = [turn for part in parts for turn in _first(600, part)]
    assert sorted(shared)[:600] == whole


@pytest.mark.parametrize("rate", [1, 3, 300, 1_000, 12_345])
@pytest.mark.parametrize("workers", [1, 3])
def test_planned_counts_exactly_what_is_due(rate: int, workers: int) -> None:
    whole = Schedule(an_order(Path(), rate=rate))
    dues = [whole.due_ns(seq) for seq in range(100)]
    for moment in sorted({moment + nudge for moment in dues[:99] for nudge in (-1, 0, 1)}):
        for worker in range(workers):
            part = Schedule(an_order(Path(), rate=rate, worker=worker, workers=workers))
            own = [due for seq, due in enumerate(dues) if seq % workers == worker]
            assert part.planned(moment) == sum(due <= moment for due in own)


def test_due_times_do_not_drift() -> None:
    schedule = Schedule(an_order(Path(), rate=300))
    assert schedule.due_ns(300 * 3_600) == 3_600 * SECOND_NS
