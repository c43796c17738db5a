"""The verdict in one sentence."""

import msgspec
import pytest

from conformance.judge.binomial import most_possible
from conformance.judge.headline import bad_news, good_news, loss_bound
from conformance.judge.model import Finding, Verdict
from conformance.vocabulary import FindingKind


def test_go_says_what_it_rests_on() -> None:
    assert good_news(6_312, 3_150, 6_312, 10) == (
        "0 of 6,312 requests failed, 3,150 writes whole, 0 of 10 stops lost anything: "
        "loss below 0.048 % of requests and 26 % of stops at 95 % confidence"
    )


def test_go_of_a_run_that_stopped_nothing_says_nothing_of_stops() -> None:
    assert good_news(6_312, 3_150, 6_312, 0) == (
        "0 of 6,312 requests failed, 3,150 writes whole: loss below 0.048 % at 95 % confidence"
    )


def test_go_claims_no_whole_writes_where_none_was_judged() -> None:
    assert "writes" not in good_news(6_312, 0, 6_312, 10)


@pytest.mark.parametrize(
    ("answered", "bound"), [(0, "100"), (1, "95"), (100, "3.0"), (3_000, "0.100"), (1_000_000, "0.00030")]
)
def test_the_bound_is_never_understated(answered: int, bound: str) -> None:
    said = good_news(answered, 0, answered, 10).split("below ")[1].split(" %")[0]
    assert said == bound
    assert float(said) >= most_possible(0, answered) * 100


@pytest.mark.parametrize(("stops", "bound"), [(1, "95"), (2, "78"), (10, "26"), (59, "5.0"), (299, "1.00")])
def test_the_bound_of_stops_is_never_understated(stops: int, bound: str) -> None:
    """One in twenty at 59 stops, one in a hundred at 299: the rule of three, exactly."""
    said = good_news(6_312, 0, 6_312, stops).split(" % of stops")[0].split("and ")[1]
    assert said == bound
    assert float(said) >= most_possible(0, stops) * 100


def test_a_bound_of_losses_is_said_the_same_way() -> None:
    assert loss_bound(98, 15_000) == "loss below 0.78 % at 95 % confidence"


def _finding(check: str, finding: FindingKind, count: int = 1, step: str = "", at_s: float = 0.0) -> Finding:
    at_ns = round(at_s * 1e9)
    return Finding(
        check=check,
        finding=finding,
        verdict=Verdict.NO_GO,
        message=f"the {finding}",
        count=count,
        step=step,
        first_ns=at_ns,
        last_ns=at_ns + 500_000_000,
    )


LOST = _finding("failed_requests", FindingKind.FAILED_REQUEST, 72, "Batch 2 of 3", 34.6)
ELSEWHERE = _finding("failed_requests", FindingKind.FAILED_REQUEST, 26, "Batch 1 of 3", 12.0)
BROKEN = _finding("writes", FindingKind.PARTIAL_WRITE, 2, "Batch 2 of 3", 34.6)
REFUSED = _finding("refused", FindingKind.REFUSED)
CRASHED = _finding("steps", FindingKind.ENDED_BY_ITSELF)
LAG = _finding("removal", FindingKind.REMOVAL_LAG)
GAP = msgspec.structs.replace(LOST, verdict=Verdict.INCONCLUSIVE, count=500)


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((LOST,), '72 of 102,251 requests lost in step "Batch 2 of 3" (34.6-35.1 s)'),
        ((LOST, BROKEN), '72 of 102,251 requests lost in step "Batch 2 of 3" (34.6-35.1 s), 2 writes not whole'),
        (
            (LOST, ELSEWHERE),
            '98 of 102,251 requests lost in steps "Batch 1 of 3", "Batch 2 of 3" (12.0-35.1 s)',
        ),
        ((LOST, LAG, GAP), '72 of 102,251 requests lost in step "Batch 2 of 3" (34.6-35.1 s)'),
        ((REFUSED, LOST), "the refused (and 1 more finding)"),
        ((CRASHED, LOST), 'the ended by itself; 72 of 102,251 requests lost in step "Batch 2 of 3" (34.6-35.1 s)'),
        (
            (msgspec.structs.replace(CRASHED, first_ns=LOST.last_ns + 1), LOST),
            '72 of 102,251 requests lost in step "Batch 2 of 3" (34.6-35.1 s); the ended by itself',
        ),
        ((LAG, GAP), "the removal lag (and 1 more finding)"),
        ((GAP,), "the failed request"),
    ],
)
def test_a_loss_is_told_whole(findings: tuple[Finding, ...], said: str) -> None:
    assert bad_news(findings, 102_251) == said


