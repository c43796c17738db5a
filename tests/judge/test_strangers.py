"""Check strangers: whoever served was launched by the run, or was there when it began."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from conformance.record.contract import ServiceFacts
from conformance.record.schema import HopAnswer
from tests.judge.healthy import made


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_everybody_was_launched_or_there_before(tmp_path: Path, service: str) -> None:
    assert made(service).findings("strangers", tmp_path) == []


def test_fails_on_an_old_one_that_nobody_knows_and_that_serves_to_the_end(tmp_path: Path) -> None:
    record = made()
    for seq, row in enumerate(record.executions):
        if seq == len(record.executions) - 2:
            row |= {"instance": "orders-03", "incarnation": "orders-03.1", "version": "v1"}
    (found,) = record.findings("strangers", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "the old version still answers")
    assert "nobody launched it" in found.message


def test_fails_on_an_effect_by_one_that_nobody_launched(tmp_path: Path) -> None:
    record = made()
    record.ledger[0]["incarnation"] = "orders-01.9"
    (found,) = record.findings("strangers", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "contradictory record")
    assert "the ledger tell of orders-01.9 1 times" in found.message


def test_passes_where_the_ledger_alone_tells_of_an_instance_and_does_not_name_it(tmp_path: Path) -> None:
    """As of a worker that is not released: nothing lists it, nothing calls it, and only what it writes names it."""
    record = made()
    mailed = [dict(row, effect="mailed", instance="", incarnation="mailer-01.1", version="") for row in record.ledger]
    record.ledger += mailed
    mailer = ServiceFacts(name="mailer", position="worker", instances=("mailer-01",), version="v1", evidence=())
    record.contract = msgspec.structs.replace(record.contract, services=(*record.contract.services, mailer))
    assert record.findings("strangers", tmp_path) == []


def test_fails_where_a_launch_is_not_told(tmp_path: Path) -> None:
    record = made()
    record.without(events.Launched, "orders-01.2")
    found = record.findings("strangers", tmp_path)
    assert any("no event tells that it was launched" in one.message for one in found)
    assert {one.verdict for one in found} == {Verdict.INCONCLUSIVE}


def test_an_address_that_x_hops_names_is_nobody_who_could_be_unknown(tmp_path: Path) -> None:
    record = made()
    record.call(
        9, *(msg for msg in record.calls(9)), HopAnswer("orders->inventory", "10.0.0.7:80", "10.0.0.7:80", 200, "")
    )
    assert record.findings("strangers", tmp_path) == []


def test_lacks_evidence_where_nobody_names_an_incarnation(tmp_path: Path) -> None:
    record = made()
    for identity in record.identities.values():
        identity |= {"incarnation": "", "hops": ""}
    record.executions = []
    for row in record.ledger:
        row["incarnation"] = ""
    assert record.findings("strangers", tmp_path) == []
