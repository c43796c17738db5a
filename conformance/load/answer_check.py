"""Looking at an answer: whether its body is what the route promises, and what of it later requests use."""

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

import msgspec

from conformance.load.spec import AnswerCheck, Route, Take

MOST_SHOWN = 200
"""Characters of an answer that a record shows."""
MOST_KEPT = 1 << 20
"""Bytes of a body that are looked at."""
_ABSENT = object()


class Keep(Protocol):
    """What is kept of an answer."""

    most_kept: int
    """Bytes of the body."""
    all_headers: bool
    """Whether every header line is kept, in order; else those that are named."""
    headers: AbstractSet[bytes]
    """Their names, in small letters."""


class _Shown:
    """As much of a body as is shown to a person, of an answer that nobody looks into otherwise."""

    most_kept = 4 * MOST_SHOWN
    all_headers = False
    headers: AbstractSet[bytes] = frozenset()


SHOWN: Keep = _Shown()


class Look:
    """What is looked at of the answers of one route; not made for a route whose answers nobody looks at."""

    most_kept = MOST_KEPT
    all_headers = False

    def __init__(self, route: Route) -> None:
        """Prepare it; ValueError where a pattern or a pointer is none."""
        self._checks = [_Check(check) for check in route.checks]
        self._takes = [_Take(take) for take in route.take]
        pointers = [*(check.pointer for check in route.checks), *(take.pointer for take in route.take)]
        self._decode = _decoder([_tokens(pointer) for pointer in pointers if pointer is not None])
        self.headers: AbstractSet[bytes] = frozenset(
            take.header.lower().encode() for take in route.take if take.header is not None
        )
        self.body = bool(route.checks) or any(take.header is None for take in route.take)
        """Whether the body is needed, or headers alone."""

    def wrong(self, body: bytes, length: int) -> tuple[str, str]:
        """What was expected and what was seen instead, in words; two empty texts where every check holds.

        Args:
            body: As far as it was kept.
            length: Of the whole body, in bytes.
        """
        document: object = _ABSENT
        for check in self._checks:
            if check.needs_json and document is _ABSENT:
                try:
                    document = self._decode(body)
                except msgspec.DecodeError:
                    return "JSON", shown(body)
            expected, saw = check.wrong(body, length, document)
            if expected:
                return expected, saw
        return "", ""

    def taken(self, body: bytes, headers: dict[bytes, bytes]) -> Iterable[tuple[str, bytes | None]]:
        """Each name and its value; None where the answer has none."""
        document: object = _ABSENT
        for take in self._takes:
            if take.pointer is not None and document is _ABSENT:
                try:
                    document = self._decode(body)
                except msgspec.DecodeError:
                    document = None
            yield take.name, take.value(body, headers, document)


class _Check:
    """One check, made ready."""

    def __init__(self, check: AnswerCheck) -> None:
        self._pointer = None if check.pointer is None else _tokens(check.pointer)
        self._said = check.pointer or "the whole body"
        self._equal = _ABSENT if check.equal is None else msgspec.json.decode(check.equal)
        self._exists = check.exists
        self._pattern = None if check.pattern is None else re.compile(check.pattern.encode())
        self._length = check.length
        self.needs_json = self._pointer is not None

    def wrong(self, body: bytes, length: int, document: object) -> tuple[str, str]:
        """What was expected and what was seen; two empty texts where it holds."""
        if self._length is not None and length != self._length:
            return f"{self._length} bytes", f"{length} bytes"
        if self._pattern is not None and self._pattern.search(body) is None:
            return f"a body with {self._pattern.pattern.decode()}", shown(body)
        if self._pointer is None:
            return "", ""
        there = _at(document, self._pointer)
        if self._exists is not None and (there is not _ABSENT) is not self._exists:
            return f"{self._said} {'there' if self._exists else 'absent'}", shown(body)
        if self._equal is not _ABSENT and (there != self._equal or type(there) is not type(self._equal)):
            saw = "nothing" if there is _ABSENT else shown(msgspec.json.encode(there))
            return f"{self._said} = {msgspec.json.encode(self._equal).decode()}", saw
        return "", ""


class _Take:
    """One value, made ready to be taken."""

    def __init__(self, take: Take) -> None:
        self.name = take.name
        self.pointer = None if take.pointer is None else _tokens(take.pointer)
        self._header = None if take.header is None else take.header.lower().encode()
        self._pattern = None if take.pattern is None else re.compile(take.pattern.encode())

    def value(self, body: bytes, headers: dict[bytes, bytes], document: object) -> bytes | None:
        if self._header is not None:
            return headers.get(self._header)
        if self._pattern is not None:
            found = self._pattern.search(body)
            return None if found is None else found.group(1 if self._pattern.groups else 0)
        there = _at(document, self.pointer or ())
        if there is _ABSENT or there is None:
            return None
        return there.encode() if isinstance(there, str) else msgspec.json.encode(there)


def _tokens(pointer: str) -> tuple[str, ...]:
    """RFC 6901, section 3 and 4."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer: it must be empty or begin with /")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def _decoder(pointers: Sequence[Sequence[str]]) -> Callable[[bytes], object]:
    """Decodes of an object no more members than these pointers begin with: the others are read over."""
    if not pointers or not all(pointers):
        return msgspec.json.decode
    names = dict.fromkeys(tokens[0] for tokens in pointers)
    fields = [(f"member_{number}", object, msgspec.UNSET) for number in range(len(names))]
    rename = dict(zip((field for field, _, _ in fields), names, strict=True))
    members = msgspec.json.Decoder(msgspec.defstruct("Members", fields, rename=rename, gc=False))
    told = tuple(rename.items())

    def decode(body: bytes) -> object:
        try:
            found = members.decode(body)
        except msgspec.ValidationError:
            return msgspec.json.decode(body)  # it is no object
        return {name: value for field, name in told if (value := getattr(found, field)) is not msgspec.UNSET}

    return decode


def _at(document: object, tokens: Sequence[str]) -> object:
    for token in tokens:
        if isinstance(document, dict) and token in document:
            document = document[token]
        elif isinstance(document, list) and token.isdecimal() and int(token) < len(document):
            document = document[int(token)]
        else:
            return _ABSENT
    return document


def shown(body: bytes) -> str:
    """As much of a body as a record shows, on one line."""
    text = " ".join(body[: 4 * MOST_SHOWN].decode(errors="replace").split())
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}..."
