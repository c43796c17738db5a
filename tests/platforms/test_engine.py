"""An engine that cannot serve is told in one line with the remedy, before anything starts."""

import socket
from pathlib import Path

import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone, Launch
from fixtures.platforms.docker import engine
from fixtures.platforms.docker.engine import own_container
from fixtures.platforms.docker.platform import DockerPlatform
from fixtures.platforms.kinds import KINDS, RECIPES, Needs, choose
from fixtures.services.python.image import RECIPE
from tests.glue.suite import pytest as suite
from tests.platforms.engines import EngineDoor, answering, needs_engine


def _told(monkeypatch: pytest.MonkeyPatch, host: str) -> str:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(engine.NoEngine) as refused:
        engine.connect()
    assert KINDS["docker"].lacks(Needs()) == [str(refused.value)]
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _told(monkeypatch, "unix:///nowhere/docker.sock")
    assert said.startswith("no Docker engine answers at unix:///nowhere/docker.sock (DOCKER_HOST) (no such file or")
    assert "compose/engine.sh" in said
    assert "--platform embedded" in said


def test_an_engine_that_accepts_and_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ANSWER_AT_ONCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        assert _told(monkeypatch, host).startswith(f"no Docker engine answers at {host} (DOCKER_HOST) (")


def test_an_engine_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b'{"Version": "19.03.15", "ApiVersion": "1.40", "MinAPIVersion": "1.12"}') as host:
        said = _told(monkeypatch, host)
    assert f"the Docker engine at {host} is 19.03.15 (API 1.40), 20.10 or later is needed" in said


def test_an_engine_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _told(monkeypatch, "tcp://192.0.2.7:2376")
    assert "is not on this machine: the load goes to loopback only; unset DOCKER_HOST" in said


OWN = "4f" * 32
"""The id of a container."""


def _in_a_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, network: str, mounts: str) -> str:
    """What is said to a session in a container of the engine that it asks; empty where nothing is."""
    (tmp_path / "mountinfo").write_text(f"612 600 8:1 /var/lib/docker/containers/{OWN}/hosts /etc/hosts rw - ext4\n")
    monkeypatch.setattr(engine, "own_container", lambda: own_container(tmp_path / "mountinfo"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    about = f'"Name": "/job-7", "HostConfig": {{"NetworkMode": "{network}"}}, "Mounts": [{mounts}]'
    with answering(f'{{"Version": "27.5.1", "ApiVersion": "1.47", "MinAPIVersion": "1.24", {about}}}'.encode()) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        said = KINDS["docker"].lacks(Needs())
    return said[0] if said else ""


def test_in_a_container_of_the_engine_its_ports_must_be_reached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = _in_a_container(monkeypatch, tmp_path, "bridge", "")
    assert said.startswith("this session runs in the container job-7 of the Docker engine at tcp://127.0.0.1:")
    assert "cannot reach the ports" in said
    assert "start it with --network host, or choose --platform embedded" in said


@pytest.mark.parametrize("mounts", ["", '{"Source": "/srv/job", "Destination": "TMP"}'])
def test_in_a_container_of_the_engine_folders_must_be_shared_under_the_same_path(
    mounts: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = str(tmp_path.resolve())
    said = _in_a_container(monkeypatch, tmp_path, "host", mounts.replace("TMP", folder))
    assert f"cannot see its folder {folder}: start it with -v {folder}:{folder}, or choose --platform embedded" in said


@needs_engine
def test_an_engine_elsewhere_does_not_see_the_session_s_folder(tmp_path: Path) -> None:
    """What is not on the engine's machine looks the same to it, whether or not it is on this one."""
    client = engine.connect()
    before = {one.id for one in client.containers.list(all=True)}
    engine.require_shared(client, tmp_path)
    with pytest.raises(engine.NoEngine) as told:
        engine.require_shared(client, tmp_path / "another machine's" / "session")
    assert str(told.value) == (
        f"the Docker engine cannot see this session's folder {tmp_path}/another machine's/session, which containers "
        f"share with it: its machine needs {tmp_path}/another machine's under the same path (TMPDIR names another), or "
        "choose --platform embedded"
    )
    assert {one.id for one in client.containers.list(all=True)} == before, "nothing is made of it"


def test_in_a_container_that_has_both_the_engine_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parent = str(tmp_path.resolve().parent)
    assert _in_a_container(monkeypatch, tmp_path, "host", f'{{"Source": "{parent}", "Destination": "{parent}"}}') == ""


def test_a_machine_that_is_no_container_has_no_container_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    assert own_container(tmp_path / "mountinfo") == ""
    assert own_container(tmp_path / "absent") == ""


def test_a_session_without_its_engine_starts_nothing(tmp_path: Path) -> None:
    ended = suite("--platform", "docker", "-k", "a_batch_release_loses", XDG_STATE_HOME=str(tmp_path))
    assert ended.code == 7
    assert "no Docker engine answers at unix:///nowhere/docker.sock" in ended.out
    assert list(tmp_path.iterdir()) == []


def test_without_an_engine_local_processes_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert choose("auto", has_images=True) == "embedded"


@needs_engine
def test_where_one_answers_it_is_chosen_if_every_version_has_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    assert choose("auto", has_images=True) == "docker"
    assert choose("auto", has_images=False) == "embedded"
    assert choose("embedded", has_images=True) == "embedded"


@needs_engine
def test_an_engine_that_dies_is_told_to_whoever_asks_and_nothing_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with EngineDoor(tmp_path / "engine.sock") as door:
        monkeypatch.setenv("DOCKER_HOST", door.host)
        platform = DockerPlatform(RECIPES, print)
        argv = ("python3", "-c", "import time; print('up', flush=True); time.sleep(60)")
        process = platform.launch(Launch(name="one", argv=argv, env={}, image=RECIPE.image))
        until("it to be up", lambda: "up" in process.log.read_text(), within_s=20)
        client = platform.client()
        door.shut()
        until("the end of the stream", lambda: _is_lost(process), within_s=30)
        with pytest.raises(Gone, match="the Docker engine no longer answers"):
            process.signal("SIGTERM")
        with pytest.raises(Exception, match="relay"):
            client.get("http://10.0.0.1:80/", timeout=1)
        assert process.log.read_text() == "up\n", "what was read before stays"
        platform.close()
    monkeypatch.delenv("DOCKER_HOST")
    said: list[str] = []
    with DockerPlatform(RECIPES, said.append):
        assert any(line.startswith("removed ") and "containers" in line for line in said), said


def _is_lost(process: object) -> bool:
    try:
        process.exit_status()  # type: ignore[attr-defined]
    except Gone:
        return True
    return False
