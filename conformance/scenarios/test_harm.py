"""A1: what happens to instances besides being released. Each must be seen, and named for what it is."""

import pytest

from conformance.plan import (
    LOSSES,
    NO_GO,
    applies_to,
    batches,
    expects,
    freeze,
    lossless,
    needs,
    partition,
    vanish,
)

pytestmark = pytest.mark.profile("extended")


@needs("address")
@applies_to("provider")
@expects(NO_GO, finding=LOSSES, step="batch")
def test_an_address_that_vanishes_leaves_its_callers_waiting(service, release, load):
    """A4, A5: the whole pod is gone: no answer refuses a call, so that calls hang until they time out."""
    run = release(batches(service, offline=vanish), under=load())
    assert run.failed_requests


@needs("network")
@expects(NO_GO, finding=LOSSES, step="fault")
def test_a_provider_that_is_cut_off_the_network_loses_requests(service, topology, release, load):
    """A4: registry and callers still list it for a while; it runs on, and no call reaches it."""
    cut = partition(topology.released_callee(service))
    run = release(batches(service, offline=lossless, amid=cut), under=load())
    assert run.failed_requests


@expects(NO_GO, finding=LOSSES, step="fault")
def test_a_provider_that_hangs_loses_requests(service, topology, release, load):
    """A4: alive and silent: connections to it stand, and no answer comes."""
    hang = freeze(topology.released_callee(service))
    run = release(batches(service, offline=lossless, amid=hang), under=load())
    assert run.failed_requests


@needs("memory")
@expects(NO_GO, finding="ended by itself", step="batch")
def test_a_new_version_that_needs_more_memory_than_it_has_is_seen_to_be_killed(service, release, load):
    """A8: it never serves, so nothing is lost; it is named with the signal and the reason."""
    run = release(batches(service.becoming("too big for its memory"), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
