"""A1, A8: something else breaks in the middle of a release. Its cost is seen, and the release itself adds nothing."""

import pytest

from conformance.plan import (
    DAMAGE,
    LOSSES,
    NO_GO,
    applies_to,
    batches,
    expects,
    host_failure,
    lossless,
    needs,
    restart_of_the_database,
    restart_of_the_slb,
)

pytestmark = [pytest.mark.profile("extended"), applies_to("entry", "provider")]


@needs("servers")
@expects(NO_GO, finding="failed request", also=DAMAGE, step="fault")
def test_a_database_that_is_restarted_loses_what_was_written_to_it(service, release, load):
    """A1: nothing can be written until it is back; what it had acknowledged is there still."""
    run = release(batches(service, amid=restart_of_the_database, offline=lossless), under=load())
    assert run.lost_outside_the_fault == []


@needs("servers")
@expects(NO_GO, finding="failed request", hop="client->slb", step="fault")
def test_an_slb_that_is_restarted_loses_what_was_on_its_way(service, release, load):
    """A3: its group is gone with it; the controller restores it, and the release goes on."""
    run = release(batches(service, amid=restart_of_the_slb, offline=lossless), under=load())
    assert run.lost_outside_the_fault == []


@expects(NO_GO, finding=LOSSES, step="fault")
def test_a_host_that_dies_takes_one_instance_of_each_service_with_it(service, topology, release, load):
    """A1, A5: no hook runs on any of them; SLB, registry and callers notice by themselves, and all come back."""
    host = host_failure(*topology.released)
    run = release(batches(service, amid=host, offline=lossless), under=load())
    assert run.lost_outside_the_fault == []
