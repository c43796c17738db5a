"""Check declared: what is missing must not be taken for nothing having happened."""

from pathlib import Path

import pytest

from conformance.judge.model import Finding, Verdict
from tests.judge.handmade import Handmade
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
    assert _only(record, tmp_path).message == "1 answer did not say who gave it"


def test_fails_as_inconclusive_on_an_answered_request_that_the_entrys_log_lacks(tmp_path: Path) -> None:
    record = made()
    record.drop_executions(service="storefront", seq=5)
    assert _only(record, tmp_path).message == "the logs of storefront lack 1 answered request"


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
    record.undeclare("identity", "executions")
    record.executions.clear()
    for identity in record.identities.values():
        identity.update(instance="", incarnation="", version="", hops="")
    judgement = record.judged(tmp_path)
    assert "declared" in judgement.passed
    assert "declared: storefront does not declare identity: who answered a request" in judgement.untested
