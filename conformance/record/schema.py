"""The tables of a record: their columns, their types, one CSV file each.

CSV with a header and fixed types, because a person can read it, any tool can, and DuckDB parses millions of rows a
second of it; integrity is kept apart from the data (see seal.py). Times are nanoseconds since the run's origin on the
monotonic clock; 0 where a thing did not happen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.vocabulary import ErrorClass


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file with their DuckDB types, in order."""

    columns: tuple[tuple[str, str], ...]

    @property
    def header(self) -> str:
        """The file's first line, without its end."""
        return ",".join(name for name, _ in self.columns)


@dataclass(frozen=True, slots=True)
class EarlierLayout(Layout):
    """How older records have a table."""

    values: Mapping[str, str] = field(hash=False)
    """Each of today's columns that was another -> what it is, in SQL over the columns of then."""


@dataclass(frozen=True, slots=True)
class Table(Layout):
    """A table of the record: its name, its file and its columns."""

    name: str
    earlier: tuple[EarlierLayout, ...] = ()
    """What is read as well, and never written."""

    @property
    def file(self) -> str:
        """The file's name in the run directory."""
        return f"{self.name}.csv"


REQUESTS = Table(
    name="requests",
    columns=(
        ("seq", "UBIGINT"),  # i in the schedule: due at start + i / rate
        ("route", "VARCHAR"),
        ("is_write", "BOOLEAN"),
        ("work_ms", "INTEGER"),  # how long the services were asked to hold the write
        ("due_ns", "BIGINT"),
        ("sent_ns", "BIGINT"),
        ("first_ns", "BIGINT"),  # first byte of the answer
        ("done_ns", "BIGINT"),
        ("connection", "UINTEGER"),
        ("connection_age_us", "BIGINT"),
        ("connection_uses", "UINTEGER"),  # requests that it had carried before this one
        ("status", "USMALLINT"),  # 0: no status line was read
        ("error", "VARCHAR"),  # empty: as the workload expects; else one of ERRORS
        ("answer", "UINTEGER"),  # -> answers
    ),
)
"""Every request of the load, one row each. Its id follows from its number: see request_headers.py."""

ANSWERS = Table(
    name="answers",
    columns=(
        ("answer", "UINTEGER"),
        ("peer", "VARCHAR"),  # the SLB's member that it went to (X-SLB-Peer)
        ("instance", "VARCHAR"),  # X-Instance: who answered
        ("incarnation", "VARCHAR"),
        ("version", "VARCHAR"),
        ("hops", "VARCHAR"),  # X-Hops: JSON list of Hop, as received
    ),
)
"""The distinct sets of identity headers that came back; 0 is the empty one."""

TASKS = Table(
    name="tasks",
    columns=(
        ("task", "UBIGINT"),  # i in the schedule: due at start + i / rate
        ("name", "VARCHAR"),  # of the task's function; empty where it did not begin
        ("user", "UINTEGER"),  # whose execution it was
        ("due_ns", "BIGINT"),
        ("started_ns", "BIGINT"),
        ("ended_ns", "BIGINT"),
        ("outcome", "VARCHAR"),  # "ended", "raised", "outlived", "not started"
        ("requests", "VARCHAR"),  # their numbers, with spaces between them
    ),
)
"""The task executions of a load by a team's own locustfile; a load without one has no such file."""

TOLD = Table(
    name="told",
    columns=(
        ("seq", "UBIGINT"),  # an acknowledged write
        ("id", "VARCHAR"),  # what its answer told: under this the ledger knows it
    ),
)
"""Of a ledger whose ids are the services' own: which write is which. There only where a contract says ``joined_by``."""

EXECUTIONS = Table(
    name="executions",
    columns=(
        ("request_id", "VARCHAR"),
        ("service", "VARCHAR"),
        ("instance", "VARCHAR"),
        ("incarnation", "VARCHAR"),
        ("version", "VARCHAR"),
        ("operation", "VARCHAR"),
        ("start_ns", "BIGINT"),
        ("end_ns", "BIGINT"),
        ("status", "USMALLINT"),
    ),
)
"""What the instances say they executed, reads too; from their logs. An execution that was cut has no line."""

