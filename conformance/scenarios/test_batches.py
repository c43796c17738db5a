"""A8: batch by batch, each instance leaving its callers before it stops. Nothing is lost."""

import pytest

from conformance.plan import batches, lossless

pytestmark = pytest.mark.profile("smoke")


def test_a_batch_release_loses_nothing(service, release, load):
    """A8, A3, A7: each instance is drained, or taken from its callers' lists, before it stops."""
    run = release(batches(service, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@pytest.mark.profile("extended")
def test_a_batch_waits_until_the_last_one_is_warm(service, release, load):
    """A8: the next batch is asked for at once; no other instance is taken down before the new ones serve."""
    run = release(batches(service.becoming("warms up slowly"), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@pytest.mark.profile("extended")
def test_a_consumer_and_its_provider_are_released_together(service, topology, release, load):
    """A7, A8: an instance that goes is called by some that go themselves, and must tell them all the same."""
    provider = topology.released_callee(service)
    run = release(batches(service, provider, instances=4, batches=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
