"""What only a cluster can show: rights, images, namespaces, pods' addresses, and what a killed session leaves."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from conformance.run.waiting import until
from conformance.run.world import ExitStatus, Gone, Launch
from fixtures.platforms.kinds import RECIPES
from fixtures.platforms.kubernetes import cluster, namespace
from fixtures.platforms.kubernetes.api import Api
from fixtures.platforms.kubernetes.images import ImageUnavailable
from fixtures.platforms.kubernetes.platform import KubernetesPlatform
from fixtures.platforms.kubernetes.process import PodProcess
from fixtures.platforms.kubernetes.rights import MANIFEST
from fixtures.platforms.labels import Labels
from fixtures.platforms.recipes import REPOSITORY
from fixtures.services.python.image import RECIPE
from tests.platforms import clusters
from tests.platforms.killing import kill_owner
from tests.standing.cluster import STATE

WAITS = ("python3", "-c", "import time; print('up', flush=True); time.sleep(60)")
LISTENS = (
    "import socket, sys, time; s = socket.create_server((sys.argv[1], 8080)); print('up', flush=True); time.sleep(60)"
)
OWNER = """
import time
from conformance.run.world import Launch
from fixtures.platforms.kinds import RECIPES
from fixtures.platforms.kubernetes.platform import KubernetesPlatform
platform = KubernetesPlatform(RECIPES)
platform.launch(Launch(name="one", argv=("sleep", "60"), env={}, image="release-conformance/python"))
print(platform.labels.session, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clusters.need(monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesPlatform]:
    """One session for all that leaves it standing."""
    with pytest.MonkeyPatch.context() as patch:
        clusters.need(patch)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        with KubernetesPlatform(RECIPES, print) as opened:
            try:
                opened.prepare([])
            except ImageUnavailable as gone:
                pytest.skip(str(gone))
            yield opened


def _up(process: PodProcess) -> None:
    until("it to be up", lambda: "up" in process.log.read_text(), within_s=10)


@pytest.fixture
def api() -> Iterator[Api]:
    connected = cluster.connect()
    yield connected
    connected.close()


def test_the_address_is_known_before_anybody_listens_and_is_kept_by_the_next(platform: KubernetesPlatform) -> None:
    host, port = platform.reserve()
    for _ in range(2):
        process = platform.launch(
            Launch(name="one", argv=("python3", "-c", LISTENS, host), env={}, image=RECIPE.image, host=host)
        )
        _up(process)
        assert platform.client().request("TCP", f"http://{host}:{port}", timeout=2).status_code == 204
        process.kill()
        with pytest.raises(Exception, match="refused"):
            platform.client().request("TCP", f"http://{host}:{port}", timeout=2)
        platform.discard(process)


def test_an_address_that_is_given_up_goes_with_its_pod(platform: KubernetesPlatform) -> None:
    host, _ = platform.reserve()
    order = Launch(name="one", argv=WAITS, env={}, image=RECIPE.image, host=host)
    process = platform.launch(order)
    process.kill()
    platform.give_up(host)
    platform.discard(process)
    until("its pod's end", lambda: process._pods.is_removed(process.host.pod), within_s=20)
    assert process.exit_status() == ExitStatus(None, "SIGKILL")
    with pytest.raises(Gone, match=f"no pod has the address {host} any more"):
        platform.launch(order)


def test_files_go_there_and_come_back(platform: KubernetesPlatform) -> None:
    folder = platform.scratch("things")
    (folder / "deep").mkdir()
    (folder / "deep" / "told").write_text("told before\n")
    (folder / "empty").mkdir()
    copies = "import time; f = open('log', 'a', buffering=1); f.write(open('deep/told').read()); time.sleep(60)"
    order = Launch(
        name="one", argv=("python3", "-c", copies), env={}, image=RECIPE.image, cwd=folder, folders=(folder,)
    )
    process = platform.launch(order)
    until("its line", lambda: process.fetch(folder / "log").exists(), within_s=10)
    assert process.fetch(folder / "log").read_text() == "told before\n"
    (folder / "deep" / "told").write_text("told later\n")
    process.signal("SIGCONT")
    code, said, _ = process.host.holder._run("cat /folders/*/deep/told /folders/*/log")
    assert (code, said) == (0, b"told later\ntold before\n"), "what it wrote itself is not put back"
    assert process.host.holder._run("ls -d /folders/*/empty")[0] == 0
    process.kill()


def test_words_of_a_command_stay_what_they_are(platform: KubernetesPlatform) -> None:
    argv = ("python3", "-c", "import os, sys; print(sys.argv[1], os.environ['B'])", "$(A) $$(A) $A $")
    process = platform.launch(Launch(name="one", argv=argv, env={"A": "no", "B": "$(A)$$"}, image=RECIPE.image))
    process.wait(10)
    assert process.log.read_text() == "$(A) $$(A) $A $ $(A)$$\n"


def test_a_port_that_is_published_is_reached_at_a_node(platform: KubernetesPlatform) -> None:
    host, port = platform.reserve()
    order = Launch(
        name="one", argv=("python3", "-c", LISTENS, host), env={}, image=RECIPE.image, host=host, published=(port,)
    )
    process = platform.launch(order)
    reached = platform.outside(f"{host}:{port}")
    assert reached.rpartition(":")[0] != host
    assert any(said.startswith("one on port ") for said in platform.exposed())
    with pytest.raises(KeyError):
        platform.outside(f"{host}:{port + 1}")
    process.kill()


def test_what_cannot_be_limited_is_refused(platform: KubernetesPlatform) -> None:
    with pytest.raises(Gone, match="has no memory limit"):
        platform.launch(Launch(name="one", argv=WAITS, env={}, image=RECIPE.image, memory_mb=64))


def test_an_image_that_is_nowhere_is_refused_before_anything_starts(platform: KubernetesPlatform) -> None:
    with pytest.raises(ImageUnavailable) as refused:
        platform.prepare(["nowhere.invalid/shop:2"])
    said = str(refused.value)
    assert said.startswith("the cluster's nodes have no image nowhere.invalid/shop:2 and cannot pull it (")
    assert said.endswith("compose/kubernetes.sh load IMAGE where that cluster is the one")
    assert "\n" not in said


def test_a_namespace_that_is_there_is_not_taken_over(api: Api) -> None:
    labels = Labels.of("0123456789ab")
    namespace.create(api, labels)
    try:
        with pytest.raises(Gone, match=r"release-conformance-0123456789ab exists already .* kubectl delete namespace"):
            namespace.create(api, labels)
    finally:
        namespace.remove(api, labels.session)


def test_a_pod_of_more_rights_is_not_let_in(platform: KubernetesPlatform, api: Api) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "root"},
        "spec": {"containers": [{"name": "root", "image": "any", "securityContext": {"privileged": True}}]},
    }
    with pytest.raises(Gone, match='violates PodSecurity "restricted'):
        api.post(f"{namespace.path_of(platform.labels.session)}/pods", pod, msgspec.Raw)


