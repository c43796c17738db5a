"""A cluster that cannot serve is one line with the remedy, before anything starts."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
import yaml

from fixtures.platforms.kinds import KINDS, Needs
from fixtures.platforms.kubernetes.cluster import NoCluster, connect
from fixtures.platforms.kubernetes.images import refusal
from fixtures.platforms.kubernetes.pods import Container, Pod
from fixtures.platforms.kubernetes.rights import MANIFEST, NEEDED
from fixtures.platforms.recipes import REPOSITORY
from tests.glue.suite import pytest as suite


def _kubeconfig(folder: Path, server: str) -> Mapping[str, str]:
    """The environment that names it."""
    file = folder / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("staging", "test")],
    }
    file.write_text(json.dumps(config))
    return {"KUBECONFIG": str(file), "CONFORMANCE_KUBE_CONTEXT": "staging"}


@contextmanager
def _api_server(minor: str, denied: str, status: int = 200) -> Iterator[str]:
    """Answers what a session asks first: its version, and whether the user may do this or that."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({"major": "1", "minor": minor, "gitVersion": f"v1.{minor}.0"})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["spec"]["resourceAttributes"]
            resource = "/".join(part for part in (asked["resource"], asked["subresource"]) if part)
            self._say({"status": {"allowed": f"{asked['verb']} {resource}" != denied}})

        def _say(self, answer: object) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64
        """All rights are asked for at once."""

    with Server(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _told(environment: Mapping[str, str]) -> str:
    with pytest.raises(NoCluster) as refused:
        connect(environment)
    said = str(refused.value)
    assert "\n" not in said
    return said


def test_nothing_is_guessed(tmp_path: Path) -> None:
    named = _kubeconfig(tmp_path, "http://127.0.0.1:1")
    assert _told({}).startswith("no cluster is named: set KUBECONFIG and CONFORMANCE_KUBE_CONTEXT (a kubeconfig, and")
    for left_out in named:
        said = _told({key: value for key, value in named.items() if key != left_out})
        assert said.startswith(f"no cluster is named: set {left_out} (")
        assert "compose/kubernetes.sh" in said


def test_a_kubeconfig_that_is_none(tmp_path: Path) -> None:
    named = {"KUBECONFIG": str(tmp_path / "absent"), "CONFORMANCE_KUBE_CONTEXT": "staging"}
    assert _told(named).startswith(f"{tmp_path}/absent (KUBECONFIG) is no file")
    for text in ("no: [yaml", "just words", "{}"):
        (tmp_path / "absent").write_text(text)
        assert _told(named).startswith(f"{tmp_path}/absent (KUBECONFIG) cannot be used as a kubeconfig: ")


def test_a_context_that_is_not_there_is_refused_though_another_is_current(tmp_path: Path) -> None:
    named = {**_kubeconfig(tmp_path, "http://127.0.0.1:1"), "CONFORMANCE_KUBE_CONTEXT": "production"}
    assert _told(named) == (
        f"{tmp_path}/kubeconfig has no context production (CONFORMANCE_KUBE_CONTEXT); it has staging, test"
    )


def test_nobody_answers(tmp_path: Path) -> None:
    said = _told(_kubeconfig(tmp_path, "http://127.0.0.1:1"))
    assert said == (
        f"no cluster answers for the context staging of {tmp_path}/kubeconfig: the API server at http://127.0.0.1:1 "
        "does not answer: connection refused; compose/kubernetes.sh starts a cluster of one node on a root Debian or "
        "Ubuntu machine"
    )


def test_a_cluster_that_is_too_old(tmp_path: Path) -> None:
    with _api_server("24", "") as server:
        said = _told(_kubeconfig(tmp_path, server))
    assert said == "the cluster of the context staging is v1.24.0, 1.25 or later is needed"


@pytest.mark.parametrize("right", ["create namespaces", "get pods/exec", "patch pods/ephemeralcontainers"])
def test_a_right_that_is_missing_is_named_with_what_grants_it(tmp_path: Path, right: str) -> None:
    with _api_server("34+", right) as server:
        said = _told(_kubeconfig(tmp_path, server))
    assert said == (
        f"the user of the context staging may not {right}: an administrator grants it by "
        "kubectl apply -f compose/kubernetes/rights.yaml and "
        "kubectl create clusterrolebinding release-conformance-user "
        "--clusterrole release-conformance --user NAME (NAME: kubectl --context staging auth whoami)"
    )


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_that_are_not_taken_are_told_from_a_cluster_that_does_not_answer(
    tmp_path: Path, status: int
) -> None:
    with _api_server("34", "", status) as server:
        said = _told(_kubeconfig(tmp_path, server))
    assert said.startswith(f"the cluster of the context staging does not let its user in ({status} ")
    assert said.endswith(f"the credentials in {tmp_path}/kubeconfig are wrong, missing or out of date; renew them")


def test_who_has_them_all_is_served(tmp_path: Path) -> None:
    with _api_server("34", "") as server:
        connect(_kubeconfig(tmp_path, server)).close()


def test_the_manifest_grants_what_is_needed_and_no_more() -> None:
    role, *_ = yaml.safe_load_all((REPOSITORY / MANIFEST).read_text())
    rules = [(verb, resource) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]]
    assert sorted(map(" ".join, rules)) == sorted(map(str, NEEDED))


