"""Statuses that are right in one version and not in another."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record.contract import StatusRule
from tests.judge.handmade import Handmade
from tests.judge.healthy import made


def _changed(service: str = "storefront", v1: tuple[int, ...] = (201,), v2: tuple[int, ...] = (202,)) -> Handmade:
    """v2 of this service answers POST /orders by 202: requests 5, 9 and 11 by healthy.SERVED_BY."""
    record = made(service)
    write, read = record.contract.load.routes
    rules = tuple(StatusRule(service=service, version=v, expect=e) for v, e in (("v1", v1), ("v2", v2)))
    record.routes(msgspec.structs.replace(write, expect=(201, 202), statuses=rules), read)
    for row in record.requests:
        if row["seq"] in {5, 9, 11}:
            row["status"] = 202
    return record


def _errors(record: Handmade, tmp_path: Path) -> list[tuple[str, str]]:
    found = record.findings("failed_requests", tmp_path)
    assert {one.verdict for one in found} <= {Verdict.NO_GO}
    return [(one.error, request) for one in found for request in one.requests]


@pytest.mark.parametrize("service", ["storefront", "orders"])
def test_what_each_version_answers_is_right(tmp_path: Path, service: str) -> None:
    """An entry is told by its own headers, a provider by its callers' hops."""
    assert _errors(_changed(service), tmp_path) == []


def test_the_old_version_may_not_answer_as_the_new_one_does(tmp_path: Path) -> None:
    record = _changed()
    record.requests[7]["status"] = 202
    assert _errors(record, tmp_path) == [("status 202", "r1-00000007")]


def test_the_new_version_may_not_answer_as_the_old_one_did(tmp_path: Path) -> None:
    record = _changed()
    record.requests[9]["status"] = 201
    assert _errors(record, tmp_path) == [("status 201", "r1-00000009")]


def test_where_nothing_tells_the_version_either_is_right(tmp_path: Path) -> None:
    record = _changed()
    record.requests[7]["status"] = 202
    record.identities.clear()
    record.slb.clear()
    record.executions.clear()
    record.ledger.clear()
    assert _errors(record, tmp_path) == []


def test_a_status_of_no_version_stays_a_failure_whoever_answered(tmp_path: Path) -> None:
    record = _changed()
    record.requests[9]["status"] = 500
    assert [error for error, _ in _errors(record, tmp_path)] == ["status 500"]


def test_of_a_plain_entry_the_slb_tells_the_version(tmp_path: Path) -> None:
    record = _changed()
    record.undeclare("identity", "hops", "executions", "in_flight", "offline", "sees")
    record.identities.clear()
    record.executions.clear()
    record.ledger.clear()
    assert _errors(record, tmp_path / "right") == []
    record.requests[7]["status"] = 202
    record.requests[9]["status"] = 201
    assert _errors(record, tmp_path / "wrong") == [("status 202", "r1-00000007"), ("status 201", "r1-00000009")]
