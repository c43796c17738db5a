"""A8: a user who is chosen meets the gray, on the whole way and every time; all others meet it once it is right."""

import pytest

from conformance.plan import applies_to, gray, in_the_lane, lossless, share_of_requests, share_of_users, with_cookie

pytestmark = pytest.mark.profile("extended")


@applies_to("entry")
def test_a_gray_gets_a_share_of_the_requests_by_the_slbs_weights(service, release, load):
    """A8, A3: whatever the number of instances, no more than 5 % of the requests."""
    run = release(gray(service, met_by=share_of_requests("5 %"), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@applies_to("entry", "provider")
def test_requests_with_a_header_meet_the_gray_and_no_others(service, release, load):
    """A8, A7: the rule stands at the SLB; the lane is carried to the service that is released."""
    run = release(gray(service, met_by=in_the_lane, offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


@applies_to("entry", "provider")
def test_a_share_of_the_users_meets_the_gray_every_time(service, release, load):
    """A8, A7: however many hops away it is, no user meets now the one version, now the other."""
    run = release(gray(service, met_by=share_of_users("10 %"), offline=lossless), under=load())
    assert run.failed_requests == []
    assert run.partial_writes == []


def test_a_cookie_keeps_a_users_requests_on_the_new_version_all_the_way(topology, release, load):
    """A8: a gray of every service, providers before their callers; from the SLB to the last provider it is all new."""
    run = release(
        gray(
            *topology.released,
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
