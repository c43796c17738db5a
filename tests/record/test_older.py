"""Records of earlier versions are read as today's: three roles in one chain as a call graph, keys by other names."""

import json
from pathlib import Path

import msgspec
import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Verdict
from conformance.record import files
from conformance.record.contract import Expected
from conformance.record.partial_record import remains
from conformance.record.reader import open_record
from conformance.record.schema import HopAnswer
from tests.judge import older
from tests.judge.healthy import made
from tests.judge.test_refused import refused

REFUSED = HopAnswer("orders->inventory", "inventory-01", "inventory-01.1", 0, "connect refused")


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_roles_become_positions_calls_and_callers(tmp_path: Path, service: str) -> None:
    record = made(service)
    record.contract = msgspec.structs.replace(
        record.contract, expected=Expected(verdict="NO-GO", hop="storefront->orders")
    )
    with open_record(older.written(record, tmp_path)) as read:
        assert read.contract.services == record.contract.services
        assert read.contract.release == record.contract.release
        assert read.contract.expected.hop == "storefront->orders"
        assert {route.entry for route in read.contract.load.routes} == {"storefront"}
    assert remains(tmp_path).contract == read.contract


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_it_is_judged_as_before(tmp_path: Path, service: str) -> None:
    judgement = judge(older.written(made(service), tmp_path))
    assert (judgement.verdict, judgement.findings, judgement.untested) == (Verdict.GO, (), ())


@pytest.mark.parametrize("arrow", ["->", "-\\u003e"])
def test_its_failures_are_found_over_the_services_hops(tmp_path: Path, arrow: str) -> None:
    """JSON may be written with its angle brackets escaped."""
    record = made()
    record.fail(5, hops=[*record.calls(5)[:1], REFUSED])
    judgement = judge(older.written(record, tmp_path, arrow))
    assert [(loss.hop, loss.caller, loss.instance) for loss in judgement.losses] == [
        ("orders->inventory", "orders-01.2".partition(".")[0], "inventory-01")
    ]


def test_x_hops_were_declared_with_the_identity(tmp_path: Path) -> None:
    record = made()
    record.undeclare("hops")
    judgement = judge(older.written(record, tmp_path))
    assert (judgement.verdict, judgement.untested) == (Verdict.GO, ())


def test_only_those_hops_are_evidence_that_came(tmp_path: Path) -> None:
    """A middle service that passes nothing on has declared nothing; the judge says what it cannot see."""
    record = made()
    record.undeclare("hops")
    for seq in record.identities:
        record.call(seq, *(call for call in record.calls(seq) if call.hop == "storefront->orders"))
    judgement = judge(older.written(record, tmp_path))
    assert judgement.verdict is Verdict.GO
    assert [why for why in judgement.untested if why.startswith("resend")] == [
        "resend: orders does not declare hops: whether a call that failed was made again"
    ]


def test_a_gray_is_one_by_its_strategy(tmp_path: Path) -> None:
    record = made()
    record.release(strategy="gray of 1, then 1 batch of 1")
    with open_record(older.written(record, tmp_path)) as read:
        assert [batch.gray for batch in read.contract.release.batches] == [True, False]


def test_steps_that_roll_back_are_known_by_their_numbers(tmp_path: Path) -> None:
    record = refused()
    numbers = {node.number: node.number.startswith("R") for node in record.plan}
    with open_record(older.written(record, tmp_path)) as read:
        assert {node.number: node.undo for node in read.plan} == numbers


def test_server_settings_are_read_under_the_key_that_they_once_had(tmp_path: Path) -> None:
    def rename(directory: Path) -> None:
        contract = json.loads((directory / files.CONTRACT).read_text())
        contract["neighbourhood"] = contract.pop("server_settings")
        (directory / files.CONTRACT).write_text(json.dumps(contract))

    record = made()
    record.contract = msgspec.structs.replace(record.contract, server_settings="default timers")
    record.rewrite = rename
    with open_record(record.write(tmp_path)) as read:
        assert read.contract.server_settings == "default timers"
