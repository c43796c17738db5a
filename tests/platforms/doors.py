"""A port that leads to a server until it is shut: to whoever goes through it, the server is lost then."""

import contextlib
import socket
import threading
from collections.abc import Callable


class Door:
    """What is taken at the listener is led to what ``connect`` opens."""

    def __init__(self, listener: socket.socket, connect: Callable[[], socket.socket]) -> None:
        self._listener = listener
        self._connect = connect
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """Nobody gets through any more, and whoever was through is thrown out. Repeatable."""
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inside, _ = self._listener.accept()
                outside = self._connect()
                self._open += [inside, outside]
                for one in (inside, outside):
                    with contextlib.suppress(OSError):  # a Unix socket waits for nobody
                        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for pair in ((inside, outside), (outside, inside)):
                    threading.Thread(target=_carry, args=pair, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    """Hand on what one says to the other until it ends."""
    with contextlib.suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
