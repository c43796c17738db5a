"""Check journeys_agree: what is told of journeys, or of a locustfile's tasks, is what their requests tell."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance.judge.checks import journeys_agree
from conformance.judge.model import Verdict
from conformance.record import events
from conformance.record.contract import ExposureFacts, JourneyFacts
from conformance.record.schema import TASKS
from tests.judge.handmade import MS, Handmade, Row
from tests.judge.healthy import made
from tests.judge.task_executions import by_tasks

JOURNEYS = ((0, 1), (3, 4), (5, 6), (7, 8), (9, 10), (11,))
"""The requests of each user, in order: an order, then a look at it. The last user's journey outlived the load."""


def _asked(
    change: Callable[[list[Row]], object] = lambda _: None, *, order: dict[str, object] | None = None
) -> Handmade:
    """A record of users who order, and look at their order 90 ms or, if it was held, 20 ms after its answer."""
    record = made("storefront")
    steps = ("POST /orders", "GET /orders")
    write, read = record.contract.load.routes
    record.routes(msgspec.structs.replace(write, weight=0), msgspec.structs.replace(read, weight=1))
    record.load_facts(journeys=(JourneyFacts(name="buy", weight=5, steps=steps, session_begins=0),))
    due = {int(row["seq"]): (int(row["due_ns"]), int(row["done_ns"])) for row in record.requests}
    tasks = [("buy", seqs) for seqs in JOURNEYS] + [("GET /orders", (2,))]
    rows: list[Row] = [
        {
            "task": task,
            "name": name,
            "user": task,
            "due_ns": due[seqs[0]][0],
            "started_ns": due[seqs[0]][0],
            "ended_ns": due[seqs[-1]][1],
            "outcome": "outlived" if seqs == (11,) else "ended",
            "requests": " ".join(map(str, seqs)),
        }
        for task, (name, seqs) in enumerate(tasks)
    ]
    change(rows)
    number = len(tasks)
    counts = {"planned": number, "started": number, "ended": number - 1, "outlived": 1}
    record.load["tasks"] = {"raised": 0, "broken_off": 0, "users": 2, "unused_ids": 0, "apart": 0} | counts
    record.ordered_journeys = {"think_ms": [20, 90]} | (order or {})

    def write_tasks(folder: Path) -> None:
        lines = [",".join(str(row[name]) for name, _ in TASKS.columns) for row in rows]
        (folder / TASKS.file).write_text("\n".join([TASKS.header, *lines, ""]))

    record.rewrite = write_tasks
    return record


def _messages(record: Handmade, tmp_path: Path) -> list[str]:
    found = record.findings("journeys_agree", tmp_path)
    assert {(one.verdict, one.finding) for one in found} <= {(Verdict.INCONCLUSIVE, "contradictory record")}
    return [one.message for one in found]


def test_passes_where_they_tell_the_same(tmp_path: Path) -> None:
    assert _messages(_asked(), tmp_path / "journeys") == []
    assert _messages(by_tasks(), tmp_path / "a locustfile") == []


def test_passes_where_there_are_neither_journeys_nor_tasks(tmp_path: Path) -> None:
    assert _messages(made(), tmp_path) == []


def test_lacks_evidence_of_how_long_users_think_where_the_order_does_not_say(tmp_path: Path) -> None:
    """That a step is due after the answer before is known all the same."""
    record = _asked(order={"think_ms": None})
    record.requests[10]["due_ns"] = int(record.requests[10]["due_ns"]) + 5 * MS
    assert _messages(record, tmp_path / "later") == []
    record.requests[10]["due_ns"] = int(record.requests[9]["done_ns"]) - 5 * MS
    (message,) = _messages(record, tmp_path / "too soon")
    assert "was due before its user had thought about the answer before" in message


def _swapped(rows: list[Row]) -> None:
    rows[2]["requests"] = "6 5"


def _without_its_last_step(rows: list[Row]) -> None:
    rows[2]["requests"] = "5"
    rows[6]["requests"] = "2 6"


def _said_to_have_ended(rows: list[Row]) -> None:
    rows[5]["outcome"] = "ended"


def _due_later(rows: list[Row]) -> None:
    rows[2]["due_ns"] = int(rows[2]["due_ns"]) + 20 * MS


def _of_another_user(rows: list[Row]) -> None:
    rows[2]["user"] = 1


def _over_before_its_answer(rows: list[Row]) -> None:
    rows[2]["ended_ns"] = int(rows[2]["ended_ns"]) - 5 * MS


