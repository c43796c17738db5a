"""A run whose requests tell their ids and their lane by a team's own headers, into a stub world."""

from pathlib import Path

from conformance.plan import gray, in_the_lane, lossless
from conformance.record.request_headers import RequestHeaders
from conformance.run.world import Rule
from tests.run.stub_run import STOREFRONT, StubRun

OWN = RequestHeaders(request_id="traceparent", lane="x-env", lane_value="canary")


def test_a_gray_in_the_lane_goes_by_the_teams_own_header_and_value(tmp_path: Path) -> None:
    release = gray(STOREFRONT, to="v2", then=2, offline=lossless, met_by=in_the_lane)
    run = StubRun(tmp_path, release, headers=OWN).go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    assert run.stub.slb.rules == [Rule(lane="canary", header="x-env", value="canary")]
    (order,) = run.ordered
    assert order.headers == OWN
    assert order.users is not None
    assert (order.users.mark, order.users.marked) == ("x-env: canary", 50)
