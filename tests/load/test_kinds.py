"""Requests that are tasks of their own: paced bodies, streams, server-sent events; the proof that they are honest."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import gevent
import msgspec
import pytest
from gevent import socket as gevent_socket
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, TextMessage

from conformance.load.clock import now_ns
from conformance.load.connection import Target
from conformance.load.engine import Engine, Limits
from conformance.load.kinds import beside
from conformance.load.kinds.beside import Beside, exchanges_of
from conformance.load.kinds.ends import Ends
from conformance.load.kinds.events import Event, Events
from conformance.load.kinds.exchange import HttpExchange
from conformance.load.kinds.proof import self_test_of_kinds
from conformance.load.kinds.spec import Kind, Messages
from conformance.load.kinds.stream import Lines, lacking
from conformance.load.kinds.wire import Wire
from conformance.load.misbehaving import HOST, MisbehavingServer
from conformance.load.request import Known, Request, Template
from conformance.load.schedule import Turn
from conformance.load.spec import Route
from tests.load.specs import READ, WRITE, an_order


def _of_kind(kind: Kind) -> Route:
    return Route(name="long", method="GET", path="/", weight=1, expect=(200,), write=False, kind=kind)


ALL = (
    _of_kind(Kind(last="end")),
    _of_kind(Kind(name="events", last="end", messages=Messages(reconnects=True))),
    _of_kind(Kind(body_bytes=20, upload_s=3)),
    _of_kind(Kind(tls=True)),
    _of_kind(Kind(http2=True, tls=True)),
    _of_kind(Kind(name="websocket", messages=Messages(count=9, text="{n}", pointer="", reconnects=True))),
)


def test_other_kinds_are_honest(tmp_path: Path) -> None:
    outcome = self_test_of_kinds(an_order(tmp_path, routes=(WRITE, READ, *ALL)))
    assert outcome.wrong == ()
    assert {name.partition(":")[0] for name in outcome.seen} == {
        *("on its own", "stream", "events", "upload", "messages", "listening", "reconnecting", "TLS", "HTTP/2"),
        "resumed",
    }
    assert outcome.seen["stream: stream without its last line"] == "closed before its end"
    assert outcome.seen["upload: reset within the body"] == "reset before answer"


def test_http2_in_the_clear_is_honest(tmp_path: Path) -> None:
    outcome = self_test_of_kinds(an_order(tmp_path, routes=(WRITE, _of_kind(Kind(http2=True)))))
    assert outcome.wrong == ()
    assert outcome.seen["HTTP/2: honest answer"] == "none"


def test_kinds_that_are_not_used_are_not_tried(tmp_path: Path) -> None:
    assert self_test_of_kinds(an_order(tmp_path)).seen == {}


class _SendsAgain(HttpExchange):
    def carry_out(self, request, engine, lines) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
        super().carry_out(request, engine, lines)
        if request.error == "reset before answer":
            super().carry_out(request, engine, lines)


def _blind(_self: Wire) -> bytes:
    return b""


@pytest.mark.parametrize(
    ("meddle", "found"),
    [
        (lambda patch: patch.setattr(beside, "HttpExchange", _SendsAgain), "reset before the answer"),
        (lambda patch: patch.setattr(Wire, "receive", _blind), "honest answer"),
    ],
)
def test_a_dishonest_way_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meddle: Callable[[pytest.MonkeyPatch], None], found: str
) -> None:
    meddle(monkeypatch)
    wrong = self_test_of_kinds(an_order(tmp_path, routes=(WRITE, ALL[0]))).wrong
    assert any(found in sentence for sentence in wrong)


def _asked(route: Route, port: int) -> Request:
    """What becomes of one request of this route."""
    known = Known(())
    template = Template(route, HOST, port, known, timeout_s=5)
    engine = Engine(Target.look_up(HOST, port), [template], Limits(1, warm=0), known)
    aside = Beside(engine, [template], exchanges_of(Ends(HOST, port), [template]))
    request = Request(Turn(0, 0, 0, fresh=True), b"asked-0", now_ns())
    engine.run(iter([request]), lambda _: None, begin=aside.begin, busy=aside.busy)
    aside.close()
    engine.close()
    return request


def test_a_body_is_written_at_its_pace_and_its_time_runs_from_when_it_was_due() -> None:
    kind = Kind(body_bytes=300_000, upload_s=0.6)
    route = Route(name="up", method="PUT", path="/honest", weight=1, expect=(200,), write=False, kind=kind)
    with MisbehavingServer() as server:
        slow = _asked(route, server.port)
        quick = _asked(msgspec.structs.replace(route, kind=Kind(body_bytes=300_000)), server.port)
        late = _asked(msgspec.structs.replace(route, timeout_s=0.3), server.port)
    assert (slow.status, slow.error) == (quick.status, quick.error) == (200, "")
    assert slow.first_ns - slow.sent_ns > 500_000_000 > quick.first_ns - quick.sent_ns
    assert (late.status, late.error) == (0, "timeout before answer")
    assert 300_000_000 <= late.done_ns - late.due_ns < 550_000_000


def _talker(listener: socket.socket, size: int) -> None:
    """Say two messages and close in good order, in pieces of so many bytes."""
    connection, _ = listener.accept()
    with connection:
        session = WSConnection(ConnectionType.SERVER)
        while not any(session.events()):
            session.receive_data(connection.recv(65_536))
        said = (AcceptConnection(), TextMessage("1"), Ping(), TextMessage("2"), CloseConnection(1000))
        text = b"".join(session.send(event) for event in said)
        for at in range(0, len(text), size):
            connection.sendall(text[at : at + size])
            gevent.sleep(0.001)  # so that they arrive one by one
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(("count", "error"), [(1, ""), (2, ""), (3, "closed before its end")])
def test_a_close_behind_the_last_message_takes_nothing_from_it(size: int, count: int, error: str) -> None:
    kind = Kind(name="websocket", messages=Messages(count=count, pattern="^([0-9]+)$"))
    with gevent_socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        talker = gevent.spawn(_talker, listener, size)
        asked = _asked(msgspec.structs.replace(_of_kind(kind), expect=(101,)), listener.getsockname()[1])
        talker.join(timeout=5)
    assert (asked.status, asked.error) == (101, error)
    assert asked.saw == (("messages up to 3", "close 1000 after 2") if error else ("", ""))


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_last_line_is_the_last_that_is_not_empty(size: int) -> None:
    text = b"one\r\ntwo\r\nthe end\r\n\r\n"
    lines = Lines()
    assert not any(lines.feed(text[at : at + size]) for at in range(0, len(text), size))
    assert lines.last == b"the end"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_last_event_is_the_first_that_fits(size: int) -> None:
    text = (
        b": hello\n\nid: 1\ndata: a\ndata:b\n\ndata: the end\nevent: tick\n\nevent: end\ndata: bye\n\ndata: after\n\n"
    )
    heard: list[Event] = []

    def hear(event: Event) -> bool:
        heard.append(event)
        return event.text.startswith(b"event: end")

    events = Events(hear)
    over = [events.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert over[-1]
    assert events.last == b"event: end\ndata: bye"
    assert [(one.id, one.data) for one in heard] == [(b"1", b"a\nb"), (None, b"the end"), (None, b"bye")]


def test_what_is_lacking_is_told_with_what_was_seen() -> None:
    assert lacking("end$", b"the end") == ("", "")
    assert lacking("end$", b"page 7") == ("an end with end$", "page 7")
    assert lacking("end$", b"") == ("an end with end$", "nothing")


_CALLS = """
from gevent import monkey
monkey.patch_all()  # as Locust does in the load's process
import sys
from pathlib import Path
import msgspec
from conformance.load.kinds.proof import self_test_of_kinds
from conformance.load.kinds.proof_cases import rpc
from conformance.load.kinds.spec import Kind
from conformance.load.spec import Route
from tests.load.specs import WRITE, an_order
call = Route(
    name="call", method="POST", path="/", weight=1, expect=(200,), write=False,
    kind=Kind(name="grpc", http2=True, tls="tls" in sys.argv, rpc=rpc()),
)
print(msgspec.json.encode(self_test_of_kinds(an_order(Path(sys.argv[1]), routes=(WRITE, call)))).decode())
"""


@pytest.mark.parametrize("tls", ["", "tls"])
def test_calls_of_grpc_are_honest(tmp_path: Path, tls: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _CALLS, str(tmp_path), tls], capture_output=True, text=True, check=True, timeout=60
    )
    seen, wrong, wanted = msgspec.json.decode(told.stdout)
    assert (wrong, wanted) == ([], seen)
    assert seen["gRPC: page of a proxy"] == "unexpected status"
    assert seen["gRPC: truncated answer"] == "eof in answer"
    assert seen["gRPC: honest answer"] == "none"
