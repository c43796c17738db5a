"""The engine against a server that misbehaves: every request ends once, by the first thing that went wrong."""

import select
import socket
from collections.abc import Iterator
from itertools import count

import gevent
import msgspec
import psutil
import pytest

from conformance.load import clock
from conformance.load.clock import now_ns
from conformance.load.connection import Connection, Target
from conformance.load.engine import Engine, Limits
from conformance.load.misbehaving import MisbehavingServer
from conformance.load.request import Known, Request, Template
from conformance.load.schedule import Turn
from conformance.load.spec import AnswerCheck, BodyPart, Route, Take, Users
from conformance.record.request_headers import USUAL
from tests.load.honest import HonestServer

HOST = "127.0.0.1"
LIMITS = Limits(connections=1_000, warm=0)
GENEROUS_S, SHORT_S = 5.0, 0.2


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as server:
        yield server


def _route(path: str, *, method: str = "GET", body: str | None = None, write: bool = False) -> Route:
    return Route(name=path, method=method, path=path, body=body, weight=1, expect=(200, 201), write=write)


class _Client:
    """An engine with its routes, and what came of its requests in the order in which they ended."""

    def __init__(
        self, port: int, *routes: Route, limits: Limits = LIMITS, timeout_s: float = GENEROUS_S, host: str = HOST
    ) -> None:
        self.known = Known(routes)
        templates = [Template(route, host, port, self.known, timeout_s=timeout_s) for route in routes]
        self.engine = Engine(Target.look_up(host, port), templates, limits, self.known)
        self.ended: list[Request] = []
        self._numbers = count()

    def send(self, *routes: int, fresh: bool = False, gap_ns: int = 0, due_ns: int = 0) -> list[Request]:
        """Send one request of each given route, and return them once all have ended."""
        first_ns = due_ns or now_ns()
        requests = []
        for place, route in enumerate(routes):
            seq = next(self._numbers)
            requests.append(Request(Turn(seq, route, 0, fresh), f"id-{seq}".encode(), first_ns + place * gap_ns))
        self.engine.run(iter(requests), self.ended.append)
        return requests


@pytest.mark.parametrize("body", [None, '{"id": "{id}"}'])
def test_each_user_says_who_it_is_and_the_marked_ones_carry_the_mark(body: str | None) -> None:
    users = Users(count=3, marked=1, mark="Cookie: lane=gray")
    template = Template(
        _route("/", method="GET" if body is None else "POST", body=body), HOST, 80, Known(()), timeout_s=1, users=users
    )
    sent = [template.fill(Request(Turn(seq, 0, 0, seq == 1), b"id", 0)) for seq in range(4)]
    heads = [data.partition(b"\r\n\r\n")[0].decode().split("\r\n") for data in sent]
    assert [[line for line in head if line.startswith("X-User")] for head in heads] == [
        [f"X-User: user-{number}"] for number in (0, 1, 2, 0)
    ]
    assert ["Cookie: lane=gray" in head for head in heads] == [True, False, False, True]
    assert ["Connection: close" in head for head in heads] == [False, True, False, False]


def test_a_request_has_arrived_though_its_client_gave_up_before_the_server_had_its_turn(
    server: MisbehavingServer,
) -> None:
    (process,) = (one for one in psutil.Process().children() if "misbehaving" in " ".join(one.cmdline()))
    process.suspend()
    client = _Client(server.port, _route("/silence"), timeout_s=SHORT_S)
    requests = client.send(*[0] * 20)
    process.resume()
    assert server.arrivals() == {request.id.decode(): 1 for request in requests}


