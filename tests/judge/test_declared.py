"""Check declared: what is missing must not be taken for nothing having happened."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from tests.judge.handmade import Handmade, request_id
from tests.judge.healthy import made


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("declared", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "evidence missing")
    return found


def test_passes_where_answers_and_logs_tell_the_same(tmp_path: Path) -> None:
    assert made().findings("declared", tmp_path) == []


@pytest.mark.parametrize("name", ["instance", "incarnation", "version"])
def test_fails_as_inconclusive_on_an_answer_that_does_not_say_who_gave_it(tmp_path: Path, name: str) -> None:
    record = made()
    record.identities[5][name] = ""
    assert _only(record, tmp_path).message == "1 answer did not say who gave it: 1 POST /orders"


def test_fails_as_inconclusive_on_an_answered_request_that_the_entrys_log_lacks(tmp_path: Path) -> None:
    record = made()
    record.drop_executions(service="storefront", seq=5)
    assert _only(record, tmp_path).message == "the logs of storefront lack 1 answered request: 1 POST /orders"


@pytest.mark.parametrize("service", ["orders", "inventory"])
def test_fails_as_inconclusive_on_a_log_that_lacks_calls_which_its_instance_answered(
    tmp_path: Path, service: str
) -> None:
    record = made()
    record.drop_executions(service=service, seq=5)
    found = _only(record, tmp_path)
    incarnation, calls = {"orders": ("orders-01.2", 4), "inventory": ("inventory-01.1", 6)}[service]
    logged = f"{calls - 1} executions"
    assert found.message == f"{incarnation} answered {calls} calls; its log has {logged}"


def test_lacks_evidence_where_every_log_is_empty(tmp_path: Path) -> None:
    record = made()
    record.executions.clear()
    assert len(record.findings("declared", tmp_path)) == 6


def test_a_request_that_failed_needs_no_trace(tmp_path: Path) -> None:
    record = made()
    record.fail(5, error="eof before answer")
    record.forget_answer(5)
    record.drop_executions(seq=5)
    assert record.findings("declared", tmp_path) == []


def test_what_is_not_declared_cannot_be_missed_and_is_untested_by_name(tmp_path: Path) -> None:
    record = made()
    record.undeclare("identity", "hops", "executions")
    record.executions.clear()
    for identity in record.identities.values():
        identity.update(instance="", incarnation="", version="", hops="")
    judgement = record.judged(tmp_path / "lines")
    assert "declared" in judgement.passed
    gap = "declared: storefront does not declare identity: who answered a request"
    assert gap not in judgement.untested  # the SLB's lines tell
    record.contract = msgspec.structs.replace(record.contract, slb_lines=False)
    assert gap in record.judged(tmp_path / "no lines").untested


def test_fails_as_inconclusive_where_x_hops_is_declared_and_never_came(tmp_path: Path) -> None:
    """Nothing is known then of calls between services; a log of one line would do for all of them."""
    record = made()
    record.forget_hops()
    assert _only(record, tmp_path).message == (
        "12 answers of storefront came without X-Hops: 6 GET /orders (all), 6 POST /orders (all)"
    )


def test_fails_as_inconclusive_where_x_hops_lacks_a_call_that_the_callees_log_shows(tmp_path: Path) -> None:
    record = made()
    record.call(5, record.calls(5)[0])
    assert _only(record, tmp_path).message == "X-Hops of 1 answer lacks the call to inventory that its log shows"


def test_lacks_evidence_where_identity_is_declared_and_x_hops_is_not_and_every_check_says_so(tmp_path: Path) -> None:
    record = made()
    record.undeclare("hops")
    record.forget_hops()
    record.executions = [
        row for row in record.executions if row["incarnation"] != "orders-01.1" or row["request_id"] == request_id(0)
    ]
    judgement = record.judged(tmp_path)
    for check in ("removal", "resend", "declared", "hidden_failures"):
        told = [why for why in judgement.untested if why.startswith(f"{check}: storefront does not declare hops: ")]
        assert len(told) == 1, check
