"""Docker engines as tests need them: the machine's own behind a door that can be shut, and some that cannot serve."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from fixtures import prerequisites
from tests.platforms.doors import Door

ENGINE = Path("/var/run/docker.sock")

needs_engine = pytest.mark.skipif(
    not prerequisites.engine_answers(os.environ), reason="no Docker engine answers: compose/engine.sh starts one"
)


class EngineDoor(Door):
    """A socket that leads to the machine's engine until it is shut."""

    def __init__(self, path: Path) -> None:
        self.host = f"unix://{path}"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(128)
        super().__init__(listener, _to_engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shut()


def _to_engine() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(ENGINE))
    return connection


@contextlib.contextmanager
def answering(version: bytes) -> Iterator[str]:
    """An engine of another age: answers every request with this as its version. Yields its DOCKER_HOST."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                    connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(version) + version)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
