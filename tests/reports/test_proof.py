"""What was proved: the count it rests on, and the exact bound."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from reports.figures import proved
from tests.judge.healthy import made
from tests.judgements import judgement


def test_no_loss_in_many_requests_bounds_the_loss() -> None:
    judged = judgement(counts={"requests": 15_600, "since_release": 15_000, "failed": 0})
    assert (
        proved(judged) == "0 of 15,000 requests since the release began failed: loss below 0.020 % at 95 % confidence"
    )


def test_losses_are_bounded_exactly_too() -> None:
    judged = judgement(counts={"since_release": 100, "failed": 5}, verdict=Verdict.NO_GO)
    assert proved(judged) == "5 of 100 requests since the release began failed: loss below 11 % at 95 % confidence"


def test_counted_is_what_ended_since_the_release_began(tmp_path: Path) -> None:
    """Twelve requests, three of them before anything was touched."""
    record = made()
    record.requests[4] |= {"sent_ns": 0, "first_ns": 0, "done_ns": 0, "error": "not sent", "status": 0}
    judged = record.judged(tmp_path / "run")
    assert judged.counts["since_release"] == 8
    assert "0 of 8 requests" in proved(judged)


def test_a_clean_release_bounds_what_its_stops_may_lose_too(tmp_path: Path) -> None:
    judged = made().judged(tmp_path / "run")
    assert proved(judged) == (
        "0 of 9 requests since the release began failed, 0 of 2 stops (2 of them in mid-write) lost anything: "
        "loss below 29 % of requests and 78 % of stops at 95 % confidence"
    )
    assert judged.proof is not None
    assert (round(judged.proof.requests_at_most, 3), judged.proof.stops) == (0.283, 2)
    assert judged.proof.stops_at_most == pytest.approx(1 - 0.05**0.5)


@pytest.mark.parametrize("lost", ["a request", "a write"])
def test_where_something_was_lost_no_stop_is_said_to_have_lost_nothing(tmp_path: Path, lost: str) -> None:
    record = made()
    if lost == "a request":
        record.fail(5)
    else:
        record.drop_effects(5, "confirmed")
    judged = record.judged(tmp_path / "run")
    assert judged.proof is None or judged.proof.stops_at_most is None
    assert "stops" not in proved(judged)


def test_lacking_evidence_proves_nothing() -> None:
    judged = judgement(counts={"since_release": 100, "failed": 0}, verdict=Verdict.INCONCLUSIVE)
    assert proved(judged).startswith("Nothing, for evidence is lacking; counted: 0 of 100 requests")


def test_a_record_that_was_not_judged_proves_nothing() -> None:
    assert proved(judgement()) == "Nothing: no request was judged since the release began"
