"""Each commit carries out a share of the tests, of one size, and within some dozens all have had their turn."""

import math
from collections.abc import Sequence
from typing import cast

import pytest

from tests.turns import ONE_IN, RARE, SHARE, not_this_time


class Named:
    """As much of a test as its turn depends on."""

    def __init__(self, nodeid: str, *, rare: bool = False) -> None:
        self.nodeid = nodeid
        self._mark = RARE.mark if rare else None

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self._mark if name == RARE.name else None


def _names(*tests: Named) -> list[pytest.Item]:
    return [cast("pytest.Item", test) for test in tests]


def _carried_out(commit: str, tests: Sequence[pytest.Item], *, in_gate: bool = True) -> set[str]:
    left = {item.nodeid for item in not_this_time(commit, tests, in_gate=in_gate)}
    return {item.nodeid for item in tests} - left


RELEASES = _names(*(Named(f"tests/end_to_end/test_{n}.py::test", rare=n % 2 == 0) for n in range(48)))


def test_a_share_is_of_one_size_and_each_commit_has_another() -> None:
    shares = [_carried_out(f"commit {n}", RELEASES) for n in range(200)]
    assert {len(share) for share in shares} == {math.ceil(48 / ONE_IN["tests/end_to_end/"])}
    assert len(set(map(frozenset, shares))) > 150
    assert set[str]().union(*shares) == {item.nodeid for item in RELEASES}


def test_a_commit_carries_out_the_same_whenever_it_is_tested_and_in_whichever_order() -> None:
    assert _carried_out("a commit", RELEASES) == _carried_out("a commit", RELEASES[::-1])


def test_what_is_not_rare_is_always_carried_out() -> None:
    tests = _names(Named("tests/plan/test_a.py::test"), *(Named(f"tests/plan/test_{n}.py::t", rare=True) for n in "bc"))
    assert all("tests/plan/test_a.py::test" in _carried_out(f"commit {n}", tests) for n in range(20))


def test_of_dear_cases_the_first_is_always_carried_out_in_the_gate_and_all_elsewhere() -> None:
    tests = _names(*(Named(f"tests/record/test_a.py::test[{n}]") for n in range(SHARE + 1)))
    assert all("tests/record/test_a.py::test[0]" in _carried_out(f"commit {n}", tests) for n in range(20))
    assert len(_carried_out("a commit", tests)) == 2
    assert len(_carried_out("a commit", tests, in_gate=False)) == SHARE + 1


def test_somebody_at_work_on_releases_carries_out_all_that_are_not_rare() -> None:
    usual = {item.nodeid for item in RELEASES if item.get_closest_marker(RARE.name) is None}
    assert usual <= _carried_out("a commit", RELEASES, in_gate=False)
