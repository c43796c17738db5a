"""A connection of HTTP/2 whose server resets it while the client looks elsewhere."""

import socket
import struct
import threading

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

from conformance.load.clock import now_ns
from conformance.load.kinds import wire as wire_module
from conformance.load.kinds.ends import End
from conformance.load.kinds.exchange import parts_of
from conformance.load.kinds.http2 import FramedReader, Link
from conformance.load.kinds.spec import Kind
from conformance.load.kinds.stream import Unkept
from conformance.load.kinds.wire import Wire
from conformance.load.misbehaving import HOST
from conformance.load.request import Request
from conformance.load.schedule import Turn
from conformance.record.request_headers import USUAL
from conformance.vocabulary import ErrorClass


def _answer_half_and_reset(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    h2 = H2Connection(H2Configuration(client_side=False))
    h2.initiate_connection()
    asked: list[int] = []
    while not asked:
        events = h2.receive_data(connection.recv(65_536))
        asked += [event.stream_id for event in events if isinstance(event, RequestReceived)]
    h2.send_headers(asked[0], [(":status", "200")])
    h2.send_data(asked[0], b"half")
    connection.sendall(h2.data_to_send())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_what_had_come_before_a_reset_is_read_though_nothing_can_be_sent_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire_module, "_CHUNK", 64)  # the server's settings come before its answer
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        server = threading.Thread(target=_answer_half_and_reset, args=(listener,), daemon=True)
        server.start()
        deadline_ns = now_ns() + 30_000_000_000
        wire = Wire(1)
        wire.carry(Request(Turn(0, 0, 0, fresh=True), b"request", now_ns()), deadline_ns)
        wire.connect(End.plain(HOST, port, http2=True))
        link = Link(wire)
        asked = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", HOST.encode()), (b":path", b"/")]
        stream = link.open(asked, FramedReader(USUAL, Unkept(), parts_of(Kind(http2=True))), ends=True)
        server.join(30)  # the client reads nothing meanwhile, as where its machine has no time for it
        while not stream.is_over:
            stream.wait(deadline_ns)
        link.close()
    assert stream.reader.status == 200
    assert stream.error is ErrorClass.RESET_IN_ANSWER
