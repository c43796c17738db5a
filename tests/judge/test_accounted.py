"""Check accounted: every planned request is accounted for, exactly once, by all who saw it."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Verdict
from tests.judge.handmade import Handmade, request_id
from tests.judge.healthy import made


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("accounted", tmp_path)
    assert found.verdict is Verdict.INCONCLUSIVE
    return found


def test_passes_where_load_slb_and_instances_tell_of_the_same_requests(tmp_path: Path) -> None:
    assert made().findings("accounted", tmp_path) == []


def test_passes_where_a_failed_request_was_seen_by_nobody_else(tmp_path: Path) -> None:
    record = made()
    record.fail(5, error="connect refused")
    record.forget_answer(5)
    del record.slb[5]
    record.drop_executions(seq=5)
    assert record.findings("accounted", tmp_path) == []


@pytest.mark.parametrize("seq", [0, 5, 11])
def test_fails_on_a_request_without_a_row(tmp_path: Path, seq: int) -> None:
    record = made()
    del record.requests[seq], record.slb[seq]
    record.drop_executions(seq=seq)
    record.load["planned"] = 12
    assert _only(record, tmp_path).finding == "unaccounted request"


def test_fails_on_a_request_with_two_rows(tmp_path: Path) -> None:
    record = made()
    record.requests.append(dict(record.requests[5]))
    record.load["planned"] = 13
    assert _only(record, tmp_path).message == (
        "13 requests were planned; the record has 13 rows for 12 of them, from number 0 to 11"
    )


def test_fails_where_two_rows_stand_for_two_requests(tmp_path: Path) -> None:
    record = made()
    record.requests[5] = dict(record.requests[6])
    record.drop_executions(seq=5)
    assert "12 rows for 11 of them" in _only(record, tmp_path).message


def test_fails_on_numbers_that_leave_one_out(tmp_path: Path) -> None:
    record = made()
    record.requests[-1]["seq"] = 20
    messages = [one.message for one in record.findings("accounted", tmp_path)]
    assert "12 requests were planned; the record has 12 rows for 12 of them, from number 0 to 20" in messages


def test_fails_on_a_request_that_the_client_could_not_send(tmp_path: Path) -> None:
    record = made()
    record.fail(5, error="not sent", status=0)
    record.requests[5] |= {"sent_ns": 0, "first_ns": 0}
    found = _only(record, tmp_path)
    assert (found.finding, found.count) == ("load not sustained", 1)


@pytest.mark.parametrize(
    "change",
    [
        {"route": "GET /unknown"},
        {"is_write": False},
        {"done_ns": 0},
        {"sent_ns": 0},
        {"first_ns": 0},
        {"first_ns": 1},
        {"status": 0, "error": ""},
        {"error": "no such error"},
        {"error": "not sent"},
    ],
    ids=str,
)
def test_fails_on_a_row_that_contradicts_itself_or_the_contract(tmp_path: Path, change: dict[str, str | int]) -> None:
    record = made()
    record.requests[5] |= change
    assert "contradictory record" in {found.finding for found in record.findings("accounted", tmp_path)}


def test_lacks_evidence_where_the_slb_has_no_line_of_an_answered_request(tmp_path: Path) -> None:
    record = made()
    del record.slb[5]
    assert _only(record, tmp_path).message == "1 answered request without a line in the SLB's log"


def test_passes_where_the_slb_tells_of_no_request_and_says_what_is_untested(tmp_path: Path) -> None:
    """In every check that would go by what it tells; where a request failed is told by its answer, or its member."""
    record = made("storefront")
    record.contract = msgspec.structs.replace(record.contract, slb="carrier", slb_lines=False)
    record.slb.clear()
    judgement = record.judged(tmp_path)
    assert [found.finding for found in judgement.findings if found.check in {"accounted", "resend", "removal"}] == []
    assert [why for why in judgement.untested if "carrier" in why] == [
        "resend: carrier does not tell of its requests: whether it sent a request twice",
        "accounted: carrier does not tell of its requests: whether every answered request came by it",
        "removal: carrier does not tell of its requests: whether it sent a request to an instance that had stopped",
    ]


@pytest.mark.parametrize("table", ["slb", "executions"])
@pytest.mark.parametrize("stranger", [request_id(12), "r1-xyz", "r100000005"])
def test_lacks_evidence_where_others_know_a_request_that_the_load_does_not(
    tmp_path: Path, table: str, stranger: str
) -> None:
    record = made()
    rows = getattr(record, table)
    rows.append(rows[0] | {"request_id": stranger})
    found = _only(record, tmp_path)
    assert (found.finding, found.count) == ("unaccounted request", 1)


def test_requests_of_others_are_nobodys_business(tmp_path: Path) -> None:
    """The warm-up and the self-test have ids of their own."""
    record = made()
    record.executions.append(record.executions[0] | {"request_id": "warm-00000001"})
    assert record.findings("accounted", tmp_path) == []
