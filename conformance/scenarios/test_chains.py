"""A8: the whole chain is released, one service after the other; and what else happens while a release is under way."""

import pytest

from conformance.plan import batches, lossless, scaling

pytestmark = pytest.mark.profile("extended")


def test_a_whole_chain_is_released_from_its_end_to_its_beginning(topology, release, load):
    """A8, A7, A3: whoever is called is new before whoever calls it."""
    chain = (topology.entry, topology.middle, topology.leaf)
    run = release(batches(*chain, to="v2", instances=4, batches=2, together=False, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_scaling_out_and_in_while_a_release_pauses_loses_nothing(topology, release, load):
    """A8, A7: more instances of the new version come, and go again, before the next batch."""
    run = release(batches(topology.middle, to="v2", batches=3, amid=scaling(by=2), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_release_that_overtakes_an_unfinished_one_loses_nothing(topology, release, load):
    """A8: three versions serve side by side for a while, and in the end there is one."""
    run = release(batches(topology.middle, to="v2", batches=3, overtaken_by="v3", offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
