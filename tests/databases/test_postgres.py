"""A PostgreSQL server of the session's own: private, quick to start, and nothing of it is left."""

import importlib.util
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone
from fixtures.databases.postgres import binaries, local
from fixtures.databases.postgres.binaries import Binaries, NoPostgres, find_binaries
from fixtures.databases.postgres.server import PostgresServer
from fixtures.databases.server import ADMIN
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.platforms.session import kernel
from fixtures.platforms.unprivileged import may_pass
from tests.platforms.killing import kill_owner

ROOT = os.geteuid() == 0
SOURCES = {"PATH": binaries._on_path, "Debian's folder": binaries._debian, "the Python package": binaries._package}


@pytest.fixture(scope="module")
def platform() -> Iterator[EmbeddedPlatform]:
    with EmbeddedPlatform() as platform:
        yield platform


@pytest.fixture(scope="module")
def server(platform: EmbeddedPlatform) -> PostgresServer:
    return PostgresServer.start(platform)


def _password(server: PostgresServer) -> str:
    return str(urlsplit(server.dsn).password)


def _ask(dsn: str, query: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])


def test_nobody_gets_in_without_the_password(server: PostgresServer) -> None:
    assert _ask(server.dsn, "SELECT 1") == "1"
    stranger = server.dsn.replace(_password(server), "guessed")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stranger)


def test_the_password_is_shown_nowhere(server: PostgresServer) -> None:
    assert _password(server) in server.dsn
    assert _password(server) not in repr(server.dsn)
    assert server.address in repr(server.dsn)
    assert _password(server) not in repr(server)
    for log in server.process.log.parent.iterdir():
        assert _password(server) not in log.read_text()


def test_it_is_reached_by_loopback_alone(platform: EmbeddedPlatform, server: PostgresServer) -> None:
    assert server.process.exit_status() is None
    assert platform.exposed() == ()
    assert _ask(server._dsn(server.address, ADMIN), "SHOW unix_socket_directories") == ""


def test_started_anew_it_has_kept_what_was_committed_and_nobody_is_connected(platform: EmbeddedPlatform) -> None:
    server = PostgresServer.start(platform)
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    before = server.process
    server.restart()
    assert server.process is not before
    assert _ask(server.dsn, "SELECT number FROM kept") == "7"


