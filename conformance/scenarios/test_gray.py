"""A8: two of ten first; users meet the new version there, and the rest follows in batches. Nothing is lost."""

import pytest

from conformance.plan import gray, lossless

pytestmark = pytest.mark.profile("core")


def test_a_gray_release_of_the_entry_loses_nothing(topology, release, load):
    """A8, A3: the SLB sends the gray its share of the requests, no more and no fewer."""
    run = release(gray(topology.entry, to="v2", first=2, then=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_gray_release_of_a_provider_loses_nothing(topology, release, load):
    """A8, A7: both versions serve side by side, and every write finds its way through either."""
    run = release(gray(topology.middle, to="v2", first=2, then=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_gray_release_of_the_last_provider_loses_nothing(topology, release, load):
    """A8, A7: the same at the end of the chain."""
    run = release(gray(topology.leaf, to="v2", first=2, then=2, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@pytest.mark.profile("extended")
def test_starting_the_new_before_stopping_the_old_keeps_everybody_serving(topology, release, load):
    """A8: at no time are fewer in rotation than there are instances."""
    run = release(
        gray(topology.middle, to="v2", first=2, then="40 %", order="start first", at_least=10, offline=lossless),
        under=load(),
    )
    assert run.failed_requests == []
    assert run.partial_writes == []
