"""A build runs once, again when its inputs have changed, and says something when it fails."""

from pathlib import Path

import pytest

from fixtures.services.build import BuildFailed, build_all, lacks
from fixtures.services.descriptor import Descriptor
from tests.services.plain import described

COUNTING = 'build = { command = ["sh", "-c", "cat src/*/* >> made"], inputs = ["src/**", "pom.xml"] }\n'
NAME = 'name = "plain"\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    (folder / "src" / "main").mkdir(parents=True)
    (folder / "src" / "main" / "shop").write_text("one ")
    (folder / "pom.xml").write_text("<project/>")
    return folder


def _build(descriptor: Descriptor) -> list[str]:
    said: list[str] = []
    build_all(descriptor, said.append)
    return said


def test_it_runs_again_only_when_an_input_or_the_command_has_changed(project: Path) -> None:
    descriptor = described(project, (NAME, NAME + COUNTING))
    first, second = _build(descriptor), _build(descriptor)
    assert first[0] == "build: sh -c cat src/*/* >> made"
    assert first[1].startswith("build: done after ")
    assert second == ["build: sh -c cat src/*/* >> made: its inputs are unchanged since it last succeeded; skipped"]
    (project / "src" / "main" / "shop").write_text("two ")
    _build(descriptor)
    _build(described(project, (NAME, NAME + COUNTING.replace("cat", "cat --"))))
    assert (project / "made").read_text() == "one two two "


def test_without_inputs_it_runs_in_every_session(project: Path) -> None:
    descriptor = described(project, (NAME, f'{NAME}build = ["sh", "-c", "echo x >> made"]\n'))
    _build(descriptor)
    _build(descriptor)
    assert (project / "made").read_text() == "x\nx\n"


def test_each_service_may_have_its_own(project: Path) -> None:
    more = ("entry = true", 'entry = true\nbuild = ["sh", "-c", "echo shop >> made"]')
    _build(described(project, (NAME, f'{NAME}build = ["sh", "-c", "echo all >> made"]\n'), more))
    assert (project / "made").read_text() == "all\nshop\n"


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (
            '["sh", "-c", "seq 30;false"]',
            "build = sh -c seq 30;false: exit 1; nothing was started; `sh -c seq 30;false` in {folder} shows the rest",
        ),
        (
            '{ command = ["sleep", "60"], within_s = 0.2 }',
            "build = sleep 60: not within 0.2 s; set build.within_s where it needs longer",
        ),
        (
            '["none"]',
            "build = none: cannot be started: No such file or directory; nothing was started; install none",
        ),
        (
            '{ command = ["true"], inputs = ["lib/**"] }',
            "build = true: inputs 'lib/**': expected a pattern of files in {folder}; there are none",
        ),
    ],
)
def test_a_failure_is_told_in_one_line_and_the_last_of_its_output(project: Path, build: str, says: str) -> None:
    descriptor = described(project, (NAME, f"{NAME}build = {build}\n"))
    with pytest.raises(BuildFailed) as failed:
        _build(descriptor)
    assert str(failed.value).startswith(f"{project / 'services.toml'}: {says.replace('{folder}', str(project))}")
    assert "\n" not in str(failed.value)
    assert failed.value.last_lines == (tuple(str(number) for number in range(21, 31)) if "seq" in build else ())


def test_it_runs_again_where_what_it_made_has_gone(project: Path) -> None:
    descriptor = described(project, (NAME, NAME + COUNTING.replace("inputs", 'outputs = ["ma*e"], inputs')))
    _build(descriptor)
    assert "skipped" in _build(descriptor)[0]
    (project / "made").unlink()
    assert "done after" in _build(descriptor)[1]


def test_one_that_makes_nothing_has_failed(project: Path) -> None:
    descriptor = described(project, (NAME, f'{NAME}build = {{ command = ["true"], outputs = ["*.jar"] }}\n'))
    with pytest.raises(BuildFailed, match=r"build = true: outputs '\*\.jar': it ended well, and there is none in "):
        _build(descriptor)


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("[ERROR] Failed to execute goal on project shop: a:b:jar:9 was not found", "a:b:jar:9 was not found; exit 1"),
        ("main.c:3:1: error: no such thing", "main.c:3:1: error: no such thing; exit 1"),
        ("error: linker failed", "error: linker failed; exit 1"),
        ("0 errors so far", "build = sh build.sh: exit 1"),
    ],
)
def test_the_line_that_tells_of_the_error_comes_first(project: Path, said: str, first: str) -> None:
    (project / "build.sh").write_text(f"echo '{said}'; seq 30; exit 1\n")
    descriptor = described(project, (NAME, f'{NAME}build = ["sh", "build.sh"]\n'))
    with pytest.raises(BuildFailed) as failed:
        _build(descriptor)
    assert str(failed.value).splitlines()[0].partition("; nothing was")[0].endswith(first)


