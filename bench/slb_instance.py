"""Small instances behind an SLB: they answer after a moment, and close connections that are idle for too long."""

import asyncio
import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class Instance:
    """One incarnation. Make it, then ``Instances.start`` it."""

    name: str
    incarnation: str
    address: str
    keep_alive_s: float
    """How long it keeps an idle connection."""
    jitter_s: float = 0.0
    """By so much more or less, by chance, each time."""
    works_s: float = 0.002
    service: str = "service"
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def listen(self) -> None:
        """Begin to serve."""
        host, _, port = self.address.rpartition(":")
        self._server = await asyncio.start_server(self._serve, host, int(port))

    async def end(self) -> None:
        """Be gone at once, as after SIGKILL."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            while True:
                patience_s = self.keep_alive_s + random.uniform(-self.jitter_s, self.jitter_s)  # noqa: S311 - no secret
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), patience_s)
                fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:-2])
                await reader.readexactly(int(fields.get(b"content-length", b"0")))
                await asyncio.sleep(self.works_s)
                identity = b"X-Request-Id: " + fields.get(b"x-request-id", b"")
                writer.write(b"HTTP/1.1 200 OK\r\n" + identity + b"\r\nContent-Length: 2\r\n\r\nok")
        self._writers.discard(writer)
        writer.close()


class Instances:
    """A thread with an event loop in which all of them live."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._started: list[Instance] = []

    def start(self, instance: Instance) -> None:
        """Let it serve."""
        asyncio.run_coroutine_threadsafe(instance.listen(), self._loop).result(5)
        self._started.append(instance)

    def end(self, instance: Instance) -> None:
        """Let it be gone at once."""
        asyncio.run_coroutine_threadsafe(instance.end(), self._loop).result(5)

    def close(self) -> None:
        """End all of them, and the thread."""
        for instance in self._started:
            self.end(instance)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
