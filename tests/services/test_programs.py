"""Programs and files that commands name: what is not there is told before anything starts."""

from pathlib import Path

import pytest

from fixtures.services import programs
from fixtures.services.descriptor import Descriptor, DescriptorError
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


def _refusal(folder: Path, *changes: tuple[str, str], starts: str = "commands", released: tuple[str, ...] = ()) -> str:
    text = THERE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "services.toml").write_text(text)
    try:
        programs.require(Descriptor.read(folder), starts, released)
    except DescriptorError as error:
        return str(error).removeprefix(f"{folder}/services.toml: ")
    return ""


OLD, NEW = 'services.shop.versions."1.0".command', 'services.shop.versions."1.1".command'


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ('["python3", "there.py"]', ""),
        ('["no-such-program"]', f"{OLD}[0] = 'no-such-program': {NO_PROGRAM}"),
        ('["./shop", "--fast"]', f"{OLD}[0] = './shop': {NO_FILE}"),
        ('["python3", "shop.py"]', f"{OLD}[1] = 'shop.py': {NO_FILE}"),
        ('["python3", "-u", "shop.py"]', ""),
        ('["python3", "-jar", "target/shop.jar"]', f"{OLD}[2] = 'target/shop.jar': {NO_FILE}"),
        ('["{scratch}/shop"]', ""),
    ],
)
def test_what_is_not_there_is_told(folder: Path, command: str, says: str) -> None:
    said = _refusal(folder, ('["python3", "there.py"]', command))
    assert said == says.format(folder)


def test_what_a_build_makes_need_not_be_there(folder: Path) -> None:
    made = ('name = "small"', 'name = "small"\nbuild = ["make"]')
    assert _refusal(folder, made, ('["python3", "there.py"]', '["python3", "shop.py"]')) == ""
    assert NO_PROGRAM in _refusal(folder, made, ('["python3", "there.py"]', '["no-such-program"]')), "but a program"


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
    folder: Path, old: str, new: str, key: str, starts: str
) -> None:
    assert _refusal(folder, (old, new), starts=starts).startswith(f"{key}: no such ")


def test_a_session_says_so_in_one_line_and_starts_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "services.toml").write_text(THERE.replace("there.py", "elsewhere/shop.py"))
    ended = suite("--services", str(folder), "--platform", "embedded", XDG_STATE_HOME=str(tmp_path / "state"))
    assert ended.code == 4
    said = f"services.toml: {OLD}[1] = 'elsewhere/shop.py': {NO_FILE.format(folder)}"
    assert [line for line in ended.out.splitlines() if said in line], ended.out
    assert not (tmp_path / "state").exists()
