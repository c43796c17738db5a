"""A1: the same releases the naive way. The control must be seen to lose, or the suite could not see a loss."""

import pytest

from conformance.plan import LOSSES, NO_GO, abrupt_stop, applies_to, batches, expects, graceful_stop, measured

pytestmark = pytest.mark.profile("core")


@pytest.mark.profile("smoke")
@applies_to("entry", "provider")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_instances_that_are_killed_under_load_are_seen_to_lose(service, release, load):
    """A1, A5: the control. No shutdown hook runs; what was being written when the kill came is left as it was."""
    run = release(batches(service, offline=abrupt_stop), under=load())
    assert run.losses


@measured
def test_a_graceful_stop_costs_what_its_callers_notice_late(service, release, load):
    """A2, A4: the process is asked to stop first; its callers learn of it afterwards."""
    release(batches(service, offline=graceful_stop), under=load())
