"""A ledger whose ids are the services' own: joined to requests by what their answers told."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Judgement, Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import WRITES, made


def _own_id(seq: int) -> str:
    return f"order-{7000 + seq}"


def _joined() -> Handmade:
    """The healthy record, whose ledger knows nothing of the load's ids."""
    record = made()
    record.contract = msgspec.structs.replace(record.contract, joined_by="order")
    numbers = {request_id(seq): seq for seq in WRITES}
    for row in record.ledger:
        row["request_id"] = _own_id(numbers[str(row["request_id"])])
    record.told = [{"seq": seq, "id": _own_id(seq)} for seq in WRITES]
    return record


def _drop(record: Handmade, seq: int, *effects: str) -> None:
    record.ledger = [
        row for row in record.ledger if not (row["request_id"] == _own_id(seq) and row["effect"] in effects)
    ]


def _untold(record: Handmade, seq: int) -> None:
    """It failed, and no answer told its id."""
    record.fail(seq)
    record.told = [row for row in record.told if row["seq"] != seq]


def _judged(record: Handmade, directory: Path) -> Judgement:
    record.without(events.AuditRead)
    record.events.append(events.AuditRead(at_ns=1200 * MS, step="", rows=len(record.ledger), agreed=True))
    return record.judged(directory)


def _of_writes(judgement: Judgement) -> list[Finding]:
    return [one for one in judgement.findings if one.check == "writes"]


def test_every_write_is_found_by_what_its_answer_told(tmp_path: Path) -> None:
    judgement = _judged(_joined(), tmp_path)
    assert judgement.verdict is Verdict.GO
    known = "writes: the ledger knows writes by order, which only an answer tells"
    assert judgement.untested == (f"{known}: whether there are effects that nobody asked for",)
    assert "6 writes whole" in judgement.headline


def test_an_acknowledged_write_that_is_not_whole_is_named_by_its_request(tmp_path: Path) -> None:
    record = _joined()
    _drop(record, 9, "confirmed")
    (found,) = _of_writes(_judged(record, tmp_path))
    assert (found.finding, found.verdict, found.requests) == ("partial write", Verdict.NO_GO, (request_id(9),))


def test_an_acknowledged_write_that_left_nothing_is_lost(tmp_path: Path) -> None:
    record = _joined()
    _drop(record, 9, "placed", "reserved", "confirmed")
    assert [(one.finding, one.requests) for one in _of_writes(_judged(record, tmp_path))] == [
        ("lost write", (request_id(9),))
    ]


def test_two_writes_that_were_told_the_same_id_are_not_both_there(tmp_path: Path) -> None:
    """A service that gives one order to two customers has lost one."""
    record = _joined()
    _drop(record, 9, "placed", "reserved", "confirmed")
    record.told = [row | {"id": _own_id(7)} if row["seq"] == 9 else row for row in record.told]
    assert [one.finding for one in _of_writes(_judged(record, tmp_path))] == ["lost write"]


@pytest.mark.parametrize("left", [(), ("placed", "reserved", "confirmed")])
def test_one_that_failed_and_left_all_or_nothing_is_right(tmp_path: Path, left: tuple[str, ...]) -> None:
    record = _joined()
    _untold(record, 9)
    _drop(record, 9, *({"placed", "reserved", "confirmed"} - set(left)))
    assert _of_writes(_judged(record, tmp_path)) == []


def test_one_that_failed_and_left_a_part_is_told_by_its_id(tmp_path: Path) -> None:
    record = _joined()
    _untold(record, 9)
    _drop(record, 9, "confirmed")
    judgement = _judged(record, tmp_path)
    (found,) = _of_writes(judgement)
    assert (found.finding, found.verdict) == ("partial write", Verdict.NO_GO)
    assert found.message == (
        "1 write of ids that no answer told left some of their effects: 1 with placed and reserved alone; "
        f"whole is placed, reserved, confirmed; {_own_id(9)}"
    )
    assert judgement.counts["partial_writes"] == 1


def _repeat(record: Handmade, seq: int, effect: str, times: int = 1) -> None:
    """The new version leaves this effect so many times more."""
    (row,) = [row for row in record.ledger if (row["request_id"], row["effect"]) == (_own_id(seq), effect)]
    record.ledger += [row | {"incarnation": "orders-01.2", "version": "v2"}] * times


def test_one_that_no_answer_told_and_left_an_effect_more_than_once_is_a_duplicate(tmp_path: Path) -> None:
    record = _joined()
    _untold(record, 9)
    _repeat(record, 9, "confirmed", 3)
    judgement = _judged(record, tmp_path)
    (found,) = _of_writes(judgement)
    assert (found.finding, found.verdict) == ("duplicate write", Verdict.NO_GO)
    told = f"{_own_id(9)} confirmed 4 times: by orders-01.2 (v2) (3 times) and orders-02.2 (v2)"
    assert found.message == (
        "1 write of ids that no answer told left an effect more than once: 1 with confirmed (4 times) and placed and "
        f"reserved; whole is placed, reserved, confirmed; {told}"
    )
    assert found.detail == (told,)
    assert (judgement.counts["duplicates"], judgement.counts["partial_writes"]) == (1, 0)


def test_one_that_no_answer_told_may_be_both_partial_and_duplicate(tmp_path: Path) -> None:
    record = _joined()
    _untold(record, 9)
    _drop(record, 9, "reserved")
    _repeat(record, 9, "confirmed")
    partial, duplicate = _of_writes(_judged(record, tmp_path))
    assert (partial.finding, duplicate.finding) == ("partial write", "duplicate write")
    assert "1 with confirmed (twice) and placed alone" in partial.message


def test_where_no_answer_told_any_id_the_audit_is_blind(tmp_path: Path) -> None:
    record = _joined()
    record.told = []
    assert {one.finding for one in _of_writes(_judged(record, tmp_path))} == {"blind audit"}
