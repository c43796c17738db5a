"""Whether a verdict is the expected one. A loss must be found where it was expected, or the suite was blind."""

import msgspec
import pytest

from conformance.judge.expectation import meets
from conformance.judge.model import Finding, Judgement, Verdict
from conformance.record.contract import Expected
from conformance.vocabulary import DAMAGE, UNFIT, Doubt, FindingKind
from tests.judgements import judgement

LOSS = Finding(
    check="failed_requests",
    finding=FindingKind.FAILED_REQUEST,
    verdict=Verdict.NO_GO,
    message="98 requests failed",
    step="Batch 1 of 3",
    hop="storefront->orders",
)
DOUBT = Finding(
    check="evidence",
    finding=FindingKind.FAILED_REQUEST,
    verdict=Verdict.INCONCLUSIVE,
    message="too little",
    hop="slb->storefront",
)


GO = judgement()
NO_GO = judgement(LOSS, DOUBT)
INCONCLUSIVE = judgement(DOUBT)


@pytest.mark.parametrize(
    ("judgement", "kind", "word"),
    [(GO, "met", "GO"), (NO_GO, "lossy", "NO-GO"), (INCONCLUSIVE, "inconclusive", "INCONCLUSIVE")],
    ids=["go", "no-go", "inconclusive"],
)
def test_where_go_is_expected_only_go_will_do(judgement: Judgement, kind: str, word: str) -> None:
    outcome = meets(judgement, Expected())
    assert (outcome.kind, outcome.word, outcome.sentence) == (kind, word, judgement.headline)
    assert (outcome.met, outcome.lossy) == (kind == "met", kind == "lossy")


@pytest.mark.parametrize(
    "expected",
    [
        Expected(verdict="NO-GO"),
        Expected(verdict="NO-GO", finding=FindingKind.FAILED_REQUEST),
        Expected(verdict="NO-GO", hop="storefront->orders"),
        Expected(verdict="NO-GO", step="Batch 1 of 3"),
        Expected(verdict="NO-GO", finding=FindingKind.FAILED_REQUEST, hop="storefront->orders", step="Batch 1 of 3"),
    ],
    ids=["any", "finding", "hop", "step", "all"],
)
def test_a_loss_that_was_found_where_it_was_expected_is_met(expected: Expected) -> None:
    outcome = meets(NO_GO, expected)
    assert (outcome.met, outcome.word, outcome.sentence) == (True, "NO-GO", "98 requests failed")


@pytest.mark.parametrize(
    "expected",
    [
        Expected(verdict="NO-GO", finding=FindingKind.PARTIAL_WRITE),
        Expected(verdict="NO-GO", hop="slb->storefront"),
        Expected(verdict="NO-GO", step="Batch 2 of 3"),
        Expected(verdict="NO-GO", step="Batch 1"),
        Expected(verdict="NO-GO", finding=FindingKind.FAILED_REQUEST, hop="slb->storefront", step="Batch 1 of 3"),
    ],
    ids=["finding", "hop", "step", "part of a step", "one of three"],
)
def test_a_loss_elsewhere_means_that_the_suite_was_blind(expected: Expected) -> None:
    """An inconclusive finding matches nothing either."""
    outcome = meets(NO_GO, expected)
    assert (outcome.kind, outcome.word, outcome.lossy) == ("inconclusive", "INCONCLUSIVE", False)
    control = expected.finding is not None
    assert outcome.doubt is (Doubt.BLIND if control else Doubt.NONE)
    what = "this suite could not see a loss here" if control else "the suite was blind"
    assert outcome.sentence.startswith(f"{what}: NO-GO")
    assert outcome.sentence.endswith("was expected; found was 98 requests failed")


def test_every_field_must_match_the_same_finding() -> None:
    other = msgspec.structs.replace(LOSS, finding=FindingKind.PARTIAL_WRITE, hop="orders->inventory")
    both = judgement(LOSS, other)
    assert meets(both, Expected(verdict="NO-GO", finding=FindingKind.PARTIAL_WRITE, hop="orders->inventory")).met
    assert not meets(both, Expected(verdict="NO-GO", finding=FindingKind.PARTIAL_WRITE, hop="storefront->orders")).met


def test_go_where_a_loss_was_expected_means_that_this_suite_could_not_see_one() -> None:
    outcome = meets(
        GO, Expected(verdict="NO-GO", finding=FindingKind.PARTIAL_WRITE, hop="storefront->orders", step="Batch 1 of 3")
    )
    assert (outcome.kind, outcome.word) == ("inconclusive", "INCONCLUSIVE")
    assert outcome.sentence == (
        "this suite could not see a loss here: "
        "NO-GO for 'partial write' over storefront->orders in Batch 1 of 3 was expected; "
        "the verdict is GO"
    )


