"""A session that was killed: the next one leaves nothing of it, and touches nobody else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from conformance.run.waiting import until
from conformance.run.world import ExitStatus, Launch
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.platforms.locks import try_lock
from fixtures.platforms.session import kernel, sweep
from fixtures.platforms.session.guardian import PID, Guardian
from fixtures.platforms.session.state import StateFolderUnusable
from fixtures.platforms.session.sweep import LOCK
from tests.platforms.killing import kill_owner

OWNER = """
import sys, time
from conformance.run.world import Launch
from fixtures.platforms.embedded import EmbeddedPlatform
platform = EmbeddedPlatform()
process = platform.launch(Launch(name="one", argv=(sys.executable, "-c", sys.argv[1]), env={}))
print(process.pid, platform.scratch("things"), flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
HIDDEN = PARENT.replace(
    '"import time; time.sleep(60)"]', '"import time; time.sleep(60)"], start_new_session=True, env={}'
)
"""Its child is in another group and carries no mark, as PostgreSQL's, which write over their environment."""
ORPHANS = PARENT.replace("time.sleep(60)\n", "pass\n")


GUARDED_S = 5.0
"""So soon after its death a session's guardian has ended all that it started."""

Owner = Callable[[str], tuple[subprocess.Popen[str], int, Path]]


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Owner]:
    """Starts a session in a process of its own, which starts the program: the owner, the program's pid, a folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    owners: list[subprocess.Popen[str]] = []

    def begin(program: str) -> tuple[subprocess.Popen[str], int, Path]:
        process = subprocess.Popen([sys.executable, "-c", OWNER, program], stdout=subprocess.PIPE, text=True)
        owners.append(process)
        assert process.stdout
        pid, folder = process.stdout.readline().split(maxsplit=1)
        return process, int(pid), Path(folder.strip())

    yield begin
    for process in owners:
        process.kill()
        process.communicate()
    EmbeddedPlatform().close()  # a test that failed may not have come to it


def _child_of(folder: Path) -> int:
    log = folder.parent / "logs" / "one.log"
    return int(until("the child's number", log.read_text, within_s=20))


@pytest.mark.parametrize("program", [PARENT, HIDDEN], ids=["children", "a child in hiding"])
def test_what_a_killed_session_started_is_ended_by_its_guardian(owner: Owner, tmp_path: Path, program: str) -> None:
    process, pid, folder = owner(program)
    grandchild = _child_of(folder)
    kill_owner(process, guardian=True)
    until("the end of all", lambda: not kernel.look_up(pid) and not kernel.look_up(grandchild), within_s=GUARDED_S)
    until("its folder's end", lambda: not folder.parent.exists(), within_s=GUARDED_S)
    assert list((tmp_path / "release-conformance" / "sessions").iterdir()) == []


def test_a_guardian_heeds_no_signal_of_the_terminal_and_ends_with_its_session(tmp_path: Path) -> None:
    (tmp_path / "sessions" / "one").mkdir(parents=True)
    guardian = Guardian(tmp_path / "sessions" / "one")
    pid = int((tmp_path / "sessions" / "one" / PID).read_text())
    heeded = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # Some it ignores before it is at work: a background job's are inherited.
    until("it to ignore signals", lambda: all(_ignores(pid, number) for number in heeded), within_s=30)
    for number in heeded:
        os.kill(pid, number)
    assert kernel.look_up(pid)
    guardian.dismiss()
    guardian.dismiss()
    assert kernel.look_up(pid) is None


def test_a_guardian_waits_for_the_lock_of_an_owner_that_is_just_dying(tmp_path: Path) -> None:
    """A killed process closes its files one after the other: the guardian's input may end before the lock is free."""
    folder = tmp_path / "sessions" / "one"
    folder.mkdir(parents=True)
    lock = try_lock(folder / LOCK)
    assert lock is not None
    guardian = Guardian(folder)
    assert guardian._process.stdin is not None
    guardian._process.stdin.close()
    until("it to be at work", lambda: _is_held(tmp_path / "begin.lock"), within_s=10)
    assert folder.exists()
    os.close(lock)
    assert guardian._process.wait(timeout=10) == 0
    assert not folder.exists()


def _is_held(path: Path) -> bool:
    lock = try_lock(path)
    if lock is not None:
        os.close(lock)
    return lock is None


def test_a_session_that_ends_in_order_leaves_no_guardian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with EmbeddedPlatform():
        (file,) = (tmp_path / "release-conformance" / "sessions").glob(f"*/{PID}")
        pid = int(file.read_text())
        assert kernel.look_up(pid)
    assert kernel.look_up(pid) is None


