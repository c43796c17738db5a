"""gRPC through the SLB: calls and streams reach a member, and its health is asked by gRPC's own protocol."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from conformance.load.kinds.rpc import Codec
from conformance.load.kinds.spec import Rpc
from conformance.run.waiting import until
from conformance.run.world import GRPC_HEALTH
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.services.protos import descriptors
from fixtures.slb.kinds import SLBS
from fixtures.slb.spec import EntryGroup, HealthCheck, SlbServer, SlbSpec, StreamedPath
from tests.slb.test_streams import Target

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "calls"
SLOW, SOON = "TAKES_S = 12.0", "TAKES_S = 0.3"
"""For all answers of a stream: in the example, which shows how long one is held, and here."""
CHECK = HealthCheck(GRPC_HEALTH, interval_s=0.5)


@pytest.fixture(scope="module")
def slb(platform: EmbeddedPlatform, kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlbServer]:
    host, port = platform.reserve()
    place = {"HOST": host, "PORT": str(port), "SCRATCH": str(tmp_path_factory.mktemp("orders"))}
    source = (EXAMPLE / "orders.py").read_text()
    assert SLOW in source
    program = [sys.executable, "-c", source.replace(SLOW, SOON)]
    with subprocess.Popen(program, cwd=EXAMPLE, env={**os.environ, **place}) as member:
        try:
            yield from _before(platform, kind, f"{host}:{port}")
        finally:
            member.kill()


def _before(platform: EmbeddedPlatform, kind: str, at: str) -> Iterator[SlbServer]:
    """An SLB before this member."""
    paths = tuple(StreamedPath.of("orders", f"/shop.Orders/{method}", grpc=True) for method in ("Find", "Watch"))
    group = EntryGroup("orders", "/", (at,), CHECK)
    slb = SLBS[kind].start(platform, SlbSpec((group,), streamed=paths, http2=True, answer_within_s=30))
    slb.enrol(Target(at, service="orders", name="orders-01", incarnation="orders-01.1"))
    until("the member in rotation", lambda: any(one.in_rotation for one in slb.members()), within_s=10)
    with grpc.insecure_channel(slb.address) as channel:
        until("an answer", lambda: _call(channel, "Find", b"{}")[0] is grpc.StatusCode.OK, within_s=10)
    yield slb
    slb.stop()


def _call(channel: grpc.Channel, method: str, asked: bytes, request_id: str = "rpc-0") -> tuple[Any, list[bytes], Any]:
    codec = Codec(Rpc(method=f"shop.Orders/{method}", descriptors=descriptors(EXAMPLE / "orders.proto")))
    stub: Any = channel.unary_stream(f"/shop.Orders/{method}")
    call = stub(codec.encode(asked), timeout=20, metadata=(("x-request-id", request_id),))
    answers = []
    with suppress(grpc.RpcError):  # the code says it
        answers = [codec.decode(message) for message in call]
    return call.code(), answers, dict(call.initial_metadata() or ())


def test_calls_and_streams_go_through_and_are_told_of(slb: SlbServer) -> None:
    with grpc.insecure_channel(slb.address) as channel:
        code, answers, _ = _call(channel, "Find", b'{"id": "a-7"}', "rpc-1")
        assert (code, answers) == (grpc.StatusCode.OK, [b'{"id": "a-7", "state": "open"}'])
        code, answers, _ = _call(channel, "Watch", b'{"id": "a-7", "changes": 3}', "rpc-2")
    assert code is grpc.StatusCode.OK
    assert answers[0] == b'{"number": 1, "state": "open", "last": false}'
    assert answers[-1] == b'{"number": 3, "state": "open", "last": true}'
    told = [(one.request_id, one.peer, one.answered) for one in slb.accesses("rpc-") if one.request_id != "rpc-0"]
    assert told == [("rpc-1", "orders-01", 200), ("rpc-2", "orders-01", 200)]


def test_a_member_that_does_not_serve_is_not_in_rotation(kind: str, platform: EmbeddedPlatform) -> None:
    if "active checks" not in SLBS[kind].abilities:
        pytest.skip(f"{kind} makes no checks of its own")
    at = "{}:{}".format(*platform.reserve())
    other = SLBS[kind].start(platform, SlbSpec((EntryGroup("orders", "/", (at,), CHECK),)))
    other.enrol(Target(at, service="orders", name="orders-02", incarnation="orders-02.1"))
    with grpc.insecure_channel(other.address) as channel:
        assert _call(channel, "Find", b"{}")[0] is not grpc.StatusCode.OK
    assert not any(one.in_rotation for one in other.members())
    other.stop()
