"""What is changed in a text of SQL: each thing that decides, once, and nothing that DuckDB would refuse."""

import duckdb
import pytest

from tests.mutants.sql_text import changes, is_sql

ASKED = """
CREATE TABLE asked AS
WITH known AS (
    SELECT DISTINCT seq, min(at_ns) AS at_ns FROM lines WHERE at_ns BETWEEN 1 AND 5 AND NOT gone GROUP BY seq)
SELECT l.seq, l.at_ns - k.at_ns AS took, count(*) FILTER (l.late) AS late, coalesce(max(l.n), 0) AS most
FROM lines l LEFT JOIN known k USING (seq)
WHERE l.at_ns >= 2 AND (l.name IS NULL OR l.name IN ('a AND b', 'c')) -- or not: a comment
GROUP BY l.seq, l.at_ns, k.at_ns HAVING l.seq IS NOT NULL ORDER BY l.seq DESC
"""


def _changed(text: str) -> list[str]:
    return [change.of(text) for change in changes(text)]


@pytest.mark.parametrize(
    ("text", "mutants"),
    [
        ("> 0", [">= 0", "> 1"]),
        ("a = $b AND c <> ''", ["a <> $b AND c <> ''", "a = $b OR c <> ''", "a = $b AND c = ''"]),
        ("seq IN (FROM x) OR y NOT IN (1)", 4 * [""]),
        ("n BETWEEN 1 AND 2 AND late", 4 * [""]),
        ("WHERE NOT f.starved", ["WHERE f.starved"]),
        ("WHERE f.starved", ["WHERE NOT f.starved"]),
        ("count(*) FILTER (failed) AND true", 3 * [""]),
        ("SELECT 2 * (a - 1) FROM x", 4 * [""]),
        ("SELECT -1 FROM x", ["SELECT -2 FROM x"]),
        ("WHERE x IS NULL", ["WHERE x IS NOT NULL"]),
        ("WHERE x IS NOT NULL", ["WHERE x IS NULL"]),
        ("x LEFT JOIN y USING (z)", ["x JOIN y USING (z)"]),
        ("WHERE c.at_ns = 'x'", ["WHERE c.at_ns <> 'x'"]),
        ("SELECT h.min, arg_min(a, b) FROM h", ["SELECT h.min, arg_max(a, b) FROM h"]),
    ],
)
def test_each_thing_that_decides_is_changed_once(text: str, mutants: list[str]) -> None:
    changed = _changed(text)
    assert len(changed) == len(mutants), changed
    assert all(mutant in changed for mutant in mutants if mutant), changed


@pytest.mark.parametrize(
    "text",
    ["orders->inventory", "in: not released, and n - 1 others", "client->slb", "NO-GO", "a release's step"],
)
def test_what_is_said_to_people_is_left_alone(text: str) -> None:
    assert not is_sql(text)
    assert changes(text) == ()


def test_neither_comments_nor_texts_in_quotes_are_changed() -> None:
    assert all("'a AND b', 'c'" in text and "-- or not: a comment" in text for text in _changed(ASKED))


def test_duckdb_takes_every_mutant_and_none_is_made_twice() -> None:
    mutants = _changed(ASKED)
    assert len(set(mutants)) == len(mutants) > 15
    assert ASKED not in mutants
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE lines (seq INTEGER, at_ns INTEGER, gone BOOLEAN, late BOOLEAN, n INTEGER, name VARCHAR)"
        )
        for mutant in mutants:
            db.execute(mutant)
            db.execute("DROP TABLE asked")
