"""Whose requests the SLB sends to whom: shares by weight from the start, and lanes by header, cookie or user."""

from collections import Counter

import pytest

from conformance.run.world import Rule
from tests.slb.backends import Backend
from tests.slb.stand import Stand

pytestmark = pytest.mark.needs("lanes")

LANE = "gray"
USERS = 400


def _gray_and_rest(stand: Stand) -> tuple[Backend, Backend]:
    """Two members in rotation, the first of them in the lane."""
    gray, rest = stand.backend(0), stand.backend(1)
    stand.slb.enrol(gray, lane=LANE)
    stand.slb.enrol(rest)
    for backend in (gray, rest):
        stand.await_member(backend, lambda member: member.in_rotation)
    return gray, rest


def test_a_weight_holds_from_the_moment_of_enrolling(stand: Stand) -> None:
    light, heavy = stand.backend(0), stand.backend(1)
    stand.slb.enrol(heavy, weight=19)
    stand.slb.enrol(light, weight=1)
    for backend in (light, heavy):
        stand.await_member(backend, lambda member: member.in_rotation)
    assert Counter(stand.client.send(stand.request_id()).peer for _ in range(40)) == {light.name: 2, heavy.name: 38}


@pytest.mark.parametrize(
    ("rule", "marked", "other"),
    [
        (Rule(lane=LANE, header="X-Group", value="beta"), {"X_Group": "beta"}, {"X_Group": "alpha"}),
        (Rule(lane=LANE, cookie="lane", value="beta"), {"Cookie": "a=b; lane=beta"}, {"Cookie": "lane=betas"}),
        (Rule(lane=LANE, header="X-Release-Lane", value="gray"), {"X_Release_Lane": "gray"}, {"X_Release_Lane": "no"}),
    ],
    ids=["header", "cookie", "the lane's own header"],
)
def test_marked_requests_meet_the_lane_and_hand_it_on(
    stand: Stand, rule: Rule, marked: dict[str, str], other: dict[str, str]
) -> None:
    gray, rest = _gray_and_rest(stand)
    stand.slb.divert(rule)
    assert {stand.client.send(stand.request_id(), **marked).peer for _ in range(6)} == {gray.name}
    for unmarked in (other, {}):
        assert {stand.client.send(stand.request_id(), **unmarked).peer for _ in range(6)} == {rest.name}
    assert {arrival.lane for arrival in gray.arrivals} == {LANE}
    assert {arrival.lane for arrival in rest.arrivals} == {""}


def test_a_share_of_the_users_meets_the_lane_always_the_same_ones(stand: Stand) -> None:
    gray, _ = _gray_and_rest(stand)
    rule = Rule(lane=LANE, users=0.1)
    stand.slb.divert(rule)
    assert stand.slb.rule() == rule

    def chosen() -> set[int]:
        peers = {user: stand.client.send(stand.request_id(), X_User=f"user-{user}").peer for user in range(USERS)}
        return {user for user, peer in peers.items() if peer == gray.name}

    first = chosen()
    assert 20 <= len(first) <= 64, "a tenth of 400, give or take what chance gives once in 10,000 times"
    assert chosen() == first
    assert stand.client.send(stand.request_id()).peer != gray.name, "whoever says no name is not chosen"


def test_with_nobody_in_the_lane_its_requests_meet_the_others_and_the_other_way_round(stand: Stand) -> None:
    gray, rest = _gray_and_rest(stand)
    stand.slb.divert(Rule(lane=LANE, header="X-Group", value="beta"))
    stand.slb.withdraw(gray)
    assert stand.client.send(stand.request_id(), X_Group="beta").peer == rest.name
    stand.slb.enrol(gray, lane=LANE)
    stand.await_member(gray, lambda member: member.in_rotation)
    stand.slb.withdraw(rest)
    assert stand.client.send(stand.request_id()).peer == gray.name


def test_once_it_is_open_everybody_meets_everybody_and_lanes_pass_as_they_came(stand: Stand) -> None:
    gray, rest = _gray_and_rest(stand)
    stand.slb.divert(Rule(lane=LANE, header="X-Group", value="beta"))
    stand.slb.weigh(rest, 5)
    stand.slb.open()
    assert stand.slb.rule() is None
    peers = Counter(stand.client.send(stand.request_id(), X_Release_Lane="theirs").peer for _ in range(10))
    assert peers == {gray.name: 5, rest.name: 5}
    assert {arrival.lane for arrival in (*gray.arrivals, *rest.arrivals)} == {"theirs"}
