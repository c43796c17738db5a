"""A8: ten instances in three batches, each instance leaving its callers before it stops. Nothing is lost."""

import pytest

from conformance.plan import batches, lossless

pytestmark = pytest.mark.profile("smoke")


def test_a_batch_release_of_the_entry_loses_nothing(topology, release, load):
    """A8, A3: each instance is drained out of the SLB's group before it stops."""
    run = release(batches(topology.entry, to="v2", batches=3, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_batch_release_of_a_provider_loses_nothing(topology, release, load):
    """A8, A7: each instance of the middle service is deregistered and announced before it stops."""
    run = release(batches(topology.middle, to="v2", batches=3, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_batch_release_of_the_last_provider_loses_nothing(topology, release, load):
    """A8, A7: the same at the end of the chain, where a lost call leaves a write half done."""
    run = release(batches(topology.leaf, to="v2", batches=3, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@pytest.mark.profile("extended")
def test_a_batch_waits_until_the_last_one_is_warm(topology, release, load):
    """A8: the next batch is asked for at once; nobody else is taken down before the new ones serve."""
    run = release(batches(topology.middle, to="v2-warms-up-slowly", batches=3, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@pytest.mark.profile("extended")
def test_a_provider_that_is_a_consumer_is_released_together_with_its_own_provider(topology, release, load):
    """A7, A8: whoever goes is called by some who go themselves, and must tell them all the same."""
    run = release(
        batches(topology.middle, topology.leaf, to="v2", instances=4, batches=2, offline=lossless), under=load()
    )
    assert run.failed_requests == []
    assert run.partial_writes == []
