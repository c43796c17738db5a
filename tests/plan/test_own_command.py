"""A release by the team's own command: what is planned, and what only where the team can take it back."""

from dataclasses import replace

from conformance.plan import by_own_command, plan, render
from conformance.plan.steps import AwaitReplaced, RunOwnCommand
from conformance.plan.topology import ReleaseDefaults
from tests.plan.services import STOREFRONT

UNDOES = ReleaseDefaults(command_within_s=60.0, command_undoes=True)


def test_without_a_command_that_takes_it_back_nothing_is_rolled_back() -> None:
    assert plan(by_own_command(STOREFRONT)).undo == ()


def test_what_takes_it_back_is_planned_and_printed() -> None:
    drawn = plan(by_own_command(replace(STOREFRONT, release=UNDOES)))
    back, look = drawn.undo
    assert [child.action for child in back.children] == [RunOwnCommand(60.0, undoes=True), AwaitReplaced()]
    assert {one.version for one in (back, look, *back.children)} == {STOREFRONT.version}
    assert all(one.is_undo for one in (back, look, *back.children))
    assert "R1   Roll back: Release" in render(drawn)
    assert [child.action for child in drawn.batches[0].children] == [RunOwnCommand(60.0), AwaitReplaced()]
