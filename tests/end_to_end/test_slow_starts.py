"""A new version that is slow at first, in a real release: what the team promises decides."""

import re
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from reports.picture import draw
from tests.end_to_end.stationery import READ, opened, released, stationery

pytestmark = pytest.mark.profile("extended")

COLD = 'COLD_ANSWERS = "100", COLD_S = "1.2"'


def test_slow_first_answers_break_what_a_route_promises(tmp_path: Path) -> None:
    descriptor = stationery(tmp_path / "shop", READ + "within_ms = 600\n", COLD)
    with opened(descriptor, tmp_path) as small:
        judgement, _ = released(small)
    assert judgement.verdict is Verdict.NO_GO
    late = [one for one in judgement.findings if one.error == "too late"]
    assert {(one.finding, one.hop, one.incarnation) for one in late} == {
        ("failed request", "slb->stationer", "stationer-01.2"),
        ("failed request", "slb->stationer", "stationer-02.2"),
    }
    told = "\n".join(line for one in late for line in one.detail)
    after = r"of these requests was due (\d+ ms|1\.\d s) after it was ready, the last was answered [1-4]\.\d s"
    assert re.search(after, told), told
    assert sum(one.count for one in late) >= 150


def test_slow_first_answers_are_measured_where_nothing_is_promised(tmp_path: Path) -> None:
    with opened(stationery(tmp_path / "shop", READ, COLD), tmp_path) as small:
        judgement, directory = released(small)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    starts = {one.incarnation: one for one in judgement.slow_starts}
    assert set(starts) == {"stationer-01.2", "stationer-02.2"}
    for one in starts.values():
        assert 1 < one.seconds < 6
        assert one.slow >= 80
        assert one.longest_ms > 1_000
    assert "slow for" in draw(directory, judgement)


def test_a_promise_for_nearly_all_answers_is_broken_by_a_slow_start(tmp_path: Path) -> None:
    descriptor = stationery(tmp_path / "shop", READ + "\n[promise]\np99_ms = 500\nstall_ms = 5000\n", COLD)
    with opened(descriptor, tmp_path) as small:
        judgement, _ = released(small)
    assert judgement.verdict is Verdict.NO_GO
    slower = [one for one in judgement.findings if one.finding == "slower than promised"]
    assert slower
    assert any("stationer-01.2 (new) was slow for the first" in line for one in slower for line in one.detail)
