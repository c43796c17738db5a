"""The cluster that tests use: the one that the environment names, else that of compose/kubernetes.sh where it runs."""

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from fixtures.platforms.kinds import KINDS, Needs
from tests.platforms.doors import Door
from tests.standing.cluster import NODE, STATE, kubectl

OF_THIS_MACHINE: Mapping[str, str] = {
    "KUBECONFIG": str(STATE / "kubeconfig"),
    "CONFORMANCE_KUBE_CONTEXT": "release-conformance",
}


def name(patch: pytest.MonkeyPatch) -> None:
    """Name the machine's own where none is named."""
    if (STATE / "ready").exists() and not set(OF_THIS_MACHINE) & set(os.environ):
        for key, value in OF_THIS_MACHINE.items():
            patch.setenv(key, value)


def need(patch: pytest.MonkeyPatch) -> None:
    """Skip the test, and say what mends it, where none answers."""
    name(patch)
    if lacking := KINDS["kubernetes"].lacks(Needs()):
        pytest.skip(lacking[0])


@contextmanager
def filled(*, room: int) -> Iterator[None]:
    """This machine's own node takes so many pods more and no others; what fills it never starts, and costs nothing."""
    taken = len(kubectl("get", "pods", "-A", "-o", "name").split())
    takes = int(kubectl("get", "node", NODE, "-o", "jsonpath={.status.allocatable.pods}"))
    name, labels = f"filler-{time.monotonic_ns()}", {"app": "filler"}
    volume = {"name": "never", "configMap": {"name": "nowhere"}}
    container = {"name": "filler", "image": "any", "volumeMounts": [{"name": "never", "mountPath": "/never"}]}
    spec = {"containers": [container], "volumes": [volume], "terminationGracePeriodSeconds": 0}
    filler = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "filler", "namespace": name},
        "spec": {
            "replicas": takes - taken - room,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    kubectl("create", "namespace", name)
    try:
        kubectl("create", "-f", "-", given=json.dumps(filler))
        every = f"--for=jsonpath={{.status.replicas}}={takes - taken - room}"
        kubectl("wait", "-n", name, "replicaset/filler", every, "--timeout=60s")
        kubectl("wait", "-n", name, "pods", "--all", "--for=condition=PodScheduled", "--timeout=60s")
        yield
    finally:
        kubectl("delete", "namespace", name, "--timeout=80s")


class ClusterDoor(Door):
    """A port that leads to this machine's cluster until it is shut."""

    def __init__(self, folder: Path, listener: socket.socket | None = None) -> None:
        """At this listener, or at one of loopback; ``kubeconfig`` is written into this folder."""
        named = yaml.safe_load((STATE / "kubeconfig").read_text())
        cluster = named["clusters"][0]["cluster"]
        server = urlsplit(cluster["server"])
        to = (str(server.hostname), server.port or 443)
        listener = listener or socket.create_server(("127.0.0.1", 0))
        cluster["server"] = f"https://127.0.0.1:{listener.getsockname()[1]}"
        cluster["tls-server-name"] = server.hostname
        self.kubeconfig = folder / "door.kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump(named))
        super().__init__(listener, lambda: socket.create_connection(to))
