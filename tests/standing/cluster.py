"""The cluster of compose/kubernetes.sh, as the tests reach it; where none runs, what needs it is skipped."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "compose" / "kubernetes.sh"
STATE = Path("/run/release-conformance-kubernetes")
KUBECONFIG = STATE / "kubeconfig"
NODE, ADDRESS = "node-1", "10.77.0.1"
CONTEXT = "release-conformance"
EDITIONS = ("1", "2", "broken")

needs_cluster = pytest.mark.skipif(
    not (STATE / "ready").exists(), reason="no cluster of this machine's own runs: compose/kubernetes.sh start"
)


def image(edition: str) -> str:
    """Of the press in this edition."""
    return f"localhost/press:{edition}"


def own_kubectl(namespace: str, context: str = CONTEXT, kubeconfig: Path = KUBECONFIG) -> list[str]:
    """The team's own kubectl, kubeconfig, context and namespace named."""
    words = [str(STATE / "kubectl"), "--kubeconfig", str(kubeconfig), "--context", context]
    return [*words, "--cache-dir", str(STATE / "discovery"), "--namespace", namespace]


def kubectl(*words: str, given: str | None = None) -> str:
    """What it prints; it must succeed."""
    done = subprocess.run(
        [str(SCRIPT), "kubectl", *words], input=given, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def namespace_of(name: str, *objects: Mapping[str, Any]) -> Iterator[None]:
    """A namespace that admits restricted pods alone, with these objects in it; removed afterwards."""
    _load_images()
    kubectl("create", "namespace", name)
    try:
        kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
        every = {"apiVersion": "v1", "kind": "List", "items": objects}
        kubectl("apply", "-n", name, "-f", "-", given=json.dumps(every))
        yield
    finally:
        kubectl(
            "delete", "deployments,pods", "--all", "-n", name, "--grace-period=1", "--wait=false"
        )  # nobody waits for hooks
        kubectl("delete", "namespace", name, "--timeout=60s")


def gateway_classes() -> list[str]:
    """The classes of the Gateway API that an implementation in this cluster has accepted."""
    if "gatewayclasses" not in kubectl("api-resources", "--api-group=gateway.networking.k8s.io", "-o", "name"):
        return []
    classes = json.loads(kubectl("get", "gatewayclasses", "-o", "json"))["items"]
    return [str(one["metadata"]["name"]) for one in classes if _is_accepted(one)]


def _is_accepted(gateway_class: Mapping[str, Any]) -> bool:
    conditions = gateway_class.get("status", {}).get("conditions", [])
    return any((one["type"], one["status"]) == ("Accepted", "True") for one in conditions)


@cache
def _load_images() -> None:
    """Every edition, built from the source beside this file."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    with tempfile.TemporaryDirectory() as made:
        for edition in EDITIONS:
            program, archive = Path(made) / "press", Path(made) / f"press-{edition}.tar"
            flags = f"-s -w -X main.edition={edition}"
            build = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(program), "."]
            subprocess.run(build, cwd=Path(__file__).with_name("press"), env=environment, check=True, timeout=120)
            make = [sys.executable, str(SCRIPT.parent / "kubernetes" / "image.py"), str(archive)]
            subprocess.run([*make, image(edition), str(program)], check=True, timeout=60)
            subprocess.run([str(SCRIPT), "load", str(archive)], check=True, timeout=60)
