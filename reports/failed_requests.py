"""failed-requests.csv: every failed request of a run since its release began, one row each, for a spreadsheet."""

import csv
from pathlib import Path
from typing import TextIO

from conformance.judge.failures import request_id
from conformance.judge.run_facts import analyse
from conformance.judge.sql import rows
from conformance.record.reader import Record, open_record
from reports.files import MOST_ROWS

_COLUMNS = (
    *("request", "method", "route", "step", "due_s", "sent_s", "ended_s", "after_ms", "status", "error"),
    *("hop", "instance", "incarnation", "hop_error", "missing_effects", "executed", "cause"),
)
_FAILED = """
SELECT f.seq, f.route, f.step, f.due_ns, f.sent_ns, f.moment_ns, f.status, f.failure, f.hop, f.instance, f.incarnation,
       f.hop_error, coalesce(array_to_string(b.missing, ' '), ''), a.executed, a.cause
FROM failures f JOIN attributed a USING (seq) LEFT JOIN broken_writes b ON b.seq = f.seq AND b.least = 0 AND b.most > 0
WHERE NOT f.before ORDER BY f.seq LIMIT $most
"""


def write_failed_requests(directory: Path, path: Path) -> int:
    """Write the first MOST_ROWS of them, in the order in which they were due; returns how many rows there are.

    Times are seconds since the run's origin, as in every finding; ``missing_effects`` are a partial write's;
    ``executed`` and ``cause`` are what the record proves of the place where it failed
    (conformance/judge/attribution.py).

    Args:
        directory: The run directory.
        path: The file; its folder is made. Written whole or not at all.

    Raises:
        BrokenRecord: The record is no longer what it was.
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    try:
        with open_record(directory) as record, draft.open("w", encoding="utf-8", newline="") as file:
            analyse(record)
            written = _write(record, file)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return written


def _write(record: Record, file: TextIO) -> int:
    methods = {route.name: route.method for route in record.contract.load.routes}
    out = csv.writer(file, lineterminator="\n")
    out.writerow(_COLUMNS)
    found = rows(record.db, _FAILED, {"most": MOST_ROWS})
    for seq, route, step, due_ns, sent_ns, moment_ns, *told in found:
        times = (_seconds(due_ns), _seconds(sent_ns), _seconds(moment_ns), f"{(moment_ns - due_ns) / 1e6:.3f}")
        out.writerow((request_id(record, seq), methods.get(route, ""), route, step, *times, *told))
    return len(found)


def _seconds(ns: int) -> str:
    """Empty for what did not happen."""
    return f"{ns / 1e9:.6f}" if ns else ""
