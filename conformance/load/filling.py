"""Texts of requests with names in braces, and what stands for a name where it stands.

A value is put in as its place has it: in a form encoded, in a text of a JSON body escaped, in a path with what cannot
stand there as ``%20``, in a header on one line. Elsewhere, and as JSON outside of a text, it stays what it is.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import msgspec

from conformance.load.spec import BodyPart, Quoting

if TYPE_CHECKING:
    from conformance.load.request import Known, Request

NAME = re.compile(r"\{(data\.[A-Za-z0-9_-]+|[a-z][a-z0-9_-]*)\}")
Slot = Callable[["Request"], bytes]
Quote = Callable[[bytes], bytes]

_PLAIN = re.compile(rb"[A-Za-z0-9_.~-]*").fullmatch
"""The same in every place."""
_IN_A_PATH = "!$%&'()*+,/:;=?@[]"
_BREAKS = bytes.maketrans(b"\r\n\0", b"   ")


class Text:
    """A text that may name what Known knows, and ``{id}`` and ``{work_ms}``. Other braces are its own."""

    def __init__(self, parts: Sequence[BodyPart], known: "Known", *, reads: bool = False) -> None:
        """``reads``: of a request that only reads, which is sent to old data as well as to new."""
        self._parts: list[bytes] = []
        self._slots: list[tuple[int, Slot]] = []
        for part in parts:
            before = ""
            for number, piece in enumerate(NAME.split(part.text)):
                slot = _slot(piece, known, _quote(part.quoting, before), reads=reads) if number % 2 else None
                if slot is not None:
                    self._slots.append((len(self._parts), slot))
                self._parts.append(b"" if slot else f"{{{piece}}}".encode() if number % 2 else piece.encode())
                before += "" if number % 2 else piece
            self._parts.append(part.data)
        if not self._slots:
            self._parts = [b"".join(self._parts)]

    def fill(self, request: "Request") -> bytes:
        """With the values in the place of their names."""
        if not self._slots:
            return self._parts[0]
        parts = self._parts
        for place, slot in self._slots:
            parts[place] = slot(request)
        return b"".join(parts)


def _slot(name: str, known: "Known", quoted: Quote, *, reads: bool) -> Slot | None:
    """What fills this name; None where it is none that is known. Ids and numbers are plain everywhere."""
    newest = _newest(name, known, quoted)
    if newest is None or not reads or name not in known.first:
        return newest

    def old_or_new(request: "Request") -> bytes:
        old = None if request.known is not None else known.old(name, request.seq)
        return newest(request) if old is None else _in_place(old, quoted)

    return old_or_new


def _newest(name: str, known: "Known", quoted: Quote) -> Slot | None:
    if name == "id":
        return lambda request: request.id
    if name == "written":
        return lambda request: (request.known or known).written
    if name == "work_ms":
        return lambda request: b"%d" % request.work_ms
    if name in known.taken:
        return lambda request: _in_place((request.known or known).taken[name], quoted)
    column = name.removeprefix("data.")
    if name.startswith("data.") and column in known.columns:
        place = known.columns.index(column)
        values = [quoted(row[place]) for row in known.rows]
        return lambda request: values[request.user % len(values)]
    return None


def _in_place(value: bytes, quoted: Quote) -> bytes:
    return value if _PLAIN(value) else quoted(value)


def _quote(quoting: Quoting, before: str) -> Quote:
    """How a value is written behind this text."""
    match quoting:
        case "form":
            return _for_a_form
        case "path":
            return _for_a_path
        case "header":
            return _for_a_header
        case "json" if re.sub(r"\\.", "", before).count('"') % 2:
            return _for_a_json_text
    return bytes


def _for_a_form(value: bytes) -> bytes:
    return quote_plus(value).encode()


def _for_a_path(value: bytes) -> bytes:
    return quote(value, safe=_IN_A_PATH).encode()


def _for_a_header(value: bytes) -> bytes:
    return value.translate(_BREAKS)


def _for_a_json_text(value: bytes) -> bytes:
    return msgspec.json.encode(value.decode(errors="replace"))[1:-1]
