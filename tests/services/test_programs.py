"""Programs and files that commands name: what is not there is told before anything starts."""

import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from conformance.run.world import Starts
from fixtures.services import programs
from fixtures.services.build import build_all
from fixtures.services.descriptor import Descriptor
from tests.glue.commands.command_line import carry_out
from tests.glue.suite import pytest as suite
from tests.services.mistakes import SMALL

THERE = SMALL.replace('["run", "{python}"]', '["python3", "there.py"]').replace('["run"]', '["{python}", "{host}"]')
NO_PROGRAM = "no such program on this machine's PATH; install it, or give its path"
NO_FILE = "no such file, seen from {}; make it first, or declare its build"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "there.py").touch()
    (tmp_path / "services.toml").write_text(THERE)
    return tmp_path


def _refusal(
    folder: Path, *changes: tuple[str, str], starts: Starts = "commands", released: tuple[str, ...] = ()
) -> str:
    text = THERE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "services.toml").write_text(text)
    return "; ".join(programs.refused(Descriptor.read(folder), starts, released))


OLD, NEW = 'services.shop.versions."1.0".command', 'services.shop.versions."1.1".command'


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ('["python3", "there.py"]', ""),
        ('["no-such-program"]', f"{OLD}[0] = 'no-such-program': {NO_PROGRAM}"),
        (
            '["docker run shop:1"]',
            (
                f"{OLD}[0] = 'docker run shop:1': no such program, and no shell takes it apart; give its words one by "
                'one: ["docker", "run", "shop:1"]'
            ),
        ),
        ('["./shop", "--fast"]', f"{OLD}[0] = './shop': {NO_FILE}"),
        ('["./"]', f"{OLD}[0] = './': a folder, seen from {{}}; name the file in it"),
        ('["python3", "shop.py"]', f"{OLD}[1] = 'shop.py': {NO_FILE}"),
        ('["python3", "-u", "shop.py"]', ""),
        ('["python3", "-jar", "target/shop.jar"]', f"{OLD}[2] = 'target/shop.jar': {NO_FILE}"),
        ('["{scratch}/shop"]', ""),
    ],
)
def test_what_is_not_there_is_told(folder: Path, command: str, says: str) -> None:
    said = _refusal(folder, ('["python3", "there.py"]', command))
    assert said == says.format(folder)


NO_ARCHIVE = "no archive; build it again, or name the one that is meant"
NO_JVM = "bytes, with which no JVM starts; give the unit:"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ('"-jar", "shop.jar"', ""),
        ('"-jar", "there.py.jar"', f"{OLD}[2] = 'there.py.jar': {NO_ARCHIVE}"),
        ('"-javaagent:shop.jar=a=b", "-jar", "shop.jar"', ""),
        ('"-javaagent:gone.jar=a=b", "-jar", "shop.jar"', f"{OLD}[1] = '-javaagent:gone.jar=a=b': {NO_FILE}"),
        ('"-javaagent:{scratch}/a.jar", "-jar", "shop.jar"', ""),
        ('"@gone.options", "-jar", "shop.jar"', f"{OLD}[1] = '@gone.options': {NO_FILE}"),
        ('"-cp", "gone.jar", "Main"', f"{OLD}[2] = 'gone.jar': {NO_FILE}"),
        ('"--class-path=a.jar:b.jar", "Main"', f"{OLD}[1] = '--class-path=a.jar:b.jar': {NO_FILE}"),
        ('"-classpath", "gone.jar:lib/*", "Main"', ""),
        ('"-cp", "gone.jar:shop.jar", "Main"', ""),
        ('"-cp", "{scratch}/a.jar", "Main"', ""),
        ('"-jar", "shop.jar", "-javaagent:gone.jar", "-cp", "gone.jar", "@gone", "-Xmx96"', ""),
        ('"-cp", "shop.jar", "Main", "-Xmx96"', ""),
        ('"--add-modules", "one", "-Xmx96", "-jar", "shop.jar"', f"{OLD}[3] = '-Xmx96': 96 {NO_JVM} -Xmx96m"),
        ('"-Xms512", "-jar", "shop.jar"', f"{OLD}[1] = '-Xms512': 512 {NO_JVM} -Xms512m"),
        ('"-Xss1", "-jar", "shop.jar"', f"{OLD}[1] = '-Xss1': 1 {NO_JVM} -Xss1m"),
        ('"-Xss512", "-jar", "shop.jar"', f"{OLD}[1] = '-Xss512': 512 {NO_JVM} -Xss512k"),
        ('"-Xmx96m", "-Xms0", "-Xss256k", "-Xmx268435456", "-jar", "shop.jar"', ""),
    ],
)
def test_what_a_command_of_java_names_must_be_there_and_be_what_it_is_to_be(java: Path, words: str, says: str) -> None:
    said = _refusal(java, ('"python3", "there.py"', f'"./java", {words}'))
    assert said == says.format(java)


