"""TLS and HTTP/2 at the SLB: a certificate made for the session, and what the load's own clients make of it."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.load.clock import now_ns
from conformance.load.engine import Engine, Limits
from conformance.load.kinds.beside import Beside, exchanges_of
from conformance.load.kinds.ends import Ends
from conformance.load.kinds.spec import Kind
from conformance.load.request import Known, Request, Template
from conformance.load.schedule import Turn
from conformance.load.spec import Route
from conformance.run.waiting import until
from fixtures.glue.load_routes import tls_of
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.slb.kinds import SLBS
from fixtures.slb.nginx_reload.config import refuse_without_tls
from fixtures.slb.spec import ConfigRefused, SlbServer, SlbSpec
from tests.slb.backends import Backends
from tests.slb.stand import one_group

REQUESTS = 12


@pytest.fixture(scope="module")
def slb(platform: EmbeddedPlatform, kind: str) -> Iterator[SlbServer]:
    at = "{}:{}".format(*platform.reserve())
    with Backends() as backends:
        slb = SLBS[kind].start(platform, SlbSpec(one_group((at,)), tls=True, http2=True))
        slb.enrol(backends.start("storefront-1.1", at))
        until("the member in rotation", lambda: any(one.in_rotation for one in slb.members()), within_s=30)
        yield slb
        slb.stop()


def _handshake(slb: SlbServer, authority: str) -> str | None:
    """The protocol that is agreed on."""
    assert slb.tls is not None
    context = ssl.create_default_context(cadata=authority)
    context.set_alpn_protocols(["h2", "http/1.1"])
    host, port = slb.tls.address.split(":")
    with (
        socket.create_connection((host, int(port)), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        return secure.selected_alpn_protocol()


def test_its_certificate_is_good_for_those_who_trust_its_authority_alone(
    slb: SlbServer, platform: EmbeddedPlatform
) -> None:
    assert slb.tls is not None
    assert _handshake(slb, slb.tls.authority) == "h2"
    other = SLBS["nginx"].start(platform, SlbSpec(one_group(("127.0.0.1:9",)), tls=True))
    assert other.tls is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(slb, other.tls.authority)
    other.stop()


@pytest.mark.parametrize(
    "kind_of_request", [Kind(tls=True), Kind(http2=True), Kind(tls=True, http2=True)], ids=["TLS", "HTTP/2", "both"]
)
def test_requests_are_answered_on_connections_that_are_kept(slb: SlbServer, kind_of_request: Kind) -> None:
    route = Route(
        name="buy", method="POST", path="/x", body="{}", weight=1, expect=(200,), write=False, kind=kind_of_request
    )
    host, port = slb.address.split(":")
    ends, known = Ends(host, int(port), tls_of(slb.tls)), Known(())
    end = ends.of(tls=kind_of_request.tls, http2=kind_of_request.http2)
    template = Template(route, end.host, end.port, known, timeout_s=5)
    engine = Engine(end.target, [template], Limits(1, warm=0), known)
    beside = Beside(engine, [template], exchanges_of(ends, [template]))
    turns = [Turn(number, 0, 0, fresh=number % 4 == 3) for number in range(REQUESTS)]
    asked = [Request(turn, b"tls-%d" % turn.seq, 0) for turn in turns]
    try:
        for one in asked:
            one.due_ns = now_ns()
            engine.run(iter([one]), lambda _: None, begin=beside.begin, busy=beside.busy)
    finally:
        beside.close()
        engine.close()
    assert {(one.status, one.error) for one in asked} == {(200, "")}
    assert all(one.due_ns <= one.sent_ns <= one.first_ns <= one.done_ns for one in asked)
    kept = [one for one in asked if not one.fresh]
    assert len({one.connection for one in kept}) == 1
    assert [one.connection_uses for one in kept] == list(range(len(kept)))
    assert len({one.connection for one in asked}) == 1 + len(asked) - len(kept)


def test_a_file_of_a_team_s_own_must_say_where_tls_is_spoken() -> None:
    with pytest.raises(
        ConfigRefused, match=r"\{listen_tls\} stands there 0 times, and routes have tls = true"
    ) as refused:
        refuse_without_tls(Path("team.conf"), "server { listen {listen}; } # {listen_tls}")
    assert "\n" not in str(refused.value)
    refuse_without_tls(Path("team.conf"), "server { listen {listen}; listen {listen_tls} ssl; }")
