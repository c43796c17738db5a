"""What a release that is under way has recorded so far: enough to say whether its gray is right (A8).

Reads the load's own tables while they are being written, and what the ledger holds at this moment. The same questions
as the checks ask of a whole record: which requests failed, which writes are not whole; and besides, how long the new
version takes against the old one, since the gray serves.
"""

import csv
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import duckdb

from conformance.judge.derived import derive_hops, derive_outcomes
from conformance.judge.effect_cases import duties
from conformance.judge.sql import make_table, one, rows
from conformance.judge.statuses import judge_statuses
from conformance.judge.versions_met import derive_versions_met
from conformance.judge.wording import MILLISECOND_NS, SECOND_NS, milliseconds, number, plural
from conformance.judge.write_outcomes import derive_unwhole
from conformance.record.contract import Contract, ReleaseFacts
from conformance.record.events import StepEnded
from conformance.record.partial_record import remains
from conformance.record.request_headers import RequestIds
from conformance.record.schema import ANSWERS, REQUESTS, TOLD
from conformance.record.tables import load_table, open_database
from conformance.vocabulary import Refuser

_MEDIANS = """
WITH met AS (
    SELECT o.seq, h.incarnation FROM hops h JOIN outcomes o USING (answer)
    WHERE h.callee = $service AND h.caller <> 'slb' AND NOT h.failed
    UNION ALL
    SELECT o.seq, a.incarnation FROM answers a JOIN outcomes o USING (answer)
    WHERE o.entry = $service AND $teller = 'answers' AND a.incarnation <> ''
    UNION ALL
    SELECT o.seq, a.incarnation FROM accesses a JOIN outcomes o USING (seq)
    WHERE o.entry = $service AND $teller = 'slb'),
timed AS (
    SELECT list_contains($new, m.incarnation) AS is_new, done_ns - due_ns AS took_ns
    FROM outcomes JOIN met m USING (seq)
    WHERE failure = '' AND timed AND due_ns >= $since_ns AND moment_ns <= $settled_ns)
SELECT count(*) FILTER (is_new), coalesce(quantile_cont(took_ns, 0.5) FILTER (is_new), 0),
       coalesce(quantile_cont(took_ns, 0.5) FILTER (NOT is_new), 0)
FROM timed
"""
_WROTE = """
SELECT count(*) FILTER (list_contains($new, incarnation)) FROM ledger WHERE list_contains($instances, instance)
HAVING count(*) > 0
"""
_FAILED = """
SELECT count(*), count(*) FILTER (failure <> '' AND failure <> 'not sent'), arg_min(seq, moment_ns)
       FILTER (failure <> '' AND failure <> 'not sent'), arg_min(failure, moment_ns)
       FILTER (failure <> '' AND failure <> 'not sent')
FROM outcomes WHERE moment_ns >= $since_ns
"""
_SETTLED = """
SELECT settled_ns, (SELECT count(*) FROM outcomes WHERE moment_ns BETWEEN $since_ns AND settled_ns)
FROM (SELECT coalesce(max(moment_ns), 0) - $settles_ns AS settled_ns FROM outcomes)
"""
"""Until when every effect must have come, by the newest row of the load, and what was asked until then."""
_BROKEN = """
SELECT count(*), count(u.seq), min(u.seq)
FROM outcomes o JOIN declared d USING (route) LEFT JOIN unwhole u ON u.seq = o.seq AND u.acknowledged
WHERE failure = '' AND moment_ns >= $since_ns AND moment_ns <= $settled_ns
"""
_CAME_BACK = """
SELECT count(*) FROM (
    SELECT seq % $users AS user FROM outcomes WHERE failure = '' AND due_ns >= $served_ns
    GROUP BY user HAVING count(*) > 1)
"""


WrittenEffect = tuple[str, str, str, str]
"""Request id, effect, instance, incarnation."""


