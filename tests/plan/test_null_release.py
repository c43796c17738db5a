"""The plan of a null release: a baseline, the traffic of a batch, a look; nobody is named to be touched."""

from conformance.plan import batches, by_own_command, gray, lossless, null_release, plan, render, restart_of_the_slb
from tests.plan.services import ORDERS, STOREFRONT

WHOLE = """\
Null release: orders v1 stay as they are, under the same load
  1    Baseline: orders v1 under load
  2    Null release: nothing is released
  3    Verify: every instance is what it was and serves
"""


def test_it_is_three_steps_and_no_way_back() -> None:
    drawn = plan(null_release(batches(ORDERS, offline=lossless)))
    assert render(drawn) == WHOLE
    assert drawn.undo == ()
    assert [step.instances for step in drawn.batches] == [()]


def test_whatever_the_release_asks_for_besides_does_not_happen() -> None:
    asked = gray(ORDERS, offline=lossless), batches(ORDERS, offline=lossless, amid=restart_of_the_slb)
    assert [plan(null_release(release)).steps for release in asked] == [plan(null_release(asked[0])).steps] * 2


def test_everybody_serves_at_all_times() -> None:
    release = null_release(batches(ORDERS, STOREFRONT, offline=lossless, together=False))
    assert [release.minimum_in_rotation(part) == len(part.names) for part in release.parts] == [True, True]
    assert {part.to for part in release.parts} == {ORDERS.version}


def test_a_system_that_stands_already_is_left_alone_as_well() -> None:
    release = null_release(by_own_command(STOREFRONT))
    assert not release.own_command
    assert [step.title for step in plan(release).steps][1] == "Null release: nothing is released"
