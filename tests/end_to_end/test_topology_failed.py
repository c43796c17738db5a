"""A topology that cannot come up: said once, with what the part in question said last, and not waited for again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.plan import Plan, batches, lossless, plan
from conformance.run.timings import TIMINGS
from fixtures.glue import on_the_way_up
from fixtures.glue.session_topology import SessionTopology, TopologyFailed
from tests.end_to_end.small import USUAL, small_descriptor

VERSION = "[services.orders.versions.v1]\n"


@pytest.fixture
def topology(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SessionTopology]:
    """Orders with something wrong in its environment, and little patience."""
    monkeypatch.setattr(on_the_way_up, "TIMINGS", replace(TIMINGS, topology_ready=8.0))
    descriptor = small_descriptor(tmp_path / "descriptor", {VERSION: f"{VERSION}env = {request.param}\n"})
    stands = SessionTopology(descriptor, print)
    yield stands
    stands.close()


def _drawn(topology: SessionTopology, service: str) -> Plan:
    return plan(batches(topology.topology.service(service), to="v2", batches=2, offline=lossless))


@pytest.mark.parametrize(
    ("topology", "said"),
    [
        pytest.param(
            '{ REGISTRIES = "nacos-grpc://127.0.0.1:9?renew_s=1&expire_s=1&remove_s=1&refresh_s=1" }',
            "127.0.0.1:9",
            marks=pytest.mark.profile("extended"),
        ),
        ('{ DATABASE = "postgresql://127.0.0.1:9/nowhere" }', "refused"),
    ],
    ids=["its registry is another's", "its database is nowhere"],
    indirect=["topology"],
)
def test_what_does_not_come_up_is_told_with_its_last_words_and_once(
    topology: SessionTopology, said: str, tmp_path: Path
) -> None:
    topology.open(USUAL)
    with pytest.raises(TopologyFailed) as failed:
        topology.arrange(_drawn(topology, "orders"))
    first, *rest = str(failed.value).splitlines()
    assert "orders-0" in first
    assert said in "\n".join(rest), "the last lines of its log are in the message"

    topology.keep_logs(tmp_path)
    assert any(said in log.read_text() for log in (tmp_path / "logs").glob("orders-0*.log"))

    with pytest.raises(
        TopologyFailed, match=r"^orders v1 failed to come up earlier in this session, which is not tried again: "
    ) as again:
        topology.arrange(_drawn(topology, "inventory"))
    assert said in str(again.value)
