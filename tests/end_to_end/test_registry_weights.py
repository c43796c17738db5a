"""A provider's gray has its share by the registry's weights, where its callers heed them; by a service in one file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.plan import gray, lossless, share_of_requests
from conformance.record.thresholds import Thresholds
from fixtures.glue.session_topology import SessionTopology
from fixtures.services.descriptor import Descriptor
from tests.end_to_end.small import USUAL, Small

SCRIPT = Path(__file__).with_name("scales.py")
# Two new ones share a tenth of a batch's requests: fifteen each are expected, so that three are no matter of luck.
THRESHOLDS = Thresholds(
    baseline_requests=60, batch_requests=300, incarnation_answers=3, gray_requests=400, gray_answers=20
)
LINE = (
    r"^WEIGHED (?P<request_id>\S+) (?P<operation>\S+) "
    r"(?P<start_ns>\d+) (?P<end_ns>\d+) (?P<status>\d+)$"
)
DESCRIPTOR = f"""
schema = "release-topology/1"
name = "shop floor"

[services.till]
entry = true
calls = ["scales"]
version = "1"
versions.1.command = ["{{python}}", "{SCRIPT}"]
ready = "GET /health"
admin = {{ address = "{{host}}:{{port}}", health = "GET /health" }}
env = {{ ROLE = "till", LISTEN = "{{host}}:{{port}}", REGISTRY = "{{registry}}" }}

[services.scales]
version = "1"
next = "2"
versions.1.command = ["{{python}}", "{SCRIPT}"]
versions.2.command = ["{{python}}", "{SCRIPT}"]
released_instances = 3
ready.registry = true
admin = {{ address = "{{host}}:{{port}}" }}
env = {{ ROLE = "scales", LISTEN = "{{host}}:{{port}}", REGISTRY = "{{registry}}" }}
evidence.executions = '{LINE}'

[workload]
warm_up_requests = 40
routes = [{{ name = "weigh", method = "GET", path = "/", weight = 1, expect = [200], write = false }}]
"""


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Small]:
    (tmp_path / "services.toml").write_text(DESCRIPTOR)
    topology = SessionTopology(Descriptor.read(tmp_path), print)
    yield Small(topology, tmp_path)
    topology.close()


@pytest.mark.profile("extended")
def test_a_tenth_of_the_calls_meets_the_gray_of_a_provider(floor: Small) -> None:
    """One of three would be a third: the judge holds the share against the one that was promised."""
    scales = floor.session_topology.topology.service("scales")
    release = gray(scales, first=1, then=1, met_by=share_of_requests("10 %"), offline=lossless)
    judgement, _ = floor.release(release, thresholds=THRESHOLDS, config=USUAL, rate=60)
    assert judgement.verdict is Verdict.GO, judgement.headline
    assert judgement.counts["failed"] == 0
