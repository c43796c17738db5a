"""Check contract_agrees: the contract is that of order and descriptor; and what is looser than usual is said."""

import json
from pathlib import Path

import msgspec
import pytest

from conformance.judge.loosened import STRICTER, loosened
from conformance.judge.model import Verdict
from conformance.record.thresholds import Thresholds
from tests.judge.handmade import RUN, Handmade
from tests.judge.healthy import made

ROUTES = [
    {"name": "POST /orders", "method": "POST", "weight": 1, "expect": [201], "write": True, "within_ms": None},
    {"name": "GET /orders", "method": "GET", "weight": 1, "expect": [200], "write": False, "within_ms": None},
]
ORDER = {
    "run": RUN,
    "origin_ns": 0,
    "rate": 10,
    "fresh_share": 0.1,
    "timeout_s": 1.0,
    "headers": {"request_id": "X-Request-Id", "lane": "X-Release-Lane", "lane_value": "gray"},
    "routes": ROUTES,
}
RESOLVED = {
    "services.orders.version": "v1",
    "services.orders.calls": "inventory",
    "services.orders.evidence.hops": "True",
    "services.orders.evidence.executions": "^EXECUTION",
    "services.orders.evidence.status": "in_flight, offline, sees",
    "workload.routes[0].name": "POST /orders",
    "workload.routes[0].effects": "placed, reserved, confirmed",
    "workload.routes[0].write": "True",
}


def _ordered(record: Handmade, text: str) -> Handmade:
    def write(directory: Path) -> None:
        (directory / "load-order.json").write_text(text)

    record.rewrite = write
    return record


def _messages(record: Handmade, tmp_path: Path) -> list[str]:
    found = record.findings("contract_agrees", tmp_path)
    assert {(one.verdict, one.finding) for one in found} <= {(Verdict.INCONCLUSIVE, "contradictory record")}
    return [one.message for one in found]


def test_passes_where_order_and_descriptor_say_the_same(tmp_path: Path) -> None:
    record = _ordered(made(), json.dumps(ORDER))
    record.contract = msgspec.structs.replace(record.contract, resolved=RESOLVED)
    assert _messages(record, tmp_path) == []


@pytest.mark.parametrize("name", ["run", "rate", "fresh_share", "timeout_s", "headers"])
def test_fails_on_an_order_of_another_load(tmp_path: Path, name: str) -> None:
    (message,) = _messages(_ordered(made(), json.dumps(ORDER | {name: 7})), tmp_path)
    assert message.startswith(f"{name} is ")


def test_fails_on_an_order_with_other_routes_or_statuses(tmp_path: Path) -> None:
    write, read = ROUTES
    order = ORDER | {"routes": [write | {"expect": [201, 500]}, read | {"name": "GET /items"}]}
    assert _messages(_ordered(made(), json.dumps(order)), tmp_path) == [
        "the routes are POST /orders, GET /orders by the contract and POST /orders, GET /items by the load's order",
        "expect of POST /orders is [201] by the contract and [201, 500] by the load's order",
    ]


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "null"])
def test_an_order_that_cannot_be_read_is_said(tmp_path: Path, text: str) -> None:
    (message,) = _messages(_ordered(made(), text), tmp_path)
    assert message.startswith("load-order.json cannot be read: ")


def test_an_order_that_is_not_there_is_missed(tmp_path: Path) -> None:
    record = made()
    record.rewrite = lambda directory: (directory / "load-order.json").unlink()
    assert _messages(record, tmp_path) == [
        "load-order.json tells nothing: what the load was ordered to do is not shown"
    ]


@pytest.mark.parametrize("name", ["run", "origin_ns", "rate", "fresh_share", "timeout_s", "routes"])
def test_an_order_that_tells_less_than_every_order_is_missed(tmp_path: Path, name: str) -> None:
    order = {key: value for key, value in ORDER.items() if key != name}
    assert _messages(_ordered(made(), json.dumps(order)), tmp_path) == [
        f"load-order.json tells no {name}: what the load was ordered to do is not shown"
    ]


def test_an_order_whose_routes_are_none_is_of_another_load(tmp_path: Path) -> None:
    (message,) = _messages(_ordered(made(), json.dumps(ORDER | {"routes": 3})), tmp_path)
    assert message == "the routes are POST /orders, GET /orders by the contract and none by the load's order"


def _resolved(record: Handmade, resolved: dict[str, str]) -> Handmade:
    """Its contract says just this of its descriptor."""

    def write(directory: Path) -> None:
        contract = json.loads((directory / "contract.json").read_text())
        (directory / "contract.json").write_text(json.dumps(contract | {"resolved": resolved}))

    record.rewrite = write
    return record


def test_a_contract_without_its_descriptor_is_one_of_nobody_knows_what(tmp_path: Path) -> None:
    assert _messages(_resolved(made(), {}), tmp_path) == [
        "the resolved descriptor in the contract tells nothing of storefront, orders, inventory",
        "the resolved descriptor in the contract tells of no workload",
    ]


