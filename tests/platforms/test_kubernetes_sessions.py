"""Whole sessions on a cluster that fails them, or that are killed: told in one line, and nothing of them is left."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import msgspec
import pytest

from conformance.load.spec import LoadSpec
from conformance.record import files
from conformance.record.load_end import LoadEnd
from conformance.run.waiting import until
from conformance.run.world import Gone
from fixtures.platforms.kinds import RECIPES
from fixtures.platforms.kubernetes import cluster, namespace, pods
from fixtures.platforms.kubernetes.api import Api
from fixtures.platforms.kubernetes.forward import LOOPBACK
from fixtures.platforms.kubernetes.images import ImageUnavailable
from fixtures.platforms.kubernetes.platform import KubernetesPlatform
from fixtures.platforms.labels import Labels
from fixtures.platforms.session import journal
from fixtures.platforms.session.sweep import JOURNAL
from fixtures.services.python.image import RECIPE as PYTHON
from fixtures.slb.kinds import recipes as slb_recipes
from tests.glue.suite import ROOT
from tests.platforms import apart, clusters
from tests.standing.cluster import STATE

SERVES = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", 65536
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server((sys.argv[1], int(sys.argv[2])), Page).serve_forever()
"""
VERSION = f'''{{ image = "{PYTHON.image}", args = ["python3", "-c", """{SERVES}""", "{{host}}", "{{port}}"] }}'''
PAGE = f"""
schema = "release-topology/1"
name = "page"
[services.page]
entry = true
version = "1"
versions.1 = {VERSION}
versions.2 = {VERSION}
released_instances = 2
ready = "GET /"
admin = {{ address = "{{host}}:{{port}}", health = "GET /" }}
[workload]
rate = 100
routes = [
    {{ name = "page", method = "GET", path = "/", weight = 1, expect = [200], write = false }},
    {{ name = "page by TLS", method = "GET", path = "/", weight = 1, expect = [200], write = false, tls = true }},
]
"""
RELEASES = r"\] 2\.1 "
"""In what a session says: the first batch of a release has begun."""
ENDS_WITHIN_S = 150.0


