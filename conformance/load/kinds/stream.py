"""Answers that come bit by bit: what of them shows that they came to their end."""

import re
from collections.abc import Set as AbstractSet
from typing import Protocol

from conformance.load.answer import AnswerReader
from conformance.load.answer_check import MOST_SHOWN, Keep
from conformance.record.request_headers import RequestHeaders

MOST_OF_A_LINE = 1 << 16
"""Bytes of one line, or one event, that are looked at."""


class Part(Protocol):
    """What a stream is made of: lines, or events."""

    def feed(self, chunk: bytes) -> bool:
        """Read on; whether the stream has come to its end by what it says itself."""
        ...

    @property
    def last(self) -> bytes:
        """The last one that came."""
        ...


class Lines:
    """The lines of an answer. That one was the last shows only when the answer has ended."""

    def __init__(self) -> None:
        self._line = b""
        self._rest = b""

    def feed(self, chunk: bytes) -> bool:
        """See Part."""
        *lines, rest = (self._rest + chunk[-MOST_OF_A_LINE:]).split(b"\n")
        self._line = next((line for line in reversed(lines) if line.strip()), self._line)
        self._rest = rest[-MOST_OF_A_LINE:]
        return False

    @property
    def last(self) -> bytes:
        """See Part."""
        return (self._rest if self._rest.strip() else self._line).strip(b"\r")


class Unkept:
    """Of an answer that is followed and not kept."""

    most_kept = 0
    all_headers = False
    headers: AbstractSet[bytes] = frozenset()


class StreamReader(AnswerReader):
    """Reads one answer, and follows its parts."""

    __slots__ = ("over", "parts")

    def __init__(self, headers: RequestHeaders, keep: Keep, parts: Part | None) -> None:
        """``keep``: what is kept of it; ``parts``: what it is made of, where that matters."""
        super().__init__(headers)
        self.parts = parts
        self.over = False
        """Whether it has come to its end by what it says itself."""
        self.expect(keep)

    def keep(self, chunk: bytes) -> None:
        """See AnswerReader."""
        super().keep(chunk)
        if self.parts is not None and self.parts.feed(chunk):
            self.over = True


def ends_with(pattern: str, last: bytes) -> bool:
    """Whether this is the last line, or the last event, by the regular expression that it must hold."""
    return re.search(pattern.encode(), last, re.MULTILINE) is not None


def lacking(pattern: str, last: bytes) -> tuple[str, str]:
    """What was expected of the end of a stream and what was seen, in words; two empty texts where it is there."""
    if ends_with(pattern, last):
        return "", ""
    text = " ".join(last.decode(errors="replace").split())
    return f"an end with {pattern}", text[-MOST_SHOWN:] or "nothing"