@dataclass(frozen=True, slots=True)
class GrayFacts:
    """What can be said now."""

    enough: bool
    against: str
    """Why the new version is not right; empty where nothing shows that."""
    figures: str
    by: Refuser
    """What shows it: the record of the requests, or the ledger; empty where nothing does."""


def gray_facts(  # noqa: PLR0913, PLR0917 - a run, since when, and what can be asked of it
    directory: Path,
    contract: Contract,
    since_ns: int,
    new: Sequence[str],
    effects: Callable[[], Iterable[WrittenEffect]],
    accesses: Callable[[], Iterable[tuple[str, str]]],
) -> GrayFacts:
    """Look at a run that is under way.

    Args:
        directory: The run directory.
        contract: Its contract.
        since_ns: When the release began, since the run's origin.
        new: The incarnations of the new version.
        effects: Reads every row of the ledger that is this run's: request id, effect, and the instance and incarnation
            that wrote it. Called after the load's tables were read: whatever they show as acknowledged must be there
            then.
        accesses: Reads the request id and the incarnation that answered it of each of the SLB's lines so far. Called
            only where an entry is released whose answers do not name their instance.
    """
    with tempfile.TemporaryDirectory(prefix="release-so-far-") as scratch:
        folder = Path(scratch)
        for table in (REQUESTS, ANSWERS):
            (folder / table.file).write_bytes(_whole_lines(directory / table.file))
        db = open_database(folder, 0)
        try:
            for table in (REQUESTS, ANSWERS):
                load_table(db, folder / table.file, table, contract.ids)
            derive_outcomes(db, contract)
            derive_hops(db, contract)
            _load_rows(db, folder, "ledger", _EFFECTS, contract.ids, _by_request(directory, contract, effects))
            by_slb = any(_teller(contract, release) is _Teller.SLB for release in contract.releases)
            _load_rows(db, folder, "accesses", _ACCESSES, contract.ids, accesses() if by_slb else ())
            _derive_unwhole(db, contract, since_ns, new)
            found = _review(db, contract, since_ns, new)
            return replace(found, enough=found.enough and _users_came_back(db, contract, directory))
        finally:
            db.close()


def _derive_unwhole(db: duckdb.DuckDBPyConnection, contract: Contract, since_ns: int, new: Sequence[str]) -> None:
    """Make ``unwhole``, by the versions that can be told now: those of the new incarnations, and what ran before."""
    released = {name: one for one in contract.releases for name in contract.service(one.service).instances}
    alive = [(name, released[name.rpartition(".")[0]]) for name in new if name.rpartition(".")[0] in released]
    lives = [(name, release.service, release.new) for name, release in alive]
    make_table(db, "lives", "incarnation VARCHAR, service VARCHAR, version VARCHAR", lives)
    make_table(db, "release", "began_ns BIGINT", [(since_ns,)])
    db.execute(
        "CREATE VIEW served AS SELECT seq, entry AS service, incarnation FROM accesses JOIN outcomes USING (seq)"
    )
    judge_statuses(db, contract)
    derive_versions_met(db, contract, {one.service for one in duties(contract) if one.service})
    derive_unwhole(db, contract)


def _by_request(
    directory: Path, contract: Contract, effects: Callable[[], Iterable[WrittenEffect]]
) -> Iterable[WrittenEffect]:
    """The effects by the ids of requests, also where the ledger knows them by what answers have told so far."""
    if not contract.joined_by:
        return effects()
    lines = _whole_lines(directory / TOLD.file).decode().splitlines()[1:]
    told = {key: contract.ids.of(int(seq)) for seq, key in csv.reader(lines)}
    return [(told[one[0]], one[1], one[2], one[3]) for one in effects() if one[0] in told]


def _whole_lines(path: Path) -> bytes:
    """What has been written in full."""
    content = path.read_bytes()
    return content[: content.rfind(b"\n") + 1]


_EFFECTS = ("effect", "instance", "incarnation")
_ACCESSES = ("incarnation",)


