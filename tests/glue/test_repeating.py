"""The commands that a session prints do what they say, typed where the session began."""

import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fixtures.glue.repeating import judge_again, pytest_words, repeat_of, seen_from
from fixtures.glue.settings import REPOSITORY, SCENARIOS, Settings
from fixtures.services.overrides import Override
from tests.glue.made_settings import made_settings
from tests.services.mistakes import SMALL

RELEASE = SCENARIOS / "test_batches.py"
PYTHON = shlex.join([sys.executable, "-m", "pytest"])


@pytest.fixture(autouse=True)
def _without_an_activated_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def _item(began_in: Path, test: str = "test_a[orders]") -> pytest.Item:
    """All of an item that is looked at."""
    config = SimpleNamespace(invocation_params=SimpleNamespace(dir=began_in))
    return cast("pytest.Item", SimpleNamespace(nodeid=f"../x/test_batches.py::{test}", path=RELEASE, config=config))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return made_settings(platform="docker", profile="extended", out=tmp_path)


def test_it_names_what_was_chosen(tmp_path: Path, settings: Settings) -> None:
    told = repeat_of(_item(tmp_path), settings)
    assert told == f"{PYTHON} {shlex.quote(f'{RELEASE}::test_a[orders]')} --platform docker --profile extended"
    assert repeat_of(_item(tmp_path), replace(settings, slb="nginx-reload")).endswith("--slb nginx-reload")
    own = replace(
        settings,
        services=Path("/my services/services.toml"),
        release=("orders", "stock"),
        overrides=(Override.read('services.orders.versions."1.9".env.FLAG=on off'), Override.read("workload.rate=7")),
        rate=100,
        workers=2,
    )
    assert shlex.split(repeat_of(_item(tmp_path), own))[-14:] == [
        *("--services", "/my services/services.toml", "--release", "orders", "--release", "stock"),
        *("--set", 'services.orders.versions."1.9".env.FLAG=on off', "--set", "workload.rate=7", "--rate", "100"),
        *("--workers", "2"),
    ]


def test_what_lies_below_where_it_began_is_told_from_there(settings: Settings) -> None:
    own = replace(settings, services=REPOSITORY / "docs" / "examples" / "single" / "services.toml")
    told = repeat_of(_item(REPOSITORY), own)
    assert " 'conformance/scenarios/test_batches.py::test_a[orders]' " in told
    assert told.endswith("--services docs/examples/single/services.toml")
    assert seen_from(REPOSITORY / "docs", REPOSITORY / "README.md") == str(REPOSITORY / "README.md")


def test_where_the_environment_is_activated_its_pytest_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin")
    assert pytest_words(Path("/")) == ("pytest",)


@pytest.mark.parametrize("name", ["plain", "with space", "it's", "$HOME", "a;b", "(1)"])
def test_a_record_is_named_as_a_shell_reads_it(name: str) -> None:
    assert shlex.split(judge_again(Path("/runs") / name))[-2:] == ["--judge", f"/runs/{name}"]


def test_typed_far_from_the_clone_it_finds_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "my shop").mkdir()
    (tmp_path / "my shop" / "services.toml").write_text(SMALL)
    settings = replace(
        made_settings(platform="embedded", profile="core", out=tmp_path),
        services=tmp_path / "my shop" / "services.toml",
        release=("shop",),
        overrides=(Override.read("services.shop.released_instances=3"),),
    )
    item = _item(tmp_path, "test_a_batch_release_loses_nothing[shop]")
    typed = shlex.split(repeat_of(item, settings))
    shown = subprocess.run(
        [*typed, "--plan-only"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert "3 instances in" in shown.stdout, shown.stdout + shown.stderr
    assert shown.returncode == 0
