"""A new incarnation that was slow at first, on the page, in the picture and in what to do."""

from pathlib import Path

import msgspec

from conformance.judge.model import SlowStart
from conformance.vocabulary import FindingKind
from reports.advice import remedies
from reports.page.depth import slow_starts
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.pictured import drawn, words
from tests.reports.results import LOSS


def _slow(incarnation: str, seconds: float) -> SlowStart:
    return SlowStart(
        service="orders",
        instance=incarnation.partition(".")[0],
        incarnation=incarnation,
        version="v2",
        since_ns=450_000_000,
        seconds=seconds,
        slow=80,
        served=84,
        slower_than_ms=31.0,
        longest_ms=1_204.0,
    )


STARTS = (_slow("orders-01.2", 0.3), _slow("orders-02.2", 0.1))


def test_the_picture_marks_them_above_the_latency_and_names_the_longest(tmp_path: Path) -> None:
    assert "orders-01.2 slow for 0.3 s and 1 more" in words(
        drawn(made(), tmp_path / "slow", judgement(slow_starts=STARTS))
    )
    assert "slow for" not in words(drawn(made(), tmp_path / "quick", judgement()))


def test_the_page_has_a_row_for_each() -> None:
    told = slow_starts(judgement(slow_starts=STARTS))
    for text in ("Slow starts (2)", "orders-01.2 (v2)", "0.3 s", "80 of 84", "31 ms", "1,204 ms"):
        assert text in told


def test_a_broken_promise_asks_for_a_warm_up_where_a_start_was_slow() -> None:
    slow = msgspec.structs.replace(LOSS, finding=FindingKind.SLOWER_THAN_PROMISED, error="")
    assert remedies(judgement(slow, slow_starts=STARTS)) == (
        "warm each new instance up before requests reach it: orders-01.2 was slow for 0.3 s after it was ready",
    )
    assert remedies(judgement(slow)) == ("make answers as quick as is promised, or promise what holds",)