def _ignores(pid: int, number: signal.Signals) -> bool:
    """Whether the process ignores this signal, by the kernel."""
    (mask,) = [line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "SigIgn" in line]
    return bool(int(mask, 16) & 1 << number - 1)


def test_what_a_killed_session_left_is_ended_and_removed(owner: Owner) -> None:
    process, pid, folder = owner(PARENT)
    grandchild = _child_of(folder)
    kill_owner(process)
    assert kernel.look_up(pid)
    assert kernel.look_up(grandchild)
    with EmbeddedPlatform():
        assert kernel.look_up(pid) is None
        assert kernel.look_up(grandchild) is None
        assert not folder.parent.exists()


def test_parents_are_ended_before_their_children(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    process, pid, folder = owner(PARENT)
    grandchild = _child_of(folder)
    kill_owner(process)
    ended: list[int] = []
    really = kernel.kill

    def kill(running: kernel.Running) -> None:
        ended.append(running.pid)
        really(running)

    monkeypatch.setattr(kernel, "kill", kill)
    found = sweep._belonging
    backwards = partial(sorted, key=lambda one: one.pid, reverse=True)
    monkeypatch.setattr(sweep, "_belonging", lambda folder: backwards(found(folder)))
    EmbeddedPlatform().close()
    assert ended[:2] == [pid, grandchild]


def test_a_descendant_whose_parent_is_gone_is_found_too(owner: Owner) -> None:
    process, pid, folder = owner(ORPHANS)
    orphan = _child_of(folder)
    kill_owner(process)
    until("the parent's end", lambda: kernel.look_up(pid) is None, within_s=20)
    assert kernel.look_up(orphan)
    with EmbeddedPlatform():
        assert kernel.look_up(orphan) is None


def test_a_descendant_with_a_process_session_of_its_own_and_no_mark_is_found_too(owner: Owner) -> None:
    process, _, folder = owner(HIDDEN)
    hidden = _child_of(folder)
    kill_owner(process)
    assert kernel.look_up(hidden)
    with EmbeddedPlatform():
        assert kernel.look_up(hidden) is None


def test_a_process_that_something_else_started_for_the_session_is_ended_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        with EmbeddedPlatform() as platform:
            platform.record(child.pid, "the load")
        assert child.wait(timeout=20) == -signal.SIGKILL


def test_what_was_swept_is_said(owner: Owner) -> None:
    process, _, folder = owner(PARENT)
    _child_of(folder)
    kill_owner(process)
    said: list[str] = []
    EmbeddedPlatform(said.append).close()
    EmbeddedPlatform(said.append).close()
    assert said == ["ended 2 processes left by an earlier session"]


def test_a_session_that_was_left_standing_stands_until_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    platform = EmbeddedPlatform()
    process = platform.launch(Launch(name="one", argv=(sys.executable, "-c", "import time; time.sleep(60)"), env={}))
    platform.leave()
    assert process.exit_status() is None
    EmbeddedPlatform().close()
    assert process.exit_status() == ExitStatus(code=None, signal="SIGKILL")


def test_a_state_folder_that_cannot_be_used_is_one_line_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "release-conformance").write_text("a file")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(StateFolderUnusable, match="set XDG_STATE_HOME") as caught:
        EmbeddedPlatform()
    assert "\n" not in str(caught.value)


def test_a_living_session_is_left_alone(owner: Owner) -> None:
    process, pid, folder = owner(PARENT)
    with EmbeddedPlatform():
        assert kernel.look_up(pid)
        assert folder.exists()
    kill_owner(process)
    EmbeddedPlatform().close()
    assert kernel.look_up(pid) is None


def test_a_stranger_that_has_a_recorded_number_now_is_left_alone(owner: Owner, tmp_path: Path) -> None:
    process, pid, _ = owner(PARENT)
    first = kernel.look_up(pid)
    assert first
    until("a later tick", lambda: time.clock_gettime(time.CLOCK_BOOTTIME) * 100 > first.start_ticks + 1, within_s=20)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    journal = next((tmp_path / "release-conformance" / "sessions").glob("*/journal.jsonl"))
    journal.write_text(journal.read_text().replace(f'"pid":{pid}', f'"pid":{stranger.pid}'))
    kill_owner(process)
    try:
        with EmbeddedPlatform():
            assert stranger.poll() is None
            assert kernel.look_up(pid) is None, "its mark is in its environment"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_cut_journal_is_read_as_far_as_it_goes(owner: Owner, tmp_path: Path) -> None:
    process, pid, _ = owner(PARENT)
    journal = next((tmp_path / "release-conformance" / "sessions").glob("*/journal.jsonl"))
    with journal.open("a") as end:
        end.write('{"type":"process","na')
    kill_owner(process)
    EmbeddedPlatform().close()
    assert kernel.look_up(pid) is None
