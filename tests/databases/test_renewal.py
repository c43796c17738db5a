"""A database made anew where a release has changed its schema: what counts as a change, and what is as before."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from conformance.run.world import Gone
from fixtures.databases.kinds import DATABASES
from fixtures.databases.server import DatabaseServer
from fixtures.platforms.embedded import EmbeddedPlatform


@dataclass(frozen=True)
class Kind:
    """What a kind of database says in its own words."""

    setup: str
    changes: Mapping[str, tuple[str, str]]
    """By name: what a new version does to the schema, and what is told of it."""
    only_rows: str
    cut_off: str
    """What a connection is told that was there when the database was made anew."""


KINDS = {
    "postgres": Kind(
        setup="""
            CREATE TYPE state AS ENUM ('placed', 'confirmed');
            CREATE TABLE effects (id bigserial PRIMARY KEY, request_id text NOT NULL, state state);
            CREATE TABLE kept (name varchar(20));
            CREATE INDEX one ON effects (request_id);
            CREATE VIEW placed AS SELECT request_id FROM effects WHERE state = 'placed';
            CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
            INSERT INTO kept VALUES ('seed');
            ALTER DATABASE services SET search_path = "$user", public, other;
            ALTER ROLE services SET statement_timeout = '77s';
        """,
        changes={
            "a column": (
                "ALTER TABLE effects ADD COLUMN note text DEFAULT 'x'",
                "table public.effects is different: + column 4 note text DEFAULT 'x'::text",
            ),
            "a column's type": (
                "ALTER TABLE kept ALTER COLUMN name TYPE varchar(30)",
                "table public.kept is different: + column 1 name character varying(30), - column 1 name character",
            ),
            "a column made again": (
                "ALTER TABLE kept DROP COLUMN name; ALTER TABLE kept ADD COLUMN name varchar(20)",
                "table public.kept is different: + column 2 name character varying(20), - column 1 name character",
            ),
            "a table more": ("CREATE TABLE more (id int)", "table public.more is new"),
            "a table less": ("DROP TABLE kept", "table public.kept is gone"),
            "an index": (
                "CREATE INDEX two ON effects (id, request_id)",
                "table public.effects is different: + CREATE INDEX two ON public.effects USING btree (id, request_id)",
            ),
            "a constraint": (
                "ALTER TABLE kept ADD CONSTRAINT short CHECK (name < 'z')",
                "table public.kept is different: + constraint short CHECK (",
            ),
            "a view": (
                "CREATE OR REPLACE VIEW placed AS SELECT request_id FROM effects",
                "view public.placed is different: + as v p",
            ),
            "a type": (
                "ALTER TYPE state ADD VALUE 'shipped'",
                "type public.state is different: + as e 'placed', 'confirmed', 'shipped', - as e 'placed', 'confirmed'",
            ),
            "a routine": (
                "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
                "routine public.one() is different: + ",
            ),
            "a trigger": (
                "CREATE TRIGGER t BEFORE UPDATE ON kept EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                "table public.kept is different: + CREATE TRIGGER t BEFORE UPDATE",
            ),
            "a sequence": (
                "ALTER SEQUENCE effects_id_seq INCREMENT 50",
                "sequence public.effects_id_seq is different: + bigint START 1 INCREMENT 50",
            ),
            "a schema": (
                "CREATE SCHEMA other; CREATE TABLE other.one (id int)",
                "schema other is new; table",
            ),
            "an operator": (
                "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
                "operator public.===(integer,integer) is new",
            ),
            "a setting of the role": (
                "ALTER ROLE services SET statement_timeout = '1s'",
                "database is different: + services {statement_timeout=1s}, - services {statement_timeout=77s}",
            ),
            "a setting of the database": (
                "ALTER DATABASE services RESET search_path",
                "database is different: - {",
            ),
            "rights": ("REVOKE CONNECT ON DATABASE services FROM audit", "database is different: + {services="),
            "many": (
                "CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int); CREATE TABLE d (id int)",
                "table public.a is new; table public.b is new; table public.c is new; and 1 more",
            ),
        },
        only_rows="""
            INSERT INTO effects (request_id) SELECT 'r-' || n FROM generate_series(1, 500) n;
            UPDATE kept SET name = 'other'; CREATE TEMP TABLE passing (id int); ANALYZE; SELECT lo_create(0);
        """,
        cut_off="terminating connection|closed the connection",
    ),
    "mariadb": Kind(
        setup="""
            CREATE TABLE effects (id bigint AUTO_INCREMENT PRIMARY KEY, request_id varchar(60) NOT NULL, state int);
            CREATE TABLE kept (name varchar(20));
            CREATE INDEX one ON effects (request_id);
            CREATE VIEW placed AS SELECT request_id FROM effects WHERE state = 1;
            CREATE SEQUENCE numbers;
            CREATE FUNCTION one() RETURNS int RETURN 1;
            INSERT INTO kept VALUES ('seed');
        """,
        changes={
            "a column": (
                "ALTER TABLE effects ADD COLUMN note varchar(9)",
                "table effects is different: + `note` varchar(9) DEFAULT NULL",
            ),
            "a column's type": (
                "ALTER TABLE kept MODIFY name varchar(30)",
                "table kept is different: + `name` varchar(30) DEFAULT NULL, - `name` varchar(20) DEFAULT NULL",
            ),
            "a column's place": (
                "ALTER TABLE effects MODIFY state int FIRST",
                "table effects is different: in another order",
            ),
            "a table more": ("CREATE TABLE more (id int)", "table more is new"),
            "a table less": ("DROP TABLE kept", "table kept is gone"),
            "an index": (
                "CREATE INDEX two ON effects (id, request_id)",
                "table effects is different: + KEY `two` (`id`,`request_id`)",
            ),
            "a constraint": (
                "ALTER TABLE kept ADD CONSTRAINT short CHECK (name < 'z')",
                "table kept is different: + CONSTRAINT `short` CHECK",
            ),
            "a view": (
                "CREATE OR REPLACE VIEW placed AS SELECT request_id FROM effects",
                "view placed is different: + CREATE",
            ),
            "a routine": ("CREATE PROCEDURE two() SELECT 2", "procedure two is new"),
            "another routine": (
                "CREATE OR REPLACE FUNCTION one() RETURNS int RETURN 2",
                "function one is different: + RETURN 2, - RETURN 1",
            ),
            "a trigger": (
                "CREATE TRIGGER t BEFORE INSERT ON kept FOR EACH ROW SET NEW.name = 'x'",
                "trigger t is new",
            ),
            "an event": ("CREATE EVENT e ON SCHEDULE EVERY 1 HOUR DO DELETE FROM kept", "event e is new"),
            "a sequence": ("ALTER SEQUENCE numbers INCREMENT 50", "sequence numbers is different: + CREATE SEQUENCE"),
            "the database": ("ALTER DATABASE services CHARACTER SET latin1", "database is different: + latin1"),
            "the whole": (
                "DROP DATABASE services",
                "database is different: - utf8mb4 utf8mb4_bin; function",
            ),
        },
        only_rows="""
            INSERT INTO effects (request_id) SELECT CONCAT('r-', seq) FROM seq_1_to_500;
            UPDATE kept SET name = 'other'; CREATE TEMPORARY TABLE passing (id int); DO NEXT VALUE FOR numbers;
            ANALYZE TABLE effects;
        """,
        cut_off="Lost connection|was killed|gone away",
    ),
}
CHANGES = [(kind, name) for kind, dialect in KINDS.items() for name in dialect.changes]

Start = Callable[[str, str], DatabaseServer]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """A server of this kind whose database was set up by this script and kept; skips where the machine has none."""
    with EmbeddedPlatform() as platform:

        def start(kind: str, setup: str) -> DatabaseServer:
            if lacking := DATABASES[kind].lacks():
                pytest.skip(lacking)
            server = DATABASES[kind].start(platform, "")
            if setup:
                script = tmp_path_factory.mktemp(kind) / "setup.sql"
                script.write_text(setup)
                server.run_script(script)
            server.keep_as_template()
            return server

        yield start


@pytest.fixture(scope="module")
def servers(start: Start) -> Callable[[str], DatabaseServer]:
    """One server of each kind for all, made when it is first asked for."""
    made: dict[str, DatabaseServer] = {}

    def of(kind: str) -> DatabaseServer:
        if kind not in made:
            made[kind] = start(kind, KINDS[kind].setup)
        return made[kind]

    return of


def _connect(server: DatabaseServer) -> Any:  # noqa: ANN401 - of either driver: cursor, execute, close are the same
    parts = urlsplit(server.dsn)
    if parts.scheme == "postgresql":
        return psycopg.connect(server.dsn, autocommit=True)
    assert parts.hostname is not None
    assert parts.port is not None
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port,
        user=parts.username,
        password=str(parts.password),
        database="services",
        autocommit=True,
    )


def _do(server: DatabaseServer, text: str) -> None:
    """What a service does, over a connection of its own."""
    with closing(_connect(server)) as connection:
        for statement in filter(str.strip, text.split(";")):
            connection.cursor().execute(statement)


def _count(server: DatabaseServer, table: str) -> int:
    (row,) = server.read(f"SELECT count(*) FROM {table} WHERE :run = ''", "").rows  # noqa: S608 - the tests' own tables
    return int(str(row[0]))


@pytest.mark.parametrize(("kind", "name"), CHANGES)
def test_a_changed_schema_is_told_and_gone_when_the_database_is_made_anew(
    servers: Callable[[str], DatabaseServer], kind: str, name: str
) -> None:
    server = servers(kind)
    assert server.schema_changed() == ""
    change, told = KINDS[kind].changes[name]
    _do(server, change)
    said = server.schema_changed()
    assert said.startswith(told)
    assert "\n" not in said
    server.renew()
    assert server.schema_changed() == ""
    assert (_count(server, "effects"), _count(server, "kept")) == (0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_alone_are_no_change(servers: Callable[[str], DatabaseServer], kind: str) -> None:
    server = servers(kind)
    _do(server, KINDS[kind].only_rows)
    assert _count(server, "effects") == 500
    assert server.schema_changed() == ""
    server.renew()
    assert (_count(server, "effects"), _count(server, "kept")) == (0, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_lingers_in_the_middle_of_a_transaction_is_cut_off(
    servers: Callable[[str], DatabaseServer], kind: str
) -> None:
    server = servers(kind)
    with closing(_connect(server)) as lingering:
        cursor = lingering.cursor()
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO kept VALUES ('half')")
        server.renew()
        with pytest.raises((psycopg.OperationalError, pymysql.OperationalError), match=KINDS[kind].cut_off):
            cursor.execute("SELECT 1")
    assert _count(server, "kept") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_made_anew_is_entered_as_before_with_the_same_rights(
    servers: Callable[[str], DatabaseServer], kind: str
) -> None:
    server = servers(kind)
    before = server.dsn
    server.renew()
    assert server.dsn == before
    _do(server, "CREATE TABLE mine (id int); INSERT INTO mine VALUES (1); DROP TABLE mine")
    with pytest.raises(Gone, match="the ledger cannot be read"):
        server.read("DELETE FROM kept -- :run", "")
    with pytest.raises((psycopg.Error, pymysql.Error), match=r"permission denied|Access denied"):
        _do(server, "CREATE DATABASE other")
    if kind == "postgres":
        with closing(_connect(server)) as connection:
            settings = [connection.execute(f"SHOW {name}").fetchone() for name in ("search_path", "statement_timeout")]
        assert settings == [('"$user", public, other',), ("77s",)]
        with pytest.raises(psycopg.OperationalError, match=r"not currently accepting connections|permission denied"):
            psycopg.connect(server.dsn.removesuffix("services") + "template_of_services")


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_set_up_script_what_the_first_versions_make_is_the_schema(start: Start, kind: str) -> None:
    """As with services that migrate their schema themselves, each at its start."""
    server = start(kind, "")
    assert server.schema_changed() == ""
    _do(server, "CREATE TABLE theirs (id int)")
    assert server.schema_changed().endswith("theirs is new")
    server.accept_schema()
    assert server.schema_changed() == ""
    _do(server, "ALTER TABLE theirs ADD COLUMN of_v2 int")
    assert "theirs is different: + " in server.schema_changed()
    server.renew()
    assert server.schema_changed().endswith("theirs is gone"), "the database is empty as at the beginning"
    _do(server, "CREATE TABLE theirs (id int)")
    assert server.schema_changed() == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_was_started_again_can_still_renew(start: Start, kind: str) -> None:
    server = start(kind, KINDS[kind].setup)
    _do(server, "DROP TABLE kept")
    server.stop()
    with pytest.raises(Gone, match="the services' schema cannot be read: "):
        server.schema_changed()
    with pytest.raises(Gone, match="the services' database cannot be made anew: "):
        server.renew()
    server.restart()
    assert server.schema_changed().endswith("kept is gone")
    server.renew()
    assert (server.schema_changed(), _count(server, "kept")) == ("", 1)


def test_every_kind_is_tested() -> None:
    assert set(KINDS) == set(DATABASES)
