"""By which headers a request tells its id and its lane, and what the ids of a run's requests are.

A team's own names take the places of the suite's. Whatever writes such a header, finds an id in a log or a ledger, or
asks which request of a run an id is, goes by these two values and no other.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import msgspec

TRACEPARENT = "traceparent"
"""W3C Trace Context: the header's value is ``00-<trace-id>-<parent-id>-<flags>``, and the trace-id is the id here."""
_CALLER = "5265636f72646572"
"""The parent-id of every request of the load: the span that nobody reports. It says ``Recorder``."""
_SAMPLED = "01"
_FIELDS = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
"""Of a traceparent in any version."""
_OF_A_RUN, _OF_A_REQUEST = 20, 8
"""Hexadecimal digits of a trace-id that are the run's, and the request's; between them stand 4 for the connection."""


class RequestHeaders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How requests tell their id and their lane."""

    request_id: str = "X-Request-Id"
    """The header that has a request's id; services hand it on. ``traceparent``: in its trace-id."""
    lane: str = "X-Release-Lane"
    """The header by which a request that is meant for the gray says so to whoever it comes to; services hand it on."""
    lane_value: str = "gray"
    """What stands in it, and what an instance of the gray is told as its lane."""

    @property
    def is_traceparent(self) -> bool:
        """Whether ids are trace-ids."""
        return self.request_id.lower() == TRACEPARENT

    @property
    def around_id(self) -> tuple[str, str]:
        """What stands before and behind the id in the header's value."""
        return ("00-", f"-{_CALLER}-{_SAMPLED}") if self.is_traceparent else ("", "")

    def value(self, request_id: str) -> str:
        """The header's value for this id."""
        before, behind = self.around_id
        return f"{before}{request_id}{behind}"

    @property
    def line(self) -> tuple[str, str]:
        """The line of a request's head, without its end: what stands in it before the id, and behind it."""
        before, behind = self.around_id
        return f"{self.request_id}: {before}", behind

    def id_in(self, told: str) -> str:
        """The id in what somebody tells of a request: the header's whole value, or the id alone."""
        fields = _FIELDS.fullmatch(told) if self.is_traceparent else None
        return told if fields is None else fields[1]

    def further(self, request_id: str, connection: int) -> str:
        """The id of a request's ``connection``-th connection, from 1: a session or a stream may go on on others."""
        if connection == 1:
            return request_id
        if self.is_traceparent:
            return f"{request_id[:_OF_A_RUN]}{connection:04x}{request_id[-_OF_A_REQUEST:]}"
        return f"{request_id}.{connection}"

    def is_of(self, told: bytes, request_id: bytes, connection: int) -> bool:
        """Whether what came back in the header of the id is that of this connection of the request."""
        return self.id_in(told.decode("latin-1")) == self.further(request_id.decode(), connection)

    def ids(self, name: str) -> "RequestIds":
        """The ids of what goes by this name: a run, its warm-up, its self-test. The same for the same name."""
        return _ids(self, name)


USUAL = RequestHeaders()
"""The suite's own names."""


@dataclass(frozen=True, slots=True)
class RequestIds:
    """The ids of the requests of one run: ``run-0000002a``, or trace-ids. A request's number follows from its id."""

    headers: RequestHeaders
    prefix: str
    """What all of them begin with, and no other run's: by this the ledger is asked for them."""
    first: str
    """What stands before a request's number, on the connection that it began on."""
    _pattern: re.Pattern[str]
    """Its first group is the number."""

    def of(self, number: int) -> str:
        """The id of this request."""
        return f"{self.first}{number:08x}"

    def id_in(self, told: str) -> str:
        """See ``RequestHeaders.id_in``."""
        return self.headers.id_in(told)

    def number(self, told: str) -> int | None:
        """Which request somebody tells of, on whichever connection; None where it is none of this run's."""
        found = self._pattern.fullmatch(self.id_in(told))
        return None if found is None else int(found[1], 16)

    def number_it_began_as(self, told: str) -> int | None:
        """``number``; None as well for a further connection of a request."""
        seq = self.number(told)
        return seq if seq is not None and self.of(seq) == self.id_in(told) else None

    def number_sql(self, column: str) -> str:
        """``number`` as an expression of DuckDB's SQL, over a column of ids."""
        return f"coalesce({self.usual_number_sql(column)}, {self.other_number_sql(column)})"

    def usual_number_sql(self, column: str) -> str:
        """The same for an id that is ``of`` its number, as nearly all are; NULL for any other.

        It says what the pattern says, in half of its time: digits alone are a number, and no other text is taken for
        one, but capitals and underscores between digits.
        """
        digits = self._behind_first(column)
        own = f"strlen({column}) = {len(self.first.encode()) + 8} AND starts_with({column}, {quoted(self.first)})"
        plain = f"lower({column}) = {column} AND NOT contains({column}, '_')"
        return f"CASE WHEN {own} AND {plain} THEN TRY_CAST('0x' || {digits} AS UBIGINT) END"

    def other_number_sql(self, column: str) -> str:
        """The same for any id."""
        # Cutting a piece out is several times faster than having the expression give it.
        digits = self._behind_first(column)
        cut = digits if self.headers.is_traceparent else f"split_part({digits}, '.', 1)"
        whole = f"regexp_full_match({column}, {quoted(self._pattern.pattern)})"
        return f"CASE WHEN {whole} THEN CAST('0x' || {cut} AS UBIGINT) END"

    def _behind_first(self, column: str) -> str:
        return f"substr({column}, {len(self.first) + 1})"

    def of_sql(self, number: str) -> str:
        """``of`` as an expression, over a column of numbers."""
        return f"{quoted(self.first)} || printf('%08x', {number})"

    def further_sql(self, column: str) -> str:
        """Whether an id of this run is of a further connection, as an expression of DuckDB's SQL."""
        if self.headers.is_traceparent:
            return f"NOT starts_with({column}, {quoted(self.first)})"
        return f"contains({column}, '.')"


@lru_cache(maxsize=64)
def _ids(headers: RequestHeaders, name: str) -> RequestIds:
    if headers.is_traceparent:
        prefix = sha256(name.encode()).hexdigest()[:_OF_A_RUN]
        return RequestIds(headers, prefix, f"{prefix}0000", re.compile(rf"{prefix}[0-9a-f]{{4}}([0-9a-f]{{8}})"))
    number = r"([0-9a-f]{8}|[1-9a-f][0-9a-f]{8,15})"
    return RequestIds(headers, name, f"{name}-", re.compile(rf"{re.escape(name)}-{number}(?:\.[0-9]{{1,6}})?"))


def quoted(text: str) -> str:
    """A text literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
