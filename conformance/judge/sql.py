"""Asking the record's tables.

Questions aggregate in DuckDB; what comes back is bounded by the question, not by the run.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb


def rows(db: duckdb.DuckDBPyConnection, question: str, values: Mapping[str, object] | None = None) -> list[Any]:
    """All rows of the answer; ``$name`` in the question stands for a value."""
    return db.execute(question, dict(values or {})).fetchall()


def one(db: duckdb.DuckDBPyConnection, question: str, values: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - a row is as wide as its question
    """The one row of an answer that always has one."""
    (row,) = rows(db, question, values)
    return row


def count(db: duckdb.DuckDBPyConnection, question: str, values: Mapping[str, object] | None = None) -> int:
    """The one figure of an answer."""
    (figure,) = one(db, question, values)
    return int(figure)


def has_rows(db: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether there is anything in it: a question to nothing is planned for ten times as long as this takes."""
    return count(db, f"SELECT count(*) FROM {table}") > 0  # noqa: S608 - names of our own


def numbers(column: str) -> str:
    """How many different numbers from 0 to ``$last`` a column has, as SQL: a bit for each of them.

    A tenth of what DISTINCT takes. ``$last`` is bounded by the rows that there are: 10 million are a megabyte.
    """
    within = f"CASE WHEN {column} <= $last THEN {column} END"
    return f"coalesce(bit_count(bitstring_agg({within}, 0::UBIGINT, $last::UBIGINT)), 0)"


def make_table(db: duckdb.DuckDBPyConnection, name: str, columns: str, content: Iterable[Sequence[object]]) -> None:
    """Make a small table of what is known besides the record's own; ``columns`` as CREATE TABLE has them.

    A list for each column: a placeholder for each value is a statement that takes as long as the table is large.
    """
    given = [list(values) for values in zip(*content, strict=True)]
    if not given:
        db.execute(f"CREATE TABLE {name} ({columns})")
        return
    kinds = (column.split(" ") for column in columns.split(", "))
    lists = ", ".join(f"unnest(CAST(? AS {kind}[])) AS {column}" for column, kind in kinds)
    db.execute(f"CREATE TABLE {name} AS SELECT {lists}", given)
