"""A server that misbehaves on demand, in a process of its own on 127.0.0.1, and counts what reaches it.

The path of a request says what to do with it (``BEHAVIOURS``); every request that arrives whole is counted before that,
by what the header of its id holds. Run as a script it serves until its standard input ends and then prints the counts,
so that it never outlives whoever started it; :class:`MisbehavingServer` starts it and asks for them. Nothing is
imported here that needs more than the standard library, so that it starts at once.
"""

import contextlib
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from io import BufferedReader
from typing import BinaryIO, NamedTuple, Self

from conformance.load.misbehaving_streams import PAUSE_S, STREAMS, Arrived, answer, reset, unavailable

HOST = "127.0.0.1"
_START_S = 10.0
_SETTLED_S = 3.0
_END_S = _SETTLED_S + 5.0


def _honest(arrived: Arrived) -> bool:
    arrived.connection.sendall(answer(arrived, "200 OK"))
    return True


def _interim_first(arrived: Arrived) -> bool:
    arrived.connection.sendall(f"HTTP/1.1 103 Early Hints\r\n{arrived.header}: nobody\r\n\r\n".encode())
    time.sleep(PAUSE_S)
    return _honest(arrived)


def _until_eof(arrived: Arrived) -> bool:
    head = f"HTTP/1.1 200 OK\r\n{arrived.header}: {arrived.request_id}\r\n\r\n"
    arrived.connection.sendall(f"{head}all of it".encode())
    return False


def _close(_arrived: Arrived) -> bool:
    return False


def _pause_then_reset(arrived: Arrived) -> bool:
    time.sleep(PAUSE_S)
    return reset(arrived)


def _half(arrived: Arrived) -> None:
    whole = answer(arrived, "200 OK", "X-Instance: half", body="x" * 100)
    arrived.connection.sendall(whole[:-50])
    time.sleep(PAUSE_S)


def _half_then_close(arrived: Arrived) -> bool:
    _half(arrived)
    return False


def _half_then_reset(arrived: Arrived) -> bool:
    _half(arrived)
    return reset(arrived)


def _half_then_silence(arrived: Arrived) -> bool:
    _half(arrived)
    return True


def _silence(_arrived: Arrived) -> bool:
    return True


def _redirect(arrived: Arrived) -> bool:
    arrived.connection.sendall(answer(arrived, "302 Found", "Location: /honest"))
    return True


def _garbage(arrived: Arrived) -> bool:
    arrived.connection.sendall(b"\x00\x01 this is not HTTP\r\n\r\n")
    return True


def _answer_twice(arrived: Arrived) -> bool:
    arrived.connection.sendall(answer(arrived, "200 OK") * 2)
    return True


def _wrong_id(arrived: Arrived) -> bool:
    arrived.connection.sendall(answer(arrived, "200 OK", echo="of-another-request"))
    return True


def _honest_then_close(arrived: Arrived) -> bool:
    _honest(arrived)
    return False


BEHAVIOURS: dict[str, Callable[[Arrived], bool]] = {
    "/honest": _honest,
    "/interim-first": _interim_first,
    "/until-eof": _until_eof,
    "/close": _close,
    "/reset": reset,
    "/pause-then-reset": _pause_then_reset,
    "/half-then-close": _half_then_close,
    "/half-then-reset": _half_then_reset,
    "/half-then-silence": _half_then_silence,
    "/silence": _silence,
    "/redirect": _redirect,
    "/unavailable": unavailable,
    "/garbage": _garbage,
    "/answer-twice": _answer_twice,
    "/wrong-id": _wrong_id,
    "/honest-then-close": _honest_then_close,
}
BEHAVIOURS |= STREAMS
"""What to do with a request that has arrived; says whether the connection stays open."""

WITHIN_THE_BODY: dict[str, Callable[[Arrived], bool]] = {
    "/refuse-early": unavailable,
    "/reset-early": reset,
}
"""What to do with a request whose head and a first piece of its body have arrived. One that is answered is counted."""


class MisbehavingServer:
    """The server's process, as its starter sees it. A context manager: at its end the server is gone."""

    def __init__(self, certificate: str = "", header: str = "X-Request-Id") -> None:
        """Start it; raises RuntimeError where it does not come up.

        Args:
            certificate: A file with certificate and key, where it is to serve by TLS, too.
            header: By which requests tell their ids.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, header, *filter(None, [certificate])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        pipe = self._process.stdout
        line = pipe.readline() if pipe and select.select([pipe], [], [], _START_S)[0] else ""
        if not line:
            self.close()
            raise RuntimeError(f"the misbehaving server did not start within {_START_S:g} s; its error is above")
        ports = json.loads(line)
        self.port: int = ports["serving"]
        self.refusing_port: int = ports["refusing"]
        """A port at which connections are refused."""
        self.secure_port: int = ports.get("secure", 0)
        """A port at which it serves by TLS; 0: nowhere."""
        self.full_port: int = ports["full"]
        """A port at which connections are neither accepted nor refused."""

    def arrivals(self) -> dict[str, int]:
        """End it; how often each request arrived, by what the header of its id held."""
        counts: dict[str, int] = json.loads(self._process.communicate(timeout=_END_S)[0])
        return counts

    def close(self) -> None:
        """End it. Repeatable."""
        if self._process.poll() is None:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class _Counts:
    """How often each request has arrived."""

    def __init__(self, header: str) -> None:
        """``header``: what tells one from another."""
        self.header = header
        self._lock = threading.Lock()
        self._arrivals: Counter[str] = Counter()

    def add(self, request_id: str) -> None:
        with self._lock:
            self._arrivals[request_id] += 1

    def as_json(self) -> str:
        with self._lock:
            return json.dumps(self._arrivals)


def _converse(arrived: Arrived, head: bytes, path: str) -> None:
    # Not above, for it takes longer to import than all else.
    from conformance.load.kinds.misbehaving_messages import converse  # noqa: PLC0415

    if not converse(arrived.connection, head, path):
        reset(arrived)


def _http2(connection: socket.socket, stream: BufferedReader, counts: _Counts) -> None:
    from conformance.load.kinds.misbehaving_http2 import serve  # noqa: PLC0415 - as above

    if not serve((connection, stream), counts.header.lower(), counts.add):
        reset(Arrived(connection, ""))


class _Head(NamedTuple):
    """A request's head."""

    raw: bytes
    path: str
    headers: dict[str, str]


