"""A8: whoever is chosen meets the gray, on the whole way and every time; all others meet it once it is right."""

import pytest

from conformance.plan import gray, lossless, share_of_requests, share_of_users, with_cookie, with_header

pytestmark = pytest.mark.profile("extended")


def test_a_gray_gets_a_share_of_the_requests_by_the_slbs_weights(topology, release, load):
    """A8, A3: two of ten instances, and no more than 5 % of the requests."""
    chosen = share_of_requests("5 %")
    run = release(gray(topology.entry, to="v2", first=2, then=2, met_by=chosen, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_requests_with_a_header_meet_the_gray_and_no_others(topology, release, load):
    """A8, A7: the rule stands at the SLB; the lane is carried to the provider that is released."""
    chosen = with_header("X-Release-Lane", "gray")
    run = release(gray(topology.middle, to="v2", first=2, then=2, met_by=chosen, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_share_of_the_users_meets_the_gray_every_time(topology, release, load):
    """A8, A7: the last provider is three hops away, and still nobody meets now the one version, now the other."""
    chosen = share_of_users("10 %")
    run = release(gray(topology.leaf, to="v2", first=2, then=2, met_by=chosen, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_cookie_keeps_a_users_whole_chain_on_the_new_version(topology, release, load):
    """A8: a gray of every service, providers before their callers; from the SLB to the last provider it is all new."""
    run = release(
        gray(
            topology.entry,
            topology.middle,
            topology.leaf,
            to="v2",
            instances=3,
            first=1,
            then=1,
            together=False,
            met_by=with_cookie("lane", "gray"),
            offline=lossless,
        ),
        under=load(),
    )
    assert run.failed_requests == []
    assert run.partial_writes == []
