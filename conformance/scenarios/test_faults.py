"""A1, A8: something else breaks in the middle of a release. Its cost is seen, and the release itself adds nothing."""

import pytest

from conformance.plan import (
    NO_GO,
    batches,
    expects,
    host_failure,
    lossless,
    needs,
    restart_of_the_database,
    restart_of_the_slb,
)

pytestmark = pytest.mark.profile("extended")


@needs("servers")
@expects(NO_GO, finding="failed request", also="partial write", step="Fault: the database is restarted")
def test_a_database_that_is_restarted_loses_what_was_written_to_it(topology, release, load):
    """A1: nothing can be written until it is back; what it had acknowledged is there still."""
    run = release(
        batches(topology.middle, to="v2", batches=3, amid=restart_of_the_database, offline=lossless), under=load()
    )
    assert run.lost_outside("Fault: the database is restarted") == []


@needs("servers")
@expects(NO_GO, finding="failed request", hop="client->slb", step="Fault: the SLB is restarted")
def test_an_slb_that_is_restarted_loses_what_was_on_its_way(topology, release, load):
    """A3: its group is gone with it; the controller restores it, and the release goes on."""
    run = release(batches(topology.middle, to="v2", batches=3, amid=restart_of_the_slb, offline=lossless), under=load())
    assert run.lost_outside("Fault: the SLB is restarted") == []


@expects(NO_GO, finding="failed request", also="partial write", step="Fault: a host of 3 instances is killed")
def test_a_host_that_dies_takes_one_instance_of_each_service_with_it(topology, release, load):
    """A1, A5: no hook runs on any of them; SLB, registry and callers notice by themselves, and all come back."""
    chain = (topology.entry, topology.middle, topology.leaf)
    run = release(
        batches(topology.middle, to="v2", batches=3, amid=host_failure(*chain), offline=lossless), under=load()
    )
    assert run.lost_outside("Fault: a host of 3 instances is killed") == []
