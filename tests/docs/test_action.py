"""The repository as a GitHub Action, and the tutorial's pipelines: parsed, held against what the suite takes."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "action.yml").read_text()
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
OPTIONS = (ROOT / "fixtures" / "glue" / "options.py").read_text()


@pytest.fixture
def action() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(TEXT)
    return parsed


def test_every_input_is_used_and_every_used_one_is_an_input(action: dict[str, Any]) -> None:
    used = set(re.findall(r"inputs\.(\w+)", TEXT))
    assert used == set(action["inputs"]) == {"services", "profile", "release", "set", "registry", "platform"}
    assert [name for name, told in action["inputs"].items() if told.get("required")] == ["services"]


def test_its_outputs_are_those_that_its_last_step_gives(action: dict[str, Any]) -> None:
    assert set(action["outputs"]) == {"verdict", "report"}
    last = action["runs"]["steps"][-1]
    for name, told in action["outputs"].items():
        assert f"steps.{last['id']}.outputs.{name}" in told["value"]
        assert f'echo "{name}=' in last["run"]


def test_what_it_uses_is_pinned(action: dict[str, Any]) -> None:
    used = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
    assert len(used) == 2
    assert all(re.search(r"@v\d+\.\d+\.\d+$", one) for one in used)


def test_inputs_reach_the_shell_by_its_environment_only(action: dict[str, Any]) -> None:
    """What a caller writes into an input is never part of the script."""
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize(
    ("code", "verdict", "told"),
    [(0, '{"verdict": "GO"}', "GO"), (1, '{"verdict": "NO-GO"}', "NO-GO"), (4, "", "INCONCLUSIVE")],
)
def test_its_step_tells_the_verdict_and_ends_as_the_session_does(
    code: int, verdict: str, told: str, action: dict[str, Any], tmp_path: Path
) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    out = tmp_path / "out"
    out.mkdir()
    write = f"echo {shlex.quote(verdict)} > {out}/verdict.json" if verdict else "true"
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\n{write}\nexit {code}\n')
    python.chmod(0o755)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GITHUB_ACTION_PATH": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "CONFORMANCE_OUT": str(out),
        "SERVICES": "my shop/services.toml",
        "PROFILE": "smoke",
        "RELEASE": "storefront orders",
        "SET": "workload.rate=50\nservices.orders.env.A='x y'\n",
        "REGISTRY": "eureka",
        "PLATFORM": "embedded",
    }
    script = ["bash", "-e", "-o", "pipefail", "-c", action["runs"]["steps"][-1]["run"]]
    ended = subprocess.run(script, env=environment, check=False, timeout=30)
    assert ended.returncode == code
    assert (tmp_path / "outputs").read_text() == f"verdict={told}\nreport={out}\n"
    words = (tmp_path / "words").read_text().splitlines()
    assert words[words.index("--services") + 1] == "my shop/services.toml"
    assert [words[at + 1] for at, word in enumerate(words) if word == "--release"] == ["storefront", "orders"]
    assert [words[at + 1] for at, word in enumerate(words) if word == "--set"] == [
        "workload.rate=50",
        "services.orders.env.A='x y'",
    ]


def test_the_tutorials_pipelines_parse_and_name_options_that_there_are() -> None:
    files = re.findall(r"```yaml\n(.*?)```", TUTORIAL, re.DOTALL)
    assert len(files) == 2
    github, gitlab = (yaml.safe_load(one) for one in files)
    (gate,) = [step for step in github["jobs"]["gate"]["steps"] if "release-conformance@" in step.get("uses", "")]
    assert set(gate["with"]) <= set(yaml.safe_load(TEXT)["inputs"])
    assert gitlab["release gate"]["artifacts"]["reports"]["junit"] == "release-report/junit.xml"
    for line in re.findall(r"-m pytest (.*?)['\n]", TUTORIAL):
        for option in re.findall(r"--[a-z-]+", line):
            assert f'"{option}"' in OPTIONS


def test_the_project_that_it_sets_up_needs_no_newer_python_than_it_brings(action: dict[str, Any]) -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert needed == ">=" + action["runs"]["steps"][0]["with"]["python-version"]
