"""Effects as JSON lines, as a JSON list and as CSV; and what is said of a text that is none of these."""

import pytest

from conformance.run.world import Effect
from fixtures.audits.listing import NoListing, read_listing

PLACED = Effect("r-00000001", "placed", "orders-01", "", "7")
MAILED = Effect("r-00000001", "mailed", "", "", "")
SPELLED = {
    "JSON lines": '{"request_id": "r-00000001", "effect": "placed", "instance": "orders-01", "version": 7, "more": 1}\n'
    '\n{"request_id": "r-00000001", "effect": "mailed", "instance": null}\n',
    "a JSON list": '[{"request_id": "r-00000001", "effect": "placed", "instance": "orders-01", "version": "7"},\n'
    '{"request_id": "r-00000001", "effect": "mailed"}]',
    "CSV": "effect,request_id,instance,version\nplaced,r-00000001,orders-01,7\n\nmailed,r-00000001,,\n",
    "CSV of another system": "\r\nrequest_id, effect, instance, incarnation, version\r\n"
    'r-00000001,placed,"orders-01",,7\r\nr-00000001,mailed,,,\r\n',
}


@pytest.mark.parametrize("form", SPELLED)
def test_each_form_gives_the_same_effects_in_their_order(form: str) -> None:
    assert read_listing(SPELLED[form]) == (PLACED, MAILED)


def test_an_empty_output_and_a_header_alone_are_no_effects() -> None:
    assert read_listing(" \n") == read_listing("[]") == read_listing("request_id,effect\n") == ()


WRONG = {
    '{"request_id": "r-1", "effect": "placed"}\n{"request_id": "r-2"': "line 2 is no JSON",
    '{"request_id": "r-1"}': "line 1 has no effect; expected request_id, effect, instance",
    '["r-1"]': 'entry 1 is "r-1": expected an object with request_id',
    '[{"effect": "placed"}]': "entry 1 has no request_id",
    "[": "the whole is no JSON",
    "Connection refused": "line 1 is 'Connection refused': expected JSON, or a header of request_id, effect",
    "request_id\nr-1\n": "line 1 is 'request_id': expected JSON, or a header",
    "request_id,effect\nr-1,placed\nr-2\n": "line 3 has 1 values for 2 columns",
    "request_id,effect\nr-1,\n": "line 2 has no effect",
}


@pytest.mark.parametrize("text", WRONG)
def test_another_text_is_told_with_its_line(text: str) -> None:
    with pytest.raises(NoListing) as told:
        read_listing(text)
    assert str(told.value).startswith(WRONG[text])
