"""A Deployment on the cluster of compose/kubernetes.sh, described as its team would; no cluster, and its tests skip."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "compose" / "kubernetes.sh"
STATE = Path("/run/release-conformance-kubernetes")
NODE = "10.77.0.1"
PODS = (
    '{{range .items}}{{$ready := "false"}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}'
    '{{$ready = "true"}}{{end}}{{end}}{{.metadata.name}} {{(index .spec.containers 0).image}} '
    '{{if .metadata.deletionTimestamp}}false{{else}}{{$ready}}{{end}}{{"\\n"}}{{end}}'
)
"""A line for each pod: one that is being deleted is not ready, whatever it says of itself."""

needs_cluster = pytest.mark.skipif(
    not (STATE / "ready").exists(), reason="no cluster of this machine's own runs: compose/kubernetes.sh start"
)


@dataclass(frozen=True)
class Press:
    """Three pods behind a Service, in a namespace of their own."""

    namespace: str
    address: str
    folder: Path

    def describe(self, context: str = "release-conformance") -> Path:
        """The team's own kubectl, context and namespace named."""
        kubectl = [str(STATE / "kubectl"), "--kubeconfig", str(STATE / "kubeconfig"), "--context", context]
        kubectl += ["--cache-dir", str(STATE / "discovery"), "--namespace", self.namespace]
        own = " ".join(kubectl)
        deploy = f'{own} set image deployment/press press="$1" && {own} rollout status deployment/press'
        keys = {
            "service": "press",
            "address": self.address,
            "old": "localhost/press:1",
            "new": "localhost/press:2",
            "instances": 3,
            "at_least": 3,
            "list": [*kubectl, "get", "pods", "-l", "app=press", "-o", f"go-template={PODS}"],
            "release": ["bash", "-c", deploy, "deploy", "{new}"],
            "release_within_s": 60.0,
        }
        watch = {
            "slices": [*kubectl, "get", "endpointslices", "--watch", "--output-watch-events", "-o", "json"],
            "pods": [*kubectl, "get", "pods", "--watch", "--output-watch-events", "-o", "json"],
        }
        file = self.folder / "services.toml"
        file.write_text(
            "\n".join(
                [
                    'schema = "release-topology/1"',
                    'name = "press"',
                    "[standing]",
                    *(f"{key} = {json.dumps(value)}" for key, value in keys.items()),
                    "[standing.watch]",
                    *(f"{key} = {json.dumps(value)}" for key, value in watch.items()),
                    "[workload]",
                    "fresh_share = 1.0",
                    "warm_up_requests = 20",
                    "[[workload.routes]]",
                    'name = "page"',
                    "weight = 1",
                    'method = "GET"',
                    'path = "/page"',
                    "write = false",
                    "expect = [200]",
                ]
            )
        )
        return file


@contextmanager
def press(folder: Path, namespace: str, *, pre_stop_s: int) -> Iterator[Press]:
    """It stands in version 1, every pod ready; removed afterwards."""
    folder.mkdir()
    _load_images()
    _kubectl("create", "namespace", namespace)
    try:
        _kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
        _kubectl("apply", "-n", namespace, "-f", "-", given=json.dumps(_manifest(pre_stop_s)))
        _kubectl("rollout", "status", "-n", namespace, "deployment/press", "--timeout=60s")
        port = _kubectl("get", "service", "press", "-n", namespace, "-o", "jsonpath={.spec.ports[0].nodePort}")
        yield Press(namespace, f"{NODE}:{port}", folder)
    finally:
        _kubectl("delete", "namespace", namespace, "--timeout=60s")


def _manifest(pre_stop_s: int) -> dict[str, object]:
    """A rollout that keeps three pods ready, with a hook before the stop or without."""
    container: dict[str, object] = {
        "name": "press",
        "image": "localhost/press:1",
        "imagePullPolicy": "Never",
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/well", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    if pre_stop_s:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": pre_stop_s}}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "press"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "press"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": {"app": "press"}},
                "spec": {
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": 15,
                    "containers": [container],
                },
            },
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "press"},
        "spec": {"type": "NodePort", "selector": {"app": "press"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    return {"apiVersion": "v1", "kind": "List", "items": [deployment, service]}


@cache
def _load_images() -> None:
    """Both editions, built from the source beside this file."""
    folder = STATE / "press"
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    for edition in ("1", "2"):
        program, archive = folder / "press", folder / f"press-{edition}.tar"
        flags = f"-s -w -X main.edition={edition}"
        build = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(program), "."]
        subprocess.run(build, cwd=Path(__file__).with_name("press"), env=environment, check=True, timeout=120)
        image = [sys.executable, str(SCRIPT.parent / "kubernetes" / "image.py"), str(archive)]
        subprocess.run([*image, f"localhost/press:{edition}", str(program)], check=True, timeout=60)
        subprocess.run([str(SCRIPT), "load", str(archive)], check=True, timeout=60)


def _kubectl(*words: str, given: str | None = None) -> str:
    done = subprocess.run(
        [str(SCRIPT), "kubectl", *words], input=given, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
