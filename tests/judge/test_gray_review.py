"""What a release under way has recorded: enough to confirm its gray, or to refuse it."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from conformance.judge.gray_review import GrayFacts, gray_facts
from conformance.record import events
from conformance.record.schema import REQUESTS
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import made

NEW = ("orders-01.2", "orders-02.2")
"""They answer requests 5, 6 and 8 to 11: every request since 430 ms but one."""
BEGAN_MS = 250


def _look(record: Handmade, directory: Path, since_ms: int = BEGAN_MS, new: Sequence[str] = NEW) -> GrayFacts:
    record.write(directory)
    effects = [
        (str(row["request_id"]), str(row["effect"]), str(row["instance"]), str(row["incarnation"]))
        for row in record.ledger
    ]
    return gray_facts(directory, record.contract, since_ms * MS, new, lambda: effects, list)


def _gray(**limits: object) -> Handmade:
    record = made()
    record.thresholds(**({"gray_requests": 5, "gray_answers": 3} | limits))
    return record


def test_nothing_against_it_and_enough_to_say_so(tmp_path: Path) -> None:
    found = _look(_gray(), tmp_path)
    assert (found.enough, found.against, found.by) == (True, "", "")
    assert found.figures == (
        "9 requests, 0 failed; 5 writes, 0 not whole; 6 answers by the new version, median 10.0 ms against 10.0 ms"
    )


def test_too_few_requests_or_too_few_answers_by_the_new_version_are_not_enough(tmp_path: Path) -> None:
    assert not _look(_gray(gray_requests=10), tmp_path / "requests").enough
    assert not _look(_gray(gray_answers=7), tmp_path / "answers").enough


@pytest.mark.parametrize(("users", "enough"), [(2, True), (3, False), (4, False)])
def test_where_users_meet_it_enough_of_them_must_have_come_back_since_it_serves(
    users: int, enough: bool, tmp_path: Path
) -> None:
    """Of the requests that are due since the gray's batch ended, which only with two users are twice somebody's."""
    record = _gray()
    record.gray(by="users", share=0.5)
    record.load_facts(users=users)
    gray = next(batch for batch in record.contract.release.batches if batch.gray)
    record.events.append(events.StepEnded(at_ns=int(record.requests[-3]["due_ns"]), step=gray.step, outcome="done"))
    found = _look(record, tmp_path)
    assert (found.enough, found.against) == (enough, "")


def test_a_failed_request_speaks_against_it_however_little_there_is_yet(tmp_path: Path) -> None:
    record = _gray(gray_requests=1_000)
    record.fail(8)
    found = _look(record, tmp_path)
    assert not found.enough
    assert found.by == "the record"
    assert found.against == (
        f"1 of 9 requests failed while the gray served, the first of them {request_id(8)}: unexpected status"
    )


def test_what_failed_before_the_release_speaks_against_nobody(tmp_path: Path) -> None:
    record = _gray()
    record.fail(1)
    assert _look(record, tmp_path).against == ""


def test_a_write_that_the_ledger_does_not_have_whole_speaks_against_it(tmp_path: Path) -> None:
    record = _gray()
    record.drop_effects(9, "reserved")
    found = _look(record, tmp_path / "partial")
    assert found.by == "the ledger"
    assert found.against == (
        f"1 of 5 acknowledged writes did not leave every effect exactly once, the first of them {request_id(9)}"
    )
    record = _gray()
    record.ledger.append(next(row for row in record.ledger if row["request_id"] == request_id(9)))
    assert "1 of 5 acknowledged writes" in _look(record, tmp_path / "twice").against


def test_a_new_version_that_takes_much_longer_is_not_right(tmp_path: Path) -> None:
    record = _gray()
    for seq in (6, 8, 10):
        record.requests[seq] |= {"done_ns": int(record.requests[seq]["due_ns"]) + 90 * MS}
    for seq in (5, 9, 11):
        record.requests[seq] |= {"done_ns": int(record.requests[seq]["due_ns"]) + 80 * MS}
    found = _look(record, tmp_path)
    assert (found.against, found.by) == (
        "the new version takes 85.0 ms where the old one takes 10.0 ms (median)",
        "the record",
    )


def _with_inventory(record: Handmade, slow_ms: int) -> Handmade:
    """Inventory is released, too: from 430 ms on writes reach a new one there, and take this much longer."""
    inventory = msgspec.structs.replace(
        record.contract.release, service="inventory", position="provider", callers=("orders",)
    )
    record.contract = msgspec.structs.replace(record.contract, also=(inventory,))
    for seq in (5, 9, 11):
        told = str(record.identities[seq]["hops"])
        record.identities[seq]["hops"] = told.replace("inventory-01.1", "inventory-01.2")
        record.requests[seq]["done_ns"] = int(record.requests[seq]["done_ns"]) + slow_ms * MS
    return record


def test_each_of_several_services_is_held_against_its_own_old_version(tmp_path: Path) -> None:
    """Orders by itself is as fast as ever, for half of what it answers never comes to inventory."""
    new = (*NEW, "inventory-01.2")
    good = _look(_with_inventory(_gray(), 0), tmp_path / "good", new=new)
    assert (good.enough, good.against) == (True, "")
    assert "answers by the new version of orders" in good.figures
    assert "3 answers by the new version of inventory" in good.figures
    slow = _look(_with_inventory(_gray(gray_slower_ms=50), 90), tmp_path / "slow", since_ms=0, new=new)
    assert slow.against == ("the new version of inventory takes 100.0 ms where the old one takes 10.0 ms (median)")


def test_too_few_answers_by_the_new_version_of_any_service_are_not_enough(tmp_path: Path) -> None:
    record = _with_inventory(_gray(gray_answers=4), 0)
    assert not _look(record, tmp_path, new=(*NEW, "inventory-01.2")).enough


def test_a_line_that_is_being_written_is_left_for_the_next_look(tmp_path: Path) -> None:
    record = _gray()
    record.write(tmp_path)
    with (tmp_path / REQUESTS.file).open("a") as file:
        file.write("12,POST /ord")
    found = gray_facts(tmp_path, record.contract, BEGAN_MS * MS, NEW, list, list)
    assert found.figures.startswith("9 requests, 0 failed; 5 writes, 5 not whole")


def test_a_workload_without_effects_has_no_writes_to_look_at(tmp_path: Path) -> None:
    record = _gray()
    record.routes(*(msgspec.structs.replace(route, effects=()) for route in record.contract.load.routes))
    assert "0 writes, 0 not whole" in _look(record, tmp_path).figures


def test_a_gray_of_which_nobody_is_alive_is_not_confirmed(tmp_path: Path) -> None:
    """Both died between two steps: nothing fails any more, and nothing of the new version is there to be right."""
    found = _look(_gray(), tmp_path, new=())
    assert (found.enough, found.against) == (False, "")
    assert "no new incarnation is alive" in found.figures


def test_a_gray_that_has_never_answered_is_not_confirmed_however_little_is_asked(tmp_path: Path) -> None:
    assert not _look(_gray(gray_answers=0), tmp_path, new=("orders-01.9",)).enough


def _silent(record: Handmade, name: str, **changes: object) -> None:
    """The service declares nothing, and no answer names anybody."""
    services = tuple(
        msgspec.structs.replace(one, evidence=(), **(changes if one.name == name else {}))
        for one in record.contract.services
    )
    record.contract = msgspec.structs.replace(record.contract, services=services)
    for identity in record.identities.values():
        identity |= {"instance": "", "incarnation": "", "version": "", "hops": ""}


def test_of_an_entry_whose_answers_name_nobody_the_slb_tells_who_answered(tmp_path: Path) -> None:
    record = made("storefront")
    record.thresholds(gray_requests=5, gray_answers=3)
    _silent(record, "storefront")
    new = ("storefront-01.2", "storefront-02.2")
    lines = [(str(row["request_id"]), str(row["incarnation"])) for row in record.slb]
    record.write(tmp_path)
    found = gray_facts(tmp_path, record.contract, BEGAN_MS * MS, new, lambda: (), lambda: lines)
    assert "6 answers by the new version, median 10.0 ms against 10.0 ms" in found.figures
    none = gray_facts(tmp_path, record.contract, BEGAN_MS * MS, new, lambda: (), lambda: ())
    assert not none.enough


def test_the_slbs_lines_are_read_only_where_they_are_needed(tmp_path: Path) -> None:
    def never() -> list[tuple[str, str]]:
        raise AssertionError("the answers tell who gave them")

    record = _gray()
    record.write(tmp_path)
    gray_facts(tmp_path, record.contract, BEGAN_MS * MS, NEW, list, never)


def test_a_provider_that_nothing_tells_of_is_confirmed_by_its_requests_alone(tmp_path: Path) -> None:
    record = _gray()
    _silent(record, "orders")
    found = _look(record, tmp_path / "good")
    assert (found.enough, found.against) == (True, "")
    assert found.figures.endswith("; nothing tells which instance of orders answered")
    record.fail(8)
    assert _look(record, tmp_path / "bad").against


def test_a_worker_is_confirmed_by_what_its_new_version_wrote(tmp_path: Path) -> None:
    record = _gray()
    _silent(record, "orders", position="worker")
    record.release(position="worker", callers=())
    found = _look(record, tmp_path / "good")
    written = sum(row["incarnation"] in NEW for row in record.ledger)
    assert (found.enough, found.against) == (True, "")
    assert found.figures.endswith(f"; {written} effects by the new version")
    record.thresholds(gray_answers=written + 1)
    assert not _look(record, tmp_path / "few").enough


def _settling(settles_s: float) -> Handmade:
    """The last write's effects are not there yet: it was answered at 1,120 ms, 10 ms after it was due."""
    record = _gray(gray_requests=4, gray_answers=2)
    record.contract = msgspec.structs.replace(record.contract, settles_s=settles_s)
    record.drop_effects(11, "confirmed")
    return record


