"""What every platform must show, whatever it runs processes in."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.run.parallel import on_each
from conformance.run.waiting import until
from conformance.run.world import ExitStatus, Gone, Launch, Process
from fixtures.platforms.kinds import KINDS, Needs
from fixtures.platforms.session_platform import SessionPlatform
from fixtures.services.python.image import RECIPE
from tests.platforms import clusters

SAYS = "import os; print('hello', os.environ['WHO'], sorted(k for k in os.environ if k.startswith('LEAK')))"
WAITS = "import time; print('up', flush=True); time.sleep(60)"
TIDY = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); " + WAITS
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
WRITES = "import sys, time\nwhile True: open(sys.argv[1], 'a').write('x'); time.sleep(0.01)"
FAMILY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", %r, sys.argv[1]], start_new_session=%s)
while True:
    try:
        open(sys.argv[1]); break
    except OSError:
        time.sleep(0.01)
print("up", flush=True)
time.sleep(%d)
"""
SERVES = """
import http.server, sys
class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        said = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("X-Path", self.path)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Echo).serve_forever()
"""


@pytest.fixture(scope="module", params=KINDS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionPlatform]:
    """One session for all that leaves it standing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        clusters.name(patch)
        platform = _open(request.param)
        yield platform
        platform.close()


@pytest.fixture
def platform(shared: SessionPlatform) -> SessionPlatform:
    return shared


def _open(name: str) -> SessionPlatform:
    if name != "embedded" and (lacking := KINDS[name].lacks(Needs())):
        pytest.skip(lacking[0])
    platform = KINDS[name].open(print)
    try:
        platform.prepare([RECIPE.image])
    except Gone as gone:
        platform.close()
        pytest.skip(str(gone))
    return platform


def _launch(  # noqa: PLR0913 - what tests vary
    platform: SessionPlatform,
    code: str,
    *args: str,
    name: str = "one",
    grace_s: float = 5,
    host: str = "",
    folder: Path | None = None,
    yields: bool = False,
) -> Process:
    python = platform.pick(command=sys.executable, image="python3")
    return platform.launch(
        Launch(
            name=name,
            argv=(python, "-c", code, *args),
            env={"WHO": "you"},
            image=RECIPE.image,
            host=host,
            grace_s=grace_s,
            folders=(folder,) if folder else (),
            yields=yields,
        )
    )


def _said(process: Process, text: str) -> None:
    def said() -> str:
        return process.log.read_text()

    until(f"{process.name} to say {text}", said, accept=lambda log: text in log, within_s=20)


def _ended(process: Process) -> ExitStatus:
    status = until("its end", process.exit_status, accept=lambda status: status is not None, within_s=20)
    assert status is not None
    return status


def _grows(process: Process, path: Path) -> Callable[[], bool]:
    """Whether a file in one of its folders grows for a while."""

    def size() -> int:
        file = process.fetch(path)
        return file.stat().st_size if file.exists() else 0

    def look() -> bool:
        before = size()
        try:
            until("more", size, accept=lambda now: now > before, within_s=0.3)
        except Exception:  # noqa: BLE001 - it does not
            return False
        return True

    return look


def test_a_process_runs_with_its_own_environment_and_its_log(
    platform: SessionPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAK_OF_THE_CALLER", "1")
    process = _launch(platform, SAYS)
    assert _ended(process) == ExitStatus(code=0, signal=None)
    assert process.log.read_text() == "hello you []\n"


def test_an_exit_code_is_told_from_a_signal(platform: SessionPlatform) -> None:
    assert _ended(_launch(platform, "raise SystemExit(3)")) == ExitStatus(code=3, signal=None)
    process = _launch(platform, WAITS)
    assert process.exit_status() is None
    process.signal("SIGKILL")
    assert _ended(process) == ExitStatus(code=None, signal="SIGKILL")


def test_who_has_ended_cannot_be_signalled(platform: SessionPlatform) -> None:
    process = _launch(platform, "pass")
    _ended(process)
    with pytest.raises(Gone, match="one has ended already: exit 0"):
        process.signal("SIGTERM")


def test_who_does_not_stop_within_its_grace_is_killed(platform: SessionPlatform) -> None:
    process = _launch(platform, DEAF, grace_s=0.2)
    _said(process, "up")
    assert platform.stop(process) == ExitStatus(code=None, signal="SIGKILL")


def test_who_stops_when_asked_is_not_killed(platform: SessionPlatform) -> None:
    process = _launch(platform, TIDY)
    _said(process, "up")
    assert platform.stop(process) == ExitStatus(code=7, signal=None)
    assert platform.stop(process) == ExitStatus(code=7, signal=None)


def test_who_was_stopped_in_the_middle_can_still_be_ended_in_order(platform: SessionPlatform) -> None:
    process = _launch(platform, TIDY, grace_s=5)
    _said(process, "up")
    process.signal("SIGSTOP")
    assert platform.stop(process) == ExitStatus(code=7, signal=None)


def test_what_is_frozen_does_nothing_until_it_is_thawed(platform: SessionPlatform) -> None:
    folder = platform.scratch("frozen")
    process = _launch(platform, WRITES, str(folder / "file"), folder=folder)
    grows = _grows(process, folder / "file")
    until("it to write", grows, within_s=20)
    process.signal("SIGSTOP")
    assert not grows()
    process.signal("SIGCONT")
    assert grows()
    process.signal("SIGKILL")


@pytest.mark.parametrize("own_session", [False, True], ids=["a child", "a daemon"])
def test_what_a_process_has_started_ends_with_it(platform: SessionPlatform, own_session: bool) -> None:
    if own_session and platform.pick(command=True, image=False):
        pytest.skip("a local process that leaves its group ends with the session: see below")
    folder = platform.scratch("family")
    process = _launch(platform, FAMILY % (WRITES, own_session, 0), str(folder / "file"), folder=folder)
    assert _ended(process) == ExitStatus(code=0, signal=None)
    until("the child to write no more", lambda: not _grows(process, folder / "file")(), within_s=20)


def test_who_yields_while_it_starts_runs_and_ends_as_any_other(platform: SessionPlatform) -> None:
    process = _launch(platform, TIDY, yields=True)
    _said(process, "up")
    process.promote()
    process.promote()
    assert platform.stop(process) == ExitStatus(code=7, signal=None)
    process.promote()


def test_many_can_be_started_and_ended_at_once(platform: SessionPlatform) -> None:
    processes = on_each(range(8), lambda number: _launch(platform, TIDY, name=f"number-{number}"))
    on_each(processes, lambda process: _said(process, "up"))
    assert set(on_each(processes, platform.stop)) == {ExitStatus(code=7, signal=None)}
    assert len({process.log for process in processes}) == 8


def test_a_second_process_of_a_name_has_a_log_of_its_own(platform: SessionPlatform) -> None:
    first, second = (_launch(platform, f"print({number})", name="same") for number in (1, 2))
    assert (_ended(first).code, _ended(second).code) == (0, 0)
    assert (first.log.read_text(), second.log.read_text()) == ("1\n", "2\n")


def test_a_second_folder_of_a_name_is_another(platform: SessionPlatform) -> None:
    assert platform.scratch("same") != platform.scratch("same")


def test_a_command_that_does_not_exist_is_told_by_name(platform: SessionPlatform) -> None:
    order = Launch(name="ghost", argv=("no-such-command",), env={}, image=RECIPE.image)
    with pytest.raises(Gone, match=r"ghost cannot be started: .*no-such-command"):
        platform.launch(order)


def test_what_is_reserved_is_nobody_elses(platform: SessionPlatform) -> None:
    groups = [
        [(host, port + offset) for offset in offsets]
        for offsets in [(0,)] * 50 + [(0, 1)] * 10 + [(0, 1000, 1001, -1000)]
        for host, port in (platform.reserve(offsets),)
    ]
    addresses = [address for group in groups for address in group]
    assert len(set(addresses)) == len(addresses)


def test_the_harness_asks_by_http_each_request_once(platform: SessionPlatform) -> None:
    host, port = platform.reserve()
    process = _launch(platform, SERVES, host, str(port), name="server", host=host)
    with platform.client() as client:
        url = f"http://{host}:{port}/a%20path?x=1"

        def ask() -> int:
            try:
                return client.post(url, data=b"\x00said", timeout=5).status_code
            except Exception:  # noqa: BLE001 - not up yet
                return 0

        until("it to answer", ask, accept=lambda status: status == 201, within_s=20)
        answer = client.post(url, data=b"\x00said", timeout=5)
        assert (answer.status_code, answer.content) == (201, b"\x00said")
        assert answer.headers["X-Path"] == "/a%20path?x=1"
        process.signal("SIGKILL")
        _ended(process)
        with pytest.raises(Exception, match="refused"):
            client.post(url, data=b"", timeout=5)


def test_at_its_end_nothing_is_left(
    request: pytest.FixtureRequest, platform: SessionPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    clusters.name(monkeypatch)
    mine = _open(platform.name)
    request.addfinalizer(mine.close)
    processes = [_launch(mine, DEAF, name=f"number-{number}") for number in range(3)]
    folder = mine.scratch("things")
    for process in processes:
        _said(process, "up")
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    file = outside / "file"
    parent = _launch(mine, FAMILY % (WRITES, True, 60), str(file), name="parent", folder=outside)
    _said(parent, "up")
    mine.close()
    assert not _grows(parent, file)(), "it left its parent's group, but not the session"
    assert {process.exit_status() for process in processes} == {ExitStatus(None, signal.SIGKILL.name)}
    assert not folder.exists()
    mine.close()
    with pytest.raises(Gone, match="the session has ended"):
        _launch(mine, WAITS)
