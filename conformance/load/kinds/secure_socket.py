"""TLS over a socket whose own errors stay what they are.

Python's ssl says of a connection that was reset what it says of one that ended, and OpenSSL answers an end by an alert
that has the kernel forget the difference. So the bytes are read here, and ssl is given them.
"""

import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from gevent.lock import RLock

_CHUNK = 65_536

T = TypeVar("T")


class SecureSocket:
    """A connected socket by TLS. One greenlet may read it while another writes it."""

    def __init__(self, plain: Any, context: ssl.SSLContext, host: str) -> None:  # noqa: ANN401 - gevent's
        """Agree on TLS with this host. Raises OSError, ssl.SSLError where it is not to be trusted or has ended."""
        self._plain = plain
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_hostname=host)
        self._sending = RLock()
        self._fully(self._tls.do_handshake)

    def recv(self, most: int) -> bytes:
        """What comes next; empty where the other side has ended, whether it said so or not. Raises OSError."""
        try:
            return self._fully(lambda: self._tls.read(most))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def sendall(self, data: bytes | memoryview) -> None:
        """Hand all of it to the kernel. Raises OSError."""
        with self._sending:
            self._tls.write(data)
            self._flush()

    def pending(self) -> bool:
        """Whether something that has arrived was not read yet."""
        return bool(self._tls.pending() or self._arrived.pending)

    def settimeout(self, seconds: float | None) -> None:
        """As of a socket."""
        self._plain.settimeout(seconds)

    def fileno(self) -> int:
        """As of a socket."""
        return int(self._plain.fileno())

    def close(self) -> None:
        """As of a socket."""
        self._plain.close()

    def _fully(self, act: Callable[[], T]) -> T:
        """Carry this out, reading and writing as much as it takes."""
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._plain.recv(_CHUNK)
                if data:
                    self._arrived.write(data)
                else:
                    self._arrived.write_eof()
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        with self._sending:
            while data := self._leaving.read():
                self._plain.sendall(data)
