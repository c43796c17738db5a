"""What every write left in the ledger, held against what it must leave.

``written``        per request: how often each declared effect was found
``broken_writes``  writes that are not whole, with the step, the hop where their request failed, and whether it failed
                   only for coming late on a machine that was CPU-starved, which never repeats an effect;
                   ``before``: whether they were made before the release; ``again``: whether the release repeated
                   effects of them all the same
``phantoms``       effects that no write of the load can have left
``unknown_writes``  of a ledger with ids of its own: writes of ids that no answer told, left in part or repeated
``blind_effects``  effects that not a single write of their route left: the audit does not see them
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from conformance.judge.effect_cases import Case, Duties, Left, duties
from conformance.judge.release_writers import derive_release_writers
from conformance.judge.sql import make_table, one, rows
from conformance.judge.versions_met import derive_versions_met
from conformance.record.contract import Contract


def derive_writes(db: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make the five tables, ``release_writers``, and ``versions_met`` where a version decides what is right."""
    every = duties(contract)
    if deciding := {one.service for one in every if one.service}:
        derive_versions_met(db, contract, deciding)
    derive_release_writers(db, contract)
    _count_effects(db, every)
    blind = [(route.route, effect) for route in every for effect in _blind(db, route, _names(every))]
    make_table(db, "blind_effects", "route VARCHAR, effect VARCHAR", blind)
    _find_unwhole(db, every, blind)
    db.execute(_BROKEN)
    db.execute(_PHANTOMS, {"joined": bool(contract.joined_by)})
    _find_unknown(db, every, joined=bool(contract.joined_by))