def test_a_service_or_a_route_that_the_descriptor_lacks_is_missed(tmp_path: Path) -> None:
    resolved = {"services.storefront.entry": "True", "services.orders.version": "v1", "workload.rate": "10"}
    assert _messages(_resolved(made(), resolved), tmp_path) == [
        "the resolved descriptor in the contract tells nothing of inventory",
        "the resolved descriptor in the contract tells nothing of the routes POST /orders, GET /orders",
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("services.orders.version", "v7"),
        ("services.orders.calls", "inventory, stock"),
        ("services.inventory.evidence.hops", "True"),
        ("services.inventory.evidence.status", "sees"),
        ("workload.routes[0].effects", "placed, billed"),
        ("workload.routes[0].write", "False"),
    ],
)
def test_fails_on_a_contract_that_asks_less_than_its_descriptor(tmp_path: Path, key: str, value: str) -> None:
    record = made()
    services = tuple(
        msgspec.structs.replace(one, evidence=()) if one.name == "inventory" else one
        for one in record.contract.services
    )
    record.contract = msgspec.structs.replace(record.contract, resolved=RESOLVED | {key: value}, services=services)
    assert len(_messages(record, tmp_path)) == 1


@pytest.mark.parametrize(
    ("described", "told"),
    [
        ({"services.orders.versions.v1.command": "orders"}, 0),
        ({"services.inventory.versions.v1.command": "orders"}, 1),
        ({"services.orders.versions.v1-drops.command": "orders"}, 1),
    ],
    ids=["described", "another service's", "another one"],
)
def test_a_release_may_begin_with_another_version_that_its_descriptor_describes(
    described: dict[str, str], told: int, tmp_path: Path
) -> None:
    record = made()
    assert record.contract.release.old == "v1"
    resolved = RESOLVED | {"services.orders.version": "v0"} | described
    record.contract = msgspec.structs.replace(record.contract, resolved=resolved)
    assert len(_messages(record, tmp_path)) == told


def test_lacks_evidence_where_there_is_neither_order_nor_descriptor(tmp_path: Path) -> None:
    assert _messages(made(), tmp_path) == []


def test_every_threshold_has_a_direction_in_which_it_demands_more() -> None:
    assert set(STRICTER) == set(Thresholds.__struct_fields__)


@pytest.mark.parametrize("name", STRICTER)
def test_a_threshold_that_is_looser_than_the_default_is_said_and_a_stricter_one_is_not(name: str) -> None:
    usual = getattr(Thresholds(), name)
    kind = type(usual)
    looser, stricter = (
        (kind(usual / 2), kind(usual * 2)) if STRICTER[name] == "more" else (kind(usual * 2), kind(usual / 2))
    )
    contract = msgspec.structs.replace(
        made().contract, thresholds=msgspec.structs.replace(Thresholds(), **{name: looser})
    )
    (phrase,) = loosened(contract)
    assert phrase.startswith(f"{name} ")
    strict = msgspec.structs.replace(Thresholds(), **{name: stricter})
    assert loosened(msgspec.structs.replace(contract, thresholds=strict)) == ()


def test_too_few_instances_and_errors_that_are_expected_are_said() -> None:
    record = made()
    record.contract = msgspec.structs.replace(record.contract, thresholds=Thresholds())
    assert loosened(record.contract) == ()
    record.release(minimum_in_rotation=0)
    record.routes(*(msgspec.structs.replace(one, expect=(*one.expect, 503)) for one in record.contract.load.routes[:1]))
    assert loosened(record.contract) == ("0 of orders in rotation instead of 1", "POST /orders may be answered 503")


def test_the_headline_says_so(tmp_path: Path) -> None:
    judgement = made().judged(tmp_path)
    assert "; looser than the suite's defaults: baseline_requests 2 instead of 500" in judgement.headline
    assert judgement.loosened[0] == "baseline_requests 2 instead of 500"


@pytest.mark.parametrize(
    ("position", "resolved", "says"),
    [
        ("provider", {"services.orders.offline": ""}, "orders goes offline losslessly by the policy's name"),
        ("provider", {"services.orders.offline[0].http": "POST /offline"}, "orders goes offline losslessly"),
        ("provider", {"services.orders.offline[0].signal": "SIGTERM"}, ""),
        ("worker", {"services.orders.offline": ""}, ""),
        ("worker", {"services.orders.offline[0].command": "touch pause"}, "orders goes offline losslessly"),
    ],
)
def test_fails_on_a_way_down_that_is_judged_as_abrupt_and_is_not(
    tmp_path: Path, position: str, resolved: dict[str, str], says: str
) -> None:
    """A way down of the team's own may begin with a signal, as a worker's does that declares none."""
    record = _ordered(made(), json.dumps(ORDER))
    release = msgspec.structs.replace(record.contract.release, lossless=False, position=position)
    record.contract = msgspec.structs.replace(record.contract, release=release, resolved=RESOLVED | resolved)
    found = [one for one in _messages(record, tmp_path) if "losslessly" in one]
    assert bool(found) == bool(says)
    assert all(one.startswith(says) for one in found)


@pytest.mark.parametrize(
    ("resolved", "found"),
    [
        ({}, ["orders need not be quiet before it stops, and its descriptor has no way down of its own"]),
        ({"services.orders.offline[0].http": "POST /leave"}, []),
    ],
)
def test_fails_on_a_wait_for_quiet_that_was_left_out_and_is_in_the_suites_own_way(
    tmp_path: Path, resolved: dict[str, str], found: list[str]
) -> None:
    record = _ordered(made(), json.dumps(ORDER))
    release = msgspec.structs.replace(record.contract.release, quiet=False)
    record.contract = msgspec.structs.replace(record.contract, release=release, resolved=RESOLVED | resolved)
    assert _messages(record, tmp_path) == found
