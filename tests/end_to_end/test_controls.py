"""Sessions on real servers: a system that loses requests by itself is told so, and no release is blamed for it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.glue.suite import Ended
from tests.glue.suite import pytest as suite

SERVICE = Path(__file__).with_name("moody_service.py")
DESCRIPTOR = """
schema = "release-topology/1"
name = "moody"
[services.oracle]
entry = true
version = "1"
versions."1".command = [PYTHON, SERVICE, "{port}", ONE_IN]
versions."2".command = [PYTHON, SERVICE, "{port}", ONE_IN]
released_instances = 2
ready = "GET /up"
admin = { address = "{host}:{port}", health = "GET /up" }
[workload]
rate = 300
[[workload.routes]]
name = "advice"
method = "GET"
path = "/advice"
weight = 1
expect = [200]
write = false
"""


def _session(folder: Path, one_in: int) -> tuple[Ended, dict[str, Any]]:
    """One release of a service that fails one request in so many."""
    words = {"PYTHON": sys.executable, "SERVICE": str(SERVICE), "ONE_IN": str(one_in)}
    text = DESCRIPTOR
    for word, value in words.items():
        text = text.replace(word, json.dumps(value))
    (folder / "services.toml").write_text(text)
    chosen = ("--platform", "embedded", "--profile", "smoke", "-k", "batch_release_loses")
    ended = suite("--services", str(folder), *chosen, CONFORMANCE_OUT=str(folder / "out"))
    verdict: dict[str, Any] = json.loads((folder / "out" / "verdict.json").read_text())
    return ended, verdict


def test_a_system_that_loses_one_request_in_200_by_itself_is_told_so(tmp_path: Path) -> None:
    ended, verdict = _session(tmp_path, 200)
    assert ended.code == 7, ended.out
    assert verdict["headline"].startswith("INCONCLUSIVE: this system loses without a release: ")
    (null,) = verdict["controls"]["null_releases"]
    assert (null["verdict"], null["doubt"]) == ("INCONCLUSIVE", "this system loses without a release")
    assert null["counts"]["failed"] + null["counts"]["failed_before"] >= 5
    assert (null["findings"][0]["hop"], null["findings"][0]["error"]) == ("slb->oracle", "status 500")
    (scenario,) = verdict["scenarios"]
    assert scenario["sentence"].startswith("not released: this system loses without a release: ")
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 1, "nothing was released"
    for place in ("VERDICT: INCONCLUSIVE", "a null release loses nothing"):
        assert place in ended.out
    assert "this system loses without a release" in (tmp_path / "out" / "release-report.html").read_text()


@pytest.mark.profile("extended")
def test_the_same_system_without_its_moods_is_released(tmp_path: Path) -> None:
    ended, verdict = _session(tmp_path, 10**9)
    assert ended.code == 0, ended.out
    assert verdict["headline"].startswith("GO (partial: 1 of 2; no control was carried out here: ")
    (null,) = verdict["controls"]["null_releases"]
    assert (null["verdict"], null["counts"]["failed"], null["counts"]["failed_before"]) == ("GO", 0, 0)
    assert null["seconds"] < 15
