"""Check hidden_failures: no failed call behind a good answer."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.record.schema import HopAnswer
from tests.judge.handmade import MS, request_id
from tests.judge.healthy import made

BROKEN = HopAnswer("orders->inventory", "inventory-01", "inventory-01.1", 0, "reset before answer")
ABSENT = HopAnswer("orders->inventory", "inventory-01", "inventory-01.1", 404, "")


def test_passes_where_every_call_behind_a_good_answer_was_answered(tmp_path: Path) -> None:
    assert made().findings("hidden_failures", tmp_path) == []


@pytest.mark.parametrize(
    ("status", "error", "why"),
    [(0, "reset before answer", "1 reset before answer"), (503, "", "1 status 503"), (404, "", "1 status 404")],
)
def test_fails_where_a_fallback_answered(tmp_path: Path, status: int, error: str, why: str) -> None:
    record = made()
    to_middle, to_leaf = record.calls(5)
    record.call(5, to_middle, HopAnswer(to_leaf.hop, to_leaf.instance, to_leaf.incarnation, status, error))
    (found,) = record.findings("hidden_failures", tmp_path)
    assert (found.verdict, found.finding, found.hop) == (Verdict.NO_GO, "hidden failure", "orders->inventory")
    assert (found.instance, found.step, found.requests) == ("inventory-01", "Batch 1 of 2", (request_id(5),))
    assert found.message == (
        "1 good answer with a failed call behind it over orders->inventory at inventory-01 in Batch 1 of 2 "
        f"(0.5 s): {why}; a fallback answered in its place"
    )


def test_those_of_one_step_and_hop_are_one_finding(tmp_path: Path) -> None:
    record = made()
    for seq in (5, 3):
        record.call(seq, record.calls(seq)[0], BROKEN)
    (found,) = record.findings("hidden_failures", tmp_path)
    assert (found.count, found.requests) == (2, (request_id(3), request_id(5)))
    assert (found.first_ns, found.last_ns, found.substep) == (310 * MS, 520 * MS, "2.2 Serve on")
    assert found.message.startswith("2 good answers with failed calls behind them over orders->inventory")


@pytest.mark.parametrize(("end_ms", "step"), [(250, "Batch 1 of 2"), (650, "Batch 2 of 2")])
def test_fails_on_one_that_was_answered_as_a_step_began(tmp_path: Path, end_ms: int, step: str) -> None:
    record = made()
    seq = end_ms // 100
    record.requests[seq]["done_ns"] = end_ms * MS
    to_middle, *others = record.calls(seq)
    record.call(seq, HopAnswer(to_middle.hop, to_middle.instance, to_middle.incarnation, 503, ""), *others)
    (found,) = record.findings("hidden_failures", tmp_path)
    assert (found.verdict, found.step) == (Verdict.NO_GO, step)


def test_passes_where_the_answer_failed_too(tmp_path: Path) -> None:
    """That is a failed request, and is told as one."""
    record = made()
    record.fail(5, hops=[record.calls(5)[0], BROKEN])
    assert record.findings("hidden_failures", tmp_path) == []


def test_passes_where_the_call_was_made_again(tmp_path: Path) -> None:
    """That is a repeated write: the check resend."""
    record = made()
    record.call(5, record.calls(5)[0], BROKEN, record.calls(5)[1])
    assert record.findings("hidden_failures", tmp_path) == []


def test_passes_where_a_refusal_is_what_the_route_has_always_taken_for_an_answer(tmp_path: Path) -> None:
    record = made()
    for seq in (0, 5):
        record.call(seq, record.calls(seq)[0], ABSENT)
    assert record.findings("hidden_failures", tmp_path) == []


def test_fails_on_an_error_however_usual_it_is_and_does_not_blame_the_release_for_the_baselines(tmp_path: Path) -> None:
    record = made()
    for seq in (0, 5):
        record.call(seq, record.calls(seq)[0], BROKEN)
    before, during = record.findings("hidden_failures", tmp_path)
    assert (before.verdict, before.requests) == (Verdict.INCONCLUSIVE, (request_id(0),))
    assert (during.verdict, during.requests) == (Verdict.NO_GO, (request_id(5),))


def test_passes_where_a_new_version_takes_refusals_for_answers_by_design(tmp_path: Path) -> None:
    """Every request of its own shows it; one of the old version would not be excused by that."""
    record = made()
    record.thresholds(usual_requests=3)
    for seq in (5, 9, 11):
        record.call(seq, record.calls(seq)[0], ABSENT)
    assert record.findings("hidden_failures", tmp_path) == []
    record.call(7, record.calls(7)[0], ABSENT)
    (found,) = record.findings("hidden_failures", tmp_path / "old")
    assert found.requests == (request_id(7),)


def test_lacks_evidence_where_x_hops_is_neither_declared_nor_sent(tmp_path: Path) -> None:
    record = made()
    record.undeclare("hops")
    record.forget_hops()
    assert [why for why in record.judged(tmp_path).untested if why.startswith("hidden_failures")] == [
        f"hidden_failures: {service} does not declare hops: whether a fallback covered up a failed call"
        for service in ("storefront", "orders")
    ]