def _of_no_kind(rows: list[Row]) -> None:
    rows[2]["name"] = "sell"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_swapped, "is none of its journey's steps, or in another place, 2 times: first r1-00000005"),
        (_without_its_last_step, "is one of a journey that has fewer steps than its outcome says, or more"),
        (_said_to_have_ended, "1 task execution"),
        (_due_later, "was due at another time than its journey, 1 times: first r1-00000005"),
        (_of_another_user, "is of a journey of somebody else, 2 times: first r1-00000005"),
        (_over_before_its_answer, "was answered after its end, 1 times: first r1-00000006"),
        (_of_no_kind, "is none of its journey's steps, or in another place, 2 times: first r1-00000005"),
    ],
)
def test_fails_on_journeys_that_are_not_those_of_their_requests(
    tmp_path: Path, change: Callable[[list[Row]], object], said: str
) -> None:
    messages = _messages(_asked(change), tmp_path)
    assert any(said.replace("task execution", "journey") in message for message in messages), messages


def test_fails_on_a_step_that_was_due_before_the_one_before_was_answered(tmp_path: Path) -> None:
    record = _asked()
    record.requests[6]["due_ns"] = int(record.requests[5]["done_ns"]) - 5 * MS
    (message,) = _messages(record, tmp_path)
    assert message == (
        "a request of a journey was due before its user had thought about the answer before, or long after, 1 times: "
        "first r1-00000006"
    )


def test_fails_on_a_lost_session_whose_journey_went_on(tmp_path: Path) -> None:
    record = _asked()
    record.requests[5] |= {"error": "session lost", "status": 401}
    (message,) = _messages(record, tmp_path)
    assert "tells that a session was lost, and its journey went on or had none, 1 times: first r1-00000005" in message


def test_fails_on_a_lost_session_that_is_told_as_a_good_answer(tmp_path: Path) -> None:
    record = _asked(order={"session": {"begins": 0, "lost": [200]}})
    messages = _messages(record, tmp_path)
    assert messages == [
        (
            "a request of a journey shows that the session is lost, and is told as a good answer, 5 times: "
            "first r1-00000001"
        )
    ]


def test_fails_on_outcomes_that_the_end_marker_does_not_tell(tmp_path: Path) -> None:
    def two_raised(rows: list[Row]) -> None:
        for row in rows[:2]:
            row["outcome"] = "raised"

    messages = _messages(by_tasks(two_raised), tmp_path)
    assert messages == [
        "12 task executions ended by the load's end marker, 10 by tasks.csv",
        "0 task executions raised by the load's end marker, 2 by tasks.csv",
    ]


def _sticky(record: Handmade) -> Handmade:
    """The SLB keeps users by its own word; by its lines user 0 is sent to somebody else than before."""
    record.contract = msgspec.structs.replace(record.contract, sticky=True)
    for row in record.states:
        row["in_rotation"] = True
    return record


def test_fails_on_a_user_whom_a_sticky_slb_sent_to_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Request 0 was answered by storefront-01.1, request 1 by storefront-02.1; nobody had gone yet."""
    monkeypatch.setattr(journeys_agree, "OUT_NS", 10 * MS)
    assert _messages(_asked(), tmp_path / "not sticky") == []
    (message,) = _messages(_sticky(_asked()), tmp_path / "sticky")
    assert message.startswith("the SLB keeps its users by the contract, and sent ")
    assert message.endswith("first r1-00000001, away from storefront-01.1")


def _struck(record: Handmade) -> None:
    own = {"service": "storefront", "instance": "storefront-01", "incarnation": "storefront-01.1"}
    others = [
        {**own, "instance": f"storefront-{life.partition('.')[0]}", "incarnation": f"storefront-{life}"}
        for life in ("02.1", "01.2", "02.2")
    ]
    record.events += [events.Struck(at_ns=MS, step="1", harm="hangs", **one) for one in (own, *others)]


def _out_of_rotation(record: Handmade) -> None:
    for row in record.states:
        row["in_rotation"] = False


def _moved_by_the_gray(record: Handmade) -> None:
    record.release(exposure=ExposureFacts(by="users", share=0.2))


@pytest.mark.parametrize("why", [_struck, _out_of_rotation, _moved_by_the_gray])
def test_a_user_moves_where_the_one_before_may_be_out_of_rotation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: Callable[[Handmade], None]
) -> None:
    monkeypatch.setattr(journeys_agree, "OUT_NS", 50 * MS)
    record = _sticky(_asked())
    why(record)
    assert _messages(record, tmp_path) == []
