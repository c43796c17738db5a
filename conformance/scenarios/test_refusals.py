"""A8: the gray is there to be refused: a bad version stops at it, is rolled back, and costs no more than its share."""

import pytest

from conformance.plan import NO_GO, automatic, batches, confirm_title, expects, gray, lossless, manual

pytestmark = pytest.mark.profile("extended")

CONFIRM = confirm_title(automatic)
SHARE = 0.2
CHANCE = 0.05
"""How much more than its share two of ten may get by chance, in a second or two."""


@expects(NO_GO, finding="refused", step="Gray: 2 of 10")
def test_a_version_that_is_never_ready_costs_nothing(topology, release, load):
    """A8: it never serves, so nobody meets it."""
    run = release(gray(topology.middle, to="v2-never-ready", first=2, then=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@expects(NO_GO, finding="refused", step="Gray: 2 of 10")
def test_a_version_that_crashes_at_its_start_costs_nothing(topology, release, load):
    """A8: it never serves, so nobody meets it."""
    run = release(gray(topology.middle, to="v2-crashes", first=2, then=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@expects(NO_GO, finding="refused", step=CONFIRM)
def test_a_version_that_answers_errors_costs_no_more_than_its_share(topology, release, load):
    """A8: it is refused at the gray, and is gone before the rest meets it."""
    run = release(gray(topology.middle, to="v2-answers-errors", first=2, then=2, offline=lossless), under=load())
    assert 0 < run.refusal.share <= SHARE + CHANCE
    assert run.refusal.lost_after == 0


@expects(NO_GO, finding="refused", step=CONFIRM)
def test_a_version_that_is_slow_is_refused_before_it_slows_everybody(topology, release, load):
    """A8: nothing fails, and yet it is not right."""
    run = release(gray(topology.middle, to="v2-slow", first=2, then=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.refusal.lost_after == 0


@expects(NO_GO, finding="refused", also="partial write", step=CONFIRM)
def test_a_version_that_writes_wrongly_is_refused_by_the_ledger(topology, release, load):
    """A8, A1: every answer is right; what should have been written is not there."""
    run = release(gray(topology.middle, to="v2-writes-wrongly", first=2, then=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes


@expects(NO_GO, finding="refused", step=CONFIRM)
def test_a_version_that_is_listed_before_it_listens_is_refused(topology, release, load):
    """A4, A8: calls to it are refused until it listens."""
    run = release(gray(topology.middle, to="v2-registers-early", first=2, then=2, offline=lossless), under=load())
    assert 0 < run.refusal.share <= SHARE + CHANCE
    assert run.refusal.lost_after == 0


@expects(NO_GO, finding="stop signal swallowed", step="Batch 1 of 2")
def test_an_instance_that_will_not_stop_costs_nothing_where_it_left_first(topology, release, load):
    """A5, A7: nobody calls it any more when it is killed."""
    before = "v1-heeds-no-signal"
    run = release(
        batches(topology.middle, before=before, to="v2", instances=2, batches=2, offline=lossless), under=load()
    )
    assert run.failed_requests == []
    assert run.partial_writes == []


@expects(NO_GO, finding="refused", step=confirm_title(manual()))
def test_a_gray_that_nobody_confirms_is_rolled_back(topology, release, load):
    """A8: a confirmation that never comes is none."""
    asked = manual(within_s=10)
    run = release(gray(topology.leaf, to="v2", first=2, then=2, confirm=asked, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
