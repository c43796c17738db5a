"""How a worker elsewhere and whoever stands for it here speak: frames in order, over one stream of bytes each way.

A frame is its kind, a number, the length of its data, and the data. What the number is depends on the kind.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

import msgspec

_HEAD = struct.Struct("!BqI")
CHUNK = 1 << 16
"""Bytes that are read at a time, and the most that a frame holds here."""


class Kind(IntEnum):
    """What a frame is about."""

    CLOCK = 1
    """There: a question. Back: its number, and the clock there in ``data``."""
    ERRAND = 2
    """There: start the worker; an Errand."""
    OPEN = 3
    """Back: the worker connects to its master; the number is the connection's."""
    DATA = 4
    """Either way: what was sent over this connection."""
    SHUT = 5
    """Either way: this connection has ended."""
    TABLE = 6
    """Back: more of a file that the worker writes; the number is the file's, in the order of ``outpost.KEPT``."""
    SAID = 7
    """Back: more of what the worker puts out."""
    ENDED = 8
    """Back: the worker has ended with this code, minus the signal's number where one ended it. Nothing follows."""


class Frame(NamedTuple):
    """One of them."""

    kind: Kind
    number: int
    data: bytes


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker elsewhere is to do."""

    order: bytes
    """The whole load's, as every process of it reads it."""
    worker: int
    token: str
    """By which the master knows its own."""
    ahead_ns: int
    """By how much the clock there is before the clock here."""


def packed(kind: Kind, number: int = 0, data: bytes = b"") -> bytes:
    """A frame as it is sent."""
    return _HEAD.pack(kind, number, len(data)) + data


class Frames:
    """Puts frames together from whatever pieces they come in."""

    def __init__(self) -> None:
        self._rest = b""

    def of(self, piece: bytes) -> Iterator[Frame]:
        """The frames that this piece completes."""
        self._rest += piece
        while len(self._rest) >= _HEAD.size:
            kind, number, length = _HEAD.unpack_from(self._rest)
            if len(self._rest) < _HEAD.size + length:
                return
            data = self._rest[_HEAD.size : _HEAD.size + length]
            self._rest = self._rest[_HEAD.size + length :]
            yield Frame(Kind(kind), number, data)