_NGINX_LINES = EarlierLayout(
    columns=(
        ("request_id", "VARCHAR"),
        ("at_ns", "BIGINT"),
        ("status", "USMALLINT"),
        ("peer", "VARCHAR"),
        ("incarnation", "VARCHAR"),
        ("address", "VARCHAR"),  # every address tried, with commas between them
        ("upstream_status", "VARCHAR"),
        ("connect_s", "VARCHAR"),  # a number, or a dash where there was no connection
        ("header_s", "VARCHAR"),  # a number, or a dash where no answer began
        ("response_s", "VARCHAR"),
    ),
    values={
        "attempt": "CASE WHEN address = '' THEN 0 ELSE 1 + length(address) - length(replace(address, ',', '')) END",
        "connected": "regexp_full_match(connect_s, '[0-9.]+')",
        "answered": "CASE WHEN regexp_full_match(header_s, '[0-9.]+') AND regexp_full_match(upstream_status, '[0-9]+') "
        "THEN CAST(upstream_status AS USMALLINT) ELSE 0 END",
    },
)
"""Records made before there was more than one SLB: one line for each request, as nginx's variables tell of it."""

SLB = Table(
    name="slb",
    columns=(
        ("request_id", "VARCHAR"),
        ("at_ns", "BIGINT"),  # when the line was written: after the last attempt
        ("attempt", "USMALLINT"),  # the SLB's first, second ... for this request; 0: it had nobody to send it to
        ("status", "USMALLINT"),  # what the SLB answered in the end
        ("peer", "VARCHAR"),  # instance name of the member picked; empty: nobody was in rotation
        ("incarnation", "VARCHAR"),
        ("address", "VARCHAR"),
        ("connected", "BOOLEAN"),  # whether it had a connection to the member, new or kept
        ("answered", "USMALLINT"),  # the status that the member answered; 0: it did not, or not to its head's end
    ),
    earlier=(_NGINX_LINES,),
)
"""What the SLB did with each request: a row for each time that it sent the request, or tried to, to a member.

An SLB that tells only how often it tried, and of the last time who it was, has one row, of that attempt.
"""

LEDGER = Table(
    name="ledger",
    columns=(
        ("request_id", "VARCHAR"),
        ("effect", "VARCHAR"),
        ("instance", "VARCHAR"),
        ("incarnation", "VARCHAR"),
        ("version", "VARCHAR"),
    ),
)
"""Every effect found in the database whose request id begins as this run's do."""

STATES = Table(
    name="states",
    columns=(
        ("at_ns", "BIGINT"),
        ("observer", "VARCHAR"),  # "slb", "registry" (a second one by its name), PROCESSES
        ("service", "VARCHAR"),
        ("instance", "VARCHAR"),
        ("incarnation", "VARCHAR"),
        ("in_rotation", "BOOLEAN"),
    ),
)
"""Samples of who is in rotation, as the SLB's group and the registry's list show it.

One sample is the rows of one observer and service with the same ``at_ns``. Where the observer lists nobody it is one
row with an empty instance, so that an empty list is not taken for a missing sample.
"""

PROCESSES = "processes"
"""The observer of a row that says only: at this moment every process had been looked at."""

TABLES = (REQUESTS, ANSWERS, EXECUTIONS, SLB, LEDGER, STATES)
"""Every record has these."""
OPTIONAL = (TASKS, TOLD)
"""And these where there is something to tell."""

ERRORS = tuple(kind.value for kind in ErrorClass)
"""What ``error`` may say of a request, besides nothing."""


@dataclass(frozen=True, slots=True)
class HopAnswer:
    """One entry of X-Hops: who was called over which hop, and how it ended."""

    hop: str
    instance: str
    incarnation: str
    status: int
    error: str
