"""Reading answers: the same whatever pieces they come in."""

from collections.abc import Sequence

import pytest

from conformance.load.answer import NOBODY, AnswerReader

PLAIN = (
    b"HTTP/1.1 200 OK\r\nX-Request-Id: run1-1\r\nx-slb-peer: p\r\nX-INSTANCE: i\r\nX-Incarnation: i.1\r\n"
    b"X-Version: v1\r\nX-Hops: []\r\nContent-Length: 2\r\n\r\nok"
)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nX-Instance: nobody\r\nX-Request-Id: nobody\r\n\r\n"


def _read(pieces: Sequence[bytes]) -> AnswerReader:
    reader = AnswerReader()
    for moment, piece in enumerate(pieces, start=1):
        reader.feed(piece, moment)
    return reader


def _bytes_of(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


@pytest.mark.parametrize("whole", [[PLAIN], _bytes_of(PLAIN)], ids=["at once", "byte by byte"])
def test_an_answer_says_who_gave_it(whole: list[bytes]) -> None:
    reader = _read(whole)
    assert (reader.complete, reader.garbled, reader.keep_alive, reader.status) == (True, False, True, 200)
    assert reader.identity == (b"p", b"i", b"i.1", b"v1", b"[]")
    assert reader.echo == b"run1-1"
    assert reader.first_ns == 1


@pytest.mark.parametrize(
    "answer",
    [
        CHUNKED,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_answer_without_its_last_byte_is_not_complete(answer: bytes) -> None:
    assert not _read(_bytes_of(answer)[:-1]).complete
    assert _read(_bytes_of(answer)).complete


@pytest.mark.parametrize("pieces", [[INTERIM + PLAIN], [INTERIM, PLAIN], _bytes_of(INTERIM + PLAIN)])
def test_an_interim_answer_leaves_no_trace(pieces: list[bytes]) -> None:
    reader = _read(pieces)
    assert (reader.complete, reader.status, reader.echo) == (True, 200, b"run1-1")
    assert reader.identity[1] == b"i"


def test_an_interim_answer_is_not_the_first_byte_of_the_answer() -> None:
    assert _read([INTERIM]).first_ns == 0
    assert _read([INTERIM, PLAIN]).first_ns == 2


def test_an_unasked_change_of_protocol_is_a_status_like_another() -> None:
    reader = _read([b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nwhatever"])
    assert (reader.complete, reader.status, reader.keep_alive) == (True, 101, False)


@pytest.mark.parametrize(
    ("head", "properly"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nsome", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n", False),
        (b"HTTP/1.1 200 OK\r\n", False),
        (b"", False),
    ],
)
def test_the_end_of_the_connection_ends_only_an_answer_without_a_length(head: bytes, properly: bool) -> None:
    reader = _read([head])
    assert not reader.complete
    assert reader.ends_with_connection is properly


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01",
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 0 None\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        PLAIN + PLAIN,
        PLAIN + b"more",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\nmore",
    ],
)
def test_what_is_not_exactly_one_answer_is_garbled(data: bytes) -> None:
    assert _read([data]).garbled


def test_a_second_answer_does_not_change_the_first() -> None:
    reader = _read([PLAIN + b"HTTP/1.1 503 No\r\nX-Version: v2\r\nX-Request-Id: other\r\nContent-Length: 0\r\n\r\n"])
    assert (reader.status, reader.echo, reader.identity[3]) == (200, b"run1-1", b"v1")


def test_nothing_is_left_over_for_the_next_answer() -> None:
    reader = _read([PLAIN])
    reader.expect()
    reader.feed(CHUNKED, 9)
    assert (reader.complete, reader.identity, reader.echo, reader.first_ns) == (True, NOBODY, None, 9)


def test_as_much_of_a_cut_answer_as_came_is_kept() -> None:
    reader = _read([PLAIN[: PLAIN.index(b"ersion")]])
    assert (reader.complete, reader.status, reader.identity[:3]) == (False, 200, (b"p", b"i", b"i.1"))
