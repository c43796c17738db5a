"""Texts that repeat in a large table are learned from pieces of it, and mean what they say all the same."""

from pathlib import Path

import pytest

from conformance.judge.judge import judge
from conformance.record import repeating, tables
from conformance.record import seal as sealing
from conformance.record.reader import BrokenRecord, open_record
from tests.judge.handmade import Handmade
from tests.judge.healthy import made

ENUMS = """
SELECT table_name, column_name FROM duckdb_columns() WHERE data_type LIKE 'ENUM%' ORDER BY table_name, column_index
"""


@pytest.fixture(autouse=True)
def _every_table_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_REPEATING_FROM_BYTES", 0)
    monkeypatch.setattr(repeating, "REPEATED", 1)


def _many(made_up: Handmade, times: int = 40) -> Handmade:
    """The same, with each execution so often that pieces of its table miss what is there once."""
    made_up.executions *= times
    return made_up


def _executions(directory: Path, question: str) -> list[tuple[object, ...]]:
    with open_record(directory) as record:
        return record.db.execute(question).fetchall()


def test_names_are_numbers_and_times_and_ids_are_not(tmp_path: Path) -> None:
    with open_record(made().write(tmp_path)) as record:
        enums = record.db.execute(ENUMS).fetchall()
    assert ("executions", "incarnation") in enums
    assert ("requests", "error") in enums
    assert not {"other_id", "hops"} & {column for _, column in enums}
    assert not {"states", "answers"} & {table for table, _ in enums}, "those do not grow with the load"


def test_they_are_compared_and_sorted_as_texts(tmp_path: Path) -> None:
    """Also with what is none of them."""
    directory = made().write(tmp_path)
    assert _executions(directory, "SELECT DISTINCT service FROM executions ORDER BY service") == [
        ("inventory",),
        ("orders",),
        ("storefront",),
    ]
    assert _executions(directory, "SELECT max(service), count(*) FILTER (service = 'nobody') FROM executions") == [
        ("storefront", 0)
    ]
    assert _executions(directory, "SELECT count(*) FROM executions WHERE service > 'p' OR service < 'a'") == [(12,)]


def test_a_text_that_no_piece_shows_is_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeating, "_PIECES", 1)
    monkeypatch.setattr(repeating, "_PIECE_BYTES", 500)
    made_up = _many(made())
    made_up.executions[-1] = made_up.executions[-1] | {"incarnation": "stranger-01.1", "operation": 'o "x", ü'}
    directory = made_up.write(tmp_path)
    question = "SELECT operation FROM executions WHERE incarnation = 'stranger-01.1'"
    assert _executions(directory, question) == [('o "x", ü',)]
    with open_record(directory) as record:
        assert ("executions", "incarnation") in record.db.execute(ENUMS).fetchall()


def test_texts_that_are_too_many_stay_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the paths of an access log with ids in them."""
    monkeypatch.setattr(repeating, "MOST_TEXTS", 5)
    made_up = _many(made())
    made_up.executions = [row | {"operation": f"GET /orders/{at}"} for at, row in enumerate(made_up.executions)]
    directory = made_up.write(tmp_path)
    with open_record(directory) as record:
        enums = record.db.execute(ENUMS).fetchall()
        (found,) = record.db.execute("SELECT count(DISTINCT operation) FROM executions").fetchall()
    assert ("executions", "service") in enums
    assert ("executions", "operation") not in enums
    assert found == (len(made_up.executions),)


@pytest.mark.parametrize("cell", ["x", "-1", '"', ""])
def test_what_is_not_as_the_schema_says_is_refused(cell: str, tmp_path: Path) -> None:
    directory = made().write(tmp_path)
    path = directory / "slb.csv"
    lines = path.read_text().splitlines()
    cells = lines[3].split(",")
    lines[3] = ",".join([*cells[:2], cell, *cells[3:]])
    path.write_text("\n".join(lines) + "\n")
    sealing.seal(directory)
    with pytest.raises(BrokenRecord, match=r"slb\.csv cannot be read as its schema says"):
        open_record(directory)


def test_the_judgement_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compressed as well."""
    made_up = made()
    made_up.fail(5)
    made_up.drop_effects(7, "reserved")
    directory = made_up.write(tmp_path)
    monkeypatch.setattr(tables, "_COMPRESSED_FROM_BYTES", 0)
    as_large = judge(directory)
    monkeypatch.undo()
    assert as_large == judge(directory)
    assert as_large.findings
