"""An honest server for the load's tests: it answers writes and reads, and remembers what arrived."""

import asyncio
import threading
from collections import Counter
from typing import Self

_IDENTITY = (
    "X-SLB-Peer: one, or two\r\nX-Instance: honest-01\r\nX-Incarnation: honest-01.1\r\nX-Version: v1\r\n"
    'X-Hops: [{"hop": "a->b"}]'
)


class HonestServer:
    """In a thread of its own. POST /orders creates the order of its X-Request-Id; GET /orders/<id> knows those."""

    def __init__(self, *, write_status: int = 201) -> None:
        self.arrivals: Counter[str] = Counter()
        self.port = 0
        self._write_status = write_status
        self._orders: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._over = asyncio.Event()
        self._conversations: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(5)
        return self

    def __exit__(self, *_exception: object) -> None:
        self.crash()

    def crash(self) -> None:
        """Drop every connection and refuse new ones. Repeatable."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(5)
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        await self._over.wait()
        server.close()
        conversations = dict(self._conversations)
        for writer in conversations.values():
            writer.transport.abort()
        await asyncio.gather(*filter(None, conversations), return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._conversations[asyncio.current_task()] = writer
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            del self._conversations[asyncio.current_task()]
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        await reader.readexactly(int(headers.get("content-length", "0")))
        request_id = headers["x-request-id"]
        self.arrivals[request_id] += 1
        if method == "POST":
            self._orders.add(request_id)
            status = self._write_status
        else:
            status = 200 if path.rpartition("/")[2] in self._orders else 404
        writer.write(
            f"HTTP/1.1 {status} -\r\nContent-Length: 2\r\nX-Request-Id: {request_id}\r\n{_IDENTITY}\r\n\r\nok".encode()
        )
        await writer.drain()
        return headers.get("connection") != "close"
