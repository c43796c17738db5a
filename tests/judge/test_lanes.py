"""Check lanes: whoever is chosen meets the gray, and nobody else does."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade, Row, request_id
from tests.judge.healthy import left_rotation, made
from tests.judge.task_executions import by_tasks

OLD, NEW = "orders-02.1", "orders-01.2"
Met = dict[int, str]
"""Request -> the incarnation of orders that executed it. Even requests are user 0's, odd ones user 1's."""
AS_MARKED = {4: NEW, 5: OLD, 6: NEW}


def _met(met: Met, *, by: str = "mark", marked: int = 1) -> Handmade:
    """The gray serves from 465 ms to 650 ms; requests 4, 5 and 6 are due and executed in that time."""
    record = made()
    record.gray(by=by, share=0.5)
    record.load_facts(users=2, marked_users=marked)
    record.events.append(events.Opened(at_ns=650 * MS, step="2.9"))
    record.requests[4] |= {"due_ns": 480 * MS, "sent_ns": 481 * MS, "done_ns": 500 * MS}
    for row in record.executions:
        seq = next((seq for seq in met if row["request_id"] == request_id(seq)), None)
        if seq is None or row["service"] != "orders":
            continue
        row["incarnation"] = met[seq]
        if seq == 4:
            row |= {"start_ns": 485 * MS, "end_ns": 490 * MS}
    return record


def _messages(record: Handmade, tmp_path: Path) -> list[tuple[Verdict, str, str]]:
    return [(one.verdict, one.finding, one.message) for one in record.findings("lanes", tmp_path)]


def test_passes_where_the_marked_meet_the_gray_and_the_others_do_not(tmp_path: Path) -> None:
    assert _messages(_met(AS_MARKED), tmp_path) == []


def test_passes_where_every_user_meets_one_version(tmp_path: Path) -> None:
    assert _messages(_met({4: NEW, 5: OLD, 6: NEW}, by="users", marked=0), tmp_path) == []


def test_lacks_evidence_where_no_user_came_back_to_the_gray(tmp_path: Path) -> None:
    """Three users who ask once each meet one version each, whatever becomes of whoever comes back."""
    record = _met({4: NEW, 5: OLD, 6: NEW}, by="users", marked=0)
    record.load_facts(users=3)
    ((verdict, finding, message),) = _messages(record, tmp_path)
    assert (verdict, finding) == (Verdict.INCONCLUSIVE, "too little evidence")
    assert message.startswith("0 users came back while the gray served (0.5-0.7 s); 1 is wanted, to tell whether")


def test_users_who_came_back_are_no_evidence_that_a_mark_needs(tmp_path: Path) -> None:
    record = _met(AS_MARKED | {6: OLD}, marked=1)
    record.load_facts(users=100, marked_users=5)
    assert "too little evidence" not in {kind for _, kind, _ in _messages(record, tmp_path)}


def test_whose_a_request_is_is_told_by_its_task_where_a_locustfile_asks(tmp_path: Path) -> None:
    def swap(rows: list[Row]) -> None:
        for row in rows:
            row["user"] = 1 - int(row["task"]) % 2

    assert _messages(by_tasks(swap, _met({4: OLD, 5: NEW, 6: OLD})), tmp_path / "swapped") == []
    assert _messages(by_tasks(swap, _met(AS_MARKED)), tmp_path / "as marked") != []


def test_fails_where_the_old_version_executes_what_is_the_grays(tmp_path: Path) -> None:
    found = _messages(_met({4: NEW, 5: OLD, 6: OLD}), tmp_path)
    assert (
        Verdict.NO_GO,
        "leak",
        "the old version executed the gray's requests: orders-02.1, 1 time (0.5-0.7 s)",
    ) in found


def test_fails_where_the_gray_executes_what_is_others(tmp_path: Path) -> None:
    ((verdict, finding, message),) = _messages(_met({4: NEW, 5: NEW, 6: NEW}), tmp_path)
    assert (verdict, finding) == (Verdict.NO_GO, "leak")
    assert message == "the gray executed others' requests: orders-01.2, 1 time (0.5-0.7 s)"


def test_fails_where_a_user_meets_now_the_one_now_the_other(tmp_path: Path) -> None:
    found = _messages(_met({4: NEW, 5: OLD, 6: OLD}, by="users", marked=0), tmp_path)
    assert found == [(Verdict.NO_GO, "flapping", "1 user met now the one version, now the other (0.5-0.7 s)")]


def test_fails_where_a_request_meets_both_on_its_way(tmp_path: Path) -> None:
    """Orders is new, inventory behind it is old, and both are released."""
    record = _met({4: NEW, 5: NEW, 6: NEW}, by="users", marked=0)
    leaf = msgspec.structs.replace(
        record.contract.release, service="inventory", position="provider", callers=("orders",), batches=()
    )
    record.contract = msgspec.structs.replace(record.contract, also=(leaf,))
    found = _messages(record, tmp_path)
    assert (Verdict.NO_GO, "leak", "1 request met both versions on one way (0.5-0.7 s)") in found


def test_lacks_evidence_where_hardly_anything_met_the_gray(tmp_path: Path) -> None:
    ((verdict, finding, _),) = _messages(_met({4: OLD, 5: OLD, 6: OLD}, marked=0), tmp_path)
    assert (verdict, finding) == (Verdict.INCONCLUSIVE, "too little evidence")


@pytest.mark.parametrize("lack", ["listed", "users"])
def test_lacks_evidence_where_nothing_tells_when_or_whose(tmp_path: Path, lack: str) -> None:
    record = _met(AS_MARKED)
    if lack == "listed":
        record.without(events.Listed)
        record.without(events.Registered)
    else:
        record.load_facts(users=0)
    ((verdict, _, message),) = _messages(record, tmp_path)
    assert verdict is Verdict.INCONCLUSIVE
    assert message == "when the gray served, or whose the requests were, is not recorded"


def test_what_happens_after_the_gray_was_opened_is_nobodys_business(tmp_path: Path) -> None:
    record = _met({4: NEW, 5: OLD, 6: OLD})
    record.without(events.Opened)
    record.events.append(events.Opened(at_ns=600 * MS, step="2.9"))
    assert _messages(record, tmp_path) == []


def test_a_gray_that_everybody_may_meet_has_no_lanes(tmp_path: Path) -> None:
    record = _met({4: NEW, 5: NEW, 6: OLD})
    record.gray()
    assert _messages(record, tmp_path) == []


def test_lacks_evidence_where_the_gray_was_opened_and_nobody_else_has_met_it_since(tmp_path: Path) -> None:
    """Whatever the hook answered: the lane was not left."""
    record = _met(AS_MARKED)
    record.executions = [row for row in record.executions if row["incarnation"] != NEW or row["start_ns"] < 650 * MS]  # type: ignore[operator]  # a number
    ((verdict, finding, message),) = _messages(record, tmp_path)
    assert (verdict, finding) == (Verdict.INCONCLUSIVE, "gray not opened")
    assert message == "orders-01.2 executed nobody else's requests since the gray was opened to everybody"


def test_a_leak_of_a_world_that_was_sick_is_inconclusive(tmp_path: Path) -> None:
    record = _met({4: NEW, 5: OLD, 6: OLD})
    record.events.append(left_rotation(480))
    assert {verdict for verdict, _, _ in _messages(record, tmp_path)} == {Verdict.INCONCLUSIVE}