POM = "Non-parseable POM /shop/pom.xml: expected START_TAG (position: @19:5) @ line 19, column 5"
UNREADABLE = f"""\
[ERROR] The build could not read 1 project -> [Help 1]
[ERROR]
[ERROR]   The project  (/shop/pom.xml) has 1 error
[ERROR]     {POM} -> [Help 2]
[ERROR]
[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.
[ERROR] Re-run Maven using the -X switch to enable full debug logging.
[ERROR]
[ERROR] [Help 1] http://help.example/ProjectBuildingException
\x1b[0m\x1b[0m
"""
NO_VERSION = "'dependencies.dependency.version' for shop:stock:jar is missing. @ line 20, column 17"
NO_PROJECT = "[ERROR] [ERROR] Some problems were encountered while processing the POMs:\n"
SAID_BY_MAVEN = {
    "a pom that is no XML": (f"{NO_PROJECT}[FATAL] {POM}\n @ \n{UNREADABLE}", f"[FATAL] {POM}; exit 1"),
    "the same, told once": (UNREADABLE, f"[ERROR]     {POM} -> [Help 2]; exit 1"),
    "the same in colours": (
        UNREADABLE.replace("[ERROR]", "[\x1b[1;31mERROR\x1b[m]"),
        f"[ERROR]     {POM} -> [Help 2]; exit 1",
    ),
    "a pom that lacks a version": (
        f"{NO_PROJECT}[ERROR] {NO_VERSION}\n @ \n{UNREADABLE}",
        f"[ERROR] {NO_VERSION}; exit 1",
    ),
    "sources that do not compile": (
        "[ERROR] COMPILATION ERROR : \n[ERROR] /shop/Main.java:[3,5] ';' expected\n",
        "[ERROR] /shop/Main.java:[3,5] ';' expected; exit 1",
    ),
    "a heading alone": ("[ERROR] These went wrong:\n", "[ERROR] These went wrong:; exit 1"),
}


@pytest.mark.parametrize("title", SAID_BY_MAVEN)
def test_the_line_that_tells_the_cause_is_no_heading_and_has_no_colours(project: Path, title: str) -> None:
    said, told = SAID_BY_MAVEN[title]
    (project / "said").write_text(said)
    descriptor = described(project, (NAME, f'{NAME}build = ["sh", "-c", "cat said; exit 1"]\n'))
    with pytest.raises(BuildFailed) as failed:
        _build(descriptor)
    assert f"cat said; exit 1: {told}; nothing was started" in str(failed.value)
    assert "\x1b" not in "".join(failed.value.last_lines)
    assert all(line.strip() for line in failed.value.last_lines)


def test_without_a_program_that_it_needs_nothing_is_built(project: Path) -> None:
    table = '{ command = ["touch", "made"], needs = { sh = "no need", no-such-tool = "install it" } }'
    descriptor = described(project, (NAME, f"{NAME}build = {table}\n"))
    assert _build(descriptor) == []
    assert lacks(descriptor) == ("build needs no-such-tool, which is not on this machine", "install it")
    assert not (project / "made").exists()
    there = table.replace("no-such-tool", "test")
    assert lacks(described(project, (NAME, f"{NAME}build = {there}\n"))) is None


def test_what_has_failed_runs_again_though_nothing_changed(project: Path) -> None:
    """A success before the failure is no success of what stands there now."""
    command = 'build = { command = ["sh", "-c", "echo x >> made; test ! -e stop"], inputs = ["pom.xml"] }\n'
    descriptor = described(project, (NAME, NAME + command))
    _build(descriptor)
    (project / "pom.xml").write_text("<new/>")
    (project / "stop").touch()
    with pytest.raises(BuildFailed):
        _build(descriptor)
    (project / "pom.xml").write_text("<project/>")
    (project / "stop").unlink()
    _build(descriptor)
    assert (project / "made").read_text() == "x\nx\nx\n"


def test_a_cache_that_cannot_be_used_is_told_before_anything_runs(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    descriptor = described(project, (NAME, f'{NAME}build = ["sh", "-c", "echo x >> made"]\n'))
    with pytest.raises(
        BuildFailed, match=r"builds cannot be used \(Not a directory\): make it yours, or set XDG_CACHE"
    ):
        _build(descriptor)
    assert not (project / "made").exists()
