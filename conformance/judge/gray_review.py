"""What a release that is under way has recorded so far: enough to say whether its gray is right (A8).

Reads the load's own tables while they are being written, and what the ledger holds at this moment. The same questions
as the checks ask of a whole record: which requests failed, which writes are not whole; and besides, how long the new
version takes against the old one, since the gray serves.
"""

import csv
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from conformance.judge.derived import derive_hops, derive_outcomes
from conformance.judge.sql import make_table, one
from conformance.judge.wording import MILLISECOND_NS, milliseconds, number, plural
from conformance.record.contract import Contract, ReleaseFacts
from conformance.record.schema import ANSWERS, REQUESTS
from conformance.record.tables import load_table, open_database
from conformance.vocabulary import Refuser

_MEDIANS = """
WITH calls AS (
    SELECT answer, incarnation FROM hops WHERE hop = $hop AND NOT failed
    UNION ALL SELECT answer, incarnation FROM answers WHERE $hop = 'slb->entry' AND incarnation <> ''),
timed AS (
    SELECT list_contains($new, c.incarnation) AS is_new, done_ns - due_ns AS took_ns
    FROM outcomes o JOIN calls c USING (answer) WHERE failure = '' AND work_ms = 0 AND due_ns >= $since_ns)
SELECT count(*) FILTER (is_new), coalesce(quantile_cont(took_ns, 0.5) FILTER (is_new), 0),
       coalesce(quantile_cont(took_ns, 0.5) FILTER (NOT is_new), 0)
FROM timed
"""
_FAILED = """
SELECT count(*), count(*) FILTER (failure <> '' AND failure <> 'not sent'), arg_min(seq, moment_ns)
       FILTER (failure <> '' AND failure <> 'not sent'), arg_min(failure, moment_ns)
       FILTER (failure <> '' AND failure <> 'not sent')
FROM outcomes WHERE moment_ns >= $since_ns
"""
_BROKEN = """
WITH wanted AS (SELECT o.seq, unnest(e.effects) AS effect FROM outcomes o JOIN declared e USING (route)
                WHERE failure = '' AND moment_ns >= $since_ns),
found AS (SELECT seq, effect, count(*) AS times FROM written GROUP BY seq, effect)
SELECT count(DISTINCT w.seq), count(DISTINCT w.seq) FILTER (coalesce(times, 0) <> 1),
       min(w.seq) FILTER (coalesce(times, 0) <> 1)
FROM wanted w LEFT JOIN found f ON f.seq = w.seq AND f.effect = w.effect
"""


@dataclass(frozen=True, slots=True)
class GrayFacts:
    """What can be said now."""

    enough: bool
    against: str
    """Why the new version is not right; empty where nothing shows that."""
    figures: str
    by: Refuser
    """What shows it: the record of the requests, or the ledger; empty where nothing does."""


def gray_facts(
    directory: Path,
    contract: Contract,
    since_ns: int,
    new: Sequence[str],
    effects: Callable[[], Iterable[tuple[str, str]]],
) -> GrayFacts:
    """Look at a run that is under way.

    Args:
        directory: The run directory.
        contract: Its contract.
        since_ns: When the release began, since the run's origin.
        new: The incarnations of the new version.
        effects: Reads request id and effect of every row of the ledger that is this run's. Called after the load's
            tables were read: whatever they show as acknowledged must be there then.
    """
    with tempfile.TemporaryDirectory(prefix="release-so-far-") as scratch:
        folder = Path(scratch)
        for table in (REQUESTS, ANSWERS):
            (folder / table.file).write_bytes(_whole_lines(directory / table.file))
        db = open_database(folder, 0)
        try:
            for table in (REQUESTS, ANSWERS):
                load_table(db, folder / table.file, table, contract.run)
            derive_outcomes(db, contract)
            derive_hops(db)
            _load_effects(db, folder / "effects.csv", contract.run, effects())
            return _review(db, contract, since_ns, new)
        finally:
            db.close()


