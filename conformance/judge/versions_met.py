"""Which version of a service has worked on a request, by whatever of the record shows it.

``versions_met``  request, service, version: one row for each that was met. A request that met two versions of one
                  service has two rows; one of which nothing tells has none.
"""

from collections.abc import Iterable

import duckdb

from conformance.judge.sql import make_table
from conformance.record.contract import Contract

_SHOWN = """
CREATE OR REPLACE TABLE versions_met AS
WITH alive AS (
    SELECT l.incarnation, b.service, coalesce(l.version, b.version) AS version
    FROM lives l JOIN before_release b USING (service)),
shown AS (
    SELECT o.seq, h.callee AS service, h.incarnation
    FROM hops h JOIN outcomes o USING (answer) WHERE NOT h.failed
    UNION ALL SELECT o.seq, o.entry, a.incarnation FROM answers a JOIN outcomes o USING (answer)
    UNION ALL SELECT seq, service, incarnation FROM served
    UNION ALL SELECT seq, '', incarnation FROM ledger),
by_incarnation AS (
    SELECT seq, a.service, a.version FROM shown s JOIN alive a ON a.incarnation = s.incarnation
    UNION ALL
    SELECT seq, b.service, b.version FROM shown s JOIN before_release b ON b.service = s.service
    WHERE s.incarnation <> '' AND s.incarnation NOT IN (SELECT incarnation FROM lives)
    UNION ALL
    SELECT seq, b.service, b.version FROM outcomes o, before_release b
    WHERE o.moment_ns < (SELECT began_ns FROM release))
SELECT DISTINCT seq, service, version FROM by_incarnation WHERE seq IS NOT NULL
"""
"""An incarnation that no event tells of has run all the time, as what its service was before the release."""


def derive_versions_met(db: duckdb.DuckDBPyConnection, contract: Contract, services: Iterable[str]) -> None:
    """Make ``versions_met``, of these services alone."""
    wanted = set(services)
    before = [(one.name, one.version) for one in contract.services if one.name in wanted]
    db.execute("DROP TABLE IF EXISTS before_release")
    make_table(db, "before_release", "service VARCHAR, version VARCHAR", before)
    db.execute(_SHOWN)
