"""Check failed_requests: no request fails once the release has begun."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge import failures
from conformance.judge.model import Verdict
from conformance.record import events
from conformance.record.schema import HopAnswer
from conformance.vocabulary import ErrorClass
from tests.judge.handmade import MS, Handmade, Row, request_id
from tests.judge.healthy import left_rotation, made

REFUSED = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")

NOBODY: Row = {
    "attempt": 0,
    "peer": "",
    "incarnation": "",
    "address": "",
    "connected": False,
    "answered": 0,
    "status": 503,
}
"""A row of the SLB's where it had nobody to send to."""


def _only(made_up: Handmade, tmp_path: Path) -> tuple[str, str, str, str]:
    """Hop, instance, incarnation and error of the one finding."""
    (found,) = made_up.findings("failed_requests", tmp_path)
    assert found.verdict is Verdict.NO_GO
    return found.hop, found.instance, found.incarnation, found.error


def test_passes_where_every_answer_is_expected(tmp_path: Path) -> None:
    assert made().findings("failed_requests", tmp_path) == []


def test_fails_on_a_request_that_a_stopped_instance_refused_and_tells_the_cause(tmp_path: Path) -> None:
    record = made()
    record.fail(5, hops=[REFUSED])
    (found,) = record.findings("failed_requests", tmp_path)
    assert (found.verdict, found.finding, found.step) == (Verdict.NO_GO, "failed request", "Batch 1 of 2")
    assert (found.hop, found.instance, found.error) == ("storefront->orders", "orders-01", "connect refused")
    assert found.message == (
        "1 of 12 requests failed over storefront->orders at orders-01 in Batch 1 of 2 (0.5 s): 1 connect refused"
    )
    assert found.substep == "2.6 Wait until answered"
    assert found.requests == (request_id(5),)
    assert found.detail == (
        f"{request_id(5)}: storefront->orders orders-01.1: connect refused",
        "orders-01.1 was stopped by SIGTERM at 0.4 s; the last of these requests was sent 100 ms later",
        "the last to drop it was storefront-01, at 0.3 s",
    )


def test_fails_on_a_status_that_nobody_expected_even_where_the_client_says_nothing(tmp_path: Path) -> None:
    """The contract decides what is expected: a fallback's 405, a 200 where 201 was due, a 404."""
    record = made()
    record.requests[6]["status"] = 405
    record.requests[9]["status"] = 200
    found = record.findings("failed_requests", tmp_path)
    assert [(one.count, one.error) for one in found] == [(1, "status 405"), (1, "status 200")]


def test_fails_on_an_expected_answer_that_came_after_the_time_out(tmp_path: Path) -> None:
    record = made()
    record.requests[4] |= {"first_ns": 1411 * MS, "done_ns": 1411 * MS}
    assert _only(record, tmp_path)[3] == "timeout in answer"


def test_the_deepest_failed_hop_is_the_one_that_is_named(tmp_path: Path) -> None:
    record = made()
    record.fail(
        5,
        hops=[
            HopAnswer("storefront->orders", "orders-01", "orders-01.2", 502, ""),
            HopAnswer("orders->inventory", "inventory-01", "inventory-01.1", 0, "reset before answer"),
        ],
    )
    assert _only(record, tmp_path) == ("orders->inventory", "inventory-01", "inventory-01.1", "reset before answer")


def test_an_entry_that_answers_an_error_of_its_own_is_named_itself(tmp_path: Path) -> None:
    record = made()
    record.fail(5, status=500)
    assert _only(record, tmp_path) == ("slb->storefront", "storefront-01", "storefront-01.1", "status 500")


@pytest.mark.parametrize(
    "hops", ["", "[", "{}", '["x"]', '[{"hop": 1}]', '[{"hop":"storefront->orders","status":"x"}]']
)
def test_hops_that_cannot_be_read_hide_no_failure(tmp_path: Path, hops: str) -> None:
    record = made()
    record.fail(5, status=500)
    record.identities[5]["hops"] = hops
    assert _only(record, tmp_path)[0] in {"slb->storefront", "storefront->orders"}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ({"connected": False, "answered": 0, "status": 502}, "connect failed"),
        ({"connected": True, "answered": 0, "status": 502}, "reset before answer"),
        ({"connected": True, "answered": 0, "status": 504}, "timeout before answer"),
        ({"connected": False, "answered": 0, "status": 504}, "connect timeout"),
        ({"connected": True, "answered": 502, "status": 502}, "status 502"),
    ],
)
def test_where_nobody_tells_who_answered_the_slb_tells_whom_it_picked(
    tmp_path: Path, line: dict[str, str | int], error: str
) -> None:
    record = made()
    record.fail(5)
    record.identities.pop(5)
    record.slb[5] |= line
    assert _only(record, tmp_path) == ("slb->storefront", "storefront-01", "storefront-01.1", error)


def test_of_several_attempts_the_last_is_where_the_request_failed(tmp_path: Path) -> None:
    record = made()
    record.fail(5)
    record.identities.pop(5)
    record.slb.append(record.slb[5] | {"peer": "storefront-02", "incarnation": "storefront-02.1", "connected": False})
    record.slb[5] |= {"attempt": 2, "answered": 0, "status": 502}
    assert _only(record, tmp_path) == ("slb->storefront", "storefront-01", "storefront-01.1", "reset before answer")


def test_an_slb_that_had_nobody_to_send_to_says_so(tmp_path: Path) -> None:
    record = made()
    record.fail(5, status=503)
    record.identities.pop(5)
    record.slb[5] |= NOBODY
    assert _only(record, tmp_path) == ("slb->storefront", "", "", "nobody in rotation")


