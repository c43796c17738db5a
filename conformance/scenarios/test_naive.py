"""A1: the same releases the naive way. Each must be judged NO-GO, or the suite could not see a loss."""

import pytest

from conformance.plan import NO_GO, abrupt_stop, batches, expects, graceful_stop

pytestmark = pytest.mark.profile("smoke")


@expects(NO_GO, finding="sent after stop", hop="slb->entry", step="Batch 1 of 3")
def test_an_entry_that_stops_before_the_slb_knows_is_called_after_its_stop(topology, release, load):
    """A2: the instance stops first; until the SLB has noticed, it sends it requests that it loses or repeats."""
    release(batches(topology.entry, to="v2", batches=3, offline=graceful_stop), under=load())


@expects(NO_GO, finding="partial write", hop="entry->middle", step="Batch 1 of 3")
def test_killing_a_provider_leaves_writes_half_done(topology, release, load):
    """A1, A5: no shutdown hook runs; what was being written when the kill came is left as it was."""
    run = release(batches(topology.middle, to="v2", batches=3, offline=abrupt_stop), under=load())
    assert run.failed_requests
    assert set(run.partial_writes) & set(run.held_writes)


@expects(NO_GO, finding="partial write", hop="middle->leaf", step="Batch 1 of 3")
def test_killing_the_last_provider_leaves_writes_half_done(topology, release, load):
    """A1, A5: the leaf has committed and dies before it answers; its caller never confirms."""
    run = release(batches(topology.leaf, to="v2", batches=3, offline=abrupt_stop), under=load())
    assert run.failed_requests
    assert set(run.partial_writes) & set(run.held_writes)
