"""What Locust's master and its workers tell each other beyond Locust's own messages.

They go as Locust's custom messages, over ZeroMQ on 127.0.0.1. Orders do not: a worker reads its order from a file
without a name that it has inherited, as every load does, so that no secret travels.
"""

from typing import Any, Literal, TypeVar

import msgspec

from conformance.load.spec import Progress

HOST = "127.0.0.1"

WORD = "release-word"
"""Master to worker: a Word."""
CLOCK = "release-clock"
"""Master to worker: what does your clock say? Worker to master: this. A Clock either way."""
TOLD = "release-told"
"""Worker to master: how far it is, a Told."""

T = TypeVar("T")


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is to do."""

    word: Literal["start", "begin", "stop"]
    at_ns: int = 0
    """On the monotonic clock: when request 0 is due, or the last moment at which one may be due."""


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """A question about a clock, and its answer."""

    question: int
    """Its number."""
    token: str = ""
    worker: int = 0
    now_ns: int = 0
    """The answer: the worker's monotonic clock."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How far a worker is."""

    token: str
    """That of its load: nobody else's messages count."""
    worker: int
    progress: Progress


def packed(message: msgspec.Struct) -> Any:  # noqa: ANN401 - a dict, to Locust
    """As Locust sends it."""
    return msgspec.to_builtins(message)


def unpacked(data: object, kind: type[T]) -> T:
    """What was sent; raises msgspec.ValidationError where it is nothing of the kind."""
    return msgspec.convert(data, kind)