@pytest.fixture
def java(folder: Path) -> Path:
    """With a java, an archive behind a script, as Spring Boot makes executable ones, and a file that is none."""
    (folder / "java").touch(mode=0o755)
    (folder / "shop.jar").write_text("#!/bin/sh\n")
    with ZipFile(folder / "shop.jar", "a") as archive:
        archive.writestr("Main.class", "")
    (folder / "there.py.jar").touch()
    return folder


@pytest.mark.parametrize("of", ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"])
def test_options_that_stand_in_a_variable_are_read_too_and_told_once(java: Path, of: str) -> None:
    commands = [('"python3", "there.py"', '"./java", "-jar", "shop.jar"')]
    commands += [('"{python}", "{host}"', '"./java", "-jar", "shop.jar"')]
    told = "-Dkey=geheim -Xmx96 '-javaagent:an agent.jar'"
    said = _refusal(java, *commands, ("env = { PORT", f'env = {{ {of} = "{told}", PORT'))
    key = f"services.shop.env.{of}"
    assert said == f"{key}: '-Xmx96': 96 {NO_JVM} -Xmx96m; {key}: '-javaagent:an agent.jar': {NO_FILE.format(java)}"
    (java / "an agent.jar").touch()
    own = ('env = { FLAG = "on"', f'env = {{ {of} = "-Xss1"')
    assert _refusal(java, *commands, own).startswith(f"services.shop.versions.\"1.1\".env.{of}: '-Xss1': 1 {NO_JVM}")
    assert _refusal(java, ("env = { PORT", f'env = {{ {of} = "{told}", PORT')) == "", "no java reads it"


def test_an_entry_of_a_class_path_that_is_not_there_beside_others_is_advice(java: Path) -> None:
    text = THERE.replace('"python3", "there.py"', '"./java", "-cp", "shop.jar:conf", "Main"')
    (java / "services.toml").write_text(text)
    said = f"{OLD}[2] = 'shop.jar:conf': conf: {NO_FILE.format(java)}"
    told = carry_out("check", str(java), "--platform", "embedded")
    assert said in told.out
    assert said not in told.err
    (java / "conf").mkdir()
    assert said not in carry_out("check", str(java), "--platform", "embedded").out


def test_what_a_build_makes_need_be_no_archive_yet(java: Path) -> None:
    made = ('name = "small"', 'name = "small"\nbuild = ["true"]')
    words = '"./java", "-javaagent:gone.jar", "-cp", "gone.jar", "-jar", "there.py.jar"'
    assert _refusal(java, made, ('"python3", "there.py"', words)) == ""


def test_inputs_that_no_file_matches_are_told_unless_another_build_makes_them(folder: Path) -> None:
    whole = 'name = "small"\nbuild = { command = ["true"], inputs = ["there.py", "pom.xlm"] }'
    wrong = f"expected a pattern of files in {folder}; there are none"
    assert _refusal(folder, ('name = "small"', whole)) == f"build.inputs[1] = 'pom.xlm': {wrong}"
    own = ("entry = true", 'entry = true\nbuild = { command = ["true"], inputs = ["src/**"] }')
    assert _refusal(folder, own) == f"services.shop.build.inputs[0] = 'src/**': {wrong}"
    assert _refusal(folder, own, ('name = "small"', 'name = "small"\nbuild = ["true"]')) == ""


def test_what_a_build_makes_need_not_be_there(folder: Path) -> None:
    made = ('name = "small"', 'name = "small"\nbuild = ["make"]')
    assert _refusal(folder, made, ('["python3", "there.py"]', '["python3", "shop.py"]')) == ""
    assert NO_PROGRAM in _refusal(folder, made, ('["python3", "there.py"]', '["no-such-program"]')), "but a program"


def test_a_program_that_cannot_be_executed_is_told(folder: Path) -> None:
    command = ('["python3", "there.py"]', '["./there.py"]')
    assert _refusal(folder, command).startswith(f"{OLD}[0] = './there.py': not executable; chmod +x it")
    (folder / "there.py").chmod(0o755)
    assert _refusal(folder, command) == ""


@pytest.mark.parametrize(
    ("of_all", "of_shop", "says"),
    [
        ('["gone"]', "", f"build.command[0] = 'gone': {NO_PROGRAM}"),
        ('["./gradlew", "jar"]', "", "build.command[0] = './gradlew': no such file, seen from {}; name one that"),
        ('["sh", "make.sh"]', "", "build.command[1] = 'make.sh': no such file"),
        ("", '["gone"]', f"services.shop.build.command[0] = 'gone': {NO_PROGRAM}"),
        ('["true"]', '["./made-by-the-first"]', ""),
        ('{ command = ["gone"], needs = { no-such-tool = "install it" } }', "", ""),
    ],
)
@pytest.mark.parametrize("starts", ["commands", "images"])
def test_what_builds_must_be_there_unless_nothing_is_built(
    folder: Path, of_all: str, of_shop: str, says: str, starts: Starts
) -> None:
    changes = [("entry = true", f"entry = true\nbuild = {of_shop}")] if of_shop else []
    changes += [('name = "small"', f'name = "small"\nbuild = {of_all}')] if of_all else []
    said = _refusal(folder, *changes, starts=starts)
    assert said.startswith(says.format(folder)) if says else said == ""


def test_what_is_built_already_needs_nothing_to_build_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    (folder / "make.sh").write_text("exit 0")
    built = THERE.replace('name = "small"', 'name = "small"\nbuild = { command = ["./tool"], inputs = ["make.sh"] }')
    (folder / "services.toml").write_text(built)
    (folder / "tool").write_text("#!/bin/sh\n")
    (folder / "tool").chmod(0o755)
    build_all(Descriptor.read(folder), lambda _: None)
    (folder / "tool").unlink()
    assert list(programs.refused(Descriptor.read(folder), "commands")) == []
    (folder / "make.sh").write_text("exit 1")
    assert [line.split(" = ")[0] for line in programs.refused(Descriptor.read(folder), "commands")] == [
        "build.command[0]"
    ]


STANDING = """\
schema = "release-topology/1"
name = "standing"
[standing]
service = "web"
address = "staging.example.com:80"
old = "1"
new = "2"
instances = 3
list = ["./list-web"]
release = ["gone", "{new}"]
undo = ["python3", "undo.py"]
watch.pods = ["gone-too"]
[[workload.routes]]
name = "r"
method = "GET"
path = "/"
weight = 1
expect = [200]
write = false
"""


def test_the_commands_of_a_system_that_stands_already_must_be_there(folder: Path) -> None:
    (folder / "services.toml").write_text(STANDING)
    assert list(programs.refused(Descriptor.read(folder), None)) == [
        f"standing.list[0] = './list-web': no such file, seen from {folder}; name one that is there",
        f"standing.release[0] = 'gone': {NO_PROGRAM}",
        f"standing.undo[1] = 'undo.py': no such file, seen from {folder}; name one that is there",
        f"standing.watch.pods[0] = 'gone-too': {NO_PROGRAM}",
    ]


def test_only_what_is_started_must_be_there(folder: Path) -> None:
    gone = ('["{python}", "{host}"]', '["gone"]')
    assert _refusal(folder, gone) == f"{NEW}[0] = 'gone': {NO_PROGRAM}"
    assert _refusal(folder, gone, released=("another",)) == "", "its next version is not started"
    assert _refusal(folder, gone, starts="images") == ""
    old = ('versions."1.1"', 'versions."0.9" = { command = ["gone"] }\nversions."1.1"')
    assert _refusal(folder, ('version = "1.0"', 'version = "1.0"\nnext = "1.1"'), old) == ""


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('ready = "GET /ready"', 'ready = { command = ["./up.sh"] }', "services.shop.ready.command[0] = './up.sh'"),
        (
            "entry = true",
            'entry = true\noffline = [{ command = ["gone"] }]',
            "services.shop.offline[0].command[0] = 'gone'",
        ),
        (
            "entry = true",
            'entry = true\noffline = [{ quiet = { command = ["gone"] } }]',
            "services.shop.offline[0].quiet.command[0] = 'gone'",
        ),
        (SMALL[SMALL.index("query =") :].strip(), 'command = ["gone"]', "audit.command[0] = 'gone'"),
    ],
)
@pytest.mark.parametrize("starts", ["commands", "images"])
def test_what_runs_on_this_machine_must_be_there_on_every_platform(
    folder: Path, old: str, new: str, key: str, starts: Starts
) -> None:
    assert _refusal(folder, (old, new), starts=starts).startswith(f"{key}: no such ")


@pytest.mark.parametrize(
    "text",
    [
        THERE.replace("there.py", "elsewhere/shop.py"),
        THERE.replace('["python3", "there.py"]', '["no-such-program"]').replace("{python}", "gone"),
        THERE.replace('name = "small"', 'name = "small"\nbuild = ["./gone"]'),
        STANDING,
    ],
    ids=["file", "program", "build", "standing"],
)
def test_a_session_refuses_in_one_line_and_starts_nothing_and_check_says_the_same(
    folder: Path, tmp_path: Path, text: str
) -> None:
    (folder / "services.toml").write_text(text)
    checked = carry_out("check", str(folder))
    ended = suite("--services", str(folder), "--yes", XDG_STATE_HOME=str(tmp_path / "state"))
    assert (ended.code, checked.code) == (4, 4)
    assert re.sub(r" \(and \d+ more\)$", "", ended.complaint) == checked.err.splitlines()[0]
    assert not (tmp_path / "state").exists()
