"""A team's own headers for id and lane, at each kind of SLB: handed on, and found again in its log."""

import re
from collections.abc import Iterator

import pytest

from conformance.record.request_headers import RequestHeaders
from conformance.run.world import Rule
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.slb.kinds import SLBS
from fixtures.slb.spec import SlbSpec
from tests.slb.backends import Backends
from tests.slb.stand import Client, Stand, one_group

OWN = RequestHeaders(request_id="X-Trace-Id", lane="x-env", lane_value="canary")
W3C = RequestHeaders(request_id="traceparent", lane="x-env", lane_value="canary")


@pytest.fixture(params=[OWN, W3C], ids=["own names", "traceparent"])
def headers(request: pytest.FixtureRequest) -> RequestHeaders:
    named: RequestHeaders = request.param
    return named


@pytest.fixture
def stand(platform: EmbeddedPlatform, kind: str, headers: RequestHeaders) -> Iterator[Stand]:
    slots = tuple("{}:{}".format(*platform.reserve()) for _ in range(2))
    with Backends() as backends:
        slb = SLBS[kind].start(platform, SlbSpec(one_group(slots), headers=headers))
        stand = Stand(slb, slots, backends)
        yield stand
        stand.clear()
        slb.stop()


def test_an_id_reaches_the_instance_and_is_found_in_the_log(stand: Stand, headers: RequestHeaders) -> None:
    backend = stand.backend(0)
    stand.in_rotation(backend)
    ids, other = headers.ids(stand.run), headers.ids("another-run")
    for number in range(3):
        told = {headers.request_id: headers.value(ids.of(number))}
        assert stand.client.send(None, **told).status == 200
    stand.client.send(None, **{headers.request_id: headers.value(other.of(0))})
    stand.client.send(None)
    arrived = [one.headers.get(headers.request_id.lower(), "") for one in backend.arrivals]
    assert [headers.id_in(one) for one in arrived[:4]] == [*(ids.of(number) for number in range(3)), other.of(0)]
    assert [line.request_id for line in stand.slb.accesses(ids.prefix)] == [ids.of(number) for number in range(3)]
    if headers.is_traceparent:
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", arrived[4]), "whoever sends none gets a whole one"


def test_a_lane_is_handed_on_by_the_teams_own_header(stand: Stand, headers: RequestHeaders, kind: str) -> None:
    if "lanes" not in SLBS[kind].abilities:
        pytest.skip(f"{kind} knows no lanes")
    gray, rest = stand.backend(0), stand.backend(1)
    stand.slb.enrol(gray, lane=headers.lane_value)
    stand.slb.enrol(rest)
    for backend in (gray, rest):
        stand.await_member(backend, lambda member: member.in_rotation)
    stand.slb.divert(Rule(lane=headers.lane_value, header=headers.lane, value=headers.lane_value))
    client = Client(stand.slb.address)
    assert {client.send(None, x_env="canary").peer for _ in range(4)} == {gray.name}
    assert {client.send(None, **more).peer for more in ({}, {"x_env": "base"}, {"X_Release_Lane": "canary"})} == {
        rest.name
    }
    client.close()
    assert {one.headers.get("x-env") for one in gray.arrivals} == {"canary"}
    assert {one.headers.get("x-env") for one in rest.arrivals} == {None}
