"""The ledger: exactly the effects of one run, by the descriptor's own query."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from conformance.run.world import Effect, Gone
from fixtures.audits.by_query import QueryLedger, open_query
from fixtures.audits.place import AuditPlace
from fixtures.databases.postgres.server import PostgresServer
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.platforms.http_client import HttpClient
from fixtures.services.descriptor import Descriptor
from fixtures.services.tables import Audit

SAMPLE = Descriptor.read(Path(__file__).parents[2] / "fixtures" / "services" / "python")


@pytest.fixture(scope="module")
def platform() -> Iterator[EmbeddedPlatform]:
    with EmbeddedPlatform() as platform:
        yield platform


@pytest.fixture(scope="module")
def server(platform: EmbeddedPlatform) -> PostgresServer:
    server = PostgresServer.start(platform)
    assert SAMPLE.setup_script is not None
    server.run_script(SAMPLE.setup_script)
    return server


def _write(server: PostgresServer, *request_ids: str) -> None:
    with psycopg.connect(server.dsn) as connection:
        for request_id in request_ids:
            connection.execute(
                "INSERT INTO effects (request_id, effect, instance, incarnation, version)"
                " VALUES (%s, 'placed', 'orders-01', 'orders-01.1', 'v1')",
                (request_id,),
            )


def _sample(server: PostgresServer) -> QueryLedger:
    assert SAMPLE.audit is not None
    assert SAMPLE.audit.query is not None
    return QueryLedger(server, SAMPLE.audit.query)


def test_the_samples_query_finds_every_effect_of_the_run_twice_written_ones_too(server: PostgresServer) -> None:
    _write(server, "run-a-00000001", "run-b-00000001", "run-a-00000000", "run-a-00000001", "warm-run-a-00000000")
    assert _sample(server).effects("run-a") == tuple(
        Effect(request_id=request_id, effect="placed", instance="orders-01", incarnation="orders-01.1", version="v1")
        for request_id in ("run-a-00000001", "run-a-00000000", "run-a-00000001")
    )


def test_a_run_that_wrote_nothing_has_no_effects(server: PostgresServer) -> None:
    assert _sample(server).effects("run-of-none") == ()


def test_columns_of_any_type_are_read_as_text(server: PostgresServer) -> None:
    ledger = QueryLedger(server, "SELECT :run || '-1', 'placed', 7, '{\"life\": 1}'::json, DATE '2026-01-31'")
    assert ledger.effects("run") == (Effect("run-1", "placed", "7", "{'life': 1}", "2026-01-31"),)


def test_what_is_not_known_of_a_row_stays_unknown(server: PostgresServer) -> None:
    """A version of NULL is no version by the name of None."""
    ledger = QueryLedger(server, "SELECT :run || '-1', 'placed', NULL, NULL, NULL")
    assert ledger.effects("run") == (Effect("run-1", "placed", "", "", ""),)


@pytest.mark.parametrize(
    "query", ["SELECT :run, 'placed'", "SELECT :run, 1, 2, 3, 4, 5", "SET application_name = 'audit'"]
)
def test_a_query_with_other_columns_is_told_what_it_must_give(server: PostgresServer, query: str) -> None:
    with pytest.raises(Gone, match="it must give request_id, effect, instance, incarnation, version"):
        QueryLedger(server, query).effects("run")


def test_a_query_with_a_mistake_is_told_in_the_servers_words(server: PostgresServer) -> None:
    with pytest.raises(Gone, match=r'the ledger cannot be read: relation "efects" does not exist'):
        QueryLedger(server, "SELECT * FROM efects WHERE request_id = :run").effects("run")


def test_a_server_that_was_lost_is_told_with_its_last_words(platform: EmbeddedPlatform) -> None:
    lost = PostgresServer.start(platform)
    platform.stop(lost.process)
    with pytest.raises(Gone, match=r"the ledger cannot be read[\s\S]*refused[\s\S]*database system is shut down"):
        QueryLedger(lost, "SELECT :run").effects("run")


ALL = "SELECT request_id, effect, instance, incarnation, version FROM effects WHERE request_id LIKE :run || '%'"


def _place(environment: dict[str, str], outside: dict[str, str]) -> AuditPlace:
    return AuditPlace(
        folder=Path(),
        client=HttpClient(),
        inside={},
        outside=outside,
        environment=environment,
        database=None,
    )


def test_a_database_of_the_teams_own_is_read_by_its_address_or_by_a_variable(server: PostgresServer) -> None:
    _write(server, "elsewhere-00000001")
    address = server.dsn.rpartition("@")[2].partition("/")[0]
    by_name = Audit(query=ALL, dsn=server.dsn.replace(address, "{books}"))
    by_variable = Audit(query=ALL, dsn_env="BOOKS")
    for audit in (by_name, by_variable):
        ledger = open_query(audit, _place({"BOOKS": str(server.dsn)}, {"books": address}))
        assert [one.effect for one in ledger.effects("elsewhere")] == ["placed"]


def test_such_a_database_is_only_read_whatever_its_role_may_do(server: PostgresServer) -> None:
    writes = "WITH made AS (INSERT INTO effects (request_id, effect, instance, incarnation, version)"
    writes += " VALUES (:run, 'x', '', '', '') RETURNING *) SELECT * FROM made"
    ledger = open_query(Audit(query=writes, dsn=str(server.dsn)), _place({}, {}))
    with pytest.raises(Gone, match="cannot execute SELECT in a read-only transaction"):
        ledger.effects("written-by-the-audit")


def test_what_such_a_database_says_against_it_has_no_password_in_it(server: PostgresServer) -> None:
    dsn = f"postgresql://services:wrong-password@{server.dsn.rpartition('@')[2]}"
    with pytest.raises(Gone, match="password authentication failed") as told:
        open_query(Audit(query=ALL, dsn=dsn), _place({}, {})).effects("run")
    assert "wrong-password" not in str(told.value)
