"""The sample services as a whole, before a real SLB, registry and database."""

import pytest

from conformance.run.world import ExitStatus
from tests.services.chain.chain import Chain

pytestmark = pytest.mark.parametrize("standing_chain", ["nacos-grpc"], indirect=True, scope="package")


def test_a_write_is_three_commits_in_two_services_and_can_be_read(chain: Chain) -> None:
    request_id = chain.request_id()
    written, read = chain.write(request_id), chain.read(request_id)
    assert (written.status, read.status) == (201, 200)
    assert read.body["effects"] == ["placed", "reserved", "confirmed"]
    (entry_hop, leaf_hop), (read_hop,) = written.hops, read.hops
    assert (entry_hop.hop, leaf_hop.hop, read_hop.hop) == (
        "storefront->orders",
        "orders->inventory",
        "storefront->orders",
    )
    assert chain.effects(request_id) == [
        ("placed", entry_hop.incarnation),
        ("reserved", leaf_hop.incarnation),
        ("confirmed", entry_hop.incarnation),
    ]


def test_every_service_logs_its_own_execution(chain: Chain) -> None:
    request_id = chain.request_id()
    chain.write(request_id)
    logged = {
        name: [line.operation for one in group.living() for line in one.executions() if line.request_id == request_id]
        for name, group in chain.groups.items()
    }
    assert logged == {"storefront": ["place_order"], "orders": ["place_order"], "inventory": ["reserve"]}


def test_what_is_no_order_leaves_nothing(chain: Chain) -> None:
    request_id = chain.request_id()
    refused = chain.send("POST", "/orders", request_id, f'{{"id": "{request_id}", "sku": "x", "quantity": 0}}')
    assert (refused.status, refused.hops) == (400, ())
    assert chain.effects(request_id) == []
    assert chain.read(request_id).status == 404


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_a_write_in_flight_is_finished_after_sigterm(chain: Chain, service: str) -> None:
    request_id, holder, answer = chain.hold(service, work_ms=400)
    holder.signal("SIGTERM")
    assert answer.result().status == 201
    assert [effect for effect, _ in chain.effects(request_id)] == ["placed", "reserved", "confirmed"]
    assert chain.ended(holder) == ExitStatus(code=0, signal=None)


def test_a_kill_in_mid_write_leaves_a_part_of_it_and_the_answer_names_the_hop(chain: Chain) -> None:
    request_id, killed, answer = chain.hold("orders", work_ms=1000)
    killed.signal("SIGKILL")
    failed = answer.result()
    (hop,) = failed.hops
    assert failed.status == 502
    assert (hop.hop, hop.incarnation, hop.status) == ("storefront->orders", killed.incarnation, 0)
    assert hop.error in {"eof before answer", "reset before answer"}
    assert chain.effects(request_id) == [("placed", killed.incarnation)]


def test_a_kill_beyond_the_middle_is_told_by_the_hop_where_it_happened(chain: Chain) -> None:
    request_id, killed, answer = chain.hold("inventory", work_ms=500)
    killed.signal("SIGKILL")
    failed = answer.result()
    entry_hop, leaf_hop = failed.hops
    assert failed.status == 502
    assert (entry_hop.hop, entry_hop.status, entry_hop.error) == ("storefront->orders", 502, "")
    assert (leaf_hop.hop, leaf_hop.incarnation, leaf_hop.status) == ("orders->inventory", killed.incarnation, 0)
    assert leaf_hop.error in {"eof before answer", "reset before answer"}
    assert [effect for effect, _ in chain.effects(request_id)] == ["placed", "reserved"]


def test_the_versions_can_be_told_apart(chain: Chain) -> None:
    (old,) = chain.groups["storefront"].living()
    assert chain.read("nothing").version == "v1"
    chain.end(old)
    chain.start("storefront", "storefront-01", "v2")
    chain.settle()
    assert chain.read("nothing").version == "v2"