def _whole_lines(path: Path) -> bytes:
    """What has been written in full."""
    content = path.read_bytes()
    return content[: content.rfind(b"\n") + 1]


def _load_effects(db: duckdb.DuckDBPyConnection, path: Path, run: str, effects: Iterable[tuple[str, str]]) -> None:
    """Make ``written``; by way of a file, for thousands of rows are too many for placeholders."""
    prefix, declared = f"{run}-", re.compile(rf"{re.escape(run)}-[0-9a-f]{{8}}")
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerows((int(name.removeprefix(prefix), 16), what) for name, what in effects if declared.fullmatch(name))
    db.execute("CREATE TABLE written (seq UBIGINT, effect VARCHAR)")
    if path.stat().st_size:
        columns = "{'seq': 'UBIGINT', 'effect': 'VARCHAR'}"
        db.execute(
            f"INSERT INTO written FROM read_csv($path, header = false, columns = {columns})", {"path": str(path)}
        )


def _review(db: duckdb.DuckDBPyConnection, contract: Contract, since_ns: int, new: Sequence[str]) -> GrayFacts:
    limits, run = contract.thresholds, contract.run
    requests, failed, first, error = one(db, _FAILED, {"since_ns": since_ns})
    asked = {"since_ns": since_ns, "new": list(new)}
    medians = [(release, *one(db, _MEDIANS, asked | {"hop": release.hop})) for release in contract.releases]
    writes, broken, first_broken = _writes(db, contract, since_ns)
    met = bool(new) and all(answers >= max(1, limits.gray_answers) for _, answers, _, _ in medians)
    enough = requests >= limits.gray_requests and met
    against = ""
    if failed:
        against = f"{number(failed)} of {number(requests)} requests failed while the gray served, the first of them "
        against += f"{run}-{first:08x}: {error}"
    elif broken:
        against = f"{number(broken)} of {plural(writes, 'acknowledged write')} did not leave every effect exactly "
        against += f"once, the first of them {run}-{first_broken:08x}"
    elif enough:
        against = next((slower for median in medians if (slower := _slower(contract, *median))), "")
    told = [
        f"{number(answers)} answers by the new version{_of(contract, release)}, "
        f"median {milliseconds(new_ns / MILLISECOND_NS)} against {milliseconds(old_ns / MILLISECOND_NS)}"
        for release, answers, new_ns, old_ns in medians
    ]
    counted = (
        f"{number(requests)} requests, {number(failed)} failed",
        f"{plural(writes, 'write')}, {number(broken)} not whole",
        *([] if new else ["no new incarnation is alive"]),
    )
    speaks = Refuser.LEDGER if broken and not failed else Refuser.REQUESTS
    by = speaks if against else Refuser.NOBODY
    return GrayFacts(enough, against, "; ".join((*counted, *told)), by)


def _slower(contract: Contract, release: ReleaseFacts, _answers: int, new_ns: float, old_ns: float) -> str:
    """That the new version of a service takes much longer; empty where it does not."""
    limits, new_ms, old_ms = contract.thresholds, new_ns / MILLISECOND_NS, old_ns / MILLISECOND_NS
    if new_ms <= max(old_ms * limits.gray_slower, old_ms + limits.gray_slower_ms):
        return ""
    took = f"takes {milliseconds(new_ms)} where the old one takes {milliseconds(old_ms)} (median)"
    return f"the new version{_of(contract, release)} {took}"


def _of(contract: Contract, release: ReleaseFacts) -> str:
    """Whose, where there are several."""
    return f" of {release.service}" if contract.also else ""


def _writes(db: duckdb.DuckDBPyConnection, contract: Contract, since_ns: int) -> tuple[int, int, int | None]:
    """Acknowledged writes, how many of them are not whole, and the first of those."""
    declared = [(route.name, list(route.effects)) for route in contract.load.routes if route.write and route.effects]
    if not declared:
        return 0, 0, None
    make_table(db, "declared", "route VARCHAR, effects VARCHAR[]", declared)
    writes, broken, first = one(db, _BROKEN, {"since_ns": since_ns})
    return int(writes), int(broken), first
