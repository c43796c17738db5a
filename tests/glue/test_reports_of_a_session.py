"""Reports that cannot be made, and known issues that cannot be read: one line, and the right exit code."""

import json
import shutil
from pathlib import Path

import pytest

from fixtures.allure.generation import PAGE
from fixtures.glue import session as session_plugin
from fixtures.glue.settings import SAMPLE
from tests.glue.made_settings import made_settings
from tests.glue.suite import pytest as suite
from tests.judge.healthy import made
from tests.reports.results import session


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return made().write(tmp_path / "run")


def test_without_allure_the_verdict_stands_and_one_line_says_how_to_get_it(run: Path, tmp_path: Path) -> None:
    old = tmp_path / "out" / "judged" / PAGE
    old.parent.mkdir(parents=True)
    old.write_text("of another verdict")
    ended = suite("--judge", str(run), CONFORMANCE_OUT=str(tmp_path / "out"), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert ended.code == 0
    (line,) = [line for line in ended.out.splitlines() if "Allure report" in line]
    assert line == "no Allure report: Allure is not installed: make allure"
    assert not old.exists()
    assert json.loads((tmp_path / "out" / "judged" / "verdict.json").read_text())["exit_code"] == 0


def test_a_hand_that_will_not_wait_for_reports_does_not_keep_the_session_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session_plugin, "write_reports", interrupted)
    settings = made_settings(platform="none", out=tmp_path)
    ending = session_plugin.Session(pytestconfig, settings, tmp_path, (), lambda: None)
    ending._report(session())
    assert ending._unwritten == ["reports: interrupted; the verdict stands"]


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """The sample's descriptor in another folder."""
    folder = tmp_path / "services"
    shutil.copytree(SAMPLE.parent, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def test_known_issues_that_cannot_be_read_are_a_usage_error_in_one_line(services: Path, tmp_path: Path) -> None:
    (services / "known-issues.toml").write_text('[[issue]]\nlink = "https://tracker.example/1"\nhop = "a"\n')
    ended = suite("--services", str(services), CONFORMANCE_OUT=str(tmp_path / "out"))
    assert ended.code == 4
    assert ended.complaint.endswith("known-issues.toml: Object missing required field `expires` - at `$.issue[0]`")
