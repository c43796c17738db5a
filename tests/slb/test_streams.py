"""Paths that are streamed: the SLB hands bodies and answers on as they come, and elsewhere when it has all of them."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pytest

from conformance.run.waiting import until
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.slb.kinds import SLBS
from fixtures.slb.spec import SlbServer, SlbSpec, StreamedPath
from tests.slb.stand import one_group

FIRST, SECOND = b"first half", b"second half"


class Target(NamedTuple):
    address: str
    service: str = "storefront"
    name: str = "storefront-01"
    incarnation: str = "storefront-01.1"


@dataclass
class _Echo:
    """A member that answers each piece of a body when it comes, in a chunk of its own."""

    listener: socket.socket

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    @staticmethod
    def _answer(connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            head, _, body = head.partition(b"\r\n\r\n")
            if b"/health" in head:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            if b"upgrade: websocket" in head.lower():
                connection.sendall(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
                while data := connection.recv(4096):
                    connection.sendall(data)
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
            left = len(FIRST + SECOND)
            while left:
                body = body or connection.recv(4096)
                connection.sendall(b"%x\r\n%b\r\n" % (len(body), body))
                left, body = left - len(body), b""
            connection.sendall(b"0\r\n\r\n")


STREAMED = (
    StreamedPath.of("storefront", "/up/{id}"),
    StreamedPath.of("storefront", "/ws/{id}", upgrades=True),
    StreamedPath.of("storefront", "/again/{id}", upgrades=True, comes_again=True),
)


@pytest.fixture(scope="module")
def slb(platform: EmbeddedPlatform, kind: str) -> Iterator[SlbServer]:
    host, port = platform.reserve()
    with socket.create_server((host, port)) as listener:
        threading.Thread(target=_Echo(listener).serve, daemon=True).start()
        at = f"{host}:{port}"
        slb = SLBS[kind].start(platform, SlbSpec(one_group((at,)), streamed=STREAMED))
        slb.enrol(Target(at))
        until("the member in rotation", lambda: any(one.in_rotation for one in slb.members()), within_s=30)
        yield slb
        slb.stop()


@pytest.fixture
def address(slb: SlbServer) -> str:
    return slb.address


def _first_piece(client: socket.socket, path: str, within_s: float) -> bytes:
    """What has come back of half a body before the other half is sent."""
    length = len(FIRST + SECOND)
    client.sendall(f"PUT {path} HTTP/1.1\r\nHost: shop\r\nContent-Length: {length}\r\n\r\n".encode() + FIRST)
    client.settimeout(within_s)
    seen = b""
    try:
        while FIRST not in seen:
            seen += client.recv(4096)
    except TimeoutError:
        pass
    return seen


def test_a_streamed_body_and_its_answer_go_through_piece_by_piece(address: str) -> None:
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as client:
        assert FIRST in _first_piece(client, "/up/7?a=b", within_s=5)
        client.sendall(SECOND)
        seen = b""
        while not seen.endswith(b"0\r\n\r\n"):
            seen += client.recv(4096)
    assert SECOND in seen


def test_elsewhere_a_member_is_asked_when_the_body_is_there(address: str) -> None:
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as client:
        assert _first_piece(client, "/down/7", within_s=0.3) == b""


@pytest.mark.parametrize(("path", "counted"), [("/ws/1", 1), ("/again/1", 0)])
def test_a_connection_may_switch_protocols_and_counts_as_in_flight_unless_its_client_comes_again(
    slb: SlbServer, kind: str, path: str, counted: int
) -> None:
    host, port = slb.address.split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: s\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n".encode())
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += client.recv(4096)
        assert seen.startswith(b"HTTP/1.1 101")
        client.sendall(FIRST)
        assert client.recv(4096) == FIRST
        assert [one.in_flight for one in slb.members()] == [counted if kind == "nginx" else None]
