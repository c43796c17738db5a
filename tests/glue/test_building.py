"""A session builds once what it is about to start, and starts nothing where that fails."""

import json
import shutil
from pathlib import Path

import pytest

from fixtures.glue.settings import SAMPLE
from tests.glue.suite import pytest as suite

SCHEMA = 'schema = "release-topology/1"\n'
BUILD = """build = ["sh", "-c", "echo it was tried >> made; echo no compiler here; exit 3"]\n"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "services.toml").write_text(SAMPLE.read_text().replace(SCHEMA, SCHEMA + BUILD))
    shutil.copy(SAMPLE.with_name("schema.sql"), folder)
    return folder


def test_a_build_that_fails_is_told_with_its_last_words_and_nothing_starts(project: Path, tmp_path: Path) -> None:
    ended = suite("--services", str(project), "--platform", "embedded", CONFORMANCE_OUT=str(tmp_path / "out"))
    assert ended.code == 7
    why = (
        f"{project / 'services.toml'}: build = sh -c echo it was tried >> made; echo no compiler here; exit 3: exit 3;"
    )
    assert "\n   | no compiler here\n" in ended.out
    section = ended.out.partition("VERDICT: INCONCLUSIVE")[2]
    again = "`sh -c echo it was tried >> made; echo no compiler here; exit 3`"
    assert f"\nINCONCLUSIVE: {why} nothing was started; {again} in {project} shows the rest\n" in section
    assert section.count("nothing was started") == 1
    verdict = json.loads((tmp_path / "out" / "verdict.json").read_text())
    assert (verdict["verdict"], verdict["exit_code"]) == ("INCONCLUSIVE", 7)
    assert verdict["headline"].startswith(f"INCONCLUSIVE: {why}")
    junit = (tmp_path / "out" / "junit.xml").read_text()
    assert 'errors="1"' in junit
    assert 'tests="1"' in junit
    assert "no compiler here; exit 3: exit 3; nothing was started" in junit
    assert (project / "made").read_text() == "it was tried\n", "once, however many scenarios there are"
    assert "ready after" not in ended.out
    assert "Traceback" not in ended.out


@pytest.mark.parametrize("asked", ["--plan-only", "--collect-only"])
def test_what_starts_nothing_builds_nothing(project: Path, asked: str) -> None:
    suite("--services", str(project), "--platform", "embedded", asked, "-q", "-k", "entry")
    assert not (project / "made").exists()


def test_without_a_tool_that_it_needs_every_scenario_is_skipped_with_how_to_get_it(
    project: Path, tmp_path: Path
) -> None:
    needing = 'build = { command = ["touch", "made"], needs = { no-such-tool = "apt-get install it" } }\n'
    (project / "services.toml").write_text((project / "services.toml").read_text().replace(BUILD, needing))
    ended = suite(
        *("--services", str(project), "--platform", "embedded", "--profile", "smoke", "--release", "orders"),
        CONFORMANCE_OUT=str(tmp_path / "out"),
    )
    assert ended.code == 7, "nothing was judged"
    assert "build: build needs no-such-tool, which is not on this machine; apt-get install it" in ended.out
    assert not (project / "made").exists()
    assert "ready after" not in ended.out
