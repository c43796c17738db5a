"""A release under a load that two workers share is reviewed and judged by one record."""

import pytest

from conformance.judge.model import Verdict
from conformance.plan import gray, lossless
from conformance.record.reader import open_record
from tests.end_to_end.small import Small

pytestmark = pytest.mark.profile("extended")


def test_a_gray_release_under_two_workers_is_reviewed_and_judged_by_one_record(small: Small) -> None:
    orders = small.session_topology.topology.service("orders")
    release = gray(orders, to="v2", first=1, then=1, offline=lossless)
    judgement, directory = small.release(release, workers=2)
    assert judgement.verdict is Verdict.GO, judgement.findings
    assert {"workers", "schedule", "load_agrees", "accounted"} <= set(judgement.passed)
    with open_record(directory) as record:
        load = record.load
        assert (load.workers, len(load.each)) == (2, 2)
        assert sum(each.sent for each in load.each) == load.sent == judgement.counts["requests"]
        assert record.contract.load.workers == 2
