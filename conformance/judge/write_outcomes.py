"""What every write left in the ledger, held against what it must leave.

``written``        per request: how often each declared effect was found
``broken_writes``  writes that are not whole, with the step, the hop where their request failed, and whether it failed
                   only for coming late on a machine that was CPU-starved, which never repeats an effect
``phantoms``       effects that no write of the load can have left
``blind_effects``  effects that not a single write of their route left: the audit does not see them
"""

from collections.abc import Sequence

import duckdb

from conformance.judge.sql import make_table, one
from conformance.record.contract import RouteFacts


def derive_writes(db: duckdb.DuckDBPyConnection, routes: Sequence[RouteFacts]) -> None:
    """Make the four tables."""
    names = sorted({effect for route in routes for effect in route.effects})
    _count_effects(db, names)
    db.execute(
        "CREATE TABLE unwhole (seq UBIGINT, acknowledged BOOLEAN, least BIGINT, most BIGINT, "
        "found VARCHAR[], missing VARCHAR[], repeated VARCHAR[], undeclared BIGINT)"
    )
    blind: list[tuple[str, str]] = []
    for route in routes:
        if route.write and route.effects:
            seen = _seen(db, route, names)
            blind += [(route.name, effect) for effect in route.effects if effect not in seen]
            _find_unwhole(db, route, names, seen)
    make_table(db, "blind_effects", "route VARCHAR, effect VARCHAR", blind)
    db.execute(_BROKEN)
    db.execute(_PHANTOMS)


def _count_effects(db: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    counts = [f"count(*) FILTER (effect = $e{index}) AS e{index}" for index in range(len(names))]
    columns = ", ".join(["seq", *counts, "count(*) AS total"])
    values = {f"e{index}": name for index, name in enumerate(names)}
    db.execute(
        f"CREATE TABLE written AS SELECT {columns} FROM ledger WHERE seq IS NOT NULL GROUP BY seq",  # noqa: S608 - numbered columns
        values,
    )


def _seen(db: duckdb.DuckDBPyConnection, route: RouteFacts, names: Sequence[str]) -> tuple[str, ...]:
    """The route's effects that were found at least once; all of them where no write of it was acknowledged."""
    sums = ", ".join(f"coalesce(sum({_column(names, effect)}), 0)" for effect in route.effects)
    acknowledged, *found = one(
        db,
        f"SELECT count(*) FILTER (failure = ''), {sums} FROM outcomes LEFT JOIN written USING (seq) "  # noqa: S608 - numbered columns
        "WHERE route = $route",
        {"route": route.name},
    )
    return tuple(effect for effect, times in zip(route.effects, found, strict=True) if times or not acknowledged)


def _find_unwhole(db: duckdb.DuckDBPyConnection, route: RouteFacts, names: Sequence[str], seen: Sequence[str]) -> None:
    """Writes of one route that are not whole by the effects that can be seen, or left an effect that none declares."""
    times = [f"coalesce({_column(names, effect)}, 0)" for effect in seen] or ["1"]
    own = " + ".join(f"coalesce({_column(names, effect)}, 0)" for effect in route.effects)
    named = [f"$n{index}" for index in range(len(seen))]
    question = f"""
        INSERT INTO unwhole
        SELECT * FROM (
            SELECT seq, failure = '' AS acknowledged, least({", ".join(times)}) AS least,
                   greatest({", ".join(times)}) AS most, {_which(times, named, "> 0")} AS found,
                   {_which(times, named, "= 0")} AS missing, {_which(times, named, "> 1")} AS repeated,
                   coalesce(total, 0) - ({own}) AS undeclared
            FROM outcomes LEFT JOIN written USING (seq) WHERE route = $route AND failure <> 'not sent')
        WHERE most > 1 OR undeclared > 0 OR (least = 0 AND (most > 0 OR acknowledged))
    """  # noqa: S608 - numbered columns
    values = {f"n{index}": effect for index, effect in enumerate(seen)}
    db.execute(question, {"route": route.name, **values})


def _which(times: Sequence[str], named: Sequence[str], condition: str) -> str:
    """The expression for the names of those effects whose count meets the condition."""
    if not named:
        return "CAST([] AS VARCHAR[])"
    cases = ", ".join(
        f"CASE WHEN {count} {condition} THEN {name} END" for count, name in zip(times, named, strict=True)
    )
    return f"list_filter([{cases}], lambda effect: effect IS NOT NULL)"


def _column(names: Sequence[str], effect: str) -> str:
    return f"e{names.index(effect)}"


_BROKEN = """
CREATE TABLE broken_writes AS
SELECT u.*, o.is_write, o.moment_ns, o.sent_ns, o.failure,
       o.moment_ns < (SELECT began_ns FROM release) AS before,
       coalesce(w.title, '') AS step, coalesce(f.hop, '') AS hop, coalesce(f.instance, '') AS instance,
       coalesce(f.incarnation, '') AS incarnation, coalesce(f.hop_error, '') AS hop_error,
       NOT u.acknowledged AND u.most <= 1 AND coalesce(f.starved, false) AS starved
FROM unwhole u JOIN outcomes o USING (seq) LEFT JOIN failures f USING (seq)
     LEFT JOIN windows w ON o.moment_ns >= w.began_ns AND o.moment_ns < w.until_ns
"""

_PHANTOMS = """
CREATE TABLE phantoms AS
SELECT l.request_id, l.effect, l.instance, l.incarnation, o.moment_ns,
       CASE WHEN o.seq IS NULL THEN 'no such request' WHEN NOT o.is_write THEN 'a read' ELSE 'never sent' END AS why
FROM ledger l LEFT JOIN outcomes o USING (seq)
WHERE o.seq IS NULL OR NOT o.is_write OR o.failure = 'not sent'
"""
