"""Records of two services that are released in the same steps, and of two registries that list one."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.gray import gray_window
from conformance.judge.model import Pair, Verdict
from conformance.judge.run_facts import analyse
from conformance.record import events
from conformance.record.contract import BatchFacts, PlanNode
from conformance.record.events import Event, StepBegan, StepEnded
from conformance.record.reader import open_record
from conformance.record.schema import HopAnswer
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import HOPS, made

BOTH = ("orders", "inventory")


def _joint() -> Handmade:
    """Orders and inventory, released batch by batch in the same steps: each request meets the same life of both."""
    record, other = made("orders"), made("inventory")
    services = {service.name: service for service in record.contract.services}
    services["inventory"] = other.contract.service("inventory")
    record.contract = msgspec.structs.replace(
        record.contract, services=tuple(services.values()), also=(other.contract.release,)
    )
    record.plan = [_of_both(node) for node in record.plan]
    record.events = sorted([*record.events, *_own(other)], key=lambda event: event.at_ns)
    record.executions = [row for row in record.executions if row["service"] != "inventory"]
    record.executions += [row for row in other.executions if row["service"] == "inventory"]
    record.ledger = [row for row in record.ledger if row["effect"] != "reserved"]
    record.ledger += [row for row in other.ledger if row["effect"] == "reserved"]
    record.states = [row for row in record.states if row["service"] != "inventory"]
    record.states += [row for row in other.states if row["service"] == "inventory"]
    for seq in record.identities:
        told = {hop.hop: hop for hop in (*record.calls(seq), *_inventorys(other, seq))}
        record.call(seq, *told.values())
    return record


def _of_both(node: PlanNode) -> PlanNode:
    """The step with inventory's instance beside that of orders."""
    names = tuple(name for one in node.instances for name in (one, one.replace("orders", "inventory")))
    return msgspec.structs.replace(node, instances=names, children=tuple(_of_both(child) for child in node.children))


def _own(record: Handmade) -> list[Event]:
    """What tells of the released service itself."""
    return [event for event in record.events if getattr(event, "service", "") == record.service]


def _inventorys(record: Handmade, seq: int) -> list[HopAnswer]:
    return [hop for hop in record.calls(seq) if hop.hop == HOPS["inventory"]]


def test_two_services_that_lose_nothing_in_the_same_steps_are_go(tmp_path: Path) -> None:
    judgement = _joint().judged(tmp_path)
    assert judgement.findings == ()
    assert judgement.verdict is Verdict.GO


def test_who_met_whom_is_counted_by_request_since_the_release_began(tmp_path: Path) -> None:
    """Writes 3, 5, 7, 9, 11 of the release reach inventory; request 0 came before it."""
    found = _joint().judged(tmp_path).pairs
    assert found == (
        Pair(caller="orders", caller_version="v1", provider="inventory", provider_version="v1", requests=2),
        Pair(caller="orders", caller_version="v2", provider="inventory", provider_version="v2", requests=3),
    )


def test_a_pair_that_met_once_is_a_pair(tmp_path: Path) -> None:
    record = _joint()
    row = next(row for row in record.executions if row["service"] == "inventory" and row["request_id"] == request_id(9))
    row |= {"instance": "inventory-02", "incarnation": "inventory-02.1", "version": "v1"}
    met = {(one.caller_version, one.provider_version): one.requests for one in record.judged(tmp_path).pairs}
    assert met == {("v1", "v1"): 2, ("v2", "v1"): 1, ("v2", "v2"): 2}


def test_a_release_of_one_service_has_no_pairs(tmp_path: Path) -> None:
    assert made().judged(tmp_path).pairs == ()


@pytest.mark.parametrize("service", BOTH)
def test_what_the_second_of_two_services_did_not_replace_is_found(tmp_path: Path, service: str) -> None:
    record = _joint()
    record.without(events.Launched, f"{service}-02.2")
    judgement = record.judged(tmp_path)
    assert judgement.verdict is not Verdict.GO
    assert any(service in found.message for found in judgement.findings)


def _grays(orders: str, inventory: str) -> Handmade:
    """Both begin with a gray, in the step of this number each."""
    record = _joint()

    def gray(batches: tuple[BatchFacts, ...], step: str) -> tuple[BatchFacts, ...]:
        return tuple(msgspec.structs.replace(batch, gray=batch.step == step) for batch in batches)

    release, (other,) = record.contract.release, record.contract.also
    record.contract = msgspec.structs.replace(
        record.contract,
        release=msgspec.structs.replace(release, batches=gray(release.batches, orders)),
        also=(msgspec.structs.replace(other, batches=gray(other.batches, inventory)),),
    )
    return record


def _window(record: Handmade, folder: Path) -> tuple[int, int] | None:
    with open_record(record.write(folder)) as opened:
        return gray_window(opened.contract, analyse(opened))


def test_the_gray_of_two_services_serves_from_when_the_last_of_both_is_listed(tmp_path: Path) -> None:
    """Inventory's is listed 60 ms later than that of orders; the next batch ends the gray of both."""
    record = _grays("2", "2")
    record.events = [
        msgspec.structs.replace(event, at_ns=event.at_ns + 60 * MS)
        if isinstance(event, events.Listed) and event.incarnation == "inventory-01.2"
        else event
        for event in record.events
    ]
    record.events.sort(key=lambda event: event.at_ns)
    assert _window(record, tmp_path) == ((250 + 212 + 60) * MS, 650 * MS)


def test_where_one_of_two_grays_was_never_listed_none_has_served(tmp_path: Path) -> None:
    record = _grays("2", "2")
    for kind in (events.Listed, events.Registered):
        record.without(kind, "inventory-01.2")
    assert _window(record, tmp_path) is None


def _listed_by_a_second_registry(record: Handmade, *, all_the_time: bool) -> None:
    """The other registry lists as the first does; or lists nothing at 500 ms."""
    listed = [row | {"observer": "eureka"} for row in record.states if row["observer"] == "registry"]
    if not all_the_time:
        for row in listed:
            if row["service"] == record.service and row["at_ns"] == 500 * MS:
                row["in_rotation"] = False
    record.states += listed
    record.contract = msgspec.structs.replace(record.contract, registry="nacos and eureka")


def test_two_registries_that_always_list_enough_are_go(tmp_path: Path) -> None:
    record = made()
    _listed_by_a_second_registry(record, all_the_time=True)
    assert record.findings("rotation", tmp_path) == []


def test_too_few_at_the_second_registry_is_found_though_the_first_lists_enough(tmp_path: Path) -> None:
    record = made()
    _listed_by_a_second_registry(record, all_the_time=False)
    (found,) = record.findings("rotation", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "too few in rotation")
    assert "0 of orders in rotation by the eureka in Batch 1 of 2" in found.message


def _steps(record: Handmade) -> set[str]:
    return {event.step for event in record.events if isinstance(event, StepBegan | StepEnded)}


def test_both_are_released_in_the_same_steps() -> None:
    """What the other tests of this module stand on."""
    assert _steps(_joint()) == _steps(made())