def test_the_load_is_open_a_silent_server_does_not_hold_it_back(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/silence"), timeout_s=SHORT_S)
    requests = client.send(*[0] * 100, gap_ns=2_000_000)
    assert {request.error for request in requests} == {"timeout before answer"}
    assert server.arrivals() == {request.id.decode(): 1 for request in requests}


def test_every_request_ends_exactly_once(server: MisbehavingServer) -> None:
    paths = ["/honest", "/close", "/half-then-silence", "/reset", "/honest-then-close", "/until-eof", "/silence"]
    client = _Client(server.port, *map(_route, paths), timeout_s=SHORT_S)
    requests = client.send(*[route % len(paths) for route in range(210)], gap_ns=1_000_000)
    assert sorted(request.seq for request in client.ended) == [request.seq for request in requests]
    assert all(request.done_ns for request in requests)
    assert max(server.arrivals().values()) == 1


def test_nothing_is_sent_before_it_is_due(server: MisbehavingServer) -> None:
    requests = _Client(server.port, _route("/honest")).send(*[0] * 50, gap_ns=3_000_000)
    assert all(request.sent_ns > request.due_ns for request in requests)


def test_what_is_due_at_the_stop_is_sent_and_what_is_due_after_it_is_not(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/honest"))
    begin_ns = now_ns()
    endless = (Request(Turn(seq, 0, 0, fresh=False), b"id-%d" % seq, begin_ns + seq * 1_000_000) for seq in count())
    gevent.spawn_later(0.1, lambda: client.engine.stop_at(now_ns()))
    client.engine.run(endless, client.ended.append)
    due = (client.engine.stop_ns - begin_ns) // 1_000_000 + 1
    assert sorted(request.seq for request in client.ended) == list(range(due))


def test_a_reused_connection_counts_its_requests_and_a_fresh_one_serves_only_one(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/honest"))
    reused = [client.send(0)[0] for _ in range(3)]
    fresh = [client.send(0, fresh=True)[0] for _ in range(2)]
    again = client.send(0)[0]
    assert [request.connection_uses for request in [*reused, *fresh, again]] == [0, 1, 2, 0, 0, 3]
    assert len({request.connection for request in [*reused, again]}) == 1
    assert len({request.connection for request in fresh}) == 2


def test_warm_connections_are_open_before_they_are_needed(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/honest"), limits=LIMITS._replace(warm=5))
    client.engine.warm()
    with gevent.Timeout(5):
        while len(client.engine._idle) < 5:
            gevent.sleep(0)
    assert {request.connection for request in client.send(*[0] * 5)} == {1, 2, 3, 4, 5}


def test_a_request_beyond_the_cap_is_not_sent(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/silence"), limits=LIMITS._replace(connections=2), timeout_s=SHORT_S)
    requests = client.send(0, 0, 0)
    assert [request.error for request in requests] == ["timeout before answer", "timeout before answer", "not sent"]
    assert requests[2].sent_ns == 0
    assert requests[2].id.decode() not in server.arrivals()


def test_an_idle_connection_makes_room_for_a_fresh_one_at_the_cap(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/honest"), limits=LIMITS._replace(connections=1))
    client.send(0)
    assert client.send(0, fresh=True)[0].error == ""


def test_an_unreachable_address_is_told_from_a_refusing_port(server: MisbehavingServer) -> None:
    multicast = _Client(80, _route("/"), host="224.0.0.1")  # the kernel refuses a connection there; nothing is sent
    assert multicast.send(0)[0].error == "connect failed"
    assert _Client(server.refusing_port, _route("/")).send(0)[0].error == "connect refused"


def test_a_large_body_is_sent_in_pieces_and_arrives_once(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/honest", method="POST", body="x" * 20_000_000))
    request = client.send(0)[0]
    assert (request.error, request.status) == ("", 200)
    assert server.arrivals() == {"id-0": 1}


def test_timeout_counts_from_when_a_request_was_due(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/silence"))
    overdue = client.send(0, due_ns=now_ns() - 6_000_000_000)[0]
    assert overdue.error == "timeout before answer"
    assert overdue.done_ns < overdue.sent_ns + 5_000_000_000


@pytest.mark.parametrize("path", ["/wrong-id", "/answer-twice", "/garbage"])
def test_a_connection_whose_answers_cannot_be_trusted_is_not_used_again(server: MisbehavingServer, path: str) -> None:
    client = _Client(server.port, _route(path), _route("/honest"))
    first, second = client.send(0)[0], client.send(1)[0]
    assert first.error
    assert (second.error, second.connection_uses) == ("", 0)


@pytest.mark.parametrize(
    ("path", "fresh", "told"),
    [("/until-eof", False, 3), ("/until-eof", True, 0), ("/honest", False, 0), ("/close", False, 0)],
)
def test_answers_that_end_their_connections_are_counted(
    server: MisbehavingServer, path: str, fresh: bool, told: int
) -> None:
    client = _Client(server.port, _route(path))
    ended = 0
    for _ in range(3):
        client.send(0, fresh=fresh)
        ended += client.engine.ended_by_answers
    assert ended == told


def test_an_orderly_refusal_leaves_the_connection_in_use(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/unavailable"), _route("/honest"))
    assert client.send(0)[0].error == "unexpected status"
    assert client.send(1)[0].connection_uses == 1


def test_a_later_request_can_name_a_write_that_was_acknowledged() -> None:
    with HonestServer() as server:
        client = _Client(
            server.port, _route("/orders", method="POST", body="{}", write=True), _route("/orders/{written}")
        )
        assert client.send(0)[0].error == ""
        assert client.send(1)[0].status == 200


def test_a_failed_write_is_never_named() -> None:
    with HonestServer(write_status=503) as server:
        client = _Client(server.port, _route("/orders", method="POST", body="{}", write=True))
        assert client.send(0)[0].error == "unexpected status"
        assert client.known.written == b""


@pytest.mark.parametrize("status", [201, 409])
def test_a_write_that_leaves_nothing_is_never_named(status: int) -> None:
    """Its status says so: there is nothing to be read by its id, neither at once nor as old data."""
    leaves_at_201 = msgspec.structs.replace(
        _route("/orders", method="POST", body="{}", write=True), expect=(201, 409), leaves=(201,)
    )
    with HonestServer(write_status=status) as server:
        client = _Client(server.port, leaves_at_201)
        request = client.send(0)[0]
    assert request.error == ""
    offered = request.id if status == 201 else b""
    assert (client.known.written, client.known.first["written"]) == (offered, [offered] if offered else [])


def test_what_a_write_told_that_left_nothing_is_not_read_again(server: MisbehavingServer) -> None:
    take = (Take(name="order", header="Content-Length"),)
    some, none = (_asked("POST", "/honest", write=True, take=take, leaves=leaves) for leaves in ((200,), ()))
    client = _Client(server.port, some, none)
    assert [request.error for request in client.send(0, 1, 1)] == ["", "", ""]
    assert len(client.known.first["order"]) == 1


def test_without_a_timerfd_the_load_still_keeps_its_schedule(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(_ring: clock.Ring) -> clock.Alarm:
        raise OSError("no timerfd here")

    monkeypatch.setattr(clock, "_TimerFd", absent)
    client = _Client(server.port, _route("/honest"))
    requests = client.send(*[0] * 50, gap_ns=2_000_000)
    assert client.engine.timer == "sleep"
    assert {request.error for request in requests} == {""}
    assert all(request.sent_ns > request.due_ns for request in requests)


def test_a_defect_of_the_client_ends_the_run(server: MisbehavingServer) -> None:
    client = _Client(server.port, _route("/honest"))

    def broken(_request: Request) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.engine.run(iter([Request(Turn(0, 0, 0, fresh=False), b"id-0", now_ns())]), broken)


class _Owner:
    """Notes what becomes of a connection."""

    def __init__(self) -> None:
        self.open = False
        self.headers = USUAL
        self.errors: list[str] = []

    def connected(self, _connection: Connection) -> None:
        self.open = True

    def began(self, request: Request) -> None:
        raise AssertionError(request)

    def finished(self, _connection: Connection, error: str) -> None:
        self.errors.append(error)

    def lost(self, _connection: Connection) -> None:
        raise AssertionError

    def abort(self, error: Exception) -> None:
        raise error


def test_a_request_that_the_kernel_no_longer_takes_is_a_failed_send() -> None:
    owner = _Owner()
    with socket.create_server((HOST, 0)) as listener:
        target = Target.look_up(*listener.getsockname())
        connection = Connection(1, target, owner)
        connection.connect(target)
        accepted, _ = listener.accept()
        with gevent.Timeout(5):
            while not owner.open:
                gevent.sleep(0)
        # Reset it, and let the kernel know of it while the event loop does not.
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        accepted.close()
        poll = select.poll()
        poll.register(connection._socket, select.POLLERR)
        assert poll.poll(5_000)
        request = Request(Turn(0, 0, 0, fresh=False), b"id-0", now_ns())
        connection.carry(request, b"GET / HTTP/1.1\r\n\r\n")
    assert owner.errors == ["send failed"]
    assert request.sent_ns == 0


def _asked(method: str, path: str, **more: object) -> Route:
    fields = {"name": path, "method": method, "path": path, "weight": 1, "expect": (200, 201), "write": False} | more
    return Route(**fields)  # type: ignore[arg-type]  # a table of fields


def test_headers_and_bodies_are_sent_as_the_route_has_them() -> None:
    known = Known((), ("sku",), (("s-1",), ("s-2",)))
    route = _asked(
        "POST",
        "/items/{data.sku}?x={unknown}",
        headers=(("Authorization", "Bearer {id}"), ("Host", "shop.example")),
        content_type="text/plain; charset=utf-8",
        body=(BodyPart(text="id {id} "), BodyPart(data=b"\x00\xff{id}"), BodyPart(text="{data.sku}")),
    )
    data = Template(route, HOST, 80, known, timeout_s=1).fill(Request(Turn(3, 0, 0, False), b"r-3", 0))
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /items/s-2?x={unknown} HTTP/1.1"
    assert {"Authorization: Bearer r-3", "Host: shop.example", "X-Request-Id: r-3"} <= set(lines)
    assert sum(line.lower().startswith("host:") for line in lines) == 1
    assert "Content-Type: text/plain; charset=utf-8" in lines
    assert body == b"id r-3 \x00\xff{id}s-2"
    assert f"Content-Length: {len(body)}" in lines


def test_an_answer_that_is_not_what_the_route_promises_is_wrong_and_its_connection_serves_on(
    server: MisbehavingServer,
) -> None:
    checked = _asked("GET", "/honest", checks=(AnswerCheck(pattern="^never"),))
    client = _Client(server.port, checked, _asked("GET", "/honest"))
    wrong, right = client.send(0)[0], client.send(1)[0]
    assert (wrong.status, wrong.error, wrong.saw[0]) == (200, "wrong answer", "a body with ^never")
    assert (right.error, right.connection_uses) == ("", 1)
    assert server.arrivals() == {"id-0": 1, "id-1": 1}


def test_what_an_answer_of_another_status_says_is_kept_where_bodies_are_looked_at(server: MisbehavingServer) -> None:
    looked_at = _asked("GET", "/unavailable", checks=(AnswerCheck(pattern="^ok"),))
    client = _Client(server.port, looked_at, _asked("GET", "/unavailable"))
    shown, unread = client.send(0)[0], client.send(1)[0]
    assert (shown.status, shown.error, shown.saw) == (503, "unexpected status", ("an expected status", "ok"))
    assert (unread.status, unread.error, unread.saw) == (503, "unexpected status", ("", ""))


def test_a_value_of_an_answer_is_named_by_later_requests_and_one_that_is_missing_is_a_wrong_answer(
    server: MisbehavingServer,
) -> None:
    take = _asked("GET", "/honest", take=(Take(name="who", header="Content-Length"),))
    names = _asked("POST", "/honest", body="{who}", headers=(("X-Who", "{who}"),))
    lacks = _asked("GET", "/honest", take=(Take(name="what", header="X-No-Such"),))
    client = _Client(server.port, take, names, lacks)
    assert client.send(0)[0].error == ""
    value = client.known.taken["who"]
    assert value
    assert value in client.engine._templates[1].fill(Request(Turn(9, 1, 0, False), b"r", 0))
    assert (client.send(2)[0].error, client.known.taken["what"]) == ("wrong answer", b"")


def test_an_expected_refusal_has_nothing_to_be_taken() -> None:
    takes = (Take(name="order", pointer="/id"),)
    conflicts = Route(name="order", method="POST", path="/orders", weight=1, expect=(201, 409), write=True, take=takes)
    with HonestServer(write_status=409) as server:
        client = _Client(server.port, conflicts)
        request = client.send(0)[0]
        assert (request.status, request.error, request.told) == (409, "", b"")
        assert client.known.taken["order"] == b""


def test_each_route_has_its_own_time_out(server: MisbehavingServer) -> None:
    impatient, patient = _asked("GET", "/silence", timeout_s=0.1), _asked("GET", "/silence", timeout_s=0.6)
    client = _Client(server.port, patient, impatient, timeout_s=30)
    requests = client.send(0, 1, 0, 1)
    waited = [(request.done_ns - request.due_ns) / 1e9 for request in requests]
    assert {request.error for request in requests} == {"timeout before answer"}
    assert max(waited[1], waited[3]) < 0.5 < min(waited[0], waited[2])