ENDED = msgspec.structs.replace(CRASHED, verdict=Verdict.INCONCLUSIVE, incarnation="inventory-01.1")
AT_IT = msgspec.structs.replace(LOST, incarnation="inventory-01.1")


@pytest.mark.parametrize(
    ("findings", "named"),
    [
        ((AT_IT, ENDED), True),
        ((AT_IT, msgspec.structs.replace(ELSEWHERE, incarnation="orders-01.1"), ENDED), True),
        ((msgspec.structs.replace(LOST, incarnation="orders-01.1"), ENDED), False),
        ((AT_IT, msgspec.structs.replace(ELSEWHERE, incarnation="orders-01.1", count=72), ENDED), False),
        ((LOST, ENDED), False),
    ],
    ids=["all of them", "most of them", "at another", "half of them", "nowhere"],
)
def test_a_loss_is_told_with_the_end_of_whom_most_of_it_failed_at(findings: tuple[Finding, ...], named: bool) -> None:
    """No step took it down: what was lost there is not the release's doing."""
    assert bad_news(findings, 102_251).startswith("the ended by itself; ") is named


TWICE = _finding("writes", FindingKind.DUPLICATE_WRITE, 12, at_s=40.0)
TWICE_MORE = msgspec.structs.replace(TWICE, message="most of them", count=300)
HALVES = msgspec.structs.replace(BROKEN, count=301)


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((BROKEN, TWICE), "the duplicate write (and 1 more finding)"),
        ((LAG, BROKEN, TWICE, TWICE_MORE), "most of them (and 3 more findings)"),
        ((HALVES, TWICE, TWICE_MORE), "most of them (and 2 more findings)"),
        ((msgspec.structs.replace(LAG, count=900), TWICE), "the duplicate write (and 1 more finding)"),
        (
            (TWICE, msgspec.structs.replace(HALVES, verdict=Verdict.INCONCLUSIVE)),
            "the duplicate write (and 1 more finding)",
        ),
        ((CRASHED, TWICE), "the ended by itself (and 1 more finding)"),
    ],
)
def test_the_largest_damage_is_told_before_the_earliest(findings: tuple[Finding, ...], said: str) -> None:
    assert bad_news(findings, 102_251) == said


LATE = msgspec.structs.replace(GAP, starved=True, count=72)
HALF = msgspec.structs.replace(BROKEN, verdict=Verdict.INCONCLUSIVE, starved=True)
LAGGED = msgspec.structs.replace(LAG, verdict=Verdict.INCONCLUSIVE, starved=True)
NOT_CONFIRMED = msgspec.structs.replace(REFUSED, verdict=Verdict.INCONCLUSIVE, starved=True)
TIMED_OUT = '72 of 102,251 requests timed out in step "Batch 2 of 3" (34.6-35.1 s)'
MEANWHILE = "; the machine was CPU-starved meanwhile"


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((LATE,), f"{TIMED_OUT}{MEANWHILE}"),
        ((HALF, LATE), f"{TIMED_OUT}, 2 writes not whole{MEANWHILE}"),
        ((LAGGED, LATE), f"{TIMED_OUT}{MEANWHILE} (and 1 more finding)"),
        ((NOT_CONFIRMED, LATE), "the refused (and 1 more finding)"),
        ((GAP, LAGGED), "the removal lag (and 1 more finding)"),
        ((LOST, LATE), '72 of 102,251 requests lost in step "Batch 2 of 3" (34.6-35.1 s)'),
        ((LAG, LATE), "the removal lag (and 1 more finding)"),
    ],
)
def test_what_a_starved_machine_explains_is_told_as_that_and_after_all_that_is_worse(
    findings: tuple[Finding, ...], said: str
) -> None:
    assert bad_news(findings, 102_251) == said


def test_a_loss_outside_of_all_steps_names_none() -> None:
    assert (
        bad_news([_finding("failed_requests", FindingKind.FAILED_REQUEST, 3)], 9) == "3 of 9 requests lost (0.0-0.5 s)"
    )


def test_why_a_release_got_no_further_comes_before_what_is_therefore_not_proved() -> None:
    lacking = [
        msgspec.structs.replace(_finding(check, finding), verdict=Verdict.INCONCLUSIVE)
        for check, finding in (
            ("replaced", FindingKind.NOT_REPLACED),
            ("steps", FindingKind.STEP_FAILED),
            ("steps", FindingKind.STEP_NOT_PROVED),
        )
    ]
    assert bad_news(lacking, 100) == "the step failed (and 2 more findings)"
    trouble = msgspec.structs.replace(_finding("steps", FindingKind.TROUBLE), verdict=Verdict.INCONCLUSIVE)
    assert bad_news([*lacking, trouble], 100) == "the trouble (and 3 more findings)"
    assert bad_news([*lacking, LATE], 100) == "the step failed (and 3 more findings)"
