"""Requests that take a while are judged like the rest, by hand-written records: whole, cut, and not to be known."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record.contract import LatencyPromise
from conformance.vocabulary import ErrorClass
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import made


def _patient(record: Handmade) -> Handmade:
    """With routes whose answers may take half a minute."""
    record.routes(*(msgspec.structs.replace(route, timeout_s=30.0) for route in record.contract.load.routes))
    return record


def test_an_answer_that_was_long_in_coming_and_whole_passes(tmp_path: Path) -> None:
    record = _patient(made())
    record.requests[4] |= {"done_ns": int(record.requests[4]["due_ns"]) + 25_000 * MS}
    assert record.findings("failed_requests", tmp_path) == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ErrorClass.EOF_IN_ANSWER, 200),
        (ErrorClass.RESET_IN_ANSWER, 200),
        (ErrorClass.TIMEOUT_IN_ANSWER, 200),
        (ErrorClass.CLOSED_EARLY, 200),
    ],
)
def test_one_that_was_cut_fails_by_its_own_class_at_the_instance(
    tmp_path: Path, error: ErrorClass, status: int
) -> None:
    record = _patient(made())
    record.fail(5, error=error, status=status)
    (found,) = record.findings("failed_requests", tmp_path)
    assert (found.verdict, found.error, found.requests) == (Verdict.NO_GO, error, (request_id(5),))
    assert found.instance == "storefront-01"


def test_what_was_seen_in_the_place_of_the_end_is_told(tmp_path: Path) -> None:
    record = _patient(made())
    record.fail(5, error=ErrorClass.CLOSED_EARLY, status=200)
    record.load["wrong_answers"] = [{"seq": 5, "expected": "an end with ^total", "saw": "71;something"}]
    (found,) = record.findings("failed_requests", tmp_path)
    assert "an end with ^total: saw 71;something" in found.detail


def test_a_client_that_does_not_tell_such_failures_apart_proves_nothing(tmp_path: Path) -> None:
    record = _patient(made())
    record.load |= {
        "self_test": {"stream: stream that is cut": "none; should have been eof in answer"},
        "self_test_passed": False,
    }
    judgement = record.judged(tmp_path)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "stream: stream that is cut" in "".join(one.message for one in judgement.findings)


def _gone_on(record: Handmade, seq: int, request: str, **changes: str | int | bool) -> None:
    """The session of this request goes on on a connection of this id."""
    (line,) = [row for row in record.slb if row["request_id"] == request_id(seq)]
    record.slb.append(line | {"request_id": request, "at_ns": int(line["at_ns"]) + MS} | changes)


def test_a_session_that_goes_on_elsewhere_is_neither_unknown_nor_sent_twice(tmp_path: Path) -> None:
    record = made()
    record.routes(*(msgspec.structs.replace(route, goes_on=True) for route in record.contract.load.routes))
    _gone_on(record, 5, f"{request_id(5)}.2")
    record.load["reconnects"] = 1
    judgement = record.judged(tmp_path)
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    assert "1 time a session went on on another connection, as its route allows" in judgement.notes


def _streaming(record: Handmade) -> Handmade:
    """Its reads are streams whose client goes on elsewhere; requests 1, 2, 4, 6, 8 and 10, each for 10 ms."""
    write, read = record.contract.load.routes
    record.routes(write, msgspec.structs.replace(read, goes_on=True))
    return record


def _untested(record: Handmade, folder: Path) -> list[str]:
    return [line for line in record.judged(folder).untested if line.startswith("sessions: ")]


UNMET = (
    "sessions: no stream of GET /orders was open at any of the 2 instances that went down: "
    "whether it goes on at another"
)


def test_streams_that_no_way_down_met_are_untested_by_name_and_how_often_one_went_on_is_noted(tmp_path: Path) -> None:
    record = _streaming(made("storefront"))
    assert _untested(record, tmp_path / "short") == [UNMET]
    assert (
        "0 times a session went on on another connection, as its route allows"
        in record.judged(tmp_path / "noted").notes
    )
    assert _untested(made("storefront"), tmp_path / "no stream") == []
    assert _untested(_streaming(made("orders")), tmp_path / "behind the entry") == []


def test_a_stream_that_was_open_at_an_instance_that_went_down_was_tested(tmp_path: Path) -> None:
    """Request 2 is served by storefront-01.1, whose way down begins at 250 ms, and lasts until 300 ms."""
    record = _streaming(made("storefront"))
    (line,) = [row for row in record.slb if row["request_id"] == request_id(2)]
    line["at_ns"] = 300 * MS
    assert _untested(record, tmp_path / "by the line") == []
    line["incarnation"] = "storefront-02.1"
    record.identities.pop(2, None)
    assert _untested(record, tmp_path / "at another") == [UNMET]


def test_the_same_connection_twice_is_sent_twice(tmp_path: Path) -> None:
    record = made()
    _gone_on(record, 5, request_id(5))
    (found,) = record.findings("resend", tmp_path)
    assert (found.finding, found.verdict) == ("sent twice", Verdict.NO_GO)


@pytest.mark.parametrize("behind", [".", ".x", ".2.2", "-2"])
def test_a_connection_of_no_number_is_of_no_request(tmp_path: Path, behind: str) -> None:
    record = made()
    _gone_on(record, 5, f"{request_id(5)}{behind}")
    (found,) = record.findings("accounted", tmp_path)
    assert (found.finding, found.verdict) == ("unaccounted request", Verdict.INCONCLUSIVE)


def test_a_session_that_failed_in_the_end_failed_where_it_was_then(tmp_path: Path) -> None:
    record = made()
    record.load["reconnects"] = 1
    _gone_on(record, 5, f"{request_id(5)}.2", peer="storefront-02", incarnation="storefront-02.1")
    record.fail(5, error=ErrorClass.EOF_IN_ANSWER, status=101)
    record.forget_answer(5)
    record.requests[5] |= {"status": 101}
    (found,) = record.findings("failed_requests", tmp_path)
    assert (found.instance, found.incarnation) == ("storefront-02", "storefront-02.1")


def test_what_lasts_by_its_nature_is_no_latency_and_breaks_no_promise_but_its_own(tmp_path: Path) -> None:
    record = _patient(made())
    record.thresholds(promise_answers=1)
    write, read = record.contract.load.routes
    lasting = msgspec.structs.replace(read, lasts=True)
    record.contract = msgspec.structs.replace(
        record.contract, promised=LatencyPromise(p99_ms=2_000.0, stall_ms=2_000.0)
    )
    seq = next(int(row["seq"]) for row in record.requests if row["route"] == read.name and int(row["seq"]) > 4)
    record.requests[seq] |= {"done_ns": int(record.requests[seq]["due_ns"]) + 25_000 * MS}
    record.routes(write, lasting)
    assert record.findings("failed_requests", tmp_path / "lasts") == []
    assert record.findings("promise", tmp_path / "lasts-too") == []
    record.routes(write, read)
    (found,) = record.findings("failed_requests", tmp_path / "quick")
    assert found.error == "too late"
    record.routes(write, msgspec.structs.replace(lasting, within_ms=20_000.0))
    (found,) = record.findings("failed_requests", tmp_path / "bound")
    assert found.error == "too late"


def test_a_status_of_grpc_is_not_held_against_the_slb_s_of_http(tmp_path: Path) -> None:
    record = made()
    write, read = record.contract.load.routes
    seq = next(int(row["seq"]) for row in record.requests if row["route"] == read.name and int(row["seq"]) > 4)
    record.requests[seq]["status"] = 404
    called = msgspec.structs.replace(read, expect=(200, 404), rpc=True)
    record.routes(write, called)
    assert record.findings("failed_requests", tmp_path / "called") == []
    assert record.findings("answers_agree", tmp_path / "called-too") == []
    record.routes(write, msgspec.structs.replace(called, rpc=False))
    found = record.findings("answers_agree", tmp_path / "asked")
    assert {one.finding for one in found} == {"contradictory record"}
