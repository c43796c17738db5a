"""A8: a few first; users meet the new version there, and the rest follows in batches. Nothing is lost."""

import pytest

from conformance.plan import gray, lossless, of_strategy

pytestmark = pytest.mark.profile("core")


@of_strategy("gray")
def test_a_gray_release_loses_nothing(service, release, load):
    """A8, A3, A7: both versions serve side by side, each its share, and every write finds its way through either."""
    run = release(gray(service, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@pytest.mark.profile("extended")
def test_starting_the_new_before_stopping_the_old_keeps_every_instance_serving(service, release, load):
    """A8: at no time are fewer in rotation than there are instances."""
    count = service.released_instances
    run = release(gray(service, then="40 %", order="start first", at_least=count, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []
