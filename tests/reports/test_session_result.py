"""What a whole session comes down to: verdict, exit code, headline, and whether it is complete."""

import pytest

from conformance.judge.model import Verdict
from reports.model import ScenarioResult, SessionResult
from tests.reports.results import result, session

GO, NO_GO, INCONCLUSIVE = Verdict.GO, Verdict.NO_GO, Verdict.INCONCLUSIVE

FINE = result()
NAIVE = result(NO_GO, expected="NO-GO", title="a naive release loses requests")
MEASURED = result(NO_GO, expected="ANY", title="a graceful stop")
LOSSY = result(NO_GO, sentence="3 of 9 requests failed", title="a gray release loses nothing")
UNPROVED = result(INCONCLUSIVE, sentence="2 writes; 20 wanted", title="a leaf loses nothing")
BLIND = result(GO, expected="NO-GO", sentence="the suite was blind", title="an abrupt stop loses writes")
BLIND_TO_THE_STEP = result(NO_GO, expected="NO-GO", met=False, sentence="the suite was blind", title="another stop")

SESSIONS = {
    "all met": (session(FINE, FINE), GO, 0, "GO: 2 of 2 scenarios as expected"),
    "an expected loss was found": (session(FINE, NAIVE), GO, 0, "GO: 2 of 2 scenarios as expected"),
    "a loss was only measured": (session(FINE, MEASURED, NAIVE), GO, 0, "GO (partial: 2 of 3, 1 measured)"),
    "some were measured, some left out": (
        session(FINE, MEASURED, not_run=("a",)),
        GO,
        0,
        "GO (partial: 1 of 3, 1 measured)",
    ),
    "everything was only measured": (
        session(MEASURED, MEASURED),
        INCONCLUSIVE,
        7,
        "INCONCLUSIVE: nothing was judged, 2 measured",
    ),
    "some were left out": (session(FINE, not_run=("a", "b")), GO, 0, "GO (partial: 1 of 3)"),
    "one lost something": (
        session(FINE, LOSSY),
        NO_GO,
        1,
        "NO-GO: 1 of 2 scenarios against expectation; a gray release loses nothing: 3 of 9 requests failed",
    ),
    "a loss outweighs what was not proved": (
        session(UNPROVED, BLIND_TO_THE_STEP, LOSSY, not_run=("a",)),
        NO_GO,
        1,
        "NO-GO: 3 of 3 scenarios against expectation; a gray release loses nothing: 3 of 9 requests failed",
    ),
    "one proved nothing": (
        session(FINE, UNPROVED),
        INCONCLUSIVE,
        7,
        "INCONCLUSIVE: 1 of 2 scenarios against expectation; a leaf loses nothing: 2 writes; 20 wanted",
    ),
    "the suite was blind": (
        session(BLIND),
        INCONCLUSIVE,
        7,
        "INCONCLUSIVE: 1 of 1 scenarios against expectation; an abrupt stop loses writes: the suite was blind",
    ),
    "the suite saw another loss than the expected": (
        session(BLIND_TO_THE_STEP),
        INCONCLUSIVE,
        7,
        "INCONCLUSIVE: 1 of 1 scenarios against expectation; another stop: the suite was blind",
    ),
    "nothing was judged": (session(not_run=("a",)), INCONCLUSIVE, 7, "INCONCLUSIVE: nothing was judged"),
    "something kept it from judging": (
        session(not_run=("a",), trouble="a JDK is needed"),
        INCONCLUSIVE,
        7,
        "INCONCLUSIVE: a JDK is needed",
    ),
    "something ended it early": (session(FINE, trouble="worn out"), INCONCLUSIVE, 7, "INCONCLUSIVE: worn out"),
    "interrupted": (
        session(FINE, not_reached=("a",), interrupted=True),
        INCONCLUSIVE,
        2,
        "INCONCLUSIVE: interrupted: 1 of 2 scenarios judged",
    ),
    "interrupted, and narrowed down by the command line": (
        session(FINE, not_run=("a", "b", "c"), not_reached=("d",), interrupted=True),
        INCONCLUSIVE,
        2,
        "INCONCLUSIVE: interrupted: 1 of 2 scenarios judged, 3 not selected",
    ),
    "interrupted before anything was judged": (
        session(not_reached=("a",), interrupted=True),
        INCONCLUSIVE,
        2,
        "INCONCLUSIVE: interrupted: 0 of 1 scenarios judged",
    ),
    "interrupted after a loss": (
        session(LOSSY, not_run=("a",), interrupted=True),
        NO_GO,
        2,
        "NO-GO: 1 of 1 scenarios against expectation; a gray release loses nothing: 3 of 9 requests failed",
    ),
}


@pytest.mark.parametrize(("whole", "verdict", "code", "headline"), SESSIONS.values(), ids=SESSIONS)
def test_verdict_exit_code_and_headline_say_the_same(
    whole: SessionResult, verdict: Verdict, code: int, headline: str
) -> None:
    assert (whole.verdict, whole.exit_code, whole.headline) == (verdict, code, headline)


@pytest.mark.parametrize(
    "alone", [UNPROVED, BLIND, BLIND_TO_THE_STEP, result(INCONCLUSIVE, expected="NO-GO")], ids=lambda one: one.title
)
def test_no_lack_of_proof_is_ever_exit_code_1(alone: ScenarioResult) -> None:
    assert session(alone).exit_code == 7


def test_it_is_complete_when_every_scenario_of_the_profile_was_judged() -> None:
    assert session(FINE, LOSSY).complete
    assert not session(FINE, not_run=("a",)).complete
    assert not session(FINE, interrupted=True).complete
    assert not session().complete


def test_what_is_only_measured_is_named_and_leaves_the_session_incomplete() -> None:
    whole = session(FINE, MEASURED)
    assert whole.measured == (MEASURED.name,)
    assert not whole.complete
