"""What this team promises besides: on a Friday no two instances are down at once, and each step is left to settle."""

import pytest

from conformance.plan import batches, lossless


@pytest.mark.profile("smoke")
def test_one_at_a_time_on_fridays(service, release, load):
    """Four batches of one, with a moment between them."""
    run = release(batches(service, instances=4, batches=4, offline=lossless), under=load(rate=100))
    assert run.failed_requests == []
