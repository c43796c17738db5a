"""The tables of a record: their columns, their types, one CSV file each.

CSV with a header and fixed types, because a person can read it, any tool can, and DuckDB parses millions of rows a
second of it; integrity is kept apart from the data (see seal.py). Times are nanoseconds since the run's origin on the
monotonic clock; 0 where a thing did not happen.
"""

from dataclasses import dataclass

from conformance.vocabulary import ErrorClass


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the record: its name, its file and its columns with their DuckDB types, in order."""

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def file(self) -> str:
        """The file's name in the run directory."""
        return f"{self.name}.csv"

    @property
    def header(self) -> str:
        """The file's first line, without its end."""
        return ",".join(name for name, _ in self.columns)


REQUESTS = Table(
    "requests",
    (
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
"""Every request of the load, one row each. Its id is ``f"{run}-{seq:08x}"``."""

ANSWERS = Table(
    "answers",
    (
        ("answer", "UINTEGER"),
        ("peer", "VARCHAR"),  # the SLB's member that it went to (X-SLB-Peer)
        ("instance", "VARCHAR"),  # X-Instance: who answered
        ("incarnation", "VARCHAR"),
        ("version", "VARCHAR"),
        ("hops", "VARCHAR"),  # X-Hops: JSON list of Hop, as received
    ),
)
"""The distinct sets of identity headers that came back; 0 is the empty one."""

EXECUTIONS = Table(
    "executions",
    (
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

SLB = Table(
    "slb",
    (
        ("request_id", "VARCHAR"),
        ("at_ns", "BIGINT"),  # when the line was written
        ("status", "USMALLINT"),
        ("peer", "VARCHAR"),  # instance name of the member picked; empty: nobody was in rotation
        ("incarnation", "VARCHAR"),
        ("address", "VARCHAR"),  # every address tried; a comma means that it was sent twice
        ("upstream_status", "VARCHAR"),
        ("connect_s", "VARCHAR"),
        ("header_s", "VARCHAR"),
        ("response_s", "VARCHAR"),
    ),
)
"""The SLB's access log."""

LEDGER = Table(
    "ledger",
    (
        ("request_id", "VARCHAR"),
        ("effect", "VARCHAR"),
        ("instance", "VARCHAR"),
        ("incarnation", "VARCHAR"),
        ("version", "VARCHAR"),
    ),
)
"""Every effect found in the database whose request id begins with the run's id."""

STATES = Table(
    "states",
    (
        ("at_ns", "BIGINT"),
        ("observer", "VARCHAR"),  # "slb", "registry" or the name of a consumer's instance
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

TABLES = (REQUESTS, ANSWERS, EXECUTIONS, SLB, LEDGER, STATES)

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
