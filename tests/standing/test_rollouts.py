"""The cluster's own rollout of a Deployment, on a real cluster: what its hooks do is what decides.

A pod that ends while kube-proxy still sends to it loses requests; a hook that lets it serve until that has been told
does not. The service itself is the same: it ends at once when it is asked to.
"""

import json
import time
from pathlib import Path
from typing import Any

from tests.glue.suite import Ended
from tests.glue.suite import pytest as suite
from tests.standing.cluster import needs_cluster, press

pytestmark = needs_cluster


def _rollout(tmp_path: Path, *, pre_stop_s: int) -> tuple[Ended, dict[str, Any], Path]:
    out = tmp_path / "out"
    with press(tmp_path / "team", f"press-{time.monotonic_ns()}", pre_stop_s=pre_stop_s) as standing:
        file = standing.describe()
        ended = suite("--services", str(file), "--yes", CONFORMANCE_OUT=str(out), XDG_STATE_HOME=str(out / "state"))
    (scenario,) = json.loads((out / "verdict.json").read_text())["scenarios"]
    (run,) = (run for run in (out / "runs").iterdir() if not run.name.startswith("null-release"))
    return ended, scenario, run


def test_a_rollout_whose_pods_serve_on_until_nobody_sends_to_them_loses_nothing(tmp_path: Path) -> None:
    ended, scenario, run = _rollout(tmp_path, pre_stop_s=5)
    assert (ended.code, scenario["verdict"]) == (0, "GO"), ended.out
    assert scenario["counts"]["failed"] == 0
    assert scenario["counts"]["requests"] > 1000
    slices, pods = (run / "logs" / f"watch-{name}.log" for name in ("slices", "pods"))
    assert '"serving":true' in slices.read_text()
    assert pods.read_text().count('"deletionTimestamp"') >= 3


def test_a_rollout_without_a_hook_before_the_stop_is_no_go(tmp_path: Path) -> None:
    ended, scenario, _ = _rollout(tmp_path, pre_stop_s=0)
    assert (ended.code, scenario["verdict"]) == (1, "NO-GO"), ended.out
    assert "failed request" in {one["finding"] for one in scenario["findings"]}


def test_a_context_that_does_not_exist_is_refused_in_one_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with press(tmp_path / "team", f"press-{time.monotonic_ns()}", pre_stop_s=0) as standing:
        file = standing.describe(context="production")
        ended = suite("--services", str(file), "--yes", CONFORMANCE_OUT=str(out), XDG_STATE_HOME=str(out / "state"))
    assert ended.code == 7
    assert 'context "production" does not exist' in ended.out
