"""What to do: one sentence, and no remedy that the record does not support."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import ErrorWindow, Finding, Removal, Verdict
from conformance.record import events
from conformance.record.schema import HopAnswer
from conformance.vocabulary import Cause, Refuser
from reports.advice import LACKING, SESSIONS_SHORT, what_to_do
from tests.judge.healthy import made
from tests.judge.test_refused import refused
from tests.judgements import judgement
from tests.reports.results import GAP, LOSS, result

S = 1_000_000_000


def _window(*, marked: int = 1 * S, gone: int = 1 * S, called_s: float | None = 0.5) -> ErrorWindow:
    return ErrorWindow(
        step="Batch 1 of 2",
        incarnations=("orders-01.1",),
        marked_ns=marked,
        gone_ns=gone,
        lost=3,
        executed=0,
        first_failed_ns=gone,
        last_failed_ns=gone + S,
        dropped_ns=None,
        told_ns=None,
        last_call_ns=gone + round((called_s or 0) * S),
        called_s=called_s,
    )


def _lossy(*findings: Finding, **changes: object) -> str:
    judged = judgement(*findings, **changes)
    return what_to_do(result(Verdict.NO_GO, judged=judged))


def test_a_way_down_that_an_instance_refuses_is_not_the_new_versions_fault(tmp_path: Path) -> None:
    """An old one had answered 404 to the hook that the descriptor has: nothing speaks against the version."""
    for by, remedy in (
        (Refuser.ACT, "the way down or up that the descriptor declares"),
        (Refuser.CRASH, "the new version"),
    ):
        judged = refused(by=by).judged(tmp_path / by.name)
        said = what_to_do(result(Verdict.NO_GO, judged=judged))
        assert said.startswith(f"Do not release: fix {remedy}: ")
        assert ", and what had begun was rolled back" in said


def test_a_go_may_go() -> None:
    assert what_to_do(result(judged=judgement())) == "It may go."


def test_a_go_that_was_not_tested_in_all_points_says_so() -> None:
    assert "not tested (2 points)" in what_to_do(result(judged=judgement(untested=("a: b", "c: d"))))


def test_an_expected_loss_asks_for_nothing() -> None:
    said = what_to_do(result(Verdict.NO_GO, expected="NO-GO", judged=judgement(LOSS)))
    assert said == "Nothing to do: the suite sees this loss, as it must."


def test_what_is_only_measured_decides_nothing() -> None:
    said = what_to_do(result(Verdict.NO_GO, expected="ANY", judged=judgement(LOSS)))
    assert said == "Nothing to decide: this way down is measured, not judged."


def test_a_blind_suite_is_not_to_be_trusted() -> None:
    said = what_to_do(result(Verdict.GO, expected="NO-GO", judged=judgement()))
    assert said.startswith("Do not trust a GO of this suite yet")


def test_a_suite_that_saw_the_loss_and_a_new_version_end_is_not_called_blind() -> None:
    ended = msgspec.structs.replace(LOSS, finding="ended by itself", incarnation="orders-01.2")
    said = what_to_do(result(Verdict.NO_GO, expected="NO-GO", met=False, judged=judgement(LOSS, ended)))
    assert said.startswith("No decision possible: something else was found than what was expected: fix the new version")
    assert "orders-01.2 ended by itself" in said


def test_without_a_run_nothing_is_decided() -> None:
    assert what_to_do(result(Verdict.INCONCLUSIVE)).startswith("No decision possible: no release was judged")


@pytest.mark.parametrize(
    ("position", "how"), [("entry", "drain each instance"), ("provider", "deregister each instance")]
)
def test_where_nobody_said_that_it_was_going_it_is_to_say_so_before_it_stops(position: str, how: str) -> None:
    said = _lossy(LOSS, position=position, windows=(_window(),))
    assert said.startswith(f"Do not release: {how}")
    assert "callers went on for 0.5 s" in said


def test_a_real_loss_of_instances_that_only_stopped_is_told_with_the_same_remedy(tmp_path: Path) -> None:
    record = made()
    record.without(events.MarkedOffline)
    record.fail(5, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")])
    said = what_to_do(result(Verdict.NO_GO, judged=record.judged(tmp_path / "run")))
    assert "deregister each instance and let it serve on" in said


def test_where_it_said_so_and_callers_went_on_it_is_to_serve_on_for_as_long_as_they_did() -> None:
    said = _lossy(LOSS, windows=(_window(marked=1 * S, gone=3 * S, called_s=1.4),))
    assert "let each instance serve on for at least 3.4 s" in said
    assert "deregister" not in said


def test_nobody_is_told_to_serve_on_longer_where_nobody_called() -> None:
    assert "serve on" not in _lossy(LOSS, windows=(_window(marked=1 * S, gone=3 * S, called_s=0.0),))


def test_a_window_that_cost_nothing_gives_no_remedy() -> None:
    elsewhere = msgspec.structs.replace(LOSS, incarnation="inventory-01.1", instance="inventory-01")
    said = _lossy(elsewhere, windows=(_window(),))
    assert said == (
        "Do not release: find the cause of the failed request over storefront->orders at inventory-01 in Batch 1 of 2: "
        "the record shows the place, not the cause."
    )


SET_RIGHT = "Do not release: set right what is answered, or what the workload expects of it: both are told above."


@pytest.mark.parametrize("error", ["wrong answer", "status 415", "status 404"])
def test_a_wrong_answer_is_to_be_set_right(error: str) -> None:
    assert _lossy(msgspec.structs.replace(LOSS, error=error, detail=("/code = 0: saw 500",))) == SET_RIGHT


@pytest.mark.parametrize("error", ["status 429", "status 408", "status 503"])
def test_an_answer_that_speaks_of_the_way_there_explains_nothing(error: str) -> None:
    assert _lossy(msgspec.structs.replace(LOSS, error=error)) != SET_RIGHT


def test_a_removal_lag_beyond_its_bound_is_told_with_its_length() -> None:
    lag = msgspec.structs.replace(LOSS, check="removal", finding="removal lag")
    removal = Removal(
        instance="orders-01",
        incarnation="orders-01.1",
        step="Batch 1 of 2",
        marked_ns=S,
        stopped_ns=9 * S,
        last_start_ns=4 * S,
        lag_s=3.0,
        executions_after=4,
    )
    assert "allow for a removal lag of 3.0 s" in _lossy(lag, removals=(removal,))


def test_writes_that_are_not_whole_are_to_be_repaired() -> None:
    partial = msgspec.structs.replace(LOSS, check="writes", finding="partial write")
    said = _lossy(partial, windows=(_window(),))
    assert said.endswith("repair 3 writes that are not whole, beginning with r1-00000003.")


def test_an_instance_that_was_killed_for_want_of_memory_is_given_more() -> None:
    killed = msgspec.structs.replace(LOSS, finding="ended by itself", cause=Cause.OUT_OF_MEMORY)
    assert "give the new version more memory" in _lossy(killed)


@pytest.mark.parametrize(
    ("finding", "message", "says"),
    [
        ("refused", "v2 was refused", "fix the new version: it was refused"),
        ("ended by itself", "an application named out of memory ended by itself (exit 1)", "its log says why"),
        ("hidden failure", "", "let a call that failed over storefront->orders fail the request too"),
        ("ended by itself", "orders-01.2 ended by itself (exit 1)", "its log says why"),
        ("stop signal swallowed", "", "no shell as process 1"),
        ("too few in rotation", "", "smaller batches"),
        ("sent twice", "", "switch off the retry over storefront->orders"),
        ("gray share", "", "weights"),
        ("leak", "", "close the lane"),
        ("flapping", "", "keep each user on one version"),
        ("the old version still answers", "", "old version"),
    ],
)
def test_each_known_cause_has_its_remedy(finding: str, message: str, says: str) -> None:
    assert says in _lossy(msgspec.structs.replace(LOSS, finding=finding, message=message))


def test_an_assertion_of_the_scenario_itself_blames_nothing_else() -> None:
    sound = replace(result(Verdict.NO_GO, met=False, judged=judgement()), own_assertion=True)
    assert what_to_do(sound) == "Do not release: the scenario's own assertion failed; the line above says which."
    seen = replace(result(Verdict.NO_GO, met=False, judged=judgement(LOSS)), expected="NO-GO", own_assertion=True)
    assert what_to_do(seen) == "No decision possible: the scenario's own assertion failed; the line above says which."


@pytest.mark.parametrize("kind", LACKING)
def test_lacking_evidence_is_told_with_what_gets_it(kind: str) -> None:
    short = kind == SESSIONS_SHORT
    found = {"check": "sessions"} if short else {"finding": kind}
    judged = judgement(msgspec.structs.replace(GAP, **found))
    said = what_to_do(result(Verdict.INCONCLUSIVE, judged=judged))
    assert said == f"No decision possible: {LACKING[kind]}."
    assert ("think_ms" in said) is short


@pytest.mark.parametrize("kind", ["failed request", "partial write", "removal lag", "too few in rotation", "refused"])
def test_what_a_starved_machine_explains_asks_for_a_larger_one_whatever_it_is(kind: str) -> None:
    found = msgspec.structs.replace(GAP, finding=kind, starved=True)
    assert what_to_do(result(Verdict.INCONCLUSIVE, judged=judgement(found))) == (
        "No decision possible: the machine was CPU-starved when this happened: give it more room, or lower --rate."
    )


def test_an_unknown_gap_points_to_its_finding() -> None:
    judged = judgement(msgspec.structs.replace(GAP, finding="end not seen"))
    assert "fix what the finding names" in what_to_do(result(Verdict.INCONCLUSIVE, judged=judged))
