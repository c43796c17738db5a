"""One request of a task, as a team asks for it in the words of ``requests``, made into bytes; and its answer, kept."""

import json as json_module
from collections.abc import Callable, Container, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
from requests import PreparedRequest
from requests.auth import HTTPBasicAuth
from requests.structures import CaseInsensitiveDict

from conformance.load.answer import AnswerReader
from conformance.load.answer_check import Keep, Look

MOST_BODY = 64 << 20
"""Bytes of an answer that a task sees."""
OWN_HEADERS = frozenset({"connection", "content-length", "transfer-encoding", "accept-encoding"})
"""What the client itself says, besides the request's id: of a task's own they are left out."""
_LEFT_OUT = OWN_HEADERS | {"host"}
"""Of the head; the host stands before it."""
_PLAIN_BODY = (str, bytes, bytearray)


class _All:
    """Everything is kept."""

    most_kept = MOST_BODY
    all_headers = True
    headers: AbstractSet[bytes] = frozenset()


_ALL: Keep = _All()


class Message:
    """What is asked of one answer, and the answer as it came."""

    __slots__ = (
        "abandoned",
        "body",
        "expect",
        "keep",
        "leaves",
        "lines",
        "look",
        "receive",
        "timeout_ns",
        "wake",
        "write",
    )

    def __init__(self, expect: Container[int], timeout_ns: int, *, write: bool) -> None:
        self.expect = self.leaves = expect
        self.timeout_ns = timeout_ns
        self.write = write
        self.keep: Keep | None = _ALL
        self.look: Look | None = None
        self.receive: Callable[[AnswerReader], None] | None = self._receive
        self.lines: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.wake: Callable[[], None] | None = None
        """Called once it is accounted for; None where nobody waits for it any more."""
        self.abandoned = False

    def _receive(self, reader: AnswerReader) -> None:
        self.lines, self.body = reader.lines, reader.body


class Call(msgspec.Struct, kw_only=True):
    """What a request is made of: the arguments of ``requests`` that say so."""

    method: str
    path: str
    params: Any = None
    data: Any = None
    json: Any = None
    files: Any = None
    auth: Any = None
    headers: CaseInsensitiveDict[str | bytes]


class Encoded(msgspec.Struct):
    """The same as it is sent, but for what the client itself says of each request."""

    path: str
    head: bytes
    """Header lines, each with its end."""
    body: bytes | None
    host: bytes = b""
    """Where the task names a host of its own."""


def encode(call: Call, authority: str) -> Encoded:
    """What ``requests`` would send. Raises ValueError or a ``requests`` exception for what cannot be sent."""
    auth = call.auth
    if isinstance(auth, tuple) and len(auth) == 2:  # noqa: PLR2004 - user and password
        auth = HTTPBasicAuth(*auth)
    plain = call.data is None or (isinstance(call.data, _PLAIN_BODY) and call.json is None)
    if call.params or call.files or auth or not plain or not _is_clean(call.path):
        return _prepared(call, auth, authority)
    body: bytes | None = None
    if call.json is not None:
        body = json_module.dumps(call.json, allow_nan=False).encode()
        call.headers.setdefault("Content-Type", "application/json")
    elif call.data is not None:
        body = call.data.encode() if isinstance(call.data, str) else bytes(call.data)
    return Encoded(call.path.partition("#")[0], _head(call.headers), body, _host(call.headers))


def _prepared(call: Call, auth: Any, authority: str) -> Encoded:  # noqa: ANN401 - whatever requests takes
    prepared = PreparedRequest()
    prepared.prepare(
        method=call.method,
        url=f"http://{authority}{call.path}",
        headers=dict(call.headers),
        files=call.files,
        data=call.data,
        params=call.params,
        auth=auth,
        json=call.json,
    )
    body = _whole(prepared.body)
    return Encoded(prepared.path_url, _head(prepared.headers), body, _host(prepared.headers))


def _whole(body: Any) -> bytes | None:  # noqa: ANN401 - whatever requests takes
    """A body that is read from a file or made bit by bit, in one piece."""
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        body = body.read()
        return body.encode() if isinstance(body, str) else bytes(body)
    return b"".join(part.encode() if isinstance(part, str) else part for part in body)


def _is_clean(path: str) -> bool:
    return path.isascii() and path.isprintable() and not any(mark in path for mark in ' "<>\\^`{|}%')


def _host(headers: Mapping[str, str | bytes]) -> bytes:
    host = headers.get("Host", b"")
    return host.encode("latin-1") if isinstance(host, str) else host


def _head(headers: Mapping[str, str | bytes]) -> bytes:
    lines = []
    for name, value in headers.items():
        if name.lower() in _LEFT_OUT:
            continue
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if "\r" in text or "\n" in text or not name or any(mark in name for mark in "\r\n: "):
            raise ValueError(f"header {name!r}: a line break, or no name of a header")
        lines.append(f"{name}: {text}\r\n")
    return "".join(lines).encode("latin-1")