@pytest.mark.parametrize("verdict", ["GO", "NO-GO", "ANY"])
def test_what_is_inconclusive_meets_no_expectation(verdict: str) -> None:
    outcome = meets(INCONCLUSIVE, msgspec.convert({"verdict": verdict}, Expected))
    assert (outcome.kind, outcome.sentence) == ("inconclusive", "too little")


@pytest.mark.parametrize("judgement", [GO, NO_GO], ids=["go", "no-go"])
def test_what_is_only_measured_is_met_by_either(judgement: Judgement) -> None:
    outcome = meets(judgement, Expected(verdict="ANY"))
    assert (outcome.met, outcome.word) == (True, judgement.verdict.value)


def _damage(kind: FindingKind, verdict: Verdict = Verdict.NO_GO) -> Finding:
    return Finding(
        check="writes", finding=kind, verdict=verdict, message=f"1 of 9 writes: a {kind}", step="Batch 3 of 3"
    )


UNNAMED = Expected(verdict="NO-GO", finding=FindingKind.FAILED_REQUEST, hop="storefront->orders", also=())


@pytest.mark.parametrize("kind", sorted(DAMAGE))
def test_damage_that_the_scenario_does_not_name_is_not_swallowed_by_the_loss_that_it_expects(kind: FindingKind) -> None:
    outcome = meets(judgement(LOSS, _damage(kind)), UNNAMED)
    assert (outcome.kind, outcome.word) == ("inconclusive", "INCONCLUSIVE")
    assert outcome.sentence == (
        f"NO-GO for 'failed request' over storefront->orders was expected; found besides: 1 of 9 writes: a {kind}"
    )


@pytest.mark.parametrize("kind", sorted(DAMAGE))
def test_damage_that_the_scenario_names_is_as_expected(kind: FindingKind) -> None:
    named = msgspec.structs.replace(UNNAMED, also=(kind,))
    assert meets(judgement(LOSS, _damage(kind)), named).met
    assert meets(judgement(LOSS), named).met, "it may be there, it need not"
    assert not meets(judgement(_damage(kind)), named).met, "what must be there is the finding"
    alone = Expected(verdict="NO-GO", finding=kind, also=())
    assert meets(judgement(LOSS, _damage(kind)), alone).met


def test_damage_that_proves_nothing_against_the_release_is_not_unexpected() -> None:
    assert meets(judgement(LOSS, _damage(FindingKind.LOST_WRITE, Verdict.INCONCLUSIVE)), UNNAMED).met


@pytest.mark.parametrize("kind", UNFIT)
def test_a_new_version_that_is_unfit_is_not_swallowed_by_a_loss_that_must_be_seen(kind: FindingKind) -> None:
    """But where the scenario names it, or is about anything else, or where it proves nothing."""
    found = _damage(kind)
    outcome = meets(judgement(LOSS, found), UNNAMED)
    assert (outcome.kind, outcome.doubt) == ("inconclusive", Doubt.NONE)
    assert outcome.sentence == "98 requests failed; the loss alone was expected"
    assert meets(judgement(found), UNNAMED).sentence.endswith(f"was expected; found besides: {found.message}")
    assert meets(judgement(LOSS, found), msgspec.structs.replace(UNNAMED, also=(kind,))).met
    assert meets(judgement(LOSS, _damage(kind, Verdict.INCONCLUSIVE)), UNNAMED).met
    assert meets(judgement(LOSS, found), Expected(verdict="NO-GO")).met


def test_a_record_of_a_scenario_that_did_not_have_to_name_partial_writes_is_judged_as_it_was() -> None:
    old = msgspec.json.decode('{"verdict": "NO-GO", "finding": "failed request"}', type=Expected)
    assert meets(judgement(LOSS, _damage(FindingKind.PARTIAL_WRITE)), old).met
    assert not meets(judgement(LOSS, _damage(FindingKind.LOST_WRITE)), old).met


def test_one_of_several_findings_is_enough_and_each_of_them_is_named() -> None:
    """A lost write is damage: named, it may be there."""
    found = judgement(_damage(FindingKind.LOST_WRITE))
    wanted = (FindingKind.LOST_WRITE, FindingKind.FAILED_REQUEST)
    assert meets(found, Expected(verdict="NO-GO", finding=wanted, also=())).met
    outcome = meets(found, Expected(verdict="NO-GO", finding=(FindingKind.FAILED_REQUEST, FindingKind.SENT_TWICE)))
    assert not outcome.met
    assert outcome.sentence.startswith("NO-GO for 'failed request' or 'sent twice' was expected; found besides: ")


def test_any_hop_to_a_service_will_do_where_the_callee_alone_is_named() -> None:
    found = judgement(LOSS)
    assert meets(found, Expected(verdict="NO-GO", hop="->orders")).met
    outcome = meets(found, Expected(verdict="NO-GO", hop="->inventory"))
    assert outcome.sentence.startswith("the suite was blind: NO-GO on any hop to inventory was expected; ")