def test_what_a_killed_session_left_is_removed_by_its_guardian(api: Api) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    session = owner.stdout.readline().strip()
    assert namespace._all_named(api, Labels.of(session).own)
    kill_owner(owner, guardian=True)
    until(
        "the namespace's end", lambda: not namespace._all_named(api, Labels.of(session).own), within_s=60, every_s=0.2
    )


def test_what_a_killed_session_left_is_removed_by_the_next_one(api: Api) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    session = owner.stdout.readline().strip()
    kill_owner(owner)
    said: list[str] = []
    KubernetesPlatform(RECIPES, said.append).close()
    assert any(re.fullmatch(r"removed release-conformance-\w+, left by an earlier session", one) for one in said)
    until(
        "the namespace's end", lambda: not namespace._all_named(api, Labels.of(session).own), within_s=60, every_s=0.2
    )


def test_a_cluster_that_is_lost_is_told_to_whoever_asks_and_nothing_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (STATE / "ready").exists():
        pytest.skip("loses its cluster: only on this machine's own, compose/kubernetes.sh start")
    door = clusters.ClusterDoor(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(door.kubeconfig))
    opened = KubernetesPlatform(RECIPES, print)
    process = opened.launch(Launch(name="one", argv=WAITS, env={}, image=RECIPE.image))
    _up(process)
    client = opened.client()
    door.shut()
    until("it to be lost", lambda: _is_lost(process), within_s=10)
    with pytest.raises(Gone, match=r"^the cluster no longer answers: the API server at https://127\.0\.0\.1:"):
        process.signal("SIGTERM")
    with pytest.raises(Exception, match="relay"):
        client.get("http://10.0.0.1:80/", timeout=1)
    assert process.log.read_text() == "up\n", "what was read before stays"
    opened.close()
    monkeypatch.setenv("KUBECONFIG", clusters.OF_THIS_MACHINE["KUBECONFIG"])
    said: list[str] = []
    KubernetesPlatform(RECIPES, said.append).close()
    assert any(re.fullmatch(r"removed release-conformance-\w+, left by an earlier session", one) for one in said)


def _is_lost(process: PodProcess) -> bool:
    try:
        process.exit_status()
    except Gone:
        return True
    return False


def test_a_user_without_rights_is_told_which_and_is_served_once_they_are_granted(api: Api, tmp_path: Path) -> None:
    """By the manifest itself, for the account that it makes."""
    kubectl = ["kubectl", "--kubeconfig", clusters.OF_THIS_MACHINE["KUBECONFIG"]]
    if not (STATE / "kubectl").exists():
        pytest.skip("grants rights: only on this machine's own cluster, compose/kubernetes.sh start")
    kubectl[0] = str(STATE / "kubectl")
    manifest = str(REPOSITORY / MANIFEST)

    def run(*words: str) -> str:
        done = subprocess.run([*kubectl, *words], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()

    run("create", "serviceaccount", "nobody", "-n", "default")
    try:
        assert "may not create namespaces, delete namespaces, get namespaces, list namespaces, list nodes, " in _told(
            _as(tmp_path, api.server, run("create", "token", "nobody", "-n", "default"))
        )
        run("apply", "-f", manifest)
        as_granted = _as(tmp_path, api.server, run("create", "token", "release-conformance", "-n", "default"))
        cluster.connect(as_granted).close()
    finally:
        run("delete", "-f", manifest, "--ignore-not-found")
        run("delete", "serviceaccount", "nobody", "-n", "default")


def _as(folder: Path, server: str, token: str) -> dict[str, str]:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    return {"KUBECONFIG": str(folder / "kubeconfig"), "CONFORMANCE_KUBE_CONTEXT": "x"}


def _told(environment: dict[str, str]) -> str:
    with pytest.raises(cluster.NoCluster) as refused:
        cluster.connect(environment)
    return str(refused.value)