def test_a_write_whose_effects_may_still_come_speaks_against_nobody(tmp_path: Path) -> None:
    found = _look(_settling(0.15), tmp_path)
    assert (found.enough, found.against) == (True, "")
    assert "4 writes, 0 not whole" in found.figures


def test_a_write_whose_effects_should_have_come_by_now_speaks_against_it(tmp_path: Path) -> None:
    record = _settling(0.15)
    record.drop_effects(9, "confirmed")
    assert "1 of 4 acknowledged writes did not leave every effect" in _look(record, tmp_path).against


def test_what_has_not_settled_is_not_enough_to_confirm_it_by(tmp_path: Path) -> None:
    found = _look(_settling(0.65), tmp_path)
    assert (found.enough, found.against) == (False, "")
    assert found.figures.startswith("9 requests, 0 failed; 1 write, 0 not whole; 0 answers by the new version")


def test_a_ledger_of_the_services_own_ids_is_joined_by_what_answers_have_told(tmp_path: Path) -> None:
    record = _gray()
    record.contract = msgspec.structs.replace(record.contract, joined_by="order")
    record.told = [{"seq": int(row["seq"]), "id": f"o-{row['seq']}"} for row in record.requests if row["is_write"]]
    numbers = {request_id(int(row["seq"])): f"o-{row['seq']}" for row in record.requests}
    for row in record.ledger:
        row["request_id"] = numbers[str(row["request_id"])]
    assert _look(record, tmp_path / "whole").against == ""
    record.ledger = [row for row in record.ledger if (row["request_id"], row["effect"]) != ("o-9", "placed")]
    found = _look(record, tmp_path / "partial")
    assert found.against.endswith(f"the first of them {request_id(9)}")
