"""What a scenario may say of itself: only what some check can find, and what a service can be."""

import pytest

from conformance.plan import GO, LOSSES, NO_GO, Expectation, applies_to, expects, measured, needs
from conformance.vocabulary import FindingKind, StepKind


@pytest.mark.parametrize("kind", FindingKind)
def test_every_finding_can_be_expected(kind: FindingKind) -> None:
    (wanted,) = expects(NO_GO, finding=kind.value, also=kind.value).mark.args
    assert wanted == Expectation(NO_GO, finding=(kind.value,), also=(kind.value,))


def test_one_of_several_findings_can_be_expected_at_a_hop_in_a_step() -> None:
    (wanted,) = expects(NO_GO, finding=LOSSES, hop="->service", step="batch").mark.args
    assert wanted == Expectation(NO_GO, finding=LOSSES, hop="->service", step=StepKind.BATCH)
    assert expects(GO).mark.args == (Expectation(GO),)


@pytest.mark.parametrize(
    ("finding", "also"),
    [("failed requests", ()), ((), "lost"), (("failed request", "lost"), ()), ((), ("lost write", "x"))],
    ids=str,
)
def test_a_finding_that_no_check_makes_is_refused_in_one_line(
    finding: str | tuple[str, ...], also: str | tuple[str, ...]
) -> None:
    with pytest.raises(pytest.Collector.CollectError) as refused:
        expects(NO_GO, finding=finding, also=also)
    assert str(refused.value).startswith("expects: no check finds '")
    assert "\n" not in str(refused.value)


def test_what_is_measured_may_come_out_as_it_will() -> None:
    assert (measured.name, measured.mark.args) == ("expects", (Expectation("ANY"),))


def test_positions_and_abilities_are_kept_in_their_order() -> None:
    mark = applies_to("provider", "worker").mark
    assert (mark.name, mark.args) == ("applies_to", ("provider", "worker"))
    assert needs("weights", "lanes").mark.args == ("weights", "lanes")
