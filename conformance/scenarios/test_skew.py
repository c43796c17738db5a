"""A8: while a release is under way both versions serve; each must do with what the other calls, answers and writes."""

import pytest

from conformance.plan import NO_GO, automatic, batches, confirm_title, expects, gray, lossless, with_header

pytestmark = pytest.mark.profile("extended")

CONFIRM = confirm_title(automatic)
OLD, NEW = "v1", "v2"
EVERY_PAIR = {(caller, provider) for caller in (OLD, NEW) for provider in (OLD, NEW)}


def test_either_version_of_a_caller_meets_either_of_its_provider(topology, release, load):
    """A8: released together, batch by batch; reads ask for what was written last, by whichever version."""
    run = release(
        batches(topology.middle, topology.leaf, to=NEW, instances=4, batches=2, offline=lossless), under=load()
    )
    assert run.pairs(topology.middle, topology.leaf) == EVERY_PAIR
    assert run.failed_requests == []
    assert run.partial_writes == []


@expects(NO_GO, finding="refused", step=CONFIRM)
def test_a_version_whose_writes_the_old_one_cannot_read_is_refused(topology, release, load):
    """A8, A1: each version does well by itself; the old one finds at the gray what it cannot make anything of."""
    run = release(gray(topology.middle, to="v2-writes-a-new-form", first=2, then=2, offline=lossless), under=load())
    assert run.failed_requests
    assert run.partial_writes == []
    assert run.refusal.lost_after == 0


@expects(NO_GO, finding="leak")
def test_a_version_that_forgets_the_lane_is_found(topology, release, load):
    """A8: every answer is right; but whoever was chosen for the gray meets the old version behind it.

    So the gray of the last provider is met by hardly anybody, and is never confirmed.
    """
    run = release(
        gray(
            topology.middle,
            topology.leaf,
            to="v2-forgets-the-lane",
            instances=4,
            first=1,
            then=1,
            together=False,
            met_by=with_header("X-Release-Lane", "gray"),
            offline=lossless,
        ),
        under=load(),
    )
    assert run.failed_requests == []
    assert run.partial_writes == []