@pytest.fixture(scope="module", autouse=True)
def _images(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The cluster is this machine's own, which may be filled and lost, and has the images."""
    with pytest.MonkeyPatch.context() as patch:
        clusters.need(patch)
        if not (STATE / "ready").exists():
            pytest.skip("fills and loses its cluster: only on this machine's own, compose/kubernetes.sh start")
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        with KubernetesPlatform(RECIPES) as platform:
            try:
                platform.prepare([PYTHON.image, *(recipe.image for recipe in slb_recipes())])
            except ImageUnavailable as gone:
                pytest.skip(str(gone))


@pytest.fixture(autouse=True)
def _cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clusters.name(monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def api() -> Iterator[Api]:
    connected = cluster.connect()
    yield connected
    connected.close()


Begin = Callable[[Sequence[str], Mapping[str, str], IO[bytes]], AbstractContextManager["subprocess.Popen[bytes]"]]


@dataclass(frozen=True)
class Session:
    """One that goes on: of one service behind the SLB, released losslessly."""

    process: subprocess.Popen[bytes]
    file: Path

    @property
    def said(self) -> str:
        """So far."""
        return self.file.read_text()

    def await_said(self, pattern: str) -> None:
        """Raises Unmet."""
        until(f"it to say {pattern}", lambda: re.search(pattern, self.said), within_s=90, describe=lambda _: self.said)

    def ended(self) -> int:
        """Its exit code. Raises TimeoutExpired."""
        return self.process.wait(ENDS_WITHIN_S)


@contextmanager
def _here(argv: Sequence[str], env: Mapping[str, str], output: IO[bytes]) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(
        argv, cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def _session(folder: Path, *further: str, begin: Begin = _here, **environment: str) -> Iterator[Session]:
    (folder / "services.toml").write_text(PAGE)
    options = ["--platform", "kubernetes", "--profile", "smoke", "--services", str(folder), "-k", "batch", *further]
    own = {"CI": "true", "GITHUB_STEP_SUMMARY": "", "CONFORMANCE_OUT": str(folder / "out"), **environment}
    argv = [sys.executable, "-m", "pytest", *options]
    file = folder / "said"
    with file.open("wb") as output, begin(argv, own, output) as process:
        yield Session(process, file)


def _namespaces(api: Api) -> list[str]:
    """Those of this test's sessions."""
    return namespace._all_named(api, Labels.of("any").akin)


@pytest.mark.parametrize(
    "moment", ["", "nginx: ready", "topology: ", RELEASES], ids=["begins", "starts instances", "stands", "releases"]
)
def test_a_session_that_is_killed_leaves_nothing_in_the_cluster_or_here(api: Api, tmp_path: Path, moment: str) -> None:
    with _session(tmp_path) as session:
        until("its namespace", lambda: _namespaces(api), within_s=60, describe=lambda _: session.said)
        if moment:
            session.await_said(moment)
        session.process.send_signal(signal.SIGKILL)
        session.process.wait()
    sessions = tmp_path / "state" / "release-conformance" / "sessions"
    until("the end of its namespace", lambda: not _namespaces(api), within_s=60, every_s=0.2)
    until("the end of its folders and processes", lambda: not list(sessions.iterdir()), within_s=10)


def test_an_api_server_that_goes_away_amid_a_release_is_told_in_one_line(api: Api, tmp_path: Path) -> None:
    door = clusters.ClusterDoor(tmp_path)
    with _session(tmp_path, KUBECONFIG=str(door.kubeconfig)) as session:
        session.await_said(RELEASES)
        door.shut()
        assert session.ended() == 7, session.said
    assert re.search(r"the cluster no longer answers: the API server at https://127\.0\.0\.1:\d+", session.said)
    assert "Traceback" not in session.said
    said: list[str] = []
    KubernetesPlatform(RECIPES, said.append).close()
    assert any(re.fullmatch(r"removed release-conformance-\w+, left by an earlier session", one) for one in said)
    until("the end of its namespace", lambda: not _namespaces(api), within_s=60, every_s=0.2)


def test_a_node_that_is_full_ends_the_session_in_one_line(api: Api, tmp_path: Path) -> None:
    with clusters.filled(room=0), _session(tmp_path) as session:
        assert session.ended() == 7, session.said
    told = [line for line in session.said.splitlines() if "Too many pods" in line]
    assert (
        "a node with room for the pod images-1: not within 60 s; last seen: Pending 0/1 nodes are available" in told[0]
    )
    assert "Traceback" not in session.said
    assert _namespaces(api) == []


def test_a_node_that_is_nearly_full_gives_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pods, "PLACED_WITHIN_S", 5.0)
    with clusters.filled(room=3), KubernetesPlatform(RECIPES) as platform:
        platform.prepare([])
        taken = [platform.reserve()[0] for _ in range(3)]
        with pytest.raises(Gone, match=r"^a node with room for the pod pod-\d+: not within 5 s; .*Too many pods"):
            platform.reserve()
        platform._hosts().remove(platform._hosts().at(taken[0]))
        assert platform.reserve()[0] not in taken[1:]


@pytest.fixture
def _workers_image() -> None:
    with KubernetesPlatform(RECIPES) as platform:
        try:
            platform.places(2)
        except ImageUnavailable as gone:
            pytest.skip(str(gone))


def _runs(folder: Path) -> list[LoadSpec]:
    """The orders of the loads that had a release, in their order."""
    orders = sorted((folder / "out").rglob("load-order.json"), key=lambda file: file.stat().st_mtime)
    return [msgspec.json.decode(one.read_bytes(), type=LoadSpec) for one in orders]


@pytest.mark.usefixtures("_workers_image")
def test_workers_in_pods_share_a_load_that_loses_nothing(api: Api, tmp_path: Path) -> None:
    with _session(tmp_path, "--workers", "2") as session:
        assert session.ended() == 0, session.said
    for order in _runs(tmp_path):
        assert len({place.name for place in order.places}) == 2
        end = msgspec.json.decode((Path(order.directory) / files.LOAD).read_bytes(), type=LoadEnd)
        assert end.workers == 2
        assert sum(each.sent for each in end.each) == end.sent == end.planned
        assert all(abs(each.clock_ahead_ns) <= each.clock_within_ns + 1_000_000 for each in end.each)
    assert _namespaces(api) == []


@pytest.mark.usefixtures("_workers_image")
def test_a_workers_pod_that_goes_amid_a_release_makes_it_inconclusive_and_is_named(api: Api, tmp_path: Path) -> None:
    with _session(tmp_path, "--workers", "2") as session:
        session.await_said(RELEASES)
        pod = _runs(tmp_path)[-1].places[1].name
        (own,) = _namespaces(api)
        api.delete(f"{namespace.NAMESPACES}/{own}/pods/{pod}")
        assert session.ended() == 7, session.said
    assert f"load worker 2 of 2 ({pod}) was lost in phase loading" in session.said
    assert "INCONCLUSIVE" in session.said
    assert "Traceback" not in session.said


FORWARDED = "this machine reaches no node of the cluster (10.77.0.1); from here the SLB and what is audited are reached"


def test_a_machine_that_reaches_no_node_goes_through_the_api_server(api: Api, tmp_path: Path) -> None:
    with _session(tmp_path, begin=partial(apart.started, tmp_path)) as session:
        assert session.ended() == 0, session.said
    assert FORWARDED in session.said
    assert "listens beyond loopback" not in session.said
    assert {order.host for order in _runs(tmp_path)} == {LOOPBACK}
    assert _namespaces(api) == []


@pytest.mark.usefixtures("_workers_image")
def test_workers_in_pods_reach_the_slb_where_this_machine_does_not(api: Api, tmp_path: Path) -> None:
    with _session(tmp_path, "--workers", "2", begin=partial(apart.started, tmp_path)) as session:
        assert session.ended() == 0, session.said
    assert FORWARDED in session.said
    assert all(order.places and order.host != LOOPBACK for order in _runs(tmp_path))
    assert _namespaces(api) == []


def test_a_port_forward_that_breaks_amid_a_release_is_no_loss_of_the_release(api: Api, tmp_path: Path) -> None:
    with _session(tmp_path, begin=partial(apart.started, tmp_path)) as session:
        session.await_said(RELEASES)
        os.kill(_recorded(tmp_path, "forward-nginx"), signal.SIGKILL)
        assert session.ended() == 7, session.said
    assert "the port-forward to nginx broke" in session.said
    assert "NO-GO" not in session.said
    assert "Traceback" not in session.said
    assert _namespaces(api) == []


def _recorded(folder: Path, name: str) -> int:
    """The process of this name, as its session has recorded it."""
    journals = (folder / "state").rglob(JOURNAL)
    entries = [entry for file in journals for entry in journal.read(file) if isinstance(entry, journal.Started)]
    return next(entry.pid for entry in entries if entry.name == name)
