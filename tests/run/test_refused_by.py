"""What refuses a new version is recorded, for not every refusal says something of the version."""

import pytest

from conformance.plan.steps import Action, AwaitAnswered, AwaitListed, AwaitUnlisted, Start, Step
from conformance.run.confirm import Refusal
from conformance.run.start_instance import EndedAtStart, NotAnswering
from conformance.run.steps import _refused_by
from conformance.run.waiting import Unmet
from conformance.vocabulary import Refuser

UNMET = Unmet("it to be ready", 30, "not ready")
SILENT = NotAnswering("it to answer", 60, "0 executions")
ENDED = EndedAtStart.__new__(EndedAtStart)
"""Made without an instance, whose log nobody asks for here."""


def _step(action: Action, *, is_undo: bool = False) -> Step:
    return Step("2.4", "a step", ("orders-01",), action, is_undo=is_undo)


@pytest.mark.parametrize(
    ("action", "error", "by"),
    [
        (Start("v2"), UNMET, "time"),
        (AwaitListed(), UNMET, "time"),
        (AwaitAnswered(), SILENT, "time"),
        (Start("v2"), ENDED, "its end"),
        (AwaitUnlisted(), UNMET, ""),
        (AwaitAnswered(), UNMET, ""),
    ],
)
def test_time_or_its_own_end_refuses_it_and_nothing_that_is_not_its_fault(
    action: Action, error: Exception, by: Refuser
) -> None:
    assert _refused_by(_step(action), error) == by


@pytest.mark.parametrize("by", ["a person", "the record", "the ledger", "time"])
def test_a_refusal_says_itself_by_what(by: Refuser) -> None:
    assert _refused_by(_step(AwaitAnswered()), Refusal("no", by)) == by


@pytest.mark.parametrize("error", [UNMET, ENDED, Refusal("no", Refuser.OPERATOR)])
def test_nothing_refuses_the_old_version_that_is_rolled_back_to(error: Exception) -> None:
    assert _refused_by(_step(Start("v1"), is_undo=True), error) == ""
