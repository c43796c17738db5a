"""Texts that repeat in a large table: names of instances, versions and routes, of which there are a few dozen.

A column of them as DuckDB's ENUM takes a byte a row instead of twenty, and is grouped by numbers. Which texts there are
is learned from pieces all over the file; where one was missing among them, from the whole of it. To every question such
a column is the text that it was: an ENUM whose texts are in their own order is compared, sorted and joined as they are.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from conformance.record.schema import Layout
from conformance.vocabulary import ErrorClass

MOST_TEXTS = 1_000
"""A column of more different texts than this stays one of texts."""
REPEATED = 8
"""Rows of the pieces for each different text in them, at least: else texts do not repeat."""

_PIECES = 256
_PIECE_BYTES = 4_096

_USUAL: Mapping[str, Sequence[str]] = {"error": ("", *ErrorClass), "peer": ("",), "incarnation": ("",)}
"""What is seldom in a column, and no surprise."""

Texts = Mapping[str, Sequence[str]]
"""By column, the texts that stand in it, in their order."""


def texts_of_pieces(path: Path, layout: Layout, columns: Sequence[str]) -> Texts:
    """Of those of the columns whose texts repeat: the texts in pieces of the file. Seldom ones may be missing."""
    names = [name for name, _ in layout.columns]
    try:
        rows = [row for row in csv.reader(_lines(path)) if len(row) == len(names)]
    except csv.Error:
        return {}  # whoever reads all of it says what is wrong
    found = {name: {row[names.index(name)] for row in rows} for name in columns}
    most = min(MOST_TEXTS, len(rows) // REPEATED)
    return {name: sorted({*texts, *_USUAL.get(name, ())}) for name, texts in found.items() if len(texts) <= most}


def _lines(path: Path) -> Iterator[str]:
    """Whole lines from all over the file: no value holds a line break."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for piece in range(_PIECES):
            file.seek(size * piece // _PIECES)
            file.readline()  # the header, or the rest of a line
            whole, _, _ = file.read(_PIECE_BYTES).rpartition(b"\n")
            yield from whole.decode("utf-8", errors="replace").split("\n")


def texts_of_all(db: duckdb.DuckDBPyConnection, scan: str, columns: Sequence[str]) -> Texts:
    """Of those of the columns that have few enough: all texts in any row of the scan."""
    found = {}
    for name in columns:
        question = f"SELECT DISTINCT {name} FROM {scan} LIMIT {MOST_TEXTS + 1}"  # noqa: S608 - the schema's own name
        texts = [str(text) for (text,) in db.execute(question).fetchall()]
        if len(texts) <= MOST_TEXTS:
            found[name] = sorted(texts)
    return found