def derive_unwhole(db: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make ``unwhole`` alone, where no effect is forgiven for not being seen; ``versions_met`` must be there."""
    every = duties(contract)
    _count_effects(db, every)
    _find_unwhole(db, every, [])


def _find_unwhole(db: duckdb.DuckDBPyConnection, every: Sequence[Duties], blind: Sequence[tuple[str, str]]) -> None:
    db.execute(_UNWHOLE)
    names = _names(every)
    for route in every:
        seen = tuple(effect for effect in route.effects if (route.route, effect) not in blind)
        for case in route.acknowledged:
            _find_unwhole_of(db, _Question(route, case, names, seen), acknowledged=True)
        _find_unwhole_of(db, _Question(route, route.failed, names, seen), acknowledged=False)


def _find_unknown(db: duckdb.DuckDBPyConnection, every: Sequence[Duties], *, joined: bool) -> None:
    """Make ``unknown_writes``: of a ledger with ids of its own, writes of untold ids that are not whole.

    They are of the warm-up, which failed nothing, or of writes that failed: all of their effects must be there, and
    none more often than any write leaves it.
    """
    db.execute(_LEFT_UNKNOWN)
    right = {tuple(sorted(left)) for route in every for left in route.failed.right if left}
    kinds = []
    for (found,) in rows(db, "SELECT DISTINCT found FROM left_unknown") if joined and right else ():
        times = Counter(found)
        repeated = [name for name, often in times.items() if often > max(1, *(left.count(name) for left in right))]
        partial = not repeated or not any(Counter(left) <= times for left in right)
        if tuple(found) not in right:
            kinds.append((found, partial, repeated))
    make_table(db, "kinds_unknown", "found VARCHAR[], partial BOOLEAN, repeated VARCHAR[]", kinds)
    db.execute("CREATE TABLE unknown_writes AS FROM left_unknown JOIN kinds_unknown USING (found)")


_LEFT_UNKNOWN = """
CREATE TEMP TABLE left_unknown AS
SELECT other_id AS id, list_sort(list(effect)) AS found FROM ledger WHERE seq IS NULL GROUP BY other_id
"""


def _names(every: Sequence[Duties]) -> Sequence[str]:
    """Of all effects, in the order of their columns in ``written``."""
    return sorted({effect for route in every for effect in route.effects})


def _count_effects(db: duckdb.DuckDBPyConnection, every: Sequence[Duties]) -> None:
    names = _names(every)
    counts = [f"count(*) FILTER (effect = $e{index}) AS e{index}" for index in range(len(names))]
    columns = ", ".join(["seq", *counts, "count(*) AS total"])
    values = {f"e{index}": name for index, name in enumerate(names)}
    db.execute(
        f"CREATE TABLE written AS SELECT {columns} FROM ledger WHERE seq IS NOT NULL GROUP BY seq",  # noqa: S608 - numbered columns
        values,
    )


def _blind(db: duckdb.DuckDBPyConnection, route: Duties, names: Sequence[str]) -> tuple[str, ...]:
    """Effects that acknowledged writes had to leave and not one of them left."""
    unseen = []
    sums = "".join(f", coalesce(sum({_times(names, effect)}), 0)" for effect in route.effects)
    for case in route.acknowledged:
        where, values = _where(route, case)
        asked, *found = one(
            db,
            f"SELECT count(*){sums} FROM outcomes o LEFT JOIN written USING (seq) "  # noqa: S608 - numbered columns
            f"WHERE route = $route AND failure = '' AND {where}",
            {"route": route.route, **values},
        )
        due = [effect for effect in route.effects if asked and all(effect in left for left in case.right)]
        times = dict(zip(route.effects, found, strict=True))
        unseen.append(({effect for effect in due if not times[effect]}, {e for e in times if times[e]}))
    seen = {effect for _, found_ones in unseen for effect in found_ones}
    missed = {effect for missing, _ in unseen for effect in missing}
    return tuple(effect for effect in route.effects if effect in missed - seen)


def _where(route: Duties, case: Case) -> tuple[str, Mapping[str, object]]:
    """The condition for the acknowledged writes of a case."""
    conditions, values = ["true"], dict[str, object]()
    if case.statuses or case.others:
        conditions.append(f"{'' if case.statuses else 'NOT '}list_contains($statuses, status)")
        values["statuses"] = list(case.statuses or case.others)
    if route.service:
        met = "SELECT version FROM versions_met m WHERE m.seq = o.seq AND m.service = $service"
        alone = f"(SELECT CASE WHEN count(*) = 1 THEN any_value(version) END FROM ({met}))"  # noqa: S608 - constants
        known = [one.version for one in route.acknowledged if one.version is not None]
        conditions.append(
            f"coalesce({alone} NOT IN $versions, true)" if case.version is None else f"{alone} = $version"
        )
        values |= {"service": route.service}
        values |= {"versions": known} if case.version is None else {"version": case.version}
    return " AND ".join(conditions), values


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the writes of one case."""

    route: Duties
    case: Case
    names: Sequence[str]
    """Of the columns of ``written``."""
    seen: tuple[str, ...]
    """The route's effects that the audit sees."""

    def exactly(self, left: Left) -> str:
        """The condition that just these were left."""
        return " AND ".join([f"{_times(self.names, name)} = {left.count(name)}" for name in self.seen] or ["true"])

    @property
    def nothing(self) -> str:
        """The condition that nothing was left."""
        return self.exactly(())

    @property
    def whole(self) -> str:
        """The condition that all was left that is right."""
        return "(" + " OR ".join(f"({self.exactly(left)})" for left in self.case.right) + ")"

    def which(self, condition: str, *, due: bool | None = None) -> str:
        """The list of those effects whose count meets the condition, in which ``{due}`` is what it must be."""
        wanted = self.case.right[0]
        chosen = [name for name in self.seen if due is None or (name in wanted) is due]
        if not chosen:
            return "CAST([] AS VARCHAR[])"
        cases = ", ".join(
            f"CASE WHEN {_times(self.names, name)} {condition.format(due=wanted.count(name))} "
            f"THEN $n{self.seen.index(name)} END"
            for name in chosen
        )
        return f"list_filter([{cases}], lambda effect: effect IS NOT NULL)"

    @property
    def values(self) -> dict[str, object]:
        """For the names of the effects."""
        return {f"n{index}": name for index, name in enumerate(self.seen)}


def _find_unwhole_of(db: duckdb.DuckDBPyConnection, question: _Question, *, acknowledged: bool) -> None:
    """Writes of one case that are not whole by the effects that can be seen, or left an effect that none declares."""
    route, case = question.route, question.case
    where, values = _where(route, case) if acknowledged else ("true", {})
    own = " + ".join(_times(question.names, effect) for effect in route.effects) or "0"
    ended = "failure = ''" if acknowledged else "failure NOT IN ('', 'not sent')"
    fine = question.whole if acknowledged else f"({question.whole} OR {question.nothing})"
    found, missing = question.which("> 0"), question.which("< {due}", due=True)
    repeated, denied = question.which("> {due}", due=True), question.which("> 0", due=False)
    db.execute(
        f"""
        INSERT INTO unwhole
        SELECT seq, {acknowledged}, CASE WHEN len(missing) > 0 THEN 0 ELSE 1 END,
               CASE WHEN len(repeated) > 0 THEN 2 WHEN len(found) > 0 THEN 1 ELSE 0 END,
               found, missing, repeated, denied, status, undeclared
        FROM (SELECT seq, {found} AS found, {_unless(fine, missing)} AS missing, {_unless(fine, repeated)} AS repeated,
                     {_unless(fine, denied)} AS denied, status, coalesce(total, 0) - ({own}) AS undeclared
              FROM outcomes o LEFT JOIN written USING (seq)
              WHERE route = $route AND {ended} AND {where}
                    AND (NOT {fine} OR coalesce(total, 0) > {own}))
        """,  # noqa: S608 - numbered columns
        {"route": route.route, **values, **question.values},
    )


def _unless(fine: str, wrong: str) -> str:
    return f"CASE WHEN {fine} THEN [] ELSE {wrong} END"


def _times(names: Sequence[str], effect: str) -> str:
    return f"coalesce(e{names.index(effect)}, 0)"


_UNWHOLE = """
CREATE TABLE unwhole (seq UBIGINT, acknowledged BOOLEAN, least BIGINT, most BIGINT, found VARCHAR[], missing VARCHAR[],
                      repeated VARCHAR[], denied VARCHAR[], answered USMALLINT, undeclared BIGINT)
"""
"""``denied``: effects that the route knows and that a write of such a status, or version, leaves none of."""

_BROKEN = """
CREATE TABLE broken_writes AS
WITH released AS (
    SELECT DISTINCT u.seq
    FROM unwhole u JOIN ledger l USING (seq) JOIN release_writers w USING (incarnation, version)
    WHERE list_contains(u.repeated, l.effect))
SELECT u.*, o.is_write, o.moment_ns, o.sent_ns, o.failure,
       o.moment_ns < (SELECT began_ns FROM release) AS before,
       o.moment_ns < (SELECT began_ns FROM release) AND seq IN (FROM released) AS again,
       coalesce(w.title, '') AS step, coalesce(f.hop, '') AS hop, coalesce(f.instance, '') AS instance,
       coalesce(f.incarnation, '') AS incarnation, coalesce(f.hop_error, '') AS hop_error,
       NOT u.acknowledged AND u.most <= 1 AND coalesce(f.starved, false) AS starved
FROM unwhole u JOIN outcomes o USING (seq) LEFT JOIN failures f USING (seq)
     LEFT JOIN windows w ON o.moment_ns >= w.began_ns AND o.moment_ns < w.until_ns
"""

_PHANTOMS = """
CREATE TABLE phantoms AS
WITH unasked AS (
    FROM ledger ANTI JOIN (SELECT seq FROM outcomes WHERE is_write AND failure <> 'not sent') USING (seq)),
found AS (
    SELECT l.*, o.moment_ns,
           CASE WHEN o.seq IS NULL THEN 'no such request' WHEN NOT o.is_write THEN 'a read' ELSE 'never sent' END AS why
    FROM unasked l LEFT JOIN outcomes o USING (seq) WHERE o.seq IS NOT NULL OR NOT $joined
    UNION ALL
    SELECT l.*, o.moment_ns, 'answered ' || u.answered
    FROM ledger l JOIN unwhole u USING (seq) JOIN outcomes o USING (seq)
    WHERE u.acknowledged AND list_contains(u.denied, l.effect))
SELECT id_of(f.seq, f.other_id) AS request_id, f.effect, f.instance, f.incarnation, f.version,
       w.incarnation IS NOT NULL AS released, f.moment_ns, f.why
FROM found f LEFT JOIN release_writers w USING (incarnation, version)
"""
