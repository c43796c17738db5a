"""A system that is not as its descriptor says, or that nobody has named, is sent nothing: one line says why."""

import contextlib
import os
import pty
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.plan import by_own_command, plan
from conformance.run.world import Gone
from fixtures.glue.servers import ServerConfig
from fixtures.glue.settings import OUT_VARIABLE
from fixtures.glue.standing_topology import StandingTopology
from fixtures.platforms.standing.command import ReleaseCommand
from fixtures.platforms.standing.listing import Listing
from fixtures.services.descriptor import Descriptor, DescriptorError
from fixtures.services.tables import Standing
from fixtures.terminal.output import Terminal
from tests.glue.suite import ROOT
from tests.standing.systems import Newsroom, newsroom

CONFIG = ServerConfig("none")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("standing") / "room") as room:
        yield room


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _refused(descriptor: Descriptor) -> str:
    topology = StandingTopology(descriptor, Terminal(), agreed=True)
    try:
        with pytest.raises(Gone) as refused:
            topology.open(CONFIG)
    finally:
        topology.close()
    return str(refused.value)


def test_a_system_at_whose_address_nobody_answers(room: Newsroom) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = _refused(room.descriptor(address=address))
    assert said.startswith(f"standing.address = {address}: nobody answers there (connection refused")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"old": "6"}, "standing.old = 6: the list shows 7; expected that version alone"),
        (
            {"instances": 4},
            "standing.instances = 4: the list shows 3, 3 of them ready; expected so many, all of them ready",
        ),
    ],
)
def test_a_system_that_is_not_as_described(room: Newsroom, changes: dict[str, object], said: str) -> None:
    assert _refused(room.descriptor(**changes)) == said


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('no rights to list pods')", "exit 1\nno rights to list pods"),
        ("print('desk-1 7')", "it printed 'desk-1 7'; expected ID VERSION true|false [ADDRESS]"),
        ("print('desk-1 7 maybe')", "it printed 'desk-1 7 maybe'; expected ID VERSION true|false [ADDRESS]"),
        ("print('a 7 true'); print('a 7 true')", "'a' is listed twice; expected ids that are unique"),
    ],
)
def test_a_list_that_cannot_be_read(tmp_path: Path, program: str, said: str) -> None:
    with pytest.raises(Gone) as refused:
        Listing([sys.executable, "-c", program], tmp_path).now()
    assert str(refused.value).endswith(said)


def test_a_list_is_read_word_by_word(tmp_path: Path) -> None:
    program = "print('pod-a 1.5.0 True 10.0.0.1:80'); print(); print('pod-b 1.4.2 false')"
    first, second = Listing([sys.executable, "-c", program], tmp_path).now()
    assert (first.id, first.version, first.ready, first.address) == ("pod-a", "1.5.0", True, "10.0.0.1:80")
    assert (second.ready, second.address) == (False, "")


def test_what_was_listed_a_moment_ago_is_taken_until_something_has_changed(tmp_path: Path) -> None:
    (tmp_path / "pods").write_text("pod-a 1 true\n")
    listing = Listing(["cat", "pods"], tmp_path)
    listing.now()
    (tmp_path / "pods").unlink()
    assert [one.id for one in listing.now()] == ["pod-a"]
    listing.forget()
    with pytest.raises(Gone, match="pods"):
        listing.now()


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Gone, match="cannot be started: No such file or directory"):
        Listing(["./list-web"], tmp_path).now()


def test_a_target_that_nobody_has_agreed_to(room: Newsroom) -> None:
    topology = StandingTopology(room.descriptor(), Terminal(), agreed=False)
    try:
        topology.open(CONFIG)
        drawn = plan(by_own_command(topology.topology.service("desk")))
        with pytest.raises(Gone, match=r"nobody has agreed that the load is sent there: nothing was sent.*pass --yes"):
            topology.rate(None, drawn)
    finally:
        topology.close()


def test_a_person_is_asked_at_the_terminal_though_pytest_has_its_input(room: Newsroom, tmp_path: Path) -> None:
    """It was refused at once there: pytest puts nothing in the place of standard input."""
    ours, theirs = pty.openpty()
    session = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--services", str(room.descriptor().file)],
        cwd=ROOT,
        env={**os.environ, OUT_VARIABLE: str(tmp_path / "out")},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown, answered, ends = "", False, time.monotonic() + 60
    try:
        while session.poll() is None:
            assert time.monotonic() < ends, shown
            if select.select([ours], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):  # it is gone with its other end
                    shown += os.read(ours, 4096).decode()
            if "Go on? yes or no:" in shown and not answered:
                answered = bool(os.write(ours, b"no\n"))
    finally:
        session.kill()
        session.wait()
        os.close(ours)
    assert answered, shown
    assert session.returncode == 7
    assert "nobody has agreed that the load is sent there: nothing was sent" in shown


def test_more_requests_than_the_descriptor_allows(room: Newsroom) -> None:
    topology = StandingTopology(room.descriptor(most_rate=50), Terminal(), agreed=True)
    drawn = plan(by_own_command(topology.topology.service("desk")))
    assert topology.rate(None, drawn) == 50
    with pytest.raises(Gone, match=r"most_rate = 50: 51 requests per second are asked for"):
        topology.rate(51, drawn)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"new": "7"}, 'standing.new = "7": expected another version than old'),
        ({"at_least": 4}, "standing.at_least = 4: expected at most instances, 3"),
        ({"address": "http://news"}, 'standing.address = "http://news": expected host:port that speaks HTTP'),
        ({"release": []}, "standing.release"),
    ],
)
def test_a_descriptor_that_cannot_be_used(room: Newsroom, changes: dict[str, object], said: str) -> None:
    with pytest.raises(DescriptorError) as refused:
        room.descriptor(**changes)
    assert said in str(refused.value)


