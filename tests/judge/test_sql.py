"""Small tables and counts that need no table: they say what the long way says."""

import duckdb
import pytest

from conformance.judge.sql import has_rows, make_table, numbers, rows


@pytest.mark.parametrize(
    ("there", "different"),
    [
        ((0, 1, 2, 3), 4),
        ((0, 1, 1, 3), 3),
        ((0, None, 3, 3), 2),
        ((0, 4, 5, 2**64 - 1), 1),
        ((), 0),
        ((None,), 0),
    ],
)
def test_numbers_up_to_the_last_are_counted_once(there: tuple[int | None, ...], different: int) -> None:
    """What is beyond it is not counted: whoever compares with the rows sees that something is odd."""
    with duckdb.connect() as db:
        make_table(db, "told", "seq UBIGINT", [(number,) for number in there])
        question = f"SELECT {numbers('seq')}, count(seq) FROM told"  # noqa: S608 - the expression is what is tried
        rows_with_one = sum(number is not None for number in there)
        assert rows(db, question, {"last": 3}) == [(different, rows_with_one)]
        assert has_rows(db, "told") is bool(there)


def test_a_table_holds_what_it_was_given() -> None:
    content = [("a", 1, None, [200, 201], True), ("b'?", None, 2.5, [], None)]
    with duckdb.connect() as db:
        make_table(db, "told", "name VARCHAR, at_ns BIGINT, share DOUBLE, statuses USMALLINT[], good BOOLEAN", content)
        assert rows(db, "SELECT * FROM told ORDER BY name") == content
        kinds = [kind for _, kind, *_ in rows(db, "DESCRIBE told")]
        assert kinds == ["VARCHAR", "BIGINT", "DOUBLE", "USMALLINT[]", "BOOLEAN"]


def test_an_empty_table_has_its_columns() -> None:
    with duckdb.connect() as db:
        make_table(db, "told", "name VARCHAR, statuses USMALLINT[]", [])
        assert not has_rows(db, "told")
        assert rows(db, "SELECT name, statuses FROM told") == []
