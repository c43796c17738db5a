"""The tutorial's pipelines are carried out, as far as a machine without the CI products can.

In a clean folder, with an empty home, by the words that stand on the page.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.services.mistakes import SMALL

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
_GITHUB, _GITLAB = (yaml.safe_load(one) for one in re.findall(r"```yaml\n(.*?)```", TUTORIAL, re.DOTALL))
(_JENKINSFILE,) = re.findall(r"```groovy\n(.*?)```", TUTORIAL, re.DOTALL)
SUITE = "/opt/suite"
"""Where the pages have the suite's clone."""
WITHIN_S = 120.0
LOADS_NOTHING = {"PYTEST_ADDOPTS": "--plan-only"}
"""The session goes its whole way but starts nothing."""


def _of_gitlab() -> str:
    (line,) = _GITLAB["release gate"]["script"]
    return str(line)


def _of_jenkins() -> str:
    (line,) = re.findall(r"sh\(returnStatus: true, script: '(.*)'\)", _JENKINSFILE)
    return str(line)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A checked-out repository with a descriptor, where the suite's clone is not."""
    folder = tmp_path / "work space"
    folder.mkdir()
    (folder / "services.toml").write_text(SMALL)
    return folder


def _carry_out(script: str, job: Path, more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """As a CI product's shell does, with nothing of this user's about it."""
    home = job.parent / "home"
    home.mkdir(exist_ok=True)
    here = script.replace(f"{SUITE}/.venv/bin/python", sys.executable)
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", here],
        cwd=job,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), **more},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


@pytest.mark.parametrize("script", [_of_gitlab(), _of_jenkins()], ids=["GitLab CI", "Jenkins"])
def test_what_a_pipeline_runs_finds_the_descriptor_from_the_job_s_folder(script: str, job: Path) -> None:
    assert SUITE in script
    out = job / "release-report"
    planned = _carry_out(script, job, {"CONFORMANCE_OUT": str(out), **LOADS_NOTHING})
    assert "Release shop (entry) 1.0 -> 1.1" in planned.stdout, planned.stdout + planned.stderr
    assert planned.returncode == 0
    (job / "services.toml").write_text(SMALL.replace("entry = true", "entry = yes"))
    refused = _carry_out(script, job, {"CONFORMANCE_OUT": str(out), **LOADS_NOTHING})
    assert refused.returncode == 4
    assert "services.toml: not TOML: Invalid value (at line 5, column 9)" in refused.stderr


def test_the_action_s_last_step_runs_a_real_session(job: Path) -> None:
    clone = job.parent / "clone"
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (clone / ".venv" / "bin" / "python").chmod(0o755)
    gate = next(step for step in _GITHUB["jobs"]["gate"]["steps"] if step.get("id") == "gate")
    inputs = {name: told.get("default", "") for name, told in ACTION["inputs"].items()} | gate["with"]
    outputs = job.parent / "outputs"
    planned = _carry_out(
        ACTION["runs"]["steps"][-1]["run"],
        job,
        {
            **{name.upper(): value for name, value in inputs.items()},
            "GITHUB_ACTION_PATH": str(clone),
            "GITHUB_OUTPUT": str(outputs),
            "CONFORMANCE_OUT": str(job / "out"),
            **LOADS_NOTHING,
        },
    )
    assert "Release shop (entry) 1.0 -> 1.1" in planned.stdout, planned.stdout + planned.stderr
    assert (planned.returncode, outputs.read_text()) == (0, f"verdict=INCONCLUSIVE\nreport={job / 'out'}\n")


def test_each_sets_the_suite_up_by_targets_that_there_are() -> None:
    lines = [step["run"] for step in ACTION["runs"]["steps"] if "make " in step.get("run", "")]
    lines += [line for line in _GITLAB["release gate"]["before_script"] if line.startswith("make ")]
    assert len(lines) == 2
    for line in lines:
        targets = re.sub(r"^make -C \S+ ", "", line).split()
        asked = subprocess.run(["make", "-n", "-C", str(ROOT), *targets], capture_output=True, check=False, timeout=30)
        assert asked.returncode == 0, asked.stderr


def test_each_code_of_a_session_has_its_word_in_jenkins() -> None:
    told = dict(re.findall(r"if \(code == (\d)\) \{ error '([A-Z-]+)", _JENKINSFILE))
    assert told == {"1": "NO-GO", "7": "INCONCLUSIVE"}
    assert "code != 0" in _JENKINSFILE, "a wrong option does not pass either"


def test_what_each_keeps_is_what_a_session_writes() -> None:
    kept = _GITLAB["release gate"]
    assert kept["variables"]["CONFORMANCE_OUT"] == f"$CI_PROJECT_DIR/{kept['artifacts']['paths'][0]}"
    assert kept["artifacts"]["reports"]["junit"].startswith(f"{kept['artifacts']['paths'][0]}/")
    assert 'CONFORMANCE_OUT = "${WORKSPACE}/release-report"' in _JENKINSFILE
    assert os.path.dirname(re.findall(r"junit testResults: '(.*?)'", _JENKINSFILE)[0]) == "release-report"  # noqa: PTH120
