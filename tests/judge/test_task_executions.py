"""A load by a team's own locustfile: judged by its task executions, and by the requests that they asked for."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record.reader import open_record
from tests.judge.handmade import MS, Handmade, Row
from tests.judge.healthy import WRITE, made
from tests.judge.task_executions import by_tasks


def test_a_whole_record_is_go(tmp_path: Path) -> None:
    assert by_tasks().judged(tmp_path / "run").verdict is Verdict.GO


def test_a_record_without_tasks_has_an_empty_table(tmp_path: Path) -> None:
    with open_record(made().write(tmp_path / "run")) as record:
        assert record.db.execute("SELECT count(*) FROM tasks").fetchone() == (0,)


def test_requests_may_be_due_off_the_schedule_and_several_to_a_task(tmp_path: Path) -> None:
    def merge(rows: list[Row]) -> None:
        for row in rows[1::2]:
            row["requests"] = ""
        for first, second in zip(rows[::2], rows[1::2], strict=True):
            first["requests"] = f"{first['requests']} {second['task']}"

    record = by_tasks(merge)
    for row in record.requests[1::2]:
        row["due_ns"] = int(row["due_ns"]) + 3 * MS
        row["sent_ns"] = int(row["sent_ns"]) + 3 * MS
    assert record.findings("schedule", tmp_path / "run") == []
    assert record.findings("accounted", tmp_path / "again") == []


def _not_started(rows: list[Row]) -> None:
    rows[3] |= {"started_ns": 0, "outcome": "not started"}


def _late(rows: list[Row]) -> None:
    for row in rows:
        row["started_ns"] = int(row["due_ns"]) + 400 * MS
        row["requests"] = ""


def _stray(rows: list[Row]) -> None:
    rows[-1]["due_ns"] = int(rows[-1]["due_ns"]) + 20 * MS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_not_started, "planned task executions were started"),
        (_late, "task executions were started late: p99"),
        (_stray, "due times stray by 20.0 ms from 10 task executions per second"),
    ],
)
def test_a_schedule_that_was_not_kept_is_inconclusive(
    tmp_path: Path, change: Callable[[list[Row]], None], message: str
) -> None:
    findings = by_tasks(change).findings("schedule", tmp_path / "run")
    assert {one.verdict for one in findings} == {Verdict.INCONCLUSIVE}
    assert any(message in one.message for one in findings), findings


def _silent(rows: list[Row]) -> None:
    rows[2] |= {"requests": "", "outcome": "raised"}


@pytest.mark.parametrize(
    ("change", "told", "message"),
    [
        (list.pop, {"planned": 21}, "task executions were planned; the record has"),
        (lambda rows: rows[1].update(requests="0"), {}, "tasks.csv tells of"),
        (lambda rows: rows[1].update(requests="77"), {}, "tasks.csv tells of"),
        (
            _silent,
            {"apart": 1, "raised": 1, "errors": [["KeyError: 'x' (locustfile.py, line 3)", 1]]},
            "1 task execution raised before asking for anything; the most frequent: KeyError: 'x'",
        ),
    ],
)
def test_executions_and_requests_must_add_up(
    tmp_path: Path, change: Callable[[list[Row]], object], told: dict[str, object], message: str
) -> None:
    findings = by_tasks(change, told=told).findings("accounted", tmp_path / "run")
    assert {one.verdict for one in findings} == {Verdict.INCONCLUSIVE}
    assert any(message in one.message for one in findings), findings


def test_numbers_that_were_given_away_and_not_used_are_no_lost_requests(tmp_path: Path) -> None:
    number = len(made().requests)

    def ask_no_more(rows: list[Row]) -> None:
        rows[-1]["requests"] = ""

    def one_number_further(unused: int) -> Handmade:
        record = by_tasks(ask_no_more, told={"apart": 1, "unused_ids": unused})
        record.requests[-1]["seq"] = number
        return record

    def dense(record: Handmade, folder: str) -> bool:
        return not any(
            "requests were planned" in one.message for one in record.findings("accounted", tmp_path / folder)
        )

    assert dense(one_number_further(1), "unused")
    assert not dense(one_number_further(0), "lost")


def test_an_answer_that_a_task_found_wrong_is_no_go_with_its_text(tmp_path: Path) -> None:
    record = by_tasks()
    number = len(record.requests) - 2
    record.requests[number]["error"] = "wrong answer"
    record.load["wrong_answers"] = [{"seq": number, "expected": "what its task demands", "saw": "code 500"}]
    judgement = record.judged(tmp_path / "run")
    assert judgement.verdict is Verdict.NO_GO
    (finding,) = (one for one in judgement.findings if one.verdict is Verdict.NO_GO)
    assert finding.error == "wrong answer"
    assert "what its task demands: saw code 500" in finding.detail


def test_what_the_workload_took_for_right_and_what_is_not_done_are_told(tmp_path: Path) -> None:
    record = by_tasks(told={"outlived": 2, "notices": ["verify= of a request: it changes nothing here"]})
    route = {"name": "GET /new", "method": "GET", "weight": 0, "expect": [200, 500], "write": False, "effects": []}
    asked = record.load["routes"]
    assert isinstance(asked, list | tuple)
    record.load["routes"] = [*asked, route | {"overruled": {500: 12}}]
    untested = record.judged(tmp_path / "run").untested
    assert "failed_requests: the workload itself took 12 answers of GET /new with status 500 for right" in untested
    assert "schedule: the locustfile: verify= of a request: it changes nothing here" in untested
    assert "schedule: 2 task executions outlived the load" in untested


def _declaring(*writes: str) -> Handmade:
    """A record of a locustfile, of whose requests the descriptor declares these writes; one of them is POST /orders."""
    record = by_tasks()
    asked = record.contract.load.routes
    assert not asked
    record.load["routes"] = [one | {"effects": []} for one in msgspec.to_builtins(made().contract.load.routes)]
    record.routes(*(msgspec.structs.replace(WRITE, name=name) for name in writes))
    return record


def test_a_declared_write_that_nothing_was_is_untested_by_name(tmp_path: Path) -> None:
    untested = _declaring("DELETE /orders/*").judged(tmp_path / "run").untested
    assert "writes: no request was DELETE /orders/*: what it leaves" in untested


def test_a_declared_write_that_is_misspelt_lacks_evidence_and_says_what_was_meant(tmp_path: Path) -> None:
    (found,) = _declaring("POST /order").findings("writes", tmp_path)
    assert (found.finding, found.verdict) == ("undeclared effect", Verdict.INCONCLUSIVE)
    assert found.message == (
        "no request was POST /order, which the workload declares, and POST /orders is not declared: did you mean that?"
    )
