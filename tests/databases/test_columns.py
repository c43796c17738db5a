"""What the text of an audit's query tells of its columns."""

import pytest

from fixtures.databases.columns import refusal

WANTED = ("request_id", "effect", "instance", "incarnation", "version")
EXPECTED = "expected the columns request_id, effect, instance, incarnation, version, with '' for what nothing tells"

RIGHT = [
    "SELECT request_id, effect, instance, incarnation, version FROM effects",
    "SELECT DISTINCT id AS request_id, 'a, b' AS effect, '', coalesce(a, ''), CASE WHEN x THEN 1 ELSE 2 END FROM t",
    "WITH a AS (SELECT 1, 2 FROM b) SELECT id, (SELECT kind, 1 FROM k LIMIT 1), '', '', '' FROM a -- , one more",
    "SELECT id, kind, '', /* , */ '', $$a, b$$ UNION SELECT 1, 2, 3, 4, 5",
    "SELECT \"request,id\", `effect`, i[1, 2], 'it''s, ', t.version::text FROM t",
    "select REQUEST_ID, EFFECT, INSTANCE, INCARNATION, VERSION from effects",
]
UNTOLD = [
    "SELECT * FROM effects",
    "SELECT e.*, '' FROM effects e",
    "TABLE effects",
    "VALUES (1, 2)",
    "(SELECT 1) UNION (SELECT 2)",
    r"SELECT 'it\'s, ', a FROM t",
]


@pytest.mark.parametrize("query", [*RIGHT, *UNTOLD])
def test_columns_that_are_right_or_cannot_be_told_are_taken(query: str) -> None:
    assert refusal(query, WANTED) is None


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (
            "SELECT request_id, effect FROM effects",
            f"{EXPECTED}; it gives 2 columns, without instance, incarnation, version",
        ),
        ("SELECT count(*) FROM effects", f"{EXPECTED}; it gives 1 column"),
        ("SELECT reference, kind, '', '' FROM movements", f"{EXPECTED}; it gives 4 columns"),
        (
            "WITH a AS (SELECT 1, 2, 3, 4, 5) SELECT id AS request_id, 'x', '', \"version\" FROM a",
            f"{EXPECTED}; it gives 4 columns, without effect, instance, incarnation",
        ),
        (
            "SELECT effect, o.request_id, version, incarnation, instance FROM orders o",
            "expected the columns in this order: request_id, effect, instance, incarnation, version",
        ),
        (
            "SELECT request_id, effect, instance, incarnation, version, at FROM effects",
            f"{EXPECTED}; it gives 6 columns",
        ),
    ],
)
def test_others_are_refused_with_those_that_are_wanted(query: str, why: str) -> None:
    assert refusal(query, WANTED) == why
