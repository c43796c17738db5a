"""What is looked at of an answer: checks that hold, that do not, and values for later requests."""

import pytest

from conformance.load.answer_check import MOST_SHOWN, Look
from conformance.load.spec import AnswerCheck, Route, Take

BODY = b'{"code": 0, "data": {"id": 7, "tags": ["a", null], "a/b~c": "x"}, "said": "well"}'


def _look(*checks: AnswerCheck, take: tuple[Take, ...] = ()) -> Look:
    route = Route(name="r", method="GET", path="/", weight=1, expect=(200,), write=False, checks=checks, take=take)
    return Look(route)


def _wrong(check: AnswerCheck, body: bytes = BODY) -> tuple[str, str]:
    return _look(check).wrong(body, len(body))


@pytest.mark.parametrize(
    "check",
    [
        AnswerCheck(pointer="/code", equal=b"0"),
        AnswerCheck(pointer="/data/id", equal=b"7"),
        AnswerCheck(pointer="/data/tags/0", equal=b'"a"'),
        AnswerCheck(pointer="/data/tags/1", exists=True),
        AnswerCheck(pointer="/data/a~1b~0c", equal=b'"x"'),
        AnswerCheck(pointer="/data/none", exists=False),
        AnswerCheck(pointer="", exists=True),
        AnswerCheck(pattern="well"),
        AnswerCheck(length=len(BODY)),
        AnswerCheck(pointer="/said", equal=b'"well"', pattern='"code": ?0', length=len(BODY)),
    ],
)
def test_a_check_that_holds_says_nothing(check: AnswerCheck) -> None:
    assert _wrong(check) == ("", "")


@pytest.mark.parametrize(
    ("check", "body", "said"),
    [
        (AnswerCheck(pointer="/code", equal=b"0"), b'{"code": 500}', ("/code = 0", "500")),
        (AnswerCheck(pointer="/code", equal=b"0"), b'{"code": false}', ("/code = 0", "false")),
        (AnswerCheck(pointer="/code", equal=b"0"), b"{}", ("/code = 0", "nothing")),
        (AnswerCheck(pointer="/code", equal=b"0"), b"<html>", ("JSON", "<html>")),
        (AnswerCheck(pointer="/a", exists=True), b'{"b": 1}', ("/a there", '{"b": 1}')),
        (AnswerCheck(pointer="/b", exists=False), b'{"b": 1}', ("/b absent", '{"b": 1}')),
        (AnswerCheck(pattern="^ok$"), b"not\nok at all", ("a body with ^ok$", "not ok at all")),
        (AnswerCheck(length=3), b"four", ("3 bytes", "4 bytes")),
        (AnswerCheck(pointer="/x/9", exists=True), b'{"x": [1]}', ("/x/9 there", '{"x": [1]}')),
    ],
)
def test_a_check_that_does_not_hold_says_what_was_expected_and_seen(
    check: AnswerCheck, body: bytes, said: tuple[str, str]
) -> None:
    assert _wrong(check, body) == said


def test_what_is_shown_is_bounded() -> None:
    _, saw = _wrong(AnswerCheck(pattern="z"), b"y" * 10_000)
    assert len(saw) == MOST_SHOWN
    assert saw.endswith("...")


def test_the_length_is_that_of_the_whole_body_even_where_only_a_part_was_kept() -> None:
    assert _look(AnswerCheck(length=10)).wrong(b"12345", 10) == ("", "")


@pytest.mark.parametrize(
    ("take", "value"),
    [
        (Take(name="v", pointer="/data/id"), b"7"),
        (Take(name="v", pointer="/said"), b"well"),
        (Take(name="v", pointer="/none"), None),
        (Take(name="v", pointer="/data/tags/1"), None),
        (Take(name="v", header="Location"), b"/orders/7"),
        (Take(name="v", header="etag"), None),
        (Take(name="v", pattern='"said": "(\\w+)"'), b"well"),
        (Take(name="v", pattern="wel+"), b"well"),
        (Take(name="v", pattern="nothing"), None),
    ],
)
def test_values_are_taken_from_body_and_headers(take: Take, value: bytes | None) -> None:
    look = _look(take=(take,))
    assert list(look.taken(BODY, {b"location": b"/orders/7"})) == [("v", value)]


def test_headers_alone_need_no_body() -> None:
    assert not _look(take=(Take(name="v", header="Location"),)).body
    assert _look(take=(Take(name="v", pointer="/a"),)).body


def test_what_is_no_pointer_is_refused() -> None:
    with pytest.raises(ValueError, match="'code' is no JSON pointer"):
        _look(AnswerCheck(pointer="code", exists=True))


@pytest.mark.parametrize("body", [b"[1, 2]", b"3", b"null", b'"code"', b"{}", b'{"codes": 0}', b'{"code": null}'])
def test_a_body_without_the_member_lacks_it_whatever_it_is(body: bytes) -> None:
    assert _wrong(AnswerCheck(pointer="/code", exists=True), body)[0] == (
        "" if body == b'{"code": null}' else "/code there"
    )
    assert _wrong(AnswerCheck(pointer="/code", equal=b"0"), body)[0] == "/code = 0"


def test_an_item_of_a_list_and_members_of_several_checks_are_found_at_once() -> None:
    assert _wrong(AnswerCheck(pointer="/0/a", equal=b"1"), b'[{"a": 1}]') == ("", "")
    look = _look(
        AnswerCheck(pointer="/a", equal=b"1"),
        AnswerCheck(pointer="/b/c", equal=b"2"),
        AnswerCheck(pointer="/b/d", exists=False),
        take=(Take(name="e", pointer="/e"),),
    )
    body = b'{"x": [1, {"a": 9}], "b": {"c": 2}, "a": 1, "e": "f"}'
    assert look.wrong(body, len(body)) == ("", "")
    assert dict(look.taken(body, {})) == {"e": b"f"}


def test_what_is_no_json_behind_the_member_is_no_json() -> None:
    assert _wrong(AnswerCheck(pointer="/code", equal=b"0"), b'{"code": 0, "cut": [1, ')[0] == "JSON"
