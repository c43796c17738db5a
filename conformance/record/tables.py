"""The tables of a record in DuckDB: typed by schema.py, strict, compressed, within a bounded memory.

A table is loaded once rather than scanned by every question, because the checks ask many. Where a table names requests,
the column ``seq`` is added: the request's number, NULL for an id that no request of this run can have. Numbers join
several times faster than ids.
"""

import os
from pathlib import Path

import duckdb

from conformance.record.files import BrokenRecord
from conformance.record.request_headers import RequestIds, quoted
from conformance.record.schema import OPTIONAL, REQUESTS, TABLES, EarlierLayout, Layout, Table

MEMORY_LIMIT = "1GB"
"""What DuckDB may keep in memory; beyond it, it uses its scratch folder."""

_NO_NULL = "\n"
"""What would stand for NULL, were there any: no value can hold a line break, so that every text is itself."""


_BYTES_AT_ONCE = 8_000_000
"""What is read of a file at a time: more takes memory and gains no time."""

_BYTES_PER_THREAD = 8_000_000
"""A thread more for a smaller table than this costs more than it does."""


def open_database(scratch: Path, size: int) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that may overflow into ``scratch``, for tables of this many bytes."""
    db = duckdb.connect(
        config={
            "threads": max(1, min(os.cpu_count() or 1, size // _BYTES_PER_THREAD)),
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(scratch),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
        }
    )
    db.execute("SET enable_progress_bar = false")
    db.execute("ATTACH ':memory:' AS record (COMPRESS)")
    db.execute("USE record")
    return db


def load_tables(db: duckdb.DuckDBPyConnection, directory: Path, ids: RequestIds) -> dict[str, int]:
    """Load every table of the directory; returns the number of rows by file name.

    Raises:
        BrokenRecord: A header is not the schema's, or a value is not of its column's type.
    """
    there = [*TABLES, *(table for table in OPTIONAL if (directory / table.file).is_file())]
    for table in OPTIONAL:
        if table not in there:
            db.execute(f"CREATE TABLE {table.name} ({_columns_of(table)})")
    return {table.file: load_table(db, directory / table.file, table, ids) for table in there}


def load_table(db: duckdb.DuckDBPyConnection, path: Path, table: Table, ids: RequestIds) -> int:
    """Load one table; returns the number of its rows. Raises BrokenRecord, as ``load_tables``."""
    with path.open("rb") as file:
        header = file.readline()
    layouts: tuple[Layout, ...] = (table, *table.earlier)
    layout = next((one for one in layouts if header == one.header.encode() + b"\n"), None)
    if layout is None:
        raise BrokenRecord(f"{path.name} has another header than {table.header}")
    known = layout.values if isinstance(layout, EarlierLayout) else {}
    columns, values = [_columns_of(table)], [known.get(name, name) for name, _ in table.columns]
    if table is REQUESTS:
        columns.append(f"request_id VARCHAR GENERATED ALWAYS AS ({quoted(ids.first)} || printf('%08x', seq)) VIRTUAL")
    elif "request_id" in values:
        columns.append("seq UBIGINT")
        values.append(ids.number_sql("request_id"))
    db.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")
    scan = f"SELECT {', '.join(values)} FROM {_csv(path, layout)}"  # noqa: S608 - schema and path, quoted
    try:
        db.execute(f"INSERT INTO {table.name} {scan}")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise BrokenRecord(f"{path.name} cannot be read as its schema says: {reason}") from None
    counted = db.execute(f"SELECT count(*) FROM {table.name}").fetchone()  # noqa: S608 - the schema's own name
    return int(counted[0]) if counted else 0


def _columns_of(table: Table) -> str:
    return ", ".join(f"{name} {kind} NOT NULL" for name, kind in table.columns)


def _csv(path: Path, layout: Layout) -> str:
    """A scan of the file that guesses nothing and forgives nothing."""
    types = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in layout.columns)
    return (
        f"read_csv({quoted(str(path))}, columns = {{{types}}}, header = true, "
        f"auto_detect = false, strict_mode = true, delim = ',', quote = '\"', escape = '\"', "
        f"new_line = '\\n', nullstr = {quoted(_NO_NULL)}, buffer_size = {_BYTES_AT_ONCE})"
    )
