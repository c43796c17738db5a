"""Statuses that are right in one version and not in another: decided by the version that has worked on the request.

The load takes whatever is right in any version; here an answer is a failed request where its status is right in none
of the versions that the request has met. Of a request of which nothing tells whom it met, either is right.
"""

import duckdb

from conformance.judge.sql import make_table
from conformance.judge.versions_met import derive_versions_met
from conformance.record.contract import Contract

_REFUSE = """
UPDATE outcomes SET failure = 'unexpected status'
WHERE failure = '' AND seq IN (
    SELECT o.seq FROM outcomes o JOIN versions_met m USING (seq)
         JOIN rightful r ON r.route = o.route AND r.service = m.service AND r.version = m.version
    GROUP BY o.seq, o.status HAVING NOT bool_or(list_contains(r.statuses, o.status)))
"""


def judge_statuses(db: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Hold ``outcomes`` against what is right in each version; ``hops``, ``lives`` and ``served`` must be there."""
    rules = [(route.name, rule) for route in contract.load.routes for rule in route.statuses]
    if not rules:
        return
    derive_versions_met(db, contract, {rule.service for _, rule in rules})
    content = [(route, rule.service, rule.version, list(rule.expect)) for route, rule in rules]
    db.execute("DROP TABLE IF EXISTS rightful")
    make_table(db, "rightful", "route VARCHAR, service VARCHAR, version VARCHAR, statuses USMALLINT[]", content)
    db.execute(_REFUSE)
