"""What local processes alone show: who starts yields to who serves, and what outlives a shell is told."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.run.waiting import until
from conformance.run.world import ExitStatus, Launch
from fixtures.platforms import priority
from fixtures.platforms.embedded.platform import EmbeddedPlatform
from fixtures.platforms.embedded.process import LocalProcess

GROUPS = Path("/proc/sys/kernel/sched_autogroup_enabled")
grouped = pytest.mark.skipif(not GROUPS.exists(), reason="this kernel does not group processes by session")
LISTENS = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print('up', flush=True); time.sleep(60)"
SITS = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedPlatform]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with EmbeddedPlatform(print) as opened:
        yield opened


def _launched(platform: EmbeddedPlatform, *, yields: bool) -> LocalProcess:
    argv = (sys.executable, "-c", "import time; time.sleep(60)")
    return platform.launch(Launch(name="one", argv=argv, env={}, yields=yields))


def _priority(process: LocalProcess) -> int:
    return int((Path("/proc") / str(process.pid) / "autogroup").read_text().split()[-1])


@grouped
def test_it_yields_until_it_is_promoted(platform: EmbeddedPlatform) -> None:
    process = _launched(platform, yields=True)
    assert _priority(process) == priority.STARTING_PRIORITY
    process.promote()
    assert _priority(process) == 0


@grouped
def test_who_was_not_asked_to_never_does(platform: EmbeddedPlatform) -> None:
    assert _priority(_launched(platform, yields=False)) == 0


@grouped
def test_the_harness_never_does(platform: EmbeddedPlatform) -> None:
    before = Path("/proc/self/autogroup").read_text()
    _launched(platform, yields=True)
    assert Path("/proc/self/autogroup").read_text() == before


@grouped
def test_a_refusal_that_passes_is_waited_out(platform: EmbeddedPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    process, refusals = _launched(platform, yields=True), [BlockingIOError(11, "try again")] * 2
    tell = priority._tell

    def reluctant(session: int, wanted: int) -> None:
        if refusals:
            raise refusals.pop()
        tell(session, wanted)

    monkeypatch.setattr(priority, "_tell", reluctant)
    process.promote()
    assert not refusals
    assert _priority(process) == 0


def test_where_the_kernel_has_no_such_groups_nobody_yields(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(session: int, wanted: int) -> None:
        raise FileNotFoundError(2, f"no group of {session} to set to {wanted}")

    monkeypatch.setattr(priority, "_tell", absent)
    assert not priority.yield_processors(1)
    priority.come_level(1)


@pytest.mark.parametrize(
    ("code", "before", "left"),
    [(LISTENS, "", 1), (LISTENS, "exec ", 0), (SITS, "", 0)],
    ids=["a shell that hands nothing on", "one that has made room", "a helper without connections"],
)
def test_what_outlives_its_shell_amid_its_connections_is_told(
    platform: EmbeddedPlatform, code: str, before: str, left: int
) -> None:
    script = f"{before}{shlex.join((sys.executable, '-c', code))}; true"
    process = platform.launch(Launch(name="one", argv=("/bin/sh", "-c", script), env={}))
    until("it to be up", process.log.read_text, accept=lambda said: "up" in said, within_s=20)
    assert platform.stop(process) == ExitStatus(None, "SIGTERM", survivors=left)


def test_who_is_killed_leaves_nobody(platform: EmbeddedPlatform) -> None:
    script = f"{shlex.join((sys.executable, '-c', LISTENS))}; true"
    process = platform.launch(Launch(name="one", argv=("/bin/sh", "-c", script), env={}))
    until("it to be up", process.log.read_text, accept=lambda said: "up" in said, within_s=20)
    assert process.kill() == ExitStatus(None, "SIGKILL")
