"""Small HTTP servers behind the SLB, which can hold, refuse, die and misbehave, and count what reached them."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

T = TypeVar("T")


@dataclass
class Arrival:
    request_id: str
    method: str
    at: float
    path: str
    headers: dict[str, str]
    """By name, in small letters."""

    @property
    def lane(self) -> str:
        """By the suite's own header."""
        return self.headers.get("x-release-lane", "")


@dataclass(eq=False)
class Backend:
    """One incarnation. ``/hold/<ms>`` answers after that time, anything else at once."""

    name: str
    incarnation: str
    address: str
    healthy: bool = True
    tells_incarnation: bool = True
    dies_on_reuse: bool = False
    service: str = "storefront"
    health_checks: int = 0
    arrivals: list[Arrival] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def listen(self) -> None:
        host, _, port = self.address.rpartition(":")
        self._server = await asyncio.start_server(self._accept, host, int(port))

    async def crash(self) -> None:
        """As after SIGKILL: nobody listens, every connection is reset."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for serving in self._serving:
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            served = 0
            while await self._exchange(reader, writer, served):
                served += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, served: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request_line, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = request_line.split()
        if path == "/health":
            self.health_checks += 1
            self._answer(writer, "200 OK" if self.healthy else "503 Service Unavailable")
            return True
        self.arrivals.append(Arrival(headers.get("x-request-id", ""), method, time.monotonic(), path, headers))
        if self.dies_on_reuse and served:
            return False
        if path.startswith("/hold/"):
            await asyncio.sleep(int(path.removeprefix("/hold/")) / 1000)
        self._answer(writer, "200 OK")
        return True

    def _answer(self, writer: asyncio.StreamWriter, status: str) -> None:
        told = f"X-Incarnation: {self.incarnation}\r\n" if self.tells_incarnation else ""
        writer.write(f"HTTP/1.1 {status}\r\n{told}Content-Length: 2\r\n\r\nok".encode())


class Backends:
    """A thread with an event loop in which all of them live."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._started: list[Backend] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for backend in self._started:
            self.crash(backend)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def start(self, incarnation: str, address: str, **settings: Any) -> Backend:  # noqa: ANN401 - a Backend's own fields
        backend = Backend(incarnation.rpartition(".")[0], incarnation, address, **settings)
        self._run(backend.listen())
        self._started.append(backend)
        return backend

    def crash(self, backend: Backend) -> None:
        self._run(backend.crash())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=5)