def _load_rows(  # noqa: PLR0913, PLR0917 - where it goes, and what of it is this run's
    db: duckdb.DuckDBPyConnection,
    folder: Path,
    table: str,
    columns: Sequence[str],
    ids: RequestIds,
    content: Iterable[tuple[str, ...]],
) -> None:
    """Make a table of what belongs to requests; by way of a file, for thousands of rows are too many for placeholders.

    Args:
        db: Where the table is made.
        folder: Where the file is put.
        table: Its name.
        columns: Of the texts behind the request's number, ``seq``.
        ids: Those of the requests that count.
        content: Request ids, each with its texts.
    """
    path = folder / f"{table}.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        numbered = ((ids.number(name), name, texts) for name, *texts in content)
        out.writerows((seq, *texts) for seq, name, texts in numbered if seq is not None and name == ids.of(seq))
    made = ", ".join(f"{name} VARCHAR" for name in columns)
    db.execute(f"CREATE TABLE {table} (seq UBIGINT, {made})")
    if path.stat().st_size:
        types = ", ".join(["'seq': 'UBIGINT'", *(f"'{name}': 'VARCHAR'" for name in columns)])
        scan = f"read_csv($path, header = false, columns = {{{types}}}, nullstr = '\n')"
        db.execute(f"INSERT INTO {table} FROM {scan}", {"path": str(path)})


class _Teller(StrEnum):
    """What tells which incarnation of a released service was met."""

    ANSWERS = "answers"
    HOPS = "hops"
    SLB = "slb"
    LEDGER = "ledger"
    NOBODY = ""


def _teller(contract: Contract, release: ReleaseFacts) -> _Teller:
    """Of an entry its answers or the SLB, of a provider its callers, of a worker the ledger."""
    if release.position == "worker":
        audited = any(route.effects for route in contract.load.routes)
        return _Teller.LEDGER if audited else _Teller.NOBODY
    if release.position != "entry":
        told = any("hops" in caller.evidence for caller in contract.callers(release.service))
        return _Teller.HOPS if told else _Teller.NOBODY
    if "identity" in contract.service(release.service).evidence:
        return _Teller.ANSWERS
    return _Teller.SLB if contract.slb_lines else _Teller.NOBODY


@dataclass(frozen=True, slots=True)
class _Met:
    """How often the new version of a released service was met."""

    release: ReleaseFacts
    teller: _Teller
    times: int
    new_ns: float
    """Median of the requests that met it; 0 where nothing tells."""
    old_ns: float


def _met(db: duckdb.DuckDBPyConnection, contract: Contract, release: ReleaseFacts, asked: dict[str, object]) -> _Met:
    teller = _teller(contract, release)
    if teller is _Teller.NOBODY:
        return _Met(release, teller, 0, 0, 0)
    if teller is _Teller.LEDGER:
        instances = list(contract.service(release.service).instances)
        found = rows(db, _WROTE, {"new": asked["new"], "instances": instances})
        return _Met(release, teller, found[0][0], 0, 0) if found else _Met(release, _Teller.NOBODY, 0, 0, 0)
    times, new_ns, old_ns = one(db, _MEDIANS, asked | {"service": release.service, "teller": teller.value})
    return _Met(release, teller, times, new_ns, old_ns)


