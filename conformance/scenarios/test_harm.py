"""A1: what happens to instances besides being released. Each must be seen, and named for what it is."""

import pytest

from conformance.plan import NO_GO, batches, expects, freeze, lossless, needs, partition, vanish

pytestmark = pytest.mark.profile("extended")


@needs("address")
@expects(NO_GO, finding="failed request", also="partial write", hop="middle->leaf", step="Batch 1 of 3")
def test_an_address_that_vanishes_leaves_its_callers_waiting(topology, release, load):
    """A4, A5: the whole pod is gone: nobody refuses, so calls hang until they time out."""
    run = release(batches(topology.leaf, to="v2", batches=3, offline=vanish), under=load())
    assert run.failed_requests


@needs("network")
@expects(
    NO_GO,
    finding="failed request",
    also="partial write",
    hop="middle->leaf",
    step="Fault: a leaf instance is cut off the network",
)
def test_a_provider_that_is_cut_off_the_network_loses_requests(topology, release, load):
    """A4: registry and callers still list it for a while; it runs on, and nobody reaches it."""
    cut = partition(topology.leaf)
    run = release(batches(topology.middle, to="v2", batches=3, offline=lossless, amid=cut), under=load())
    assert run.failed_requests


@expects(
    NO_GO, finding="failed request", also="partial write", hop="middle->leaf", step="Fault: a leaf instance is frozen"
)
def test_a_provider_that_hangs_loses_requests(topology, release, load):
    """A4: alive and silent: connections to it stand, and no answer comes."""
    hang = freeze(topology.leaf)
    run = release(batches(topology.middle, to="v2", batches=3, offline=lossless, amid=hang), under=load())
    assert run.failed_requests


@needs("memory")
@expects(NO_GO, finding="ended by itself", step="Batch 1 of 3")
def test_a_new_version_that_needs_more_memory_than_it_has_is_seen_to_be_killed(topology, release, load):
    """A8: it never serves, so nothing is lost; it is named with the signal and the reason."""
    run = release(batches(topology.leaf, to="v2-too-big", batches=3, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
