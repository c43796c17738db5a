"""A8: the whole topology is released, one service after the other; and what else happens meanwhile."""

import pytest

from conformance.plan import applies_to, batches, lossless, scaling

pytestmark = pytest.mark.profile("extended")


def test_a_whole_topology_is_released_from_its_end_to_its_beginning(topology, release, load):
    """A8, A7, A3: a service is new before the services that call it."""
    run = release(batches(*topology.released, instances=4, batches=2, together=False, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@applies_to("provider")
def test_scaling_out_and_in_while_a_release_pauses_loses_nothing(service, release, load):
    """A8, A7: more instances of the new version come, and go again, before the next batch."""
    run = release(batches(service, amid=scaling(by=2), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_release_that_overtakes_an_unfinished_one_loses_nothing(service, release, load):
    """A8: three versions serve side by side for a while, and in the end there is one."""
    third = service.variant("a third version")
    run = release(batches(service, overtaken_by=third, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
