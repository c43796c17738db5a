"""compose/kubernetes.sh: a cluster of one node comes up, is talked to, and goes without a trace."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.standing.cluster import SCRIPT, STATE

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "release-conformance" / "kubernetes"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("go") is None or (STATE / "pid").exists() or not any(CACHE.glob("*/node")),
    reason="needs root, Go, the programs (compose/kubernetes.sh build), and no cluster that somebody uses",
)


def _script(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(SCRIPT), *words], capture_output=True, text=True, timeout=120, check=False)


def test_a_cluster_comes_up_and_nothing_of_it_is_left() -> None:
    try:
        started = _script("start")
        assert started.returncode == 0, started.stderr
        assert "context release-conformance" in started.stdout
        assert "already" in _script("start").stdout
        nodes = _script("kubectl", "get", "nodes", "--no-headers")
        assert nodes.stdout.split()[:2] == ["node-1", "Ready"], nodes.stderr
        assert (STATE / "kubeconfig").stat().st_mode & 0o077 == 0
    finally:
        stopped = _script("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert not STATE.exists()
    assert not Path("/sys/class/net/rcnode0").exists()
    assert not list(Path("/sys/fs/cgroup").glob("*/release-conformance-node"))
    assert "no cluster runs: kubernetes.sh start" in _script("kubectl", "get", "nodes").stderr
