"""The cluster that tests use: the one that the environment names, else that of compose/kubernetes.sh where it runs."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from fixtures.platforms.kinds import KINDS
from tests.platforms.doors import Door

STATE = Path("/run/release-conformance-kubernetes")
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
    if lacking := KINDS["kubernetes"].lacks(None):
        pytest.skip(lacking[0])


class ClusterDoor(Door):
    """A port that leads to this machine's cluster until it is shut."""

    def __init__(self, folder: Path) -> None:
        named = yaml.safe_load((STATE / "kubeconfig").read_text())
        cluster = named["clusters"][0]["cluster"]
        server = urlsplit(cluster["server"])
        to = (str(server.hostname), server.port or 443)
        listener = socket.create_server(("127.0.0.1", 0))
        cluster["server"] = f"https://127.0.0.1:{listener.getsockname()[1]}"
        cluster["tls-server-name"] = server.hostname
        self.kubeconfig = folder / "door.kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump(named))
        super().__init__(listener, lambda: socket.create_connection(to))
