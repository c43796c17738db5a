"""What only containers show: networks, addresses that vanish, signals that process 1 swallows, what is left."""

import ipaddress
import stat
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import requests

from conformance.run.waiting import until
from conformance.run.world import ExitStatus, Gone, Launch
from fixtures.databases.kinds import DATABASES
from fixtures.databases.postgres import image as container
from fixtures.databases.postgres import server as postgres
from fixtures.databases.postgres.server import PostgresServer
from fixtures.platforms.docker import engine
from fixtures.platforms.docker.container import ContainerProcess
from fixtures.platforms.docker.images import BASE
from fixtures.platforms.docker.network import SUBNET_VARIABLE
from fixtures.platforms.docker.platform import DockerPlatform
from fixtures.platforms.http_client import CONNECT_ONLY
from fixtures.platforms.kinds import RECIPES
from fixtures.platforms.labels import SESSION
from fixtures.services.python.image import RECIPE
from tests.platforms.engines import needs_engine

pytestmark = needs_engine

TIDY = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('up', flush=True)\n"
SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
SERVES = "import http.server as h, sys; h.test(h.SimpleHTTPRequestHandler, bind=sys.argv[1], port=8080)"
ASKS = """
import socket, sys, time
began = time.monotonic()
try:
    socket.create_connection((sys.argv[1], 8080), timeout=3)
    print("connected", flush=True)
except OSError as error:
    print(type(error).__name__, round(time.monotonic() - began, 1), flush=True)
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerPlatform]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        with DockerPlatform(RECIPES, print) as platform:
            yield platform


def _launch(platform: DockerPlatform, *argv: str, **more: object) -> ContainerProcess:
    order = {"name": "one", "env": {}, "image": RECIPE.image, "grace_s": 1.0} | more
    return platform.launch(Launch(argv=argv, **order))  # type: ignore[arg-type]


def _says(process: ContainerProcess, text: str) -> str:
    def said() -> str:
        return process.log.read_text()

    return until(f"it to say {text}", said, accept=lambda said: text in said, within_s=20)


def _asked(platform: DockerPlatform, host: str) -> str:
    """What becomes of a connection from inside the network: refused at once, or nothing for seconds."""
    asking = _launch(platform, "python3", "-c", ASKS, host, name="asking", host=platform.reserve()[0])
    return _says(asking, "\n").strip()


@pytest.mark.parametrize(
    ("argv", "init", "ended"),
    [
        (("python3", "-c", f"{TIDY}time.sleep(60)"), False, ExitStatus(7, None)),
        (("sh", "-c", f'python3 -c "{SLEEPS}"; exit $?'), False, ExitStatus(None, "SIGKILL")),
        (("python3", "-c", SLEEPS), False, ExitStatus(None, "SIGKILL")),
        (("python3", "-c", SLEEPS), True, ExitStatus(None, "SIGTERM")),
    ],
    ids=["exec form with a handler", "a shell in between", "no handler", "no handler, under init"],
)
def test_what_a_stop_signal_does_depends_on_process_one(
    platform: DockerPlatform, argv: tuple[str, ...], init: bool, ended: ExitStatus
) -> None:
    process = _launch(platform, *argv, init=init)
    _says(process, "up")
    assert platform.stop(process) == ended


def test_running_out_of_memory_is_told_from_any_other_kill(platform: DockerPlatform) -> None:
    process = _launch(platform, "python3", "-c", "x = bytearray(200_000_000); print(len(x))", memory_mb=32)
    status = until("its end", process.exit_status, within_s=20)
    assert status == ExitStatus(None, "SIGKILL", out_of_memory=True)
    assert str(status) == "SIGKILL, out of memory"


def test_a_crashed_process_leaves_an_address_that_refuses_and_a_pod_that_vanishes_leaves_none(
    platform: DockerPlatform,
) -> None:
    hosts = [platform.reserve()[0] for _ in range(2)]
    crashed, vanished = (
        _launch(platform, "python3", "-c", SERVES, host, name="server", host=host, env={"PYTHONUNBUFFERED": "1"})
        for host in hosts
    )
    for process in (crashed, vanished):
        _says(process, "Serving")
    crashed.signal("SIGKILL")
    until("its end", crashed.exit_status, within_s=20)
    platform.vanish(vanished)
    assert _asked(platform, hosts[0]).startswith("ConnectionRefusedError 0.0")
    error, seconds = _asked(platform, hosts[1]).split()
    assert error in {"TimeoutError", "OSError"}
    assert float(seconds) > 1


def test_who_has_an_address_keeps_it_when_the_one_before_is_discarded(platform: DockerPlatform) -> None:
    """As an instance that serves at the same address in each of its lives."""
    host, _ = platform.reserve()
    serve = ("python3", "-c", SERVES, host)
    first = _launch(platform, *serve, name="first", host=host, env={"PYTHONUNBUFFERED": "1"})
    _says(first, "Serving")
    first.signal("SIGKILL")
    until("its end", first.exit_status, within_s=20)
    second = _launch(platform, *serve, name="second", host=host, env={"PYTHONUNBUFFERED": "1"})
    _says(second, "Serving")
    platform.discard(first)
    assert _asked(platform, host) == "connected"
    assert platform.client().request(CONNECT_ONLY, f"http://{host}:8080", timeout=2).status_code == 204
    platform.stop(second)
    platform.discard(second)
    assert _asked(platform, host) != "connected"
    with pytest.raises(requests.RequestException):
        platform.client().request(CONNECT_ONLY, f"http://{host}:8080", timeout=1)


def test_who_is_cut_off_runs_on_and_can_be_reconnected_at_its_address(platform: DockerPlatform) -> None:
    host, _ = platform.reserve()
    process = _launch(platform, "python3", "-c", SERVES, host, name="server", host=host, env={"PYTHONUNBUFFERED": "1"})
    _says(process, "Serving")
    assert _asked(platform, host) == "connected"
    platform.cut_off(process)
    assert _asked(platform, host) != "connected"
    assert process.exit_status() is None
    platform.reconnect(process)
    assert _asked(platform, host) == "connected"


def test_what_is_published_is_on_loopback_only(platform: DockerPlatform) -> None:
    server = PostgresServer.start(platform)
    client = engine.connect()
    published = [
        bound
        for container in client.containers.list(filters={"label": f"{SESSION}={platform.labels.session}"})
        for bindings in container.ports.values()
        for bound in bindings or ()
    ]
    client.close()
    assert {bound["HostIp"] for bound in published} == {"127.0.0.1"}
    assert len(published) == 1, "the database's, for the audit"
    assert server.address != server._outside


def test_a_server_of_another_image_is_started_by_the_same_conventions(platform: DockerPlatform) -> None:
    """The suite's own image under a name that is not the suite's: nothing of it may depend on who built it."""
    client = engine.connect()
    client.images.get(platform.image(container.RECIPE.image)).tag("somebody/postgres", "17")
    try:
        server = PostgresServer.start(platform, "somebody/postgres:17")
        assert server.read("SELECT 1, :run", "run").rows == [(1, "run")]
    finally:
        client.images.remove("somebody/postgres:17", force=False)
        client.close()


def test_a_server_that_ends_at_start_is_told_with_exit_code_and_last_log_lines(
    platform: DockerPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.SETTINGS, "shared_buffers", "a lot")
    with pytest.raises(Gone, match=r'PostgreSQL ended at start: exit 1\n[\s\S]*invalid value.*"shared_buffers"'):
        PostgresServer.start(platform)


def test_an_address_pool_that_overlaps_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with DockerPlatform(RECIPES) as first:
        taken = ipaddress.ip_network(f"{first.reserve()[0]}/24", strict=False)
        monkeypatch.setenv(SUBNET_VARIABLE, str(taken))
        with pytest.raises(Gone, match=rf"no address pool .*{taken}.*overlap.*in {SUBNET_VARIABLE}"):
            DockerPlatform(RECIPES)


def test_two_sessions_at_once_have_networks_of_their_own_and_leave_each_other_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with DockerPlatform(RECIPES) as first:
        process = _launch(first, "python3", "-c", SLEEPS)
        with DockerPlatform(RECIPES) as second:
            assert first.reserve()[0].rpartition(".")[0] != second.reserve()[0].rpartition(".")[0]
        assert process.exit_status() is None


def test_other_peoples_containers_are_never_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a stranger, and of the suite under another user's state folder, killed long ago."""
    client = engine.connect()
    with pytest.MonkeyPatch.context() as other:
        other.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
        orphan = DockerPlatform(RECIPES)
        theirs = _launch(orphan, "python3", "-c", SLEEPS)
        orphan.leave()
    stranger = client.containers.run(orphan.image(BASE), ["sleep", "60"], detach=True)
    try:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "mine"))
        with DockerPlatform(RECIPES):
            pass
        assert client.containers.get(str(stranger.id)).status == "running"
        assert client.containers.get(str(theirs.container.id)).status == "running"
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
        with DockerPlatform(RECIPES):
            pass
        with pytest.raises(docker.errors.NotFound):
            client.containers.get(str(theirs.container.id))
    finally:
        stranger.remove(force=True)
        client.close()