def test_it_carries_more_connections_than_a_topology_opens(server: PostgresServer) -> None:
    connections = [psycopg.connect(server.dsn) for _ in range(60)]
    for connection in connections:
        connection.close()
    assert _ask(server.dsn, "SHOW max_connections") == "200"


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_of_programs_will_do(
    source: str, platform: EmbeddedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SOURCES[source]()
    if found is None:
        pytest.skip(f"no PostgreSQL server from {source} on this machine")
    monkeypatch.setattr(local, "find_binaries", lambda: found)
    server = PostgresServer.start(platform)
    said = subprocess.run([found.folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    assert _ask(server.dsn, "SHOW server_version") in said


def test_of_several_versions_the_newest_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("9.6", "15", "18"):
        for program in ("initdb", "postgres") if version != "18" else ("initdb",):
            path = tmp_path / version / "bin" / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o755)
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)
    found = binaries._debian()
    assert found is not None
    assert found.folder == tmp_path / "15" / "bin"


def test_without_a_server_one_line_tells_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(NoPostgres, match="apt-get install postgresql") as caught:
        find_binaries()
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not ROOT, reason="only root's servers run as another user")
def test_programs_below_a_private_folder_are_run_from_a_copy(
    platform: EmbeddedPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an environment below a home or a temporary folder, made under a strict umask."""
    found = binaries._package()
    if found is None:
        pytest.skip("the Python package with PostgreSQL's programs is not installed")
    parts = tuple(tmp_path / part.relative_to(found.root) for part in found.parts)
    for part, copy in zip(found.parts, parts, strict=True):
        shutil.copytree(part, copy, symlinks=True)
    for path in (tmp_path, *tmp_path.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & stat.S_IRWXU)
    private = Binaries(tmp_path / found.folder.relative_to(found.root), tmp_path, parts)
    monkeypatch.setattr(local, "find_binaries", lambda: private)
    assert _ask(PostgresServer.start(platform).dsn, "SELECT 1") == "1"


@pytest.mark.skipif(not ROOT, reason="only root's servers run as another user")
def test_a_temporary_folder_that_the_servers_user_cannot_reach_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with EmbeddedPlatform() as platform, pytest.raises(Gone, match="set TMPDIR to a folder") as caught:
        PostgresServer.start(platform)
    assert "\n" not in str(caught.value)


AS_NOBODY = """
import os, pwd, sys
import psycopg
from fixtures.databases.postgres.server import PostgresServer
from fixtures.databases.server import ADMIN
from fixtures.platforms.embedded import EmbeddedPlatform
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
os.chdir("/")
with EmbeddedPlatform() as platform:
    server = PostgresServer.start(platform)
    with psycopg.connect(server.dsn) as connection:
        owner = os.stat(f"/proc/{server.process.pid}").st_uid
        print(*connection.execute("SELECT 'up'").fetchone(), owner == os.getuid())
"""


@pytest.mark.skipif(not ROOT, reason="whoever is not root shows it in every other test")
def test_a_plain_user_needs_no_other() -> None:
    if not may_pass(find_binaries().folder):
        pytest.skip(f"not everybody may pass to {find_binaries().folder}: apt-get install postgresql")
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o777)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY],
            env={"PATH": os.environ["PATH"], "HOME": home},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert (done.stdout, done.stderr) == ("up True\n", "")


def test_a_server_that_cannot_start_says_why() -> None:
    class Crowded(EmbeddedPlatform):
        """Somebody takes the port between its reservation and the start."""

        def reserve(self, offsets: tuple[int, ...] = (0,), *, usual: int = 0) -> tuple[str, int]:
            address = super().reserve(offsets, usual=usual)
            self.stranger = socket.socket()
            self.stranger.bind(address)
            return address

    with Crowded() as crowded, pytest.raises(Gone, match=r"ended at start: exit 1[\s\S]*could not bind"):
        PostgresServer.start(crowded)
    crowded.stranger.close()


def test_a_cluster_that_cannot_be_made_says_why() -> None:
    class Littered(EmbeddedPlatform):
        """Something lies where the cluster is to be."""

        def scratch(self, name: str) -> Path:
            folder = super().scratch(name)
            (folder / "data").mkdir()
            (folder / "data" / "litter").touch()
            return folder

    words = r"initdb failed: exit 1\nlast lines of .*initdb.*\.log:[\s\S]*exists but is not empty"
    with Littered() as littered, pytest.raises(Gone, match=words):
        PostgresServer.start(littered)


def test_a_script_with_a_mistake_is_told_by_name(server: PostgresServer, tmp_path: Path) -> None:
    script = tmp_path / "schema.sql"
    script.write_text("CREATE TABLE one (id int); CREATE TABEL two (id int);")
    with pytest.raises(Gone, match=r'schema\.sql: syntax error at or near "TABEL"'):
        server.run_script(script)


OWNER = """
import time
from fixtures.databases.postgres.server import PostgresServer
from fixtures.databases.server import ADMIN
from fixtures.platforms.embedded import EmbeddedPlatform
server = PostgresServer.start(EmbeddedPlatform())
print(server.process.pid, server.dsn, flush=True)
time.sleep(60)
"""


def _segments(creator: int) -> list[str]:
    """System V shared memory that this process has made."""
    lines = (line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:])
    return [fields[1] for fields in lines if int(fields[4]) == creator]


def _descendants(pid: int) -> set[kernel.Running]:
    return {running for running in kernel.everyone().values() if running.parent == pid}


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], tuple[int, str]]]:
    """A session with a server, in a process of its own; the call kills it and returns the server's pid and dsn."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as process:

        def kill() -> tuple[int, str]:
            assert process.stdout
            pid, dsn = process.stdout.readline().split()
            kill_owner(process)
            return int(pid), dsn

        yield kill
        process.kill()
    EmbeddedPlatform().close()  # a test that failed may not have come to it


def test_of_a_server_whose_session_was_killed_nothing_is_left(owner: Callable[[], tuple[int, str]]) -> None:
    """Neither its processes, which are in groups of their own, nor shared memory, which is in no folder."""
    pid, dsn = owner()
    connection = psycopg.connect(dsn)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    family = _descendants(pid)
    assert len(family) > 2
    assert _segments(pid)
    assert "/dev/shm/" not in Path(f"/proc/{pid}/maps").read_text()  # noqa: S108 - where POSIX shared memory is
    EmbeddedPlatform().close()
    connection.close()
    assert [one for one in family if kernel.look_up(one.pid) == one] == []
    until("its shared memory to go", lambda: _segments(pid), accept=lambda left: left == [], within_s=20)
