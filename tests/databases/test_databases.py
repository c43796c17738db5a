"""What the suite relies on in every database: one contract, the same for each kind."""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from conformance.run.world import Effect, Gone
from fixtures.audits.by_query import QueryLedger
from fixtures.databases.kinds import DATABASES
from fixtures.databases.mariadb import binaries as mariadb_binaries
from fixtures.databases.server import DatabaseServer
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.platforms.embedded.process import LocalProcess

TABLE = """
CREATE TABLE effects (
    id {serial}, request_id varchar(60) NOT NULL, effect varchar(20) NOT NULL,
    instance varchar(20) NOT NULL, incarnation varchar(20) NOT NULL, version varchar(20) NOT NULL
);
CREATE INDEX one ON effects (request_id);
"""
ROW = "INSERT INTO effects (request_id, effect, instance, incarnation, version) VALUES ('{}', 'a%b', 'i', 'i.1', 'v1');"


@dataclass(frozen=True)
class Dialect:
    """What a kind says in its own words."""

    serial: str
    begins_with_run: str
    unknown_table: str
    last_words: str
    cannot_bind: str
    refused_write: str
    beyond: Mapping[str, str]
    """What the services' role may not do -> what the server says."""


DIALECTS = {
    "postgres": Dialect(
        serial="bigserial",
        begins_with_run=":run || '%'",
        unknown_table='relation "efects" does not exist',
        last_words="database system is shut down",
        cannot_bind="could not bind",
        refused_write="read-only transaction|permission denied",
        beyond={
            "COPY effects TO PROGRAM 'true'": "to COPY to or from an external program",
            "CREATE ROLE other SUPERUSER": "superuser|permission denied to create role",
            "CREATE DATABASE other": "permission denied to create database",
        },
    ),
    "mariadb": Dialect(
        serial="bigint AUTO_INCREMENT PRIMARY KEY",
        begins_with_run="CONCAT(:run, '%')",
        unknown_table="Table 'services.efects' doesn't exist",
        last_words="Shutdown complete",
        cannot_bind="Can't start server: Bind on TCP/IP port",
        refused_write="READ ONLY transaction|command denied",
        beyond={
            "SELECT * FROM effects INTO OUTFILE '/tmp/out'": "Access denied",
            "CREATE USER other": "Access denied",
            "CREATE DATABASE other": "Access denied",
            "SELECT * FROM mysql.user": "command denied",
        },
    ),
}


@pytest.fixture(scope="module")
def platform() -> Iterator[EmbeddedPlatform]:
    with EmbeddedPlatform() as platform:
        yield platform


