"""Bringing a registry's server onto the machine: what is missing is one line, and nothing half made is left."""

from pathlib import Path

import pytest

from fixtures.registries.eureka.server import DISTRIBUTION as EUREKA
from fixtures.registries.java import installation
from fixtures.registries.java.distribution import Distribution
from fixtures.registries.java.installation import Installation, NotInstalled, check_hashes, install
from fixtures.registries.java.jdk import Jdk, NoJdk
from fixtures.registries.nacos.server import DISTRIBUTION as NACOS

DISTRIBUTIONS = (NACOS, EUREKA)


@pytest.fixture(scope="module", params=DISTRIBUTIONS, ids=lambda distribution: distribution.name)
def installed(request: pytest.FixtureRequest) -> Installation:
    distribution: Distribution = request.param
    return install(distribution, print)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a JDK at JAVA_HOME and an empty PATH, which is returned."""
    monkeypatch.setenv("JAVA_HOME", str(Jdk.find().java.resolve().parents[1]))
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "release-conformance"


def _tool(folder: Path, name: str, script: str) -> None:
    tool = folder / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


def _folders(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if path.is_dir()]


def test_what_has_been_installed_needs_no_maven(installed: Installation, path: Path) -> None:
    said: list[str] = []
    assert list(path.iterdir()) == []
    assert install(installed.distribution, said.append).folder == installed.folder
    assert said == []


def test_every_jar_is_one_of_the_pinned(installed: Installation) -> None:
    check_hashes(installed.distribution, installed.folder / "lib")


def test_without_maven_one_line_tells_how_to_get_it(path: Path, cache: Path) -> None:
    assert list(path.iterdir()) == []
    with pytest.raises(NotInstalled, match="apt-get install maven") as caught:
        install(NACOS, print)
    assert "\n" not in str(caught.value)
    assert _folders(cache) == []


def test_when_maven_fails_its_last_words_are_told_and_nothing_is_left(path: Path, cache: Path) -> None:
    _tool(path, "mvn", "echo 'no such repository'; exit 3")
    with pytest.raises(NotInstalled, match=r"mvn failed with exit code 3:\nno such repository"):
        install(NACOS, print)
    assert _folders(cache) == []


def test_what_takes_long_is_said(path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "SAY_EVERY_S", 0.05)
    go_on = cache.parent / "go-on"
    _tool(path, "mvn", f"while [ ! -e '{go_on}' ]; do :; done; exit 1")
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "still at work" in line:
            go_on.touch()

    with pytest.raises(NotInstalled, match="mvn failed"):
        install(NACOS, say)
    assert any("mvn is still at work after" in line for line in said)


def test_a_jar_that_is_not_the_pinned_one_is_refused(installed: Installation, path: Path, cache: Path) -> None:
    """As from a registry whose artifact was replaced: one jar changed, one missing, one too many."""
    *_, changed, missing = sorted((installed.folder / "lib").glob("*.jar"))
    _tool(
        path,
        "mvn",
        f"""
        PATH=/usr/bin:/bin
        for argument; do folder="${{argument#-DoutputDirectory=}}"; done
        cp -r "{missing.parent}" "$folder" && cd "$folder"
        rm {missing.name} && echo >> {changed.name} && touch stranger.jar
        """,
    )
    with pytest.raises(NotInstalled, match="not the ones pinned") as caught:
        install(installed.distribution, print)
    for name in (changed.name, missing.name, "stranger.jar"):
        assert name in str(caught.value)
    assert _folders(cache) == []


def test_what_a_killed_installation_left_is_removed(path: Path, cache: Path) -> None:
    left = cache / f"nacos-{NACOS.key}.draft-killed"
    left.mkdir(parents=True)
    assert list(path.iterdir()) == []
    with pytest.raises(NotInstalled):
        install(NACOS, print)
    assert _folders(cache) == []


def test_without_a_jdk_one_line_tells_how_to_get_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME")
    assert list(path.iterdir()) == []
    with pytest.raises(NoJdk, match="none was found: apt-get install") as caught:
        install(NACOS, print)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("script", "found"),
    {
        "too old": ("echo 'openjdk version \"11.0.2\"' >&2", '"11.0.2"'),
        "far too old": ("echo 'java version \"1.8.0_392\"' >&2", '"1.8.0_392"'),
        "broken": ("echo 'Error: could not find libjava.so' >&2; exit 2", "could not find libjava.so"),
    }.values(),
)
def test_a_jdk_that_will_not_do_is_refused(
    path: Path, script: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME")
    _tool(path, "java", script)
    _tool(path, "javac", "exit 0")
    with pytest.raises(NoJdk, match=f"17 or later is needed.*{found}") as caught:
        install(NACOS, print)
    assert "\n" not in str(caught.value)
