"""A server that is away for known moments: run by Python, it listens on the port that it prints, until its input ends.

The moments are its arguments, ``SECONDS_AFTER_THE_FIRST_REQUEST:LONG_SECONDS``. Meanwhile it answers 503 and counts
what it refused in each; at its end it prints the counts, in the order of the moments.
"""

import asyncio
import json
import sys
import time

HOST = "127.0.0.1"
_WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_AWAY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\naway"
_END = b"\r\n\r\n"


class Moments:
    """When the server is away, and how many requests met it."""

    def __init__(self, moments: list[tuple[float, float]]) -> None:
        self._moments = moments
        self._began: float | None = None
        self._next = 0
        self.refused = [0] * len(moments)

    def answer(self) -> bytes:
        """To a request that comes now."""
        now = time.monotonic()
        if self._began is None:
            self._began = now
        since = now - self._began
        while self._next < len(self._moments) and since >= sum(self._moments[self._next]):
            self._next += 1
        if self._next == len(self._moments) or since < self._moments[self._next][0]:
            return _WELL
        self.refused[self._next] += 1
        return _AWAY


class Answering(asyncio.Protocol):
    """One connection; requests have no body."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._rest = (self._rest + data).split(_END)
        self._transport.write(b"".join(self._moments.answer() for _ in requests))


async def serve(moments: Moments) -> None:
    """Until the input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(moments), HOST, 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    planned = Moments([(float(at), float(long)) for at, _, long in (word.partition(":") for word in sys.argv[1:])])
    asyncio.run(serve(planned))
    print(json.dumps(planned.refused))