def test_nothing_is_started_beside_a_system_that_stands(room: Newsroom) -> None:
    file = room.describe()
    file.write_text(file.read_text() + "\n[database]\n")
    with pytest.raises(DescriptorError, match=r"database: expected none beside \[standing\]"):
        Descriptor.read(file)


def _command(
    standing: Standing,
    folder: Path,
    say: Callable[[str], None],
    *,
    spawned: Callable[[int, str], None] = lambda *_: None,
    has_come: Callable[[], bool] = lambda: True,
) -> ReleaseCommand:
    return ReleaseCommand(standing, folder, folder, say, spawned=spawned, changed=lambda: None, has_come=has_come)


class TestCommand:
    """The release command: how it fails, and that nothing of it stays."""

    @staticmethod
    def _of(tmp_path: Path, room: Newsroom, how: str, said: list[str], **changes: object) -> ReleaseCommand:
        standing = room.descriptor(how, **changes).standing
        assert standing is not None
        return _command(standing, tmp_path, said.append)

    @staticmethod
    def _end(command: ReleaseCommand) -> str:
        deadline = time.monotonic() + 20
        while (how := command.ended()) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return how

    def test_one_that_fails_says_its_last_lines(self, tmp_path: Path, room: Newsroom) -> None:
        command = self._of(tmp_path, room, "broken", [])
        command.begin()
        how = self._end(command)
        assert how.startswith("exit 1\n")
        assert how.endswith("deploy: the artefact of this version is missing")
        command.close()

    def test_one_that_does_not_end_is_ended_when_its_time_is_over(self, tmp_path: Path, room: Newsroom) -> None:
        said: list[str] = []
        command = self._of(tmp_path, room, "stuck", said, release_within_s=1.0)
        command.begin()
        command.close()
        assert command.ended() is not None
        assert said[-1] == "the team's own command did not end within 1 s: it is ended"

    @pytest.mark.parametrize("within_s", [30.0, 1.0], ids=["fails", "hangs"])
    def test_one_that_fails_when_nobody_looks_any_more_is_taken_back(
        self, tmp_path: Path, room: Newsroom, within_s: float
    ) -> None:
        said: list[str] = []
        how = "broken" if within_s > 1 else "stuck"
        undo = [sys.executable, "-c", "import sys; sys.exit('deploy: back to {old}, not quite')"]
        command = self._of(tmp_path, room, how, said, undo=undo, release_within_s=within_s)
        command.begin()
        command.close()
        assert any("the release is taken back: " in one for one in said)
        assert said[-1].startswith("the team's own command that takes the release back ended with exit 1\n")
        assert said[-1].endswith("deploy: back to 7, not quite")
        told = list(said)
        command.close()
        assert said == told

    def test_nothing_is_taken_back_where_the_new_version_had_not_come_or_the_run_knows_of_it(
        self, tmp_path: Path, room: Newsroom
    ) -> None:
        said: list[str] = []
        standing = room.descriptor("broken", undo=["./no-such-program"]).standing
        assert standing is not None
        nobody = _command(standing, tmp_path, said.append, has_come=lambda: False)
        nobody.begin()
        nobody.close()
        assert said[-1].endswith("deploy: the artefact of this version is missing")
        said.clear()
        known = _command(standing, tmp_path, said.append)
        known.begin()
        self._end(known)
        known.close()
        assert said == []
        unknown = _command(standing, tmp_path, said.append)
        unknown.begin()
        unknown.close()
        assert said[-1] == "undo-command: ./no-such-program cannot be started: No such file or directory"
        told = list(said)
        unknown.close()
        assert said == told

    def test_an_impatient_hand_leaves_one_that_runs_to_itself_and_is_told_so(
        self, tmp_path: Path, room: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It was a traceback, and the release went on without a word."""
        said: list[str] = []
        command = self._of(tmp_path, room, "stuck", said, release_within_s=60.0)
        command.begin()

        def interrupted(*_: object) -> int:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(subprocess.Popen, "wait", interrupted)
            command.close()
        assert "nothing is taken back; Ctrl-C leaves it to itself" in said[0]
        assert said[1].endswith("goes on, and nobody watches it: look who serves once it has ended")
        assert command.ended() is None
        command.give_up()

    def test_what_is_watched_is_kept_and_ended_with_it(self, tmp_path: Path, room: Newsroom) -> None:
        watch = "import time; print('slice a', flush=True); time.sleep(60)"
        standing = room.descriptor("broken").standing
        assert standing is not None
        watching = standing.model_copy(update={"watch": {"slices": (sys.executable, "-c", watch)}})
        started: list[int] = []

        def spawned(pid: int, _: str) -> None:
            started.append(pid)

        command = _command(watching, tmp_path, lambda _: None, spawned=spawned)
        command.begin()
        self._end(command)
        log = tmp_path / "watch-slices.log"
        deadline = time.monotonic() + 20
        while not log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        command.close()
        assert log.read_text() == "slice a\n"
        assert log in command.logs
        assert len(started) == 1
        assert not Path(f"/proc/{started[0]}").exists()

    def test_a_program_that_is_not_there_is_named(self, tmp_path: Path, room: Newsroom) -> None:
        command = self._of(tmp_path, room, "careful", [], release=["./deploy-web"])
        with pytest.raises(Gone, match=r"release-command: \./deploy-web cannot be started: No such file"):
            command.begin()
        command.close()
