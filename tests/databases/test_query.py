"""The audit's query in the spelling of no driver: one parameter, ``:run``."""

import pytest

from fixtures.databases.query import as_pyformat, refusal

SPELLED = {
    "SELECT a LIKE :run || '%'": "SELECT a LIKE %(run)s || '%%'",
    "SELECT ':run', \":run\", :run": "SELECT ':run', \":run\", %(run)s",
    "SELECT 'it''s :run', :run": "SELECT 'it''s :run', %(run)s",
    "SELECT a::run, :run -- not :run\n, 1 /* nor\n:run */": "SELECT a::run, %(run)s -- not :run\n, 1 /* nor\n:run */",
    "SELECT :runs, 7 % 2, :run": "SELECT :runs, 7 %% 2, %(run)s",
}


@pytest.mark.parametrize("query", SPELLED)
def test_the_parameter_is_replaced_where_it_is_one(query: str) -> None:
    assert as_pyformat(query) == SPELLED[query]
    assert refusal(query) is None


@pytest.mark.parametrize("query", ["SELECT 1", "SELECT ':run'", "SELECT 1 -- :run", "SELECT :running"])
def test_a_query_without_it_is_refused(query: str) -> None:
    assert refusal(query) == "expected a query that names :run"


def test_the_old_spelling_is_refused_with_the_new_one() -> None:
    assert refusal("SELECT %(run)s") == "expected :run in place of %(run)s, and % in place of %%"
