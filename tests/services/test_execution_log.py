"""Executions as access logs of all kinds tell of them, and how finely."""

import pytest

from conformance.record.request_headers import RequestHeaders
from conformance.run.world import Execution
from fixtures.services.execution_formats import FORMATS, declared, naming
from fixtures.services.execution_log import NoTime

MS = 1_000_000
S = 1_000 * MS
AT = 1_795_903_743 * S
"""2026-11-28 22:09:03 UTC."""


def _read(said: object, line: str) -> Execution | None:
    return declared(said).execution(line)


LINES = {
    "tomcat": ("r-1 POST /orders 201 1795903743123 1795903743140", 123 * MS, 140 * MS, 1 * MS),
    "nginx": ("r-1 POST /orders 201 1795903743.140 0.017", 123 * MS, 140 * MS, 2 * MS),
    "combined": (
        '10.0.0.1 - - [28/Nov/2026:22:09:03 +0000] "POST /orders?a=1 HTTP/1.1" 201 12 "-" "curl/8 (x y)" "r-1" 0.250',
        -250 * MS,
        0,
        1_001 * MS,
    ),
    "logback": (
        (
            '{"@timestamp": "2026-11-28T23:09:03.140+01:00", "elapsed_time": 17, "status_code": 201, "method": "POST", '
            '"requested_uri": "POST /orders", "request_headers": {"X-Request-Id": "r-1"}}'
        ),
        123 * MS,
        140 * MS,
        2 * MS,
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read_by_its_name(name: str) -> None:
    line, start_ns, end_ns, told_to_ns = LINES[name]
    assert _read(name, line) == Execution("r-1", "POST /orders", AT + start_ns, AT + end_ns, 201, told_to_ns)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("line", ["", "Started Shop in 3.2 seconds", '{"message": "hello"}', "{", "[1]"])
def test_another_line_tells_of_none(name: str, line: str) -> None:
    assert _read(name, line) is None


WAYS = {
    r"(?P<start_ns>\d+) (?P<end_ns>\d+)": (f"{AT + 7} {AT + 9}", 7, 9, 0),
    r"(?P<start_us>\d+) (?P<end_us>\d+)": (f"{AT // 1000 + 7} {AT // 1000 + 9}", 7_000, 9_000, 1_000),
    r"(?P<start_s>[\d.]+) (?P<end_ms>\d+)": (f"{AT // S}.5 {AT // MS + 900}", 500 * MS, 900 * MS, 100 * MS),
    r"(?P<start_ms>\d+) (?P<duration_us>\d+)": (f"{AT // MS} 1500", 0, 1_500_000, 1 * MS + 1_000),
    r"(?P<start_iso>\S+) (?P<duration_s>[\d.]+)": ("2026-11-28T22:09:03Z 0.25", 0, 250 * MS, 1_010 * MS),
    r"(?P<end_iso>\S+ \S+) (?P<duration_ns>\d+)": ("2026-11-28 17:09:03,000004-05:00 4000", 0, 4_000, 1_000),
    r"(?P<start_clf>\S+ \S+) (?P<end_clf>\S+ \S+)": (
        "28/Nov/2026:22:09:03 +0000 29/Nov/2026:03:39:04 +0530",
        0,
        S,
        S,
    ),
}


@pytest.mark.parametrize("times", WAYS)
def test_a_pattern_tells_times_in_any_unit_and_the_third_of_them_follows(times: str) -> None:
    line, start_ns, end_ns, told_to_ns = WAYS[times]
    found = _read(rf"^(?P<request_id>\S+) (?P<operation>\S+) (?P<status>\d+) {times}$", f"r-1 place 200 {line}")
    assert found == Execution("r-1", "place", AT + start_ns, AT + end_ns, 200, told_to_ns)


def test_json_of_any_shape_is_read_by_pointers() -> None:
    pointers = {
        "request_id": "/mdc/request~1id",
        "operation": "/http/route",
        "status": "/http/status",
        "start_s": "/began",
        "duration_ms": "/took",
    }
    line = (
        '{"mdc": {"request/id": "r-1"}, "http": {"route": "place", "status": 200}, "began": 1795903743.25, "took": 3}'
    )
    assert _read({"json": pointers}, line) == Execution("r-1", "place", AT + 250 * MS, AT + 253 * MS, 200, 11 * MS)
    assert _read({"json": pointers}, line.replace('"took"', '"lasted"')) is None


WRONG = {
    "2026-11-28T22:09:03.123": "end_iso: '2026-11-28T22:09:03.123' has no zone, so that it may be any hour",
    "yesterday": "end_iso: 'yesterday' is no such time",
}


@pytest.mark.parametrize("time", WRONG)
def test_a_line_whose_times_are_none_is_told_and_not_passed_over(time: str) -> None:
    pattern = r"^(?P<request_id>\S+) (?P<operation>\S+) (?P<status>\d+) (?P<end_iso>\S+) (?P<duration_ms>\S+)$"
    with pytest.raises(NoTime) as told:
        _read(pattern, f"r-1 place 200 {time} 3")
    assert str(told.value) == WRONG[time]


@pytest.mark.parametrize(
    ("status", "took", "says"),
    [
        ("200", "-", "duration_ms: '-' is no number"),
        ("200", "nan", "duration_ms: 'nan' is no number"),
        ("ok", "3", "'ok' is no status"),
    ],
)
def test_figures_that_are_none_are_told(status: str, took: str, says: str) -> None:
    pattern = r"^(?P<request_id>\S+) (?P<operation>\S+) (?P<status>\S+) (?P<end_ms>\d+) (?P<duration_ms>\S+)$"
    with pytest.raises(NoTime) as told:
        _read(pattern, f"r-1 place {status} 1795903743123 {took}")
    assert str(told.value) == says


@pytest.mark.parametrize(
    "times",
    [
        r"(?P<start_ms>\d+)",
        r"(?P<start>\d+) (?P<end>\d+)",
        r"(?P<start_ms>\d+) (?P<start_s>\d+)",
        r"(?P<start_ms>\d+) (?P<end_ms>\d+) (?P<duration_ms>\d+)",
        r"(?P<end_ms>\d+) (?P<duration_iso>\d+)",
    ],
)
def test_a_pattern_must_tell_just_two_of_the_three_with_their_units(times: str) -> None:
    with pytest.raises(ValueError, match="expected two of start, end and duration, each once and with its unit"):
        declared(rf"(?P<request_id>\S+) (?P<operation>\S+) (?P<status>\d+) {times}")


def test_a_format_that_names_the_header_goes_by_the_teams_own() -> None:
    own = naming(FORMATS["logback"], RequestHeaders(request_id="X-Trace-Id"))
    line = (
        '{"@timestamp": "2026-11-28T22:09:03.250Z", "elapsed_time": 50, "status_code": 200, '
        '"requested_uri": "/x", "request_headers": {"x-trace-id": "t-1", "x-request-id": "other"}}'
    )
    found = own.execution(line)
    assert found is not None
    assert found.request_id == "t-1"
    assert naming(FORMATS["nginx"], RequestHeaders(request_id="X-Trace-Id")) == FORMATS["nginx"]
