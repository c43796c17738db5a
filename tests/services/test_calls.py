"""Calls from service to service: once each, to whoever has not said that it is going, and every hop is told."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from fixtures.services.python.calls import Caller, Reply, Target
from fixtures.services.python.exchange import Exchange

OK = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n%s\r\nok"
RESET = b"reset"
SILENCE = b"silence"


@dataclass
class Provider:
    """A server that counts. ``answer`` says what to send, by how many requests the connection has carried before."""

    name: str
    answer: Callable[[int], bytes]
    address: str = ""
    arrivals: list[str] = field(default_factory=list)

    @property
    def target(self) -> Target:
        return Target(self.name, f"{self.name}.1", self.address)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried = 0
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                self.arrivals.append(head.decode())
                answer = self.answer(carried)
                carried += 1
                if answer == SILENCE:
                    await asyncio.sleep(60)
                if answer == RESET:
                    linger = struct.pack("ii", 1, 0)
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return
                if not answer:
                    return
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def _calling(*providers: Provider, within_s: float = 5.0) -> AsyncIterator[Caller]:
    servers = [await asyncio.start_server(provider.serve, "127.0.0.1", 0) for provider in providers]
    for provider, server in zip(providers, servers, strict=True):
        provider.address = "{}:{}".format(*server.sockets[0].getsockname())
    caller = Caller("orders", hop="storefront->orders", within_s=within_s)
    caller.listed([provider.target for provider in providers])
    await caller.open()
    try:
        yield caller
    finally:
        await caller.close()
        for server in servers:
            server.close()


def _exchange() -> Exchange:
    return Exchange("run-1", lane="")


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_no_request_is_sent_again_when_a_reused_connection_dies(method: str) -> None:
    provider = Provider("orders-01", lambda carried: b"" if carried else OK % b"")
    replies: list[Reply] = []

    async def work() -> None:
        async with _calling(provider) as caller:
            body = b"{}" if method != "GET" else None
            replies.extend([await caller.call(method, "/orders", _exchange(), body) for _ in range(2)])

    asyncio.run(work())
    assert replies == [Reply(201, b"ok"), Reply(0, b"", "eof before answer")]
    assert len(provider.arrivals) == 2, "one arrival for each call"


def test_calls_go_round() -> None:
    providers = [Provider(f"orders-0{number}", lambda _: OK % b"") for number in range(3)]

    async def work() -> None:
        async with _calling(*providers) as caller:
            for _ in range(9):
                await caller.call("GET", "/", _exchange())

    asyncio.run(work())
    assert [len(provider.arrivals) for provider in providers] == [3, 3, 3]


def test_whoever_says_that_it_is_going_is_never_called_again_though_the_registry_lists_it() -> None:
    going = Provider("orders-01", lambda _: OK % b"X-Offline: orders-01.1\r\n")
    staying = Provider("orders-02", lambda _: OK % b"")

    async def work() -> None:
        async with _calling(going, staying) as caller:
            while not going.arrivals:
                await caller.call("GET", "/", _exchange())
            assert caller.sees == ("orders-02.1",)
            caller.listed([going.target, staying.target])
            for _ in range(4):
                assert (await caller.call("GET", "/", _exchange())).status == 201

    asyncio.run(work())
    assert len(going.arrivals) == 1


def test_where_all_are_going_all_are_called() -> None:
    first = Provider("orders-01", lambda _: OK % b"X-Offline: orders-01.1\r\n")
    second = Provider("orders-02", lambda _: OK % b"X-Offline: orders-02.1\r\n")

    async def work() -> None:
        async with _calling(first, second) as caller:
            for _ in range(6):
                assert (await caller.call("GET", "/", _exchange())).status == 201
            assert caller.sees == ("orders-01.1", "orders-02.1")

    asyncio.run(work())
    assert min(len(first.arrivals), len(second.arrivals)) > 1


def test_the_next_incarnation_of_an_instance_that_has_gone_is_called() -> None:
    going = Provider("orders-01", lambda _: OK % b"X-Offline: orders-01.1\r\n")

    async def work() -> None:
        async with _calling(going) as caller:
            await caller.call("GET", "/", _exchange())
            caller.listed([going.target, Target("orders-01", "orders-01.2", going.address)])
            assert caller.sees == ("orders-01.2",)

    asyncio.run(work())


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [(b"", "eof before answer", 502), (RESET, "reset before answer", 502), (SILENCE, "timeout before answer", 504)],
)
def test_a_failed_call_is_told_by_its_hop_and_its_error(answer: bytes, error: str, status: int) -> None:
    exchange = _exchange()
    provider = Provider("orders-01", lambda _: answer)

    async def work() -> None:
        async with _calling(provider, within_s=0.3) as caller:
            reply = await caller.call("POST", "/orders", exchange, b"{}")
            assert (reply.error, reply.status_for_caller) == (error, status)

    asyncio.run(work())
    assert json.loads(exchange.hops) == [
        {
            "hop": "storefront->orders",
            "instance": "orders-01",
            "incarnation": "orders-01.1",
            "status": 0,
            "error": error,
        }
    ]
    assert len(provider.arrivals) == 1


def test_a_refused_connection_and_an_empty_list_are_told_apart() -> None:
    refused, nobody = _exchange(), _exchange()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = "{}:{}".format(*closed.getsockname())

    async def work() -> None:
        async with _calling() as caller:
            reply = await caller.call("GET", "/", nobody)
            assert (reply.error, reply.status_for_caller) == ("no instance", 503)
            caller.listed([Target("orders-01", "orders-01.1", address)])
            reply = await caller.call("GET", "/", refused)
            assert (reply.error, reply.status_for_caller) == ("connect refused", 502)

    asyncio.run(work())
    assert [hop["instance"] for hop in json.loads(nobody.hops)] == [""]
    assert [hop["instance"] for hop in json.loads(refused.hops)] == ["orders-01"]


def test_further_hops_follow_the_own_one() -> None:
    beyond = (
        '[{"hop":"orders->inventory","instance":"inventory-01","incarnation":"inventory-01.1","status":201,"error":""}]'
    )
    provider = Provider("orders-01", lambda _: OK % f"X-Hops: {beyond}\r\n".encode())
    exchange = _exchange()

    async def work() -> None:
        async with _calling(provider) as caller:
            await caller.call("POST", "/orders", exchange, b"{}")

    asyncio.run(work())
    assert [(hop["hop"], hop["status"]) for hop in json.loads(exchange.hops)] == [
        ("storefront->orders", 201),
        ("orders->inventory", 201),
    ]


def test_request_id_and_lane_travel_along() -> None:
    provider = Provider("orders-01", lambda _: OK % b"")

    async def work() -> None:
        async with _calling(provider) as caller:
            await caller.call("GET", "/orders/1", Exchange("run-7", lane="gray"))
            await caller.call("GET", "/orders/1", Exchange("run-8", lane=""))

    asyncio.run(work())
    with_lane, without = provider.arrivals
    assert "X-Request-Id: run-7\r\nX-Release-Lane: gray\r\n" in with_lane
    assert "X-Request-Id: run-8\r\n" in without
    assert "X-Release-Lane" not in without
