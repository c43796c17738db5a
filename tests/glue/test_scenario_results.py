"""Each release of a scenario is a result of its own: a loss of the first is not forgotten over the second."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.judge.expectation import meets
from conformance.judge.model import Finding, Verdict
from conformance.record.contract import Expected
from conformance.vocabulary import FindingKind
from fixtures.glue.judged_run import JudgedRun
from fixtures.glue.outcomes import Inconclusive
from fixtures.glue.scenario_results import results_of
from fixtures.glue.scenarios import DIRECTORY, JUDGED, compare
from reports.model import ScenarioResult
from tests.glue.made_settings import made_settings
from tests.judgements import judgement
from tests.reports.results import session

LOSS = Finding(check="writes", finding=FindingKind.LOST_WRITE, verdict=Verdict.NO_GO, message="1 of 9 writes lost")
SETTINGS = made_settings()


def _results(
    *findings: tuple[Finding, ...], own: AssertionError | None = None, trouble: Exception | None = None
) -> list[ScenarioResult]:
    """The results of a scenario that expects GO and carried out a release for each tuple of findings."""
    stash = pytest.Stash()
    stash[DIRECTORY] = Path("runs/second")
    stash[JUDGED] = []
    for found in findings:
        judged = judgement(*found, title="twice")
        stash[JUDGED].append(
            JudgedRun(Path("runs/first"), judged, Expected(), meets(judged, Expected()), "{}\n{}".format)
        )
    item = SimpleNamespace(stash=stash, nodeid="test_x.py::test_twice", name="test_twice")

    def body() -> None:
        if trouble is not None:
            raise trouble
        compare(item, own)  # type: ignore[arg-type]  # all of an item that is looked at

    call = pytest.CallInfo.from_call(body, "call")
    return results_of(item, call, SETTINGS, failed=call.excinfo is not None)  # type: ignore[arg-type]  # the same


@pytest.mark.parametrize("lossy", [0, 1])
def test_a_loss_of_either_release_makes_the_session_no_go(lossy: int) -> None:
    found: list[tuple[Finding, ...]] = [(), ()]
    found[lossy] = (LOSS,)
    results = _results(*found)
    assert [result.name for result in results] == ["test_x.py::test_twice", "test_x.py::test_twice (release 2)"]
    assert [result.title for result in results] == ["twice", "twice (release 2)"]
    assert [result.met for result in results] == [number != lossy for number in (0, 1)]
    assert session(*results).exit_code == 1


def test_what_was_never_judged_keeps_the_last_words_of_who_failed() -> None:
    """They stood on the terminal alone, and the report said to fix what it did not name."""
    words = [f"line {number}" for number in range(30)]
    (broken,) = _results(trouble=RuntimeError("\n".join(["orders-01.1 ended at start: exit 1", *words])))
    assert broken.sentence == "orders-01.1 ended at start: exit 1"
    assert broken.last_words == tuple(words[:20])
    (judged,) = _results((LOSS,))
    assert judged.last_words == ()


def test_a_second_release_that_came_to_no_judgement_takes_nothing_from_the_first() -> None:
    first, second = _results((LOSS,), trouble=Inconclusive("INCONCLUSIVE: the registry is lost"))
    assert (first.verdict, first.met) == (Verdict.NO_GO, False)
    assert (second.verdict, second.met, second.sentence) == (Verdict.INCONCLUSIVE, False, "the registry is lost")
    assert (second.name, second.directory) == ("test_x.py::test_twice (release 2)", Path("runs/second"))
    assert session(first, second).exit_code == 1


def test_trouble_after_a_good_release_is_inconclusive_and_not_the_products() -> None:
    results = _results((), trouble=Inconclusive("INCONCLUSIVE: the registry is lost"))
    assert [result.met for result in results] == [True, False]
    assert session(*results).exit_code == 7


def test_the_bodys_own_assertion_is_told_at_the_last_release() -> None:
    first, second = _results((), (), own=AssertionError("assert 1 == 2"))
    assert (first.met, second.met, second.verdict) == (True, False, Verdict.NO_GO)
    assert second.sentence == "the scenario's own assertion failed: assert 1 == 2"
