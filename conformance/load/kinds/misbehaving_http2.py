"""The misbehaving server's HTTP/2: the path says what becomes of a stream, or of its whole connection."""

import socket
import time
from collections.abc import Callable
from io import BufferedReader

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_CHUNK = 65_536
_PAUSE_S = 0.4  # so that what was sent arrives before the end does
_HALF = b"x" * 50
_ENDS = {"/close": True, "/reset": False, "/silence": None}
_STATUSES = {"/redirect": b"302", "/unavailable": b"503"}


def serve(talk: tuple[socket.socket, BufferedReader], header: str, arrived: Callable[[str], None]) -> bool:
    """Serve a connection whose preface has been read.

    Args:
        talk: It, and what is read of it: more than the preface may have come already.
        header: That of a request's id, in small letters.
        arrived: Is told what that holds, of each request that is whole.

    Returns:
        False where the connection is to be reset.
    """
    connection, stream = talk
    h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
    h2.initiate_connection()
    connection.sendall(h2.data_to_send())
    asked: dict[int, tuple[str, str]] = {}
    data = PREFACE
    while data:
        for event in h2.receive_data(data):
            if isinstance(event, DataReceived):
                h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, RequestReceived):
                said = {str(name): str(value) for name, value in event.headers}
                asked[event.stream_id] = (said[":path"], said[header])
            elif isinstance(event, StreamEnded):
                path, request_id = asked.pop(event.stream_id)
                arrived(request_id)
                rpc = path.startswith(RPCS)
                stays = (
                    _answer_rpc(h2, event.stream_id, path.removeprefix(RPCS))
                    if rpc
                    else _answer(h2, event.stream_id, path, (header, request_id))
                )
                connection.sendall(h2.data_to_send())
                if stays is not None:
                    time.sleep(_PAUSE_S)
                    if stays:
                        _end(connection)
                    return stays
        connection.sendall(h2.data_to_send())
        data = stream.read1(_CHUNK)
    return True


def _end(connection: socket.socket) -> None:
    """End it properly: one that is closed with something unread is reset."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(1)
    while connection.recv(_CHUNK):
        pass


RPCS = "/conformance.Test/"
"""What the paths of gRPC begin with; then ``Honest`` and so on."""
_EMPTY = b"\0\0\0\0\0"
"""A message without fields, in gRPC's frame."""


def _answer_rpc(h2: H2Connection, stream: int, what: str) -> bool | None:
    """As ``_answer``, to a call of gRPC."""
    if what in ("Close", "Reset", "Silence"):
        return {"Close": True, "Reset": False}.get(what)
    if what == "RefusedStream":
        h2.reset_stream(stream, ErrorCodes.REFUSED_STREAM)
        return None
    if what == "Page":
        h2.send_headers(stream, [(":status", "502"), ("content-type", "text/html")], end_stream=True)
        return None
    h2.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
    h2.send_data(stream, _EMPTY)
    if what.startswith("Half"):
        return {"HalfThenClose": True, "HalfThenReset": False}.get(what)
    status = {"Unavailable": "14", "Missing": "5"}.get(what, "0")
    h2.send_headers(stream, [("grpc-status", status), ("grpc-message", what.lower())], end_stream=True)
    return None


def _answer(h2: H2Connection, stream: int, path: str, echo: tuple[str, str]) -> bool | None:
    """Answer one stream, with this header; None where the connection goes on, else as ``serve``."""
    if path in _ENDS:
        return _ENDS[path]
    if path == "/refused-stream":
        h2.reset_stream(stream, ErrorCodes.REFUSED_STREAM)
        return None
    if path == "/goaway":
        h2.close_connection(last_stream_id=stream - 2 if stream > 1 else 0)
        return True
    status = _STATUSES.get(path, b"200").decode()
    header, request_id = echo
    h2.send_headers(stream, [(":status", status), (header, "another" if path == "/wrong-id" else request_id)])
    if path.startswith("/half"):
        h2.send_data(stream, _HALF)
        if path == "/half-then-stream-reset":
            h2.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
            return None
        return {"/half-then-close": True, "/half-then-reset": False}.get(path)
    h2.send_data(stream, b"ok", end_stream=True)
    return None
