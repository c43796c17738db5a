"""Ids of requests and the headers that carry them: from a number to an id and back, in Python and in SQL."""

import re

import duckdb
import pytest

from conformance.record.request_headers import USUAL, RequestHeaders

OWN = RequestHeaders(request_id="X-Trace-Id")
W3C = RequestHeaders(request_id="Traceparent")
FORMS = pytest.mark.parametrize("headers", [USUAL, OWN, W3C], ids=["usual", "own name", "traceparent"])
WHOLE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01")
"""A traceparent by W3C Trace Context, section 3.2."""


@FORMS
@pytest.mark.parametrize("number", [0, 1, 42, 0xFFFF_FFFF])
def test_an_id_leads_back_to_its_request(headers: RequestHeaders, number: int) -> None:
    ids = headers.ids("r1")
    assert ids.of(number).startswith(ids.prefix)
    assert ids.number(ids.of(number)) == number
    assert ids.number(headers.value(ids.of(number))) == number
    assert ids.number(headers.further(ids.of(number), 3)) == number
    assert headers.further(ids.of(number), 3) != ids.of(number)


@FORMS
def test_what_is_no_id_of_the_run_has_no_number(headers: RequestHeaders) -> None:
    ids = headers.ids("r1")
    strangers = [headers.ids(name).of(7) for name in ("r2", "warm-r1", "test-r1", "r11")]
    for told in (*strangers, "", "-", "r1", ids.prefix, ids.of(7)[:-1], f"{ids.of(7)}x", ids.of(7).upper() + "Z"):
        assert ids.number(told) is None, told


@FORMS
def test_the_records_own_questions_know_the_same_ids(headers: RequestHeaders) -> None:
    ids = headers.ids("r1")
    told = [ids.of(0), ids.of(42), headers.further(ids.of(42), 2), headers.ids("r2").of(42), "-", ""]
    db = duckdb.connect()
    db.execute("CREATE TABLE lines (place INTEGER, request_id VARCHAR)")
    db.executemany("INSERT INTO lines VALUES (?, ?)", [list(row) for row in enumerate(told)])
    question = f"SELECT {ids.number_sql('request_id')}, {ids.further_sql('request_id')} FROM lines ORDER BY place"  # noqa: S608 - the expressions are what is tried
    found = db.execute(question).fetchall()
    assert [number for number, _ in found] == [0, 42, 42, None, None, None]
    assert [further for _, further in found][:3] == [False, False, True]


def test_plain_ids_are_what_they_were_in_every_record() -> None:
    assert [USUAL.ids("r1").of(42), OWN.ids("r1").of(42)] == ["r1-0000002a", "r1-0000002a"]
    assert USUAL.line == ("X-Request-Id: ", "")
    assert USUAL.ids("r1").number("r1-100000000") == 1 << 32
    assert USUAL.ids("r1").number("r1-0000002a.2") == 42


def test_a_traceparent_is_well_formed_and_another_for_each_request() -> None:
    ids = W3C.ids("r1")
    values = {W3C.value(ids.of(number)) for number in range(1_000)}
    assert len(values) == 1_000
    assert all(WHOLE.fullmatch(value) for value in values)
    assert {W3C.id_in(value)[:20] for value in values} == {ids.prefix}


@pytest.mark.parametrize(
    "told",
    ["00-{}-00f067aa0ba902b7-00", "00-{}-b7ad6b7169203331-01", "01-{}-b7ad6b7169203331-01-more", "{}"],
    ids=["another span", "sampled", "a later version", "the trace-id alone"],
)
def test_a_trace_id_is_found_in_whatever_a_span_further_down_tells(told: str) -> None:
    ids = W3C.ids("r1")
    assert ids.number(told.format(ids.of(42))) == 42


def test_only_w3cs_header_is_taken_for_a_trace() -> None:
    value = W3C.value(W3C.ids("r1").of(1))
    assert OWN.id_in(value) == value