def test_a_session_without_a_cluster_starts_nothing(tmp_path: Path) -> None:
    ended = suite(
        "--platform", "kubernetes", "-k", "a_batch_release_loses", XDG_STATE_HOME=str(tmp_path), KUBECONFIG=""
    )
    assert ended.code == 7
    assert "no cluster is named: set KUBECONFIG" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_the_platform_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("KUBECONFIG", "CONFORMANCE_KUBE_CONTEXT"):
        monkeypatch.delenv(key, raising=False)
    assert KINDS["kubernetes"].lacks(Needs()) == [_told({})]


def test_an_image_that_nodes_cannot_get_is_told_with_what_mends_it() -> None:
    def waiting(reason: str, message: str = "") -> Container:
        state = {"name": "image-0", "state": {"waiting": {"reason": reason, "message": message}}}
        found = _pod(state).container("image-0")
        assert found is not None
        return found

    assert refusal(None, "shop:2") == ""
    assert refusal(waiting("ContainerCreating"), "shop:2") == ""
    assert refusal(waiting("ErrImagePull", "no such\nhost"), "shop:2") == (
        "the cluster's nodes have no image shop:2 and cannot pull it (no such host): push it to where the nodes can "
        "pull it, or compose/kubernetes.sh load IMAGE where that cluster is the one"
    )
    own = refusal(waiting("ImagePullBackOff"), "here/release-conformance/python:1")
    assert own.endswith("make cluster-images puts the suite's own there (docs/kubernetes.md)")


def test_a_pod_has_its_address_when_its_holder_runs_and_says_what_it_waits_for() -> None:
    waits = {"name": "holder", "state": {"waiting": {"reason": "ContainerCreating"}}}
    assert (_pod(waits).address, str(_pod(waits))) == ("", "Pending holder: ContainerCreating")
    assert _pod({"name": "holder", "state": {"running": {"startedAt": "now"}}}).address == "10.78.0.9"


def test_how_a_container_ended_is_told_from_why_it_never_ran() -> None:
    def ended(code: int, reason: str) -> Container:
        state = {"terminated": {"exitCode": code, "reason": reason, "message": "no such file"}}
        found = _pod({"name": "one", "state": state}).container("one")
        assert found is not None
        return found

    assert (str(ended(7, "Error").ended), ended(7, "Error").failed_to_start) == ("exit 7", "")
    assert str(ended(137, "Error").ended) == "SIGKILL"
    assert str(ended(137, "OOMKilled").ended) == "SIGKILL, out of memory"
    assert ended(128, "StartError").failed_to_start == "no such file"


def _pod(container: Mapping[str, object]) -> Pod:
    status = {"phase": "Pending", "podIP": "10.78.0.9", "containerStatuses": [container]}
    return msgspec.json.decode(msgspec.json.encode({"metadata": {"name": "pod-1"}, "status": status}), type=Pod)
