"""A8: the gray is there to be refused: a bad version stops at it, is rolled back, and costs no more than its share."""

import pytest

from conformance.plan import DAMAGE, NO_GO, batches, expects, gray, lossless, manual

pytestmark = pytest.mark.profile("extended")

CHANCE = 0.05
"""How much more than its share two of ten may get by chance, in a second or two."""


@expects(NO_GO, finding="refused", step="gray")
def test_a_version_that_is_never_ready_costs_nothing(service, release, load):
    """A8: it never serves, so nobody meets it."""
    run = release(gray(service.becoming("never ready"), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@expects(NO_GO, finding="refused", step="gray")
def test_a_version_that_crashes_at_its_start_costs_nothing(service, release, load):
    """A8: it never serves, so nobody meets it."""
    run = release(gray(service.becoming("crashes at its start"), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@expects(NO_GO, finding="refused", step="confirm")
def test_a_version_that_answers_errors_costs_no_more_than_its_share(service, release, load):
    """A8: it is refused at the gray, and is gone before the rest meets it."""
    planned = gray(service.becoming("answers errors"), offline=lossless)
    run = release(planned, under=load())
    assert 0 < run.refusal.share <= planned.gray_share + CHANCE
    assert run.refusal.lost_after == 0


@expects(NO_GO, finding="refused", step="confirm")
def test_a_version_that_is_slow_is_refused_before_it_slows_everybody(service, release, load):
    """A8: nothing fails, and yet it is not right."""
    run = release(gray(service.becoming("slow"), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.refusal.lost_after == 0


@expects(NO_GO, finding="refused", also=DAMAGE, step="confirm")
def test_a_version_that_writes_wrongly_is_refused_by_the_ledger(service, release, load):
    """A8, A1: every answer is right; what should have been written is not there."""
    run = release(gray(service.becoming("writes wrongly"), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes


@expects(NO_GO, finding="refused", step="confirm")
def test_a_version_that_is_listed_before_it_listens_is_refused(service, release, load):
    """A4, A8: calls to it are refused until it listens."""
    planned = gray(service.becoming("registers early"), offline=lossless)
    run = release(planned, under=load())
    assert 0 < run.refusal.share <= planned.gray_share + CHANCE
    assert run.refusal.lost_after == 0


@expects(NO_GO, finding="stop signal swallowed", step="batch")
def test_an_instance_that_will_not_stop_costs_nothing_where_it_left_first(service, release, load):
    """A5, A7: nobody calls it any more when it is killed."""
    before = service.variant("ignores the stop signal")
    run = release(batches(service, before=before, instances=2, batches=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@expects(NO_GO, finding="refused", step="confirm")
def test_a_gray_that_nobody_confirms_is_rolled_back(service, release, load):
    """A8: a confirmation that never comes is none."""
    asked = manual(within_s=10)
    run = release(gray(service, confirm=asked, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
