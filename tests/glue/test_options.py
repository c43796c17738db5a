"""The command line: every form of every option, and refusals in one line before anything starts."""

import shutil
from pathlib import Path

import pytest

from tests.glue.suite import ROOT
from tests.glue.suite import pytest as suite

SAMPLE = ROOT / "fixtures" / "services" / "python"
OUT = ROOT / "reports" / "out"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--registry", "zookeeper"], "--registry zookeeper: expected one of nacos, eureka, both"),
        (["--registry=eureka"], "--registry eureka: not built yet; there is nacos"),
        (["--platform", "moon"], "--platform moon: expected one of auto, embedded, docker"),
        (["--profile", "full"], "--profile full: not built yet; there is smoke, core"),
        (["--rate", "many"], "--rate many: expected a whole number of requests per second, 1 or more"),
        (["--rate", "0"], "--rate 0: expected a whole number of requests per second, 1 or more"),
        (["--services", "nowhere.toml"], "--services nowhere.toml: no such file; expected a descriptor or its folder"),
        (["--judge", "nowhere"], "--judge nowhere: no such folder; expected a run directory or a folder of them"),
        (["--judge", "docs"], f"--judge {ROOT / 'docs'}: no run directory there"),
        (["conformance/scenarios/test_batches.py::test_ghost"], "test_batches.py::test_ghost: no such scenario"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(arguments: list[str], complaint: str) -> None:
    ended = suite(*arguments)
    assert ended.code == 4
    assert complaint in ended.complaint
    assert "Traceback" not in ended.out


def test_a_mistake_in_a_descriptor_names_file_key_value_and_what_was_expected(tmp_path: Path) -> None:
    text = (SAMPLE / "services.toml").read_text().replace('role = "leaf"', 'role = "root"')
    (tmp_path / "services.toml").write_text(text)
    shutil.copy(SAMPLE / "schema.sql", tmp_path)
    ended = suite("--services", str(tmp_path))
    assert ended.code == 4
    for part in (str(tmp_path / "services.toml"), "services.inventory.role", '"root"', "'leaf'"):
        assert part in ended.complaint


@pytest.mark.parametrize("place", ["inside", "outside"])
@pytest.mark.parametrize("name", ["with space", "with=equals"])
def test_a_path_works_with_a_space_and_an_equals_sign_in_both_forms(place: str, name: str, tmp_path: Path) -> None:
    base = OUT / "tests" if place == "inside" else tmp_path
    folder = base / name
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
    try:
        for form in (["--services", str(folder)], [f"--services={folder / 'services.toml'}"]):
            ended = suite(*form, "--plan-only", "-q")
            assert ended.code == 0, ended.out
            assert "6 passed" in ended.out
    finally:
        shutil.rmtree(folder)


def test_a_recorded_run_is_found_by_both_forms_wherever_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "runs of = today"
    folder.mkdir()
    for form in (["--judge", str(folder)], [f"--judge={folder}"]):
        ended = suite(*form)
        assert ended.code == 4
        assert f"--judge {folder}: no run directory there" in ended.complaint


def test_plans_are_printed_and_nothing_is_started_or_written(tmp_path: Path) -> None:
    before = OUT.exists() and sorted(OUT.iterdir())
    ended = suite("--plan-only", XDG_STATE_HOME=str(tmp_path), PATH="/nowhere")
    assert ended.code == 0
    assert "Release orders (middle) v1 -> v2: 10 instances in 3 batches of 4, 3 and 3, lossless" in ended.out
    assert "  2.1    Go offline: deregister and tell the callers, while a write is in flight" in ended.out
    assert list(tmp_path.iterdir()) == []
    assert (OUT.exists() and sorted(OUT.iterdir())) == before


def test_a_profile_contains_those_before_it() -> None:
    smoke, core = (suite("--collect-only", "-q", "--profile", name) for name in ("smoke", "core"))
    assert smoke.code == core.code == 0
    chosen = {line for line in smoke.out.splitlines() if "::" in line}
    assert chosen
    assert chosen <= {line for line in core.out.splitlines() if "::" in line}


def test_the_suites_own_tests_keep_pytests_exit_codes_and_write_no_report() -> None:
    before = (OUT / "verdict.json").stat().st_mtime_ns if (OUT / "verdict.json").exists() else None
    ended = suite("tests/plan", "-q", "-k", "golden")
    assert ended.code == 0
    assert "VERDICT" not in ended.out
    assert suite("tests/plan", "-q", "-k", "no_such_test").code == 5
    after = (OUT / "verdict.json").stat().st_mtime_ns if (OUT / "verdict.json").exists() else None
    assert before == after


def test_a_machine_that_lacks_something_is_told_before_anything_starts(tmp_path: Path) -> None:
    ended = suite("-k", "a_provider_loses", XDG_STATE_HOME=str(tmp_path), PATH="/nowhere", JAVA_HOME="")
    assert ended.code == 7
    assert "a JDK 17 or later is needed for the Nacos server, none was found: apt-get install" in ended.out
    assert list(tmp_path.iterdir()) == []
