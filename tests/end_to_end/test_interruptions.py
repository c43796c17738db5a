"""A session that is ended from outside: nothing of it is left, and what there is of results is kept."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.run.waiting import until
from fixtures.platforms.docker import engine
from fixtures.platforms.kinds import KINDS
from fixtures.platforms.labels import SESSION
from fixtures.platforms.session import kernel
from fixtures.platforms.session.guardian import PID
from tests.end_to_end.small import small_descriptor
from tests.glue.suite import CORE, ROOT
from tests.platforms.engines import needs_engine

WHILE_SERVERS_START = "conformance/scenarios/test_batches.py"
ALL_IS_UP = "topology: "
IN_MID_RELEASE = "] 2.2 "


@dataclass
class Running:
    """The suite in a process of its own, carrying out one scenario."""

    platform: str
    process: subprocess.Popen[bytes]
    log: Path
    out: Path
    state: Path

    def until_it_says(self, text: str) -> None:
        until(f"the suite to say {text!r}", self.log.read_text, accept=lambda log: text in log, within_s=90)
        until("its session", self.sessions, within_s=30)

    def sessions(self) -> tuple[str, ...]:
        folder = self.state / "release-conformance" / "sessions"
        return tuple(path.name for path in folder.iterdir()) if folder.is_dir() else ()

    def left_behind(self, sessions: tuple[str, ...]) -> list[str]:
        """Processes of these sessions, or their containers and networks."""
        if self.platform == "embedded":
            return [str(pid) for pid in kernel.everyone() for one in sessions if kernel.carries_mark(pid, one)]
        client = engine.connect()
        found = [
            str(thing.id)
            for one in sessions
            for thing in (
                *client.containers.list(all=True, filters={"label": f"{SESSION}={one}"}, ignore_removed=True),
                *client.networks.list(filters={"label": f"{SESSION}={one}"}),
            )
        ]
        client.close()
        return found


@pytest.fixture(params=["embedded", pytest.param("docker", marks=needs_engine)])
def start(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Running]]:
    platform: str = request.param
    started: list[Running] = []
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("CONFORMANCE_OUT", str(tmp_path / "out"))
    monkeypatch.setenv("CI", "true")

    # What a shell runs in the background inherits that Ctrl-C is ignored; the suite is interrupted all the same.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    small_descriptor(tmp_path / "descriptor", {"released_instances = 10": "released_instances = 3"})
    argv = [sys.executable, "-m", "pytest", "-k", "batch_release_loses and orders", "--platform", platform]
    argv += ["--services", str(tmp_path / "descriptor")]

    def begin() -> Running:
        log = tmp_path / f"log-{len(started)}"
        with log.open("wb") as output:
            process = subprocess.Popen(argv, cwd=ROOT, stdout=output, stderr=output)
        started.append(Running(platform, process, log, tmp_path / "out", tmp_path / "state"))
        return started[-1]

    yield begin
    signal.signal(signal.SIGINT, before)
    for one in started:
        one.process.kill()
        one.process.wait()
    KINDS[platform].open(print).close()


def _assert_nothing_is_left_but_results(suite: Running, sessions: tuple[str, ...]) -> None:
    verdict = json.loads((suite.out / "verdict.json").read_text())
    assert (verdict["verdict"], verdict["exit_code"], verdict["complete"]) == ("INCONCLUSIVE", 2, False)
    assert len(verdict["not_run"]) + len(verdict["scenarios"]) == CORE
    assert {one["kind"] for one in verdict["not_run"]} <= {"not selected", "not reached"}
    assert suite.sessions() == ()
    assert suite.left_behind(sessions) == []


@pytest.mark.profile("extended")
def test_ctrl_c_while_servers_start_stops_everything_and_a_second_session_never_disturbs(
    start: Callable[[], Running],
) -> None:
    first = start()
    first.until_it_says(WHILE_SERVERS_START)
    sessions = first.sessions()
    second = start()
    assert second.process.wait(timeout=60) == 4
    assert f"is in use by another session (process {first.process.pid})" in second.log.read_text()
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(timeout=60) == 2
    _assert_nothing_is_left_but_results(first, sessions)


def test_sigterm_in_mid_release_stops_everything_and_keeps_what_was_recorded(start: Callable[[], Running]) -> None:
    suite = start()
    suite.until_it_says(IN_MID_RELEASE)
    sessions = suite.sessions()
    suite.process.send_signal(signal.SIGTERM)
    assert suite.process.wait(timeout=60) == 2
    _assert_nothing_is_left_but_results(suite, sessions)
    runs = sorted((suite.out / "runs").iterdir(), key=lambda run: run.name.startswith("null-release"))
    release, null_release = runs
    assert (null_release / "end.json").is_file()
    assert (release / "events.jsonl").is_file()


def test_of_a_killed_session_nothing_is_left_five_seconds_later(start: Callable[[], Running]) -> None:
    suite = start()
    suite.until_it_says(ALL_IS_UP)
    sessions = suite.sessions()
    assert suite.left_behind(sessions)
    os.kill(suite.process.pid, signal.SIGKILL)
    suite.process.wait()
    until(
        "the end of all that it started", lambda: suite.left_behind(sessions), accept=lambda left: not left, within_s=30
    )
    until("the end of its session", lambda: not suite.sessions(), within_s=30)


@pytest.mark.profile("extended")
def test_of_a_killed_session_without_a_guardian_the_next_one_leaves_nothing(start: Callable[[], Running]) -> None:
    suite = start()
    suite.until_it_says(ALL_IS_UP)
    sessions = suite.sessions()
    for one in sessions:
        os.kill(int((suite.state / "release-conformance" / "sessions" / one / PID).read_text()), signal.SIGKILL)
    os.kill(suite.process.pid, signal.SIGKILL)
    suite.process.wait()
    assert suite.left_behind(sessions)
    following = KINDS[suite.platform].open(print)
    try:
        assert suite.left_behind(sessions) == []
        assert not set(sessions) & set(suite.sessions())
    finally:
        following.close()
