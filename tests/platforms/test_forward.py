"""A port of loopback that leads elsewhere over one stream: what goes through comes out, and its break is told."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone
from fixtures.platforms.kubernetes import forward
from fixtures.platforms.kubernetes.forwards import Forwards
from fixtures.platforms.kubernetes.hosts import Host

ELSEWHERE = (sys.executable, "-c", "import os, sys; os.execvp(sys.argv[3], sys.argv[3:])")
"""Runs a program in a pod's container as far as a test needs it: here, whatever pod and container are."""
POD = cast("Host", SimpleNamespace(path="pod"))
MANY = 60

Serves = Callable[[socket.socket], None]


@contextmanager
def _server(serve: Serves) -> Iterator[int]:
    """Gives each connection to ``serve``."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=MANY)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _echo(connection: socket.socket) -> None:
    with closing(connection), suppress(ConnectionResetError):
        while data := connection.recv(65_536):
            connection.sendall(data)


def _after_all(connection: socket.socket) -> None:
    """Answers when nothing more comes: how much came."""
    with closing(connection):
        came = 0
        while data := connection.recv(65_536):
            came += len(data)
        connection.sendall(str(came).encode())


def _reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


class _Ways:
    """Port-forwards of this test, what they have recorded, and what was lost."""

    def __init__(self, folder: Path) -> None:
        self.pids: list[int] = []
        self.lost: list[str] = []
        self.forwards = Forwards(
            ELSEWHERE,
            lambda name: folder / f"{name}.log",
            lambda _, pid: self.pids.append(pid),
            self.lost.append,
        )

    def connect(self, port: int) -> socket.socket:
        """A connection by a new one of them to this port."""
        return self.again(self.forwards.to(POD, f"127.0.0.1:{port}", "it"))

    def again(self, at: str) -> socket.socket:
        """One by a port-forward that there is."""
        host, _, port = at.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=30)

    def child(self) -> int:
        """What the last one has started."""
        pid = self.pids[-1]
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[_Ways]:
    made = _Ways(tmp_path)
    yield made
    made.forwards.close()


def _send_all(connection: socket.socket, data: bytes) -> None:
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def _received(connection: socket.socket) -> bytes:
    said = b""
    while data := connection.recv(65_536):
        said += data
    return said


def test_what_is_sent_comes_out_whole_and_back(ways: _Ways) -> None:
    sent = os.urandom(20_000_000)
    with _server(_echo) as port, ways.connect(port) as connection:
        sender = threading.Thread(target=_send_all, args=(connection, sent))
        sender.start()
        assert _received(connection) == sent
        sender.join()


def test_an_end_of_sending_is_no_end_of_the_answer(ways: _Ways) -> None:
    with _server(_after_all) as port, ways.connect(port) as connection:
        connection.sendall(b"three")
        connection.shutdown(socket.SHUT_WR)
        assert _received(connection) == b"5"


def test_many_at_once_do_not_mix(ways: _Ways) -> None:
    with _server(_echo) as port:
        at = ways.forwards.to(POD, f"127.0.0.1:{port}", "it")
        connections = [ways.again(at) for _ in range(MANY)]
        for number, connection in enumerate(connections):
            connection.sendall(bytes([number]) * 100_000)
            connection.shutdown(socket.SHUT_WR)
        for number, connection in enumerate(connections):
            with connection:
                assert _received(connection) == bytes([number]) * 100_000


def test_who_does_not_read_keeps_nobody_waiting(ways: _Ways) -> None:
    with _server(_echo) as port:
        at = ways.forwards.to(POD, f"127.0.0.1:{port}", "it")
        with ways.again(at) as silent, ways.again(at) as other:
            silent.sendall(b"x" * 1_000_000)
            other.sendall(b"seen")
            assert other.recv(4) == b"seen"


def test_a_connection_that_breaks_there_breaks_here_and_no_other_does(ways: _Ways) -> None:
    with _server(_reset) as resetting, _server(_echo) as echoing, ways.connect(resetting) as broken:
        at = ways.forwards.to(POD, f"127.0.0.1:{resetting}", "it")
        with ways.again(at) as sibling, ways.connect(echoing) as other:
            broken.sendall(b"x")
            with pytest.raises(ConnectionResetError):
                broken.recv(1)
            sibling.sendall(b"x")
            with pytest.raises(ConnectionResetError):
                sibling.recv(1)
            other.sendall(b"seen")
            assert other.recv(4) == b"seen"
    assert ways.lost == []


def test_where_nobody_listens_there_a_connection_breaks_here(ways: _Ways) -> None:
    with _server(_echo) as port:
        at = ways.forwards.to(POD, f"127.0.0.1:{port}", "it")
    with ways.again(at) as refused, pytest.raises(ConnectionResetError):
        refused.recv(1)
    assert ways.lost == []


def test_a_client_that_breaks_off_does_so_there(ways: _Ways) -> None:
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(1)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        ended.set()

    with _server(serve) as port, ways.connect(port) as connection:
        connection.sendall(b"x")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
        assert ended.wait(30)


@pytest.mark.parametrize(
    ("fault", "why"),
    [(signal.SIGKILL, "the cluster broke it off"), (signal.SIGSTOP, "the cluster was silent for 5 s")],
    ids=["killed", "silent"],
)
def test_a_way_that_breaks_is_told_and_so_is_why(ways: _Ways, fault: signal.Signals, why: str) -> None:
    with _server(_echo) as port, ways.connect(port) as connection:
        os.kill(ways.child(), fault)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        (lost,) = until("it to be told", lambda: ways.lost, within_s=30)
    assert re.fullmatch(f"the port-forward to it broke: {why}", lost)


def test_a_program_that_is_killed_here_is_told_by_how_it_ended(ways: _Ways) -> None:
    with _server(_echo) as port, ways.connect(port):
        os.kill(ways.pids[-1], signal.SIGKILL)
        until("it to be told", lambda: ways.lost, within_s=30)
    assert ways.lost == ["the port-forward to it broke: its program ended: SIGKILL"]


def test_a_way_that_ends_with_the_session_is_no_loss(ways: _Ways) -> None:
    with _server(_echo) as port, ways.connect(port) as connection:
        ways.forwards.close()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert ways.lost == []


def test_no_way_is_one_line_with_what_was_said_of_it(tmp_path: Path) -> None:
    nowhere = (sys.executable, "-c", "print('no such pod'); raise SystemExit('the API server says no')")
    forwards = Forwards(nowhere, lambda name: tmp_path / name, lambda *_: None, lambda _: None)
    told = r"^no port-forward leads to it at 127\.0\.0\.1:1: the API server says no; the cluster broke it off$"
    with pytest.raises(Gone, match=told):
        forwards.to(POD, "127.0.0.1:1", "it")


def test_where_nothing_ever_answers_the_wait_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "ANSWERS_WITHIN_S", 0.3)
    with pytest.raises(forward.Broken, match=r"^nothing answers there within 0\.3 s$"):
        asyncio.run(forward.forward("127.0.0.1", 1, ["sh", "-c", "exec sleep 60"]))


def _program(port: int) -> "subprocess.Popen[bytes]":
    argv = [sys.executable, "-m", forward.__name__, "127.0.0.1", str(port), *ELSEWHERE, "pod", "container"]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.parametrize("last_word", [b"", forward.STAY], ids=["ends", "stays"])
def test_it_outlives_who_has_started_it_only_where_it_is_told_to(last_word: bytes) -> None:
    with _server(_echo) as port, _program(port) as program:
        assert program.stdout is not None
        assert program.stdin is not None
        at = int(program.stdout.readline())
        program.stdin.write(last_word)
        program.stdin.close()
        if last_word:
            with socket.create_connection(("127.0.0.1", at), timeout=10) as connection:
                connection.sendall(b"seen")
                assert connection.recv(4) == b"seen"
            program.kill()
        else:
            assert program.wait(30) == 0