def test_every_container_is_confined_and_a_foreign_one_shares_a_folder_by_its_group(platform: DockerPlatform) -> None:
    client = engine.connect()
    client.images.get(platform.image(RECIPE.image)).tag("somebody/python", "1")
    folder = platform.scratch("shared")
    write = f"import pathlib; pathlib.Path({str(folder)!r}, 'file').write_text('mine')"
    try:
        host, _ = platform.reserve()
        process = platform.launch(
            Launch(
                name="foreign",
                argv=("python3", "-c", write),
                env={},
                image="somebody/python:1",
                host=host,
                folders=(folder,),
            )
        )
        assert process.wait(20) == ExitStatus(code=0, signal=None)
        assert (folder / "file").read_text() == "mine"
        assert stat.S_IMODE(folder.stat().st_mode) & 0o006 == 0, "nobody else may list it or write there"
        mine = client.containers.list(all=True, filters={"label": f"{SESSION}={platform.labels.session}"})
        assert len(mine) >= 2
        for container in mine:
            settings = container.attrs["HostConfig"]
            assert (settings["SecurityOpt"], settings["PidsLimit"]) == (["no-new-privileges"], 4096)
    finally:
        client.images.remove("somebody/python:1", force=True)
        client.close()


@pytest.mark.parametrize("kind", DATABASES)
def test_every_database_is_there_as_a_container_with_its_roles(
    platform: DockerPlatform, tmp_path: Path, kind: str
) -> None:
    server = DATABASES[kind].start(platform, DATABASES[kind].recipe.image)
    script = tmp_path / "script.sql"
    script.write_text("CREATE TABLE one (number int); INSERT INTO one VALUES (7); INSERT INTO one VALUES (8);")
    server.run_script(script)
    assert list(server.read("SELECT number FROM one WHERE :run = 'run' ORDER BY number", "run").rows) == [(7,), (8,)]
    with pytest.raises(Gone, match="the ledger cannot be read"):
        server.read("DELETE FROM one -- :run", "run")
    assert platform.stop(server.process) == ExitStatus(code=0, signal=None)
