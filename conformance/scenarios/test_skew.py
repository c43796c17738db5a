"""A8: while a release is under way both versions serve; each must do with what the other calls, answers and writes."""

from itertools import product

import pytest

from conformance.plan import NO_GO, batches, expects, gray, in_the_lane, lossless

pytestmark = pytest.mark.profile("extended")


def test_either_version_of_a_caller_meets_either_of_its_provider(service, topology, release, load):
    """A8: released together, batch by batch; reads ask for what was written last, by whichever version."""
    provider = topology.released_callee(service)
    run = release(batches(service, provider, instances=4, batches=2, offline=lossless), under=load())
    assert run.pairs(service, provider) == set(product(service.old_and_new, provider.old_and_new))
    assert run.failed_requests == []
    assert run.partial_writes == []


@expects(NO_GO, finding="refused", step="confirm")
def test_a_version_whose_writes_the_old_one_cannot_read_is_refused(service, release, load):
    """A8, A1: each version does well by itself; the old one finds at the gray what it cannot make anything of."""
    run = release(gray(service.becoming("writes a new form"), offline=lossless), under=load())
    assert run.failed_requests
    assert run.partial_writes == []
    assert run.refusal.lost_after == 0


@expects(NO_GO, finding="leak")
def test_a_version_that_forgets_the_lane_is_found(service, topology, release, load):
    """A8: every answer is right; but whoever was chosen for the gray meets the old version behind it.

    So the gray of the last provider is met by hardly anybody, and is never confirmed.
    """
    provider = topology.released_callee(service)
    run = release(
        gray(
            service.becoming("forgets the lane"),
            provider,
            instances=4,
            first=1,
            then=1,
            together=False,
            met_by=in_the_lane,
            offline=lossless,
        ),
        under=load(),
    )
    assert run.failed_requests == []
    assert run.partial_writes == []
