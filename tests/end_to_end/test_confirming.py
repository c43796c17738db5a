"""A gray that is confirmed by its own traffic, or cannot be, on real servers."""

from dataclasses import replace

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.plan import automatic, gray, lossless
from tests.end_to_end.small import THRESHOLDS, Small

pytestmark = pytest.mark.profile("extended")


def test_a_gray_that_is_met_too_seldom_is_rolled_back_and_nothing_is_said_against_it(small: Small) -> None:
    service = small.session_topology.topology.service("orders")
    impatient = replace(automatic, within_s=3.0)  # twice that, for the load is half of the usual
    thirsty = msgspec.structs.replace(THRESHOLDS, gray_requests=100_000)
    release = gray(service, to="v2", first=1, then=1, confirm=impatient, offline=lossless)
    judgement, _ = small.release(release, thresholds=thirsty)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert {one.finding for one in judgement.findings} == {"refused"}
    assert "enough of the gray's traffic to decide by: not within 6 s" in judgement.headline
    assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
    assert small.versions() == ["v1", "v1"]
