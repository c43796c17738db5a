"""Whose rows in the ledger cannot be from before the release: those of who came up in it, and of a version it brought.

A write that was made before the release may be damaged in it: the new version's job goes over the old rows once more.
When a row was written no ledger need tell; who wrote it, it may.
"""

import duckdb

from conformance.judge.sql import make_table
from conformance.record.contract import Contract

_WRITERS = """
CREATE TABLE release_writers AS
SELECT DISTINCT incarnation, version FROM ledger
WHERE version IN (SELECT version FROM brought)
   OR incarnation IN (SELECT incarnation FROM lives WHERE came_ns >= (SELECT began_ns FROM release))
"""


def derive_release_writers(db: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Make ``release_writers``: incarnation and version of the ledger's rows that were written in the release."""
    make_table(db, "brought", "version VARCHAR", [(version,) for version in sorted(_brought(contract))])
    db.execute(_WRITERS)


def _brought(contract: Contract) -> set[str]:
    """Versions that no service had before: a row does not tell whose version it names."""
    found = {
        version
        for release in contract.releases
        for version in (release.new, release.overtaken_by, *(batch.to for batch in release.batches))
    }
    there = {one.version for one in contract.services} | {release.old for release in contract.releases}
    return found - there - {""}
