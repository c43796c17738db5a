"""What a scenario may expect: only what some check can find."""

import pytest

from conformance.plan import NO_GO, Expectation, expects
from conformance.vocabulary import FindingKind


@pytest.mark.parametrize("kind", FindingKind)
def test_every_finding_can_be_expected(kind: FindingKind) -> None:
    (wanted,) = expects(NO_GO, finding=kind.value, also=kind.value).mark.args
    assert wanted == Expectation(NO_GO, finding=kind.value, also=(kind.value,))


@pytest.mark.parametrize("wrong", [{"finding": "failed requests"}, {"also": "lost"}, {"also": ("lost write", "x")}])
def test_a_finding_that_no_check_makes_is_refused_in_one_line(wrong: dict[str, str]) -> None:
    with pytest.raises(pytest.Collector.CollectError) as refused:
        expects(NO_GO, **wrong)
    assert str(refused.value).startswith("expects: no check finds '")
    assert "\n" not in str(refused.value)
