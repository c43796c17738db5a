"""What stands for a name in braces: as the place has it in which it stands."""

import json
from urllib.parse import parse_qs

import msgspec
import pytest

from conformance.load.request import Known, Request, Template
from conformance.load.schedule import Turn
from conformance.load.spec import BodyPart, Route, Take

ODD = 'moth & relay+"1"\\ é\n'
ROUTE = Route(
    name="odd",
    method="POST",
    path="/find/{data.odd}?q={seen}",
    headers=(("X-Odd", "{data.odd}|{seen}"),),
    weight=1,
    expect=(200,),
    write=False,
    take=(Take(name="seen", header="X"),),
)


def _sent(body: str | tuple[BodyPart, ...], content_type: str = "application/json", seen: str = ODD) -> tuple[str, str]:
    """Head and body of the request."""
    route = msgspec.structs.replace(ROUTE, body=body, content_type=content_type)
    known = Known((route,), ("odd",), ((ODD,),))
    known.taken["seen"] = seen.encode()
    request = Request(Turn(0, 0, 0, fresh=False), b"r-0", 0)
    head, _, rest = Template(route, "h", 1, known, timeout_s=1).fill(request).decode().partition("\r\n\r\n")
    return head, rest


def test_in_a_form_it_is_encoded() -> None:
    _, body = _sent((BodyPart(text="a={data.odd}&b={seen}", quoting="form"),), "application/x-www-form-urlencoded")
    assert parse_qs(body, strict_parsing=True) == {"a": [ODD], "b": [ODD]}


def test_in_a_text_of_json_it_is_escaped_and_beside_texts_it_stays_json() -> None:
    _, body = _sent('{"a": "{data.odd}", "say \\"b\\"": "<{seen}>", "id": "{id}"}')
    assert json.loads(body) == {"a": ODD, 'say "b"': f"<{ODD}>", "id": "r-0"}
    _, body = _sent('{"a": {seen}}', seen='{"b": [1, "two"]}')
    assert json.loads(body) == {"a": {"b": [1, "two"]}}


def test_in_a_plain_text_it_is_what_it_is() -> None:
    assert _sent("<{seen}>", "text/plain")[1] == f"<{ODD}>"


def test_in_a_path_what_cannot_stand_there_is_quoted_and_a_header_stays_on_its_line() -> None:
    lines = _sent("", "text/plain")[0].split("\r\n")
    quoted = "moth%20&%20relay+%221%22%5C%20%C3%A9%0A"
    assert lines[0] == f"POST /find/{quoted}?q={quoted} HTTP/1.1"
    told = ODD.replace("\n", " ")
    assert f"X-Odd: {told}|{told}" in lines
    assert len([line for line in lines if line.startswith("X-Request-Id")]) == 1


@pytest.mark.parametrize("told", ["/orders/12?part=3", "http://shop/orders/12", "/a%20b"])
def test_an_address_that_an_answer_told_stays_the_same(told: str) -> None:
    assert f"?q={told} HTTP/1.1" in _sent("", "text/plain", told)[0]