def _review(db: duckdb.DuckDBPyConnection, contract: Contract, since_ns: int, new: Sequence[str]) -> GrayFacts:
    limits, ids = contract.thresholds, contract.ids
    requests, failed, first, error = one(db, _FAILED, {"since_ns": since_ns})
    settles_ns = round(contract.settles_s * SECOND_NS)
    settled_ns, settled = one(db, _SETTLED, {"since_ns": since_ns, "settles_ns": settles_ns})
    asked: dict[str, object] = {"since_ns": since_ns, "settled_ns": settled_ns, "new": list(new)}
    every = [_met(db, contract, release, asked) for release in contract.releases]
    writes, broken, first_broken = _writes(db, contract, since_ns, settled_ns)
    least = max(1, limits.gray_answers)
    met = bool(new) and all(each.times >= least for each in every if each.teller is not _Teller.NOBODY)
    enough = settled >= limits.gray_requests and met
    against = ""
    if failed:
        against = f"{number(failed)} of {number(requests)} requests failed while the gray served, the first of them "
        against += f"{ids.of(first)}: {error}"
    elif first_broken is not None:
        against = f"{number(broken)} of {plural(writes, 'acknowledged write')} did not leave every effect exactly "
        against += f"once, the first of them {ids.of(first_broken)}"
    elif enough:
        against = next((slower for each in every if (slower := _slower(contract, each))), "")
    counted = (
        f"{number(requests)} requests, {number(failed)} failed",
        f"{plural(writes, 'write')}, {number(broken)} not whole",
        *([] if new else ["no new incarnation is alive"]),
    )
    speaks = Refuser.LEDGER if broken and not failed else Refuser.REQUESTS
    by = speaks if against else Refuser.NOBODY
    return GrayFacts(enough, against, "; ".join((*counted, *(_told(contract, each) for each in every))), by)


def _users_came_back(db: duckdb.DuckDBPyConnection, contract: Contract, directory: Path) -> bool:
    """Whether enough have asked twice since the gray serves, where it is users who meet it: each must meet it again.

    Whose the requests of a locustfile or of journeys are is told when they have ended, and judged then.
    """
    load = contract.load
    users = load.users if load.routes and not load.journeys else 0
    if contract.release.exposure.by != "users" or not users:
        return True
    grays = {batch.step for release in contract.releases for batch in release.batches if batch.gray}
    ended = (event for event in remains(directory).events if isinstance(event, StepEnded) and event.step in grays)
    served_ns = max((event.at_ns for event in ended), default=0)
    (came_back,) = one(db, _CAME_BACK, {"users": users, "served_ns": served_ns})
    return bool(came_back >= min(contract.thresholds.incarnation_answers, users))


def _told(contract: Contract, met: _Met) -> str:
    """How often the new version was met, and how long it took; or that nothing tells."""
    whose = _of(contract, met.release)
    if met.teller is _Teller.NOBODY:
        return f"nothing tells which instance of {met.release.service} answered"
    if met.teller is _Teller.LEDGER:
        return f"{plural(met.times, 'effect')} by the new version{whose}"
    new, old = (milliseconds(took_ns / MILLISECOND_NS) for took_ns in (met.new_ns, met.old_ns))
    return f"{number(met.times)} answers by the new version{whose}, median {new} against {old}"


def _slower(contract: Contract, met: _Met) -> str:
    """That the new version of a service takes much longer; empty where it does not."""
    limits, new_ms, old_ms = contract.thresholds, met.new_ns / MILLISECOND_NS, met.old_ns / MILLISECOND_NS
    if new_ms <= max(old_ms * limits.gray_slower, old_ms + limits.gray_slower_ms):
        return ""
    took = f"takes {milliseconds(new_ms)} where the old one takes {milliseconds(old_ms)} (median)"
    return f"the new version{_of(contract, met.release)} {took}"


def _of(contract: Contract, release: ReleaseFacts) -> str:
    """Whose, where there are several."""
    return f" of {release.service}" if contract.also else ""


def _writes(
    db: duckdb.DuckDBPyConnection, contract: Contract, since_ns: int, settled_ns: int
) -> tuple[int, int, int | None]:
    """Acknowledged writes whose effects must have come, how many of them are not whole, and the first of those."""
    declared = [(route.name,) for route in contract.load.routes if route.write and route.effects]
    if not declared:
        return 0, 0, None
    make_table(db, "declared", "route VARCHAR", declared)
    writes, broken, first = one(db, _BROKEN, {"since_ns": since_ns, "settled_ns": settled_ns})
    return int(writes), int(broken), first