@pytest.fixture(scope="module", params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if lacking := DATABASES[name].lacks():
        pytest.skip(lacking)
    return name


@pytest.fixture(scope="module")
def server(kind: str, platform: EmbeddedPlatform, tmp_path_factory: pytest.TempPathFactory) -> DatabaseServer:
    server = DATABASES[kind].start(platform, "")
    script = tmp_path_factory.mktemp(kind) / "tables.sql"
    script.write_text(TABLE.format(serial=DIALECTS[kind].serial))
    server.run_script(script)
    return server


def _run(server: DatabaseServer, tmp_path: Path, text: str) -> None:
    script = tmp_path / "script.sql"
    script.write_text(text)
    server.run_script(script)


def _query(kind: str) -> str:
    columns = "request_id, effect, instance, incarnation, version"
    return f"SELECT {columns} FROM effects WHERE request_id LIKE {DIALECTS[kind].begins_with_run} ORDER BY id"  # noqa: S608


def test_the_ledger_finds_every_effect_of_the_run_twice_written_ones_too(
    kind: str, server: DatabaseServer, tmp_path: Path
) -> None:
    _run(
        server, tmp_path, "".join(ROW.format(name) for name in ("run-a-1", "run-b-1", "run-a-0", "run-a-1", "RUN-A-2"))
    )
    ledger = QueryLedger(server, _query(kind))
    assert ledger.effects("run-a") == tuple(
        Effect(name, "a%b", "i", "i.1", "v1") for name in ("run-a-1", "run-a-0", "run-a-1")
    )
    assert ledger.effects("run-of-none") == ()


def test_a_services_connection_string_lets_it_write(kind: str, server: DatabaseServer) -> None:
    parts = urlsplit(server.dsn)
    assert (parts.username, parts.path) == ("services", "/services")
    assert str(parts.password) not in repr(server.dsn)
    assert str(parts.password) not in repr(server)
    text = ROW.format("of-a-client-1")
    if parts.scheme == "postgresql":
        with psycopg.connect(server.dsn) as connection:
            connection.execute(text.replace("%", "%%").encode(), {})
    else:
        assert parts.port is not None
        with pymysql.connect(
            host=parts.hostname,
            port=parts.port,
            user=parts.username,
            password=str(parts.password),
            database=parts.path[1:],
            autocommit=True,
        ) as client:
            client.cursor().execute(text)
    assert len(QueryLedger(server, _query(kind)).effects("of-a-client")) == 1


@pytest.mark.parametrize("write", ["DELETE FROM effects", "DROP TABLE effects", "INSERT INTO effects (id) VALUES (7)"])
def test_an_audit_that_writes_is_refused_and_told(kind: str, server: DatabaseServer, write: str) -> None:
    before = server.read("SELECT count(*) FROM effects", "").rows
    with pytest.raises(Gone, match=rf"the ledger cannot be read: .*({DIALECTS[kind].refused_write})"):
        server.read(f"{write} -- :run", "run")
    assert server.read("SELECT count(*) FROM effects", "").rows == before


def test_services_are_no_superusers(kind: str, server: DatabaseServer, tmp_path: Path) -> None:
    for statement, says in DIALECTS[kind].beyond.items():
        with pytest.raises(Gone, match=says):
            _run(server, tmp_path, statement)


def test_a_query_with_a_mistake_is_told_in_the_servers_words(kind: str, server: DatabaseServer) -> None:
    with pytest.raises(Gone, match=f"the ledger cannot be read: {DIALECTS[kind].unknown_table}"):
        server.read("SELECT * FROM efects WHERE request_id = :run", "run")


def test_a_script_with_a_mistake_is_told_by_name(server: DatabaseServer, tmp_path: Path) -> None:
    with pytest.raises(Gone, match=r"script\.sql: .*syntax"):
        _run(server, tmp_path, "CREATE TABLE fine (id int); CREATE TABEL wrong (id int);")


def test_it_is_reached_by_loopback_alone_and_not_as_root(platform: EmbeddedPlatform, server: DatabaseServer) -> None:
    process = server.process
    assert process.exit_status() is None
    assert platform.exposed() == ()
    assert isinstance(process, LocalProcess)
    assert Path(f"/proc/{process.pid}").stat().st_uid != 0


def test_started_anew_it_has_kept_what_was_committed_and_its_roles(
    kind: str, platform: EmbeddedPlatform, tmp_path: Path
) -> None:
    server = DATABASES[kind].start(platform, "")
    _run(server, tmp_path, TABLE.format(serial=DIALECTS[kind].serial) + ROW.format("run-1"))
    before, dsn = server.process, server.dsn
    server.stop()
    assert before.exit_status() is not None
    with pytest.raises(Gone, match=rf"the ledger cannot be read[\s\S]*refused[\s\S]*{DIALECTS[kind].last_words}"):
        QueryLedger(server, _query(kind)).effects("run")
    server.restart()
    assert server.process is not before
    assert server.dsn == dsn
    assert len(QueryLedger(server, _query(kind)).effects("run")) == 1
    platform.stop(server.process)


def test_one_that_cannot_start_says_why(kind: str) -> None:
    class Crowded(EmbeddedPlatform):
        """Somebody takes the port between its reservation and the start."""

        def reserve(self, offsets: tuple[int, ...] = (0,), *, usual: int = 0) -> tuple[str, int]:
            address = super().reserve(offsets, usual=usual)
            self.stranger = socket.socket()
            self.stranger.bind(address)
            self.stranger.listen()
            return address

    with Crowded() as crowded, pytest.raises(Gone, match=rf"ended at start: exit 1[\s\S]*{DIALECTS[kind].cannot_bind}"):
        DATABASES[kind].start(crowded, "")
    crowded.stranger.close()


def test_without_a_mariadb_one_line_tells_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mariadb_binaries, "BESIDE_PATH", ())
    assert DATABASES["mariadb"].lacks() == (
        "a MariaDB server is needed, mariadbd was not found: apt-get install mariadb-server, or start a Docker engine"
    )


def test_every_kind_keeps_this_contract() -> None:
    assert set(DIALECTS) == set(DATABASES)
