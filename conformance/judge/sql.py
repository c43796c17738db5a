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


def make_table(db: duckdb.DuckDBPyConnection, name: str, columns: str, content: Iterable[Sequence[object]]) -> None:
    """Make a small table of what is known besides the record's own; ``columns`` as CREATE TABLE has them."""
    db.execute(f"CREATE TABLE {name} ({columns})")
    given = list(content)
    if given:
        places = ", ".join(["(" + ", ".join("?" * len(given[0])) + ")"] * len(given))
        db.execute(f"INSERT INTO {name} VALUES {places}", [value for row in given for value in row])  # noqa: S608 - names of our own
