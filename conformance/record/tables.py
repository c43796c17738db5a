"""The tables of a record in DuckDB: typed by schema.py, strict, compressed, within a bounded memory.

A table is loaded once rather than scanned by every question, because the checks ask many. Where a table names requests
by their ids, two columns take the place of the id, for numbers join several times faster than texts: ``seq``, the
request's number, NULL for an id that no request of this run can have; and ``other_id``, the id itself where it is not
the one that follows from the number, else NULL. The macro ``id_of(seq, other_id)`` gives the id back.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from conformance.record.files import BrokenRecord
from conformance.record.repeating import Texts, texts_of_all, texts_of_pieces
from conformance.record.request_headers import RequestIds, quoted
from conformance.record.schema import EXECUTIONS, LEDGER, OPTIONAL, REQUESTS, SLB, TABLES, EarlierLayout, Layout, Table

MEMORY_LIMIT = "1GB"
"""What DuckDB may keep in memory; beyond it, it uses its scratch folder."""

_NO_NULL = "\n"
"""What would stand for NULL, were there any: no value can hold a line break, so that every text is itself."""


_BYTES_AT_ONCE = 8_000_000
"""What is read of a file at a time: more takes memory and gains no time."""

_REPEATING_FROM_BYTES = 8_000_000
"""A smaller table than this is not worth learning which texts repeat in it."""

_COMPRESSED_FROM_BYTES = 500_000_000
"""A table of this size is compressed as soon as it is loaded: to a sixth, in a third of the time of loading it. Smaller
ones stay in memory together as they are."""

_OF_REQUESTS = (REQUESTS, EXECUTIONS, SLB, LEDGER)
"""The tables that grow with the load."""

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
    db.execute(f"CREATE MACRO id_of(seq, other_id) AS coalesce(other_id, {ids.of_sql('seq')})")
    there = [*TABLES, *(table for table in OPTIONAL if (directory / table.file).is_file())]
    for table in OPTIONAL:
        if table not in there:
            db.execute(f"CREATE TABLE {table.name} ({_columns_of(table)})")
    rows = {}
    for table in there:
        rows[table.file] = load_table(db, directory / table.file, table, ids)
        if (directory / table.file).stat().st_size >= _COMPRESSED_FROM_BYTES:
            db.execute("FORCE CHECKPOINT record")
    return rows


def load_table(db: duckdb.DuckDBPyConnection, path: Path, table: Table, ids: RequestIds) -> int:
    """Load one table; returns the number of its rows. Raises BrokenRecord, as ``load_tables``."""
    with path.open("rb") as file:
        header = file.readline()
    layouts: tuple[Layout, ...] = (table, *table.earlier)
    layout = next((one for one in layouts if header == one.header.encode() + b"\n"), None)
    if layout is None:
        raise BrokenRecord(f"{path.name} has another header than {table.header}")
    loading = _Loading(db, path, table, layout, ids)
    repeating = [column for column in layout.columns if column in table.columns and column[1] == "VARCHAR"]
    names = [name for name, _ in repeating if name != "request_id"]
    if path.stat().st_size < _REPEATING_FROM_BYTES or table not in _OF_REQUESTS:
        return loading.rows({})
    try:
        return loading.rows(texts_of_pieces(path, layout, names))
    except BrokenRecord:  # most likely of a text that is none of these
        return loading.rows(loading.texts_of_all(names))


@dataclass(frozen=True, slots=True)
class _Loading:
    """One file on its way into its table."""

    db: duckdb.DuckDBPyConnection
    path: Path
    table: Table
    layout: Layout
    ids: RequestIds

    def rows(self, texts: Texts) -> int:
        """Make the table, with ENUMs of these texts, and load it; returns the number of its rows."""
        kinds = {name: self._enum(name, those) for name, those in texts.items()}
        columns = [(name, kinds.get(name, kind)) for name, kind in self.table.columns]
        known = self.layout.values if isinstance(self.layout, EarlierLayout) else {}
        values = [known.get(name, name) for name, _ in columns]
        source = _scan_of(self.path, self.layout, kinds)
        made = [f"{name} {kind} NOT NULL" for name, kind in columns]
        of_requests = "request_id" in values
        if of_requests:
            del made[values.index("request_id")]
            made += ["seq UBIGINT", "other_id VARCHAR"]
            values.remove("request_id")
            values += ["usual", "CASE WHEN usual IS NULL THEN request_id END"]
            source = f"(SELECT *, {self.ids.usual_number_sql('request_id')} AS usual FROM {source})"  # noqa: S608 - schema and path
        self.db.execute(f"CREATE OR REPLACE TABLE {self.table.name} ({', '.join(made)})")
        try:
            scan = f"SELECT {', '.join(values)} FROM {source}"  # noqa: S608 - schema and path, quoted
            counted = self.db.execute(f"INSERT INTO {self.table.name} {scan}").fetchone()
            if of_requests:
                number = self.ids.other_number_sql("other_id")
                where = f"other_id IS NOT NULL AND {number} IS NOT NULL"
                self.db.execute(f"UPDATE {self.table.name} SET seq = {number} WHERE {where}")  # noqa: S608 - the same
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise BrokenRecord(f"{self.path.name} cannot be read as its schema says: {reason}") from None
        return int(counted[0]) if counted else 0

    def texts_of_all(self, names: Sequence[str]) -> Texts:
        """All texts of these columns; none of a file that cannot be read, of which loading it tells."""
        try:
            return texts_of_all(self.db, _scan_of(self.path, self.layout, {}), names)
        except duckdb.Error:
            return {}

    def _enum(self, column: str, texts: Sequence[str]) -> str:
        """The name of the type."""
        name = f"{column}_of_{self.table.name}"
        self.db.execute(f"CREATE OR REPLACE TYPE {name} AS ENUM ({', '.join(map(quoted, texts))})")
        return name


def _columns_of(table: Table) -> str:
    return ", ".join(f"{name} {kind} NOT NULL" for name, kind in table.columns)


def _scan_of(path: Path, layout: Layout, kinds: Mapping[str, str]) -> str:
    """A scan of the file that guesses nothing and forgives nothing; ``kinds``: columns that have another type."""
    types = ", ".join(f"{quoted(name)}: {quoted(kinds.get(name, kind))}" for name, kind in layout.columns)
    return (
        f"read_csv({quoted(str(path))}, columns = {{{types}}}, header = true, "
        f"auto_detect = false, strict_mode = true, delim = ',', quote = '\"', escape = '\"', "
        f"new_line = '\\n', nullstr = {quoted(_NO_NULL)}, buffer_size = {_BYTES_AT_ONCE})"
    )
