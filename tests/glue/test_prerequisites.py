"""What a machine must bring: what is missing is told in one line each, with its name and the remedy."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fixtures import prerequisites
from tests.glue.suite import NO_ENGINE, ROOT

PROGRAM = ROOT / "fixtures" / "prerequisites.py"
REMEDY = "apt-get install openjdk-17-jdk-headless, or set JAVA_HOME, or start a Docker engine"
JAVA_17 = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The PATH of a machine that brings everything."""
    for name, script in (("java", JAVA_17), ("javac", ""), ("mvn", "")):
        _install(tmp_path, name, script)
    return tmp_path


def _install(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def _told(machine: Path, **environment: str) -> list[str]:
    return list(prerequisites.missing({"PATH": str(machine), **NO_ENGINE, **environment}))


def _run(path: Path | str) -> subprocess.CompletedProcess[str]:
    """As ``make`` does, before anything is installed: without the project's environment."""
    argv = [sys.executable, "-I", "-S", str(PROGRAM)]
    return subprocess.run(argv, env={"PATH": str(path), **NO_ENGINE}, capture_output=True, text=True, check=False)


def test_where_nothing_is_missing_nothing_is_said(machine: Path) -> None:
    done = _run(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_everything_that_is_missing_has_a_line_of_its_own() -> None:
    done = _run("/nowhere")
    java, maven = done.stderr.splitlines()
    assert done.returncode == 1
    assert java.startswith("a JDK 17 or later is needed")
    assert maven.startswith("Maven is needed")


@pytest.mark.parametrize("tool", ["java", "javac"])
def test_half_a_jdk_is_none(machine: Path, tool: str) -> None:
    """A Java runtime alone has no compiler, which makes the server's launcher."""
    (machine / tool).unlink()
    assert _told(machine) == [f"a JDK 17 or later is needed for the registry, none was found: {REMEDY}"]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("echo 'java version \"1.8.0_392\"' >&2", "8"),
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", "11"),
        ("echo 'Picked up JAVA_TOOL_OPTIONS: -Xmx1g' >&2; echo 'openjdk version \"16\" 2021-03-16' >&2", "16"),
        ("echo 'Error: could not find libjava.so' >&2; exit 2", "of no version that it tells"),
    ],
)
def test_a_jdk_that_is_too_old_is_named_with_its_version(machine: Path, script: str, found: str) -> None:
    _install(machine, "java", script)
    (line,) = _told(machine)
    assert line == f"a JDK 17 or later is needed for the registry, {machine / 'java'} is {found}: {REMEDY}"


@pytest.mark.parametrize("version", ["17", "17.0.15", "21.0.1", "25-ea"])
def test_a_later_jdk_will_do(machine: Path, version: str) -> None:
    _install(machine, "java", f"echo 'openjdk version \"{version}\"' >&2")
    assert _told(machine) == []


def test_the_jdk_of_java_home_comes_first(machine: Path) -> None:
    for name in ("java", "javac"):
        _install(machine / "old" / "bin", name, "echo 'openjdk version \"11\"' >&2")
    (line,) = _told(machine, JAVA_HOME=str(machine / "old"))
    assert f"{machine / 'old' / 'bin' / 'java'} is 11" in line


def test_a_java_home_with_no_jdk_in_it_does_not_hide_the_one_on_path(machine: Path) -> None:
    assert _told(machine, JAVA_HOME=str(machine / "removed")) == []


def test_maven_is_named_with_how_to_get_it(machine: Path) -> None:
    (machine / "mvn").unlink()
    assert _told(machine) == ["Maven is needed to fetch the registry's server, none was found: apt-get install maven"]


def test_where_no_registry_is_started_neither_java_nor_maven_is_asked_for() -> None:
    """A single service behind the SLB was refused for want of them."""
    assert list(prerequisites.missing({"PATH": "/nowhere"}, "embedded", registry=False)) == []
    assert len(list(prerequisites.missing({"PATH": "/nowhere"}, "embedded"))) == 2


def test_a_python_that_is_too_old_is_named_with_its_version(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites, "PYTHON_LEAST", (99, 1))
    (line,) = _told(machine)
    found = ".".join(str(part) for part in sys.version_info[:3])
    assert line == (
        f"Python 99.1 or later is needed, this is {found}: apt-get install python99.1, then make PYTHON=python99.1"
    )


def test_a_python_that_is_too_old_gets_as_far_as_saying_so() -> None:
    """The grammar is that of 3.7, annotations are not evaluated, nothing is imported that must be installed."""
    tree = ast.parse(PROGRAM.read_text(), feature_version=(3, 7))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert "__future__" in modules
    assert {str(name).partition(".")[0] for name in modules} <= sys.stdlib_module_names


def test_the_least_versions_are_those_that_the_rest_of_the_project_states() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=" + ".".join(str(part) for part in prerequisites.PYTHON_LEAST)
    assert f"a JDK {prerequisites.JAVA_LEAST} or later" in (ROOT / "README.md").read_text()