def _head_of(stream: BinaryIO) -> _Head | None:
    """The next one; None where the client has ended."""
    lines = []
    while (line := stream.readline()) != b"\r\n":
        if not line:
            return None
        lines.append(line)
    named = (line.decode("latin-1").partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in named}
    return _Head(b"".join((*lines, b"\r\n")), lines[0].decode("latin-1").split(" ")[1], headers)


def _serve_connection(connection: socket.socket, counts: _Counts) -> None:
    with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
        while (head := _head_of(stream)) is not None:
            if head.raw.startswith(b"PRI "):
                stream.read(len(b"SM\r\n\r\n"))
                _http2(connection, stream, counts)
                return
            request_id = head.headers[counts.header.lower()]
            arrived = Arrived(connection, request_id, counts.header, head.headers.get("last-event-id", ""))
            if not _serve_one(arrived, head, stream, counts):
                return


def _serve_one(arrived: Arrived, head: _Head, stream: BinaryIO, counts: _Counts) -> bool:
    """Whether the connection stays open."""
    length = int(head.headers.get("content-length", "0"))
    if "upgrade" in head.headers:
        counts.add(arrived.request_id)
        _converse(arrived, head.raw, head.path)
        return False
    if head.path in WITHIN_THE_BODY:
        stream.read(1)
        if WITHIN_THE_BODY[head.path](arrived):
            counts.add(arrived.request_id)
            stream.read(length)
        return False
    if len(stream.read(length)) < length:
        return False
    counts.add(arrived.request_id)
    return BEHAVIOURS[head.path](arrived)


class _Listener:
    """Takes connections, each in a thread of its own, until it has to come to an end."""

    def __init__(self, counts: _Counts, context: ssl.SSLContext | None = None) -> None:
        self._socket = socket.create_server((HOST, 0), backlog=128)
        self._counts = counts
        self._context = context
        self._open: dict[threading.Thread, socket.socket] = {}
        self._last: tuple[str, int] | None = None
        self._taking = threading.Thread(target=self._take, daemon=True)
        self._taking.start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def settle(self, until: float) -> None:
        """Come to an end: what has arrived until now is counted, though its client may be gone already.

        A busy machine lets a client give up before this process has had its turn. Until the deadline, of the monotonic
        clock: somebody may be answered at length.
        """
        with socket.socket() as last:
            last.bind((HOST, 0))
            self._last = last.getsockname()
            last.connect(self._socket.getsockname())  # whoever came before it stands before it in the queue
            self._taking.join(max(0.0, until - time.monotonic()))
        for thread, connection in list(self._open.items()):
            with contextlib.suppress(OSError):
                # What is there can still be read, and then it ends. One of TLS would forget its keys by its own method.
                socket.socket.shutdown(connection, socket.SHUT_RD)
            thread.join(max(0.0, until - time.monotonic()))

    def _take(self) -> None:
        while True:
            connection, client = self._socket.accept()
            if client == self._last:
                return
            thread = threading.Thread(target=self._greet, args=(connection,), daemon=True)
            self._open[thread] = connection
            thread.start()

    def _greet(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open[threading.current_thread()] = connection
            _serve_connection(connection, self._counts)
        del self._open[threading.current_thread()]


def _context(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _fill_up(listener: socket.socket) -> list[socket.socket]:
    """Fill the listener's queue, so that it neither accepts nor refuses what comes next."""
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(listener.getsockname())
        waiting.append(one)
    return waiting


def main() -> None:
    """Serve until standard input ends; then print the counts."""
    header, *certificates = sys.argv[1:]
    counts = _Counts(header)
    listeners = {"serving": _Listener(counts)}
    for certificate in certificates:
        listeners["secure"] = _Listener(counts, _context(certificate))
    with socket.socket() as refusing, socket.socket() as full:
        refusing.bind((HOST, 0))  # and never listens
        full.bind((HOST, 0))
        full.listen(0)
        waiting = _fill_up(full)
        ports = {name: one.port for name, one in listeners.items()}
        ports |= {"refusing": refusing.getsockname()[1], "full": full.getsockname()[1]}
        print(json.dumps(ports), flush=True)  # noqa: T201 - its protocol
        sys.stdin.read()
        until = time.monotonic() + _SETTLED_S
        for listener in listeners.values():
            listener.settle(until)
        print(counts.as_json(), flush=True)  # noqa: T201 - its protocol
        for one in waiting:
            one.close()
    os._exit(0)  # threads may still be holding connections open, on purpose


if __name__ == "__main__":
    main()
