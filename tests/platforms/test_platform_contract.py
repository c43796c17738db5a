"""What every platform must show, whatever it runs processes in."""

import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.run.parallel import on_each
from conformance.run.waiting import until
from conformance.run.world import ExitStatus, Gone, Launch, Platform, Process
from fixtures.platforms.embedded import EmbeddedPlatform, kernel

PLATFORMS = {"embedded": EmbeddedPlatform}

SAYS = "import os, sys; print('hello', os.environ['WHO'], sorted(k for k in os.environ if k.startswith('LEAK')))"
WAITS = "import time; print('up', flush=True); time.sleep(60)"
TIDY = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); " + WAITS
FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=%s)
print(child.pid, flush=True)
time.sleep(%d)
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    standing = PLATFORMS[request.param]()
    yield standing
    standing.close()


def _launch(platform: Platform, code: str, name: str = "one", grace_s: float = 5) -> Process:
    return platform.launch(Launch(name=name, argv=(sys.executable, "-c", code), env={"WHO": "you"}, grace_s=grace_s))


def _said(process: Process, text: str) -> None:
    until(f"{process.name} to say {text}", process.log.read_text, accept=lambda log: text in log, within_s=20)


def _number_in(process: Process) -> int:
    return int(until(f"{process.name} to print a number", process.log.read_text, within_s=20))


def _ended(process: Process) -> ExitStatus:
    status = until("its end", process.exit_status, accept=lambda status: status is not None, within_s=20)
    assert status is not None
    return status


def test_a_process_runs_with_its_own_environment_and_its_log(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAK_OF_THE_CALLER", "1")
    process = _launch(platform, SAYS)
    assert _ended(process) == ExitStatus(code=0, signal=None)
    assert process.log.read_text() == "hello you []\n"


def test_an_exit_code_is_told_from_a_signal(platform: Platform) -> None:
    assert _ended(_launch(platform, "raise SystemExit(3)")) == ExitStatus(code=3, signal=None)
    process = _launch(platform, WAITS)
    assert process.exit_status() is None
    process.signal("SIGKILL")
    assert _ended(process) == ExitStatus(code=None, signal="SIGKILL")


def test_who_has_ended_cannot_be_signalled(platform: Platform) -> None:
    process = _launch(platform, "pass")
    _ended(process)
    with pytest.raises(Gone, match="one has ended already: exit 0"):
        process.signal("SIGTERM")


def test_who_does_not_stop_within_its_grace_is_killed(platform: Platform) -> None:
    process = _launch(platform, DEAF, grace_s=0.2)
    _said(process, "up")
    assert platform.stop(process) == ExitStatus(code=None, signal="SIGKILL")


def test_who_stops_when_asked_is_not_killed(platform: Platform) -> None:
    process = _launch(platform, WAITS)
    _said(process, "up")
    assert platform.stop(process) == ExitStatus(code=None, signal="SIGTERM")
    assert platform.stop(process) == ExitStatus(code=None, signal="SIGTERM")


def test_who_was_stopped_in_the_middle_can_still_be_ended_in_order(platform: Platform) -> None:
    process = _launch(platform, TIDY, grace_s=5)
    _said(process, "up")
    process.signal("SIGSTOP")
    assert platform.stop(process) == ExitStatus(code=7, signal=None)


def test_what_a_process_has_started_ends_with_it(platform: Platform) -> None:
    process = _launch(platform, FAMILY % (False, 0))
    child = _number_in(process)
    assert _ended(process) == ExitStatus(code=0, signal=None)
    until("the child's end", lambda: kernel.look_up(child) is None, within_s=20)


def test_many_can_be_started_and_ended_at_once(platform: Platform) -> None:
    processes = on_each(range(8), lambda number: _launch(platform, WAITS, name=f"number-{number}"))
    on_each(processes, lambda process: _said(process, "up"))
    assert set(on_each(processes, platform.stop)) == {ExitStatus(code=None, signal="SIGTERM")}
    assert len({process.log for process in processes}) == 8


def test_a_second_process_of_a_name_has_a_log_of_its_own(platform: Platform) -> None:
    first, second = (_launch(platform, f"print({number})", name="same") for number in (1, 2))
    assert (_ended(first).code, _ended(second).code) == (0, 0)
    assert (first.log.read_text(), second.log.read_text()) == ("1\n", "2\n")


def test_a_second_folder_of_a_name_is_another(platform: Platform) -> None:
    assert platform.scratch("same") != platform.scratch("same")


def test_a_command_that_does_not_exist_is_told_by_name(platform: Platform) -> None:
    with pytest.raises(Gone, match="ghost cannot be started: no-such-command"):
        platform.launch(Launch(name="ghost", argv=("no-such-command",), env={}))


def test_reserved_ports_are_free_and_nobody_elses(platform: Platform) -> None:
    ports = {platform.reserve()[1] for _ in range(150)}
    assert len(ports) == 150
    _, base = platform.reserve((0, 1000, 1001, -1000))
    assert not {base, base + 1000, base + 1001, base - 1000} & ports
    for port in (*ports, base):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))


def test_a_port_that_a_stranger_has_is_passed_over(platform: Platform) -> None:
    _, first = platform.reserve()
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first + 1))
        stranger.listen()
        assert platform.reserve()[1] not in {first, first + 1}


def test_at_its_end_nothing_is_left(platform: Platform) -> None:
    processes = [_launch(platform, DEAF, name=f"number-{number}") for number in range(3)]
    folder = platform.scratch("things")
    for process in processes:
        _said(process, "up")
    stray = _number_in(_launch(platform, FAMILY % (True, 60), name="parent"))
    platform.close()
    assert kernel.look_up(stray) is None, "it left its parent's group, but not the session"
    assert {process.exit_status() for process in processes} == {ExitStatus(None, signal.SIGKILL.name)}
    assert not folder.exists()
    platform.close()
    with pytest.raises(Gone, match="the session has ended"):
        _launch(platform, WAITS)
