"""A server that misbehaves on demand, in a process of its own on 127.0.0.1, and counts what reaches it.

The path of a request says what to do with it (``BEHAVIOURS``); every request that arrives whole is counted by its
X-Request-Id before that. Run as a script it serves until its standard input ends and then prints the counts, so that it
never outlives whoever started it; :class:`MisbehavingServer` starts it and asks for them. Only the standard library is
imported here, so that it starts at once.
"""

import contextlib
import json
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, Self

HOST = "127.0.0.1"
_START_S = 10.0
_END_S = 5.0
_PAUSE_S = 0.02  # between two parts of an answer, so that they do not arrive as one


class Arrived(NamedTuple):
    """A request that arrived whole, on its connection."""

    connection: socket.socket
    request_id: str


def _answer(arrived: Arrived, status: str, *headers: str, body: str = "ok", echo: str | None = None) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"X-Request-Id: {arrived.request_id if echo is None else echo}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _honest(arrived: Arrived) -> bool:
    arrived.connection.sendall(_answer(arrived, "200 OK"))
    return True


def _interim_first(arrived: Arrived) -> bool:
    arrived.connection.sendall(b"HTTP/1.1 103 Early Hints\r\nX-Request-Id: nobody\r\n\r\n")
    time.sleep(_PAUSE_S)
    return _honest(arrived)


def _until_eof(arrived: Arrived) -> bool:
    arrived.connection.sendall(f"HTTP/1.1 200 OK\r\nX-Request-Id: {arrived.request_id}\r\n\r\nall of it".encode())
    return False


def _close(_arrived: Arrived) -> bool:
    return False


def _reset(arrived: Arrived) -> bool:
    arrived.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def _half(arrived: Arrived) -> None:
    whole = _answer(arrived, "200 OK", "X-Instance: half", body="x" * 100)
    arrived.connection.sendall(whole[:-50])
    time.sleep(_PAUSE_S)


def _half_then_close(arrived: Arrived) -> bool:
    _half(arrived)
    return False


def _half_then_reset(arrived: Arrived) -> bool:
    _half(arrived)
    return _reset(arrived)


def _half_then_silence(arrived: Arrived) -> bool:
    _half(arrived)
    return True


def _silence(_arrived: Arrived) -> bool:
    return True


def _redirect(arrived: Arrived) -> bool:
    arrived.connection.sendall(_answer(arrived, "302 Found", "Location: /honest"))
    return True


def _unavailable(arrived: Arrived) -> bool:
    arrived.connection.sendall(_answer(arrived, "503 Service Unavailable", "Retry-After: 0"))
    return True


def _garbage(arrived: Arrived) -> bool:
    arrived.connection.sendall(b"\x00\x01 this is not HTTP\r\n\r\n")
    return True


def _answer_twice(arrived: Arrived) -> bool:
    arrived.connection.sendall(_answer(arrived, "200 OK") * 2)
    return True


def _wrong_id(arrived: Arrived) -> bool:
    arrived.connection.sendall(_answer(arrived, "200 OK", echo="of-another-request"))
    return True


def _honest_then_close(arrived: Arrived) -> bool:
    _honest(arrived)
    return False


BEHAVIOURS: dict[str, Callable[[Arrived], bool]] = {
    "/honest": _honest,
    "/interim-first": _interim_first,
    "/until-eof": _until_eof,
    "/close": _close,
    "/reset": _reset,
    "/half-then-close": _half_then_close,
    "/half-then-reset": _half_then_reset,
    "/half-then-silence": _half_then_silence,
    "/silence": _silence,
    "/redirect": _redirect,
    "/unavailable": _unavailable,
    "/garbage": _garbage,
    "/answer-twice": _answer_twice,
    "/wrong-id": _wrong_id,
    "/honest-then-close": _honest_then_close,
}
"""What to do with a request that has arrived; says whether the connection stays open."""


class MisbehavingServer:
    """The server's process, as its starter sees it. A context manager: at its end the server is gone."""

    def __init__(self) -> None:
        """Start it; raises RuntimeError where it does not come up."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
        self.full_port: int = ports["full"]
        """A port at which connections are neither accepted nor refused."""

    def arrivals(self) -> dict[str, int]:
        """End it; how often each request id arrived."""
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
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals: Counter[str] = Counter()

    def add(self, request_id: str) -> None:
        with self._lock:
            self._arrivals[request_id] += 1

    def as_json(self) -> str:
        with self._lock:
            return json.dumps(self._arrivals)


def _serve_connection(connection: socket.socket, counts: _Counts) -> None:
    with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
        while True:
            request_line = stream.readline()
            headers = {}
            for line in iter(stream.readline, b"\r\n"):
                if not line:
                    return
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            if not request_line:
                return
            length = int(headers.get("content-length", "0"))
            if len(stream.read(length)) < length:
                return
            counts.add(headers["x-request-id"])
            path = request_line.decode("latin-1").split(" ")[1]
            if not BEHAVIOURS[path](Arrived(connection, headers["x-request-id"])):
                return


def _accept(listener: socket.socket, counts: _Counts) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve_connection, args=(connection, counts), daemon=True).start()


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
    counts = _Counts()
    with socket.create_server((HOST, 0), backlog=128) as serving, socket.socket() as refusing, socket.socket() as full:
        refusing.bind((HOST, 0))  # and never listens
        full.bind((HOST, 0))
        full.listen(0)
        waiting = _fill_up(full)
        threading.Thread(target=_accept, args=(serving, counts), daemon=True).start()
        ports = {"serving": serving, "refusing": refusing, "full": full}
        print(json.dumps({name: one.getsockname()[1] for name, one in ports.items()}), flush=True)  # noqa: T201 - its protocol
        sys.stdin.read()
        print(counts.as_json(), flush=True)  # noqa: T201 - its protocol
        for one in waiting:
            one.close()
    os._exit(0)  # threads may still be holding connections open, on purpose


if __name__ == "__main__":
    main()