def test_a_client_that_gave_up_names_the_member_that_was_picked(tmp_path: Path) -> None:
    record = made()
    record.fail(5, error="timeout before answer")
    record.forget_answer(5)
    assert _only(record, tmp_path) == ("slb->storefront", "storefront-01", "storefront-01.1", "timeout before answer")


def test_a_request_that_the_slb_never_saw_failed_on_the_way_to_it(tmp_path: Path) -> None:
    record = made()
    record.fail(5, error="reset before answer")
    record.forget_answer(5)
    del record.slb[5]
    assert _only(record, tmp_path) == ("client->slb", "", "", "reset before answer")


def test_failures_of_one_cause_are_one_finding_and_of_two_steps_two(tmp_path: Path) -> None:
    record = made()
    for seq in (5, 6, 8):
        record.fail(seq, hops=[REFUSED])
    found = record.findings("failed_requests", tmp_path)
    assert [(one.step, one.count) for one in found] == [("Batch 1 of 2", 2), ("Batch 2 of 2", 1)]


def test_failures_beyond_the_groups_that_are_listed_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for those of before, and for lost sessions, of which another check tells."""
    monkeypatch.setattr(failures, "MOST_GROUPS", 1)
    record = made()
    for seq in (1, 5, 6):
        record.fail(seq, hops=[REFUSED])
    record.fail(9, hops=[HopAnswer("storefront->orders", "orders-02", "", 503, "")])
    record.fail(10, error=ErrorClass.SESSION_LOST)
    listed, rest = record.findings("failed_requests", tmp_path)
    assert (listed.count, rest.count) == (2, 1)
    assert (rest.verdict, rest.message) == (Verdict.NO_GO, "1 more requests failed elsewhere")


def test_a_request_belongs_to_the_step_in_which_it_ended(tmp_path: Path) -> None:
    """Due before the release, cut by it: the release's failure. Ended before it: not."""
    record = made()
    record.fail(2, error="reset before answer")
    record.requests[2]["done_ns"] = 260 * MS
    record.fail(1)
    (found,) = record.findings("failed_requests", tmp_path)
    assert (found.requests, found.step) == ((request_id(2),), "Batch 1 of 2")


def test_requests_that_the_client_could_not_send_are_no_loss_of_the_product(tmp_path: Path) -> None:
    record = made()
    record.fail(5, error="not sent", status=0)
    assert record.findings("failed_requests", tmp_path) == []


def test_lacks_evidence_where_the_way_to_the_slb_failed_amid_trouble_with_the_world(tmp_path: Path) -> None:
    """A dead SLB is a sick harness; a failure behind the SLB stays the product's, whatever the trouble."""
    record = made()
    record.events.append(events.Trouble(at_ns=500 * MS, step="", what="nginx ended by itself: exit 1"))
    record.fail(5, error="connect refused")
    record.forget_answer(5)
    del record.slb[5]
    record.fail(6, hops=[REFUSED])
    found = {one.hop: one.verdict for one in record.findings("failed_requests", tmp_path)}
    assert found == {"client->slb": Verdict.INCONCLUSIVE, "storefront->orders": Verdict.NO_GO}


@pytest.mark.parametrize(("lost", "verdict"), [(True, Verdict.INCONCLUSIVE), (False, Verdict.NO_GO)])
def test_lacks_evidence_where_nobody_served_since_the_untouched_had_left(
    tmp_path: Path, lost: bool, verdict: Verdict
) -> None:
    record = made()
    if lost:
        record.events.append(left_rotation(490))
    record.fail(5, status=503)
    record.identities.pop(5)
    record.slb[5] |= NOBODY
    assert [one.verdict for one in record.findings("failed_requests", tmp_path)] == [verdict]


def test_who_left_rotation_excuses_nothing_that_failed_elsewhere(tmp_path: Path) -> None:
    record = made()
    record.events.append(left_rotation(490))
    record.fail(6, hops=[REFUSED])
    assert [one.verdict for one in record.findings("failed_requests", tmp_path)] == [Verdict.NO_GO]


@pytest.mark.parametrize("at_ms", [690, 1_190])
def test_trouble_that_came_later_excuses_nothing(tmp_path: Path, at_ms: int) -> None:
    record = made()
    record.events.append(events.Trouble(at_ns=at_ms * MS, step="", what="nginx ended by itself: exit 1"))
    record.fail(5, error="connect refused")
    record.forget_answer(5)
    del record.slb[5]
    assert [one.verdict for one in record.findings("failed_requests", tmp_path)] == [Verdict.NO_GO]


def test_trouble_that_was_seen_with_the_next_look_excuses_what_it_had_already_broken(tmp_path: Path) -> None:
    record = made()
    record.events.append(events.Trouble(at_ns=600 * MS, step="", what="nginx ended by itself: exit 1"))
    record.fail(5, error="connect refused")
    record.forget_answer(5)
    del record.slb[5]
    assert [one.verdict for one in record.findings("failed_requests", tmp_path)] == [Verdict.INCONCLUSIVE]


def test_answers_that_nothing_looks_into_are_untested_by_name_and_the_ledger_looks_into_a_write(tmp_path: Path) -> None:
    record = made()
    write, read = (msgspec.structs.replace(route, looked_at=False) for route in record.contract.load.routes)
    record.routes(write, read)
    assert [why for why in record.judged(tmp_path / "both").untested if why.startswith("failed_requests")] == [
        "failed_requests: GET /orders has no check: whether an answer with the right status is an error"
    ]
    record.routes(msgspec.structs.replace(write, effects=()), msgspec.structs.replace(read, looked_at=True))
    assert [why for why in record.judged(tmp_path / "write").untested if why.startswith("failed_requests")] == [
        "failed_requests: POST /orders has no check: whether an answer with the right status is an error"
    ]
