"""The SLB: a real nginx before small backends."""

import http.client
import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from conformance.run.waiting import until
from conformance.run.world import Access, Member, Platform
from fixtures.slb.nginx.config import HealthCheck
from fixtures.slb.nginx.server import NginxSlb
from tests.slb.backends import Backend, Backends

SLOTS = 8
FAST = HealthCheck("/health", interval_s=0.1, healthy=2, unhealthy=2, timeout_s=0.08)


@dataclass(frozen=True)
class Answer:
    status: int
    peer: str | None


class Client:
    """Sends requests on one connection; a new one only after the old one has been closed."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=5)

    def send(self, request_id: str | None, path: str = "/", method: str = "GET", **more: str) -> Answer:
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        if request_id is not None:
            headers["X-Request-Id"] = request_id
        self._connection.request(method, path, body="{}" if method in {"POST", "PUT"} else None, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        return Answer(answer.status, answer.headers["X-SLB-Peer"])

    def close(self) -> None:
        self._connection.close()


class Stand:
    """An SLB, its slots and what stands in them. Every test has names and ids of its own."""

    numbers = itertools.count(1)

    def __init__(self, slb: NginxSlb, slots: tuple[str, ...], backends: Backends) -> None:
        self.slb, self.slots, self.backends = slb, slots, backends
        self.run = f"run{next(self.numbers)}x"
        self._ids = itertools.count()
        self.client = Client(slb.address)
        self._started: list[Backend] = []

    def request_id(self) -> str:
        return f"{self.run}-{next(self._ids)}"

    def backend(self, slot: int, life: int = 1, *, called: str = "", **settings: bool) -> Backend:
        name = called or f"{self.run}-{slot}"
        backend = self.backends.start(f"{name}.{life}", self.slots[slot], **settings)
        self._started.append(backend)
        return backend

    def enrol(self, *backends: Backend, weight: int = 1) -> None:
        for backend in backends:
            self.slb.enrol(backend, weight=weight)

    def in_rotation(self, *backends: Backend) -> None:
        self.enrol(*backends)
        for backend in backends:
            self.await_member(backend, lambda member: member.in_rotation)

    def member(self, backend: Backend) -> Member:
        return next(m for m in self.slb.members() if m.incarnation == backend.incarnation)

    def await_member(self, backend: Backend, accept: Callable[[Member], bool]) -> Member:
        return until(backend.incarnation, lambda: self.member(backend), accept=accept, within_s=5, every_s=0.01)

    def access(self, request_id: str) -> Access:
        (line,) = (line for line in self.slb.accesses(self.run) if line.request_id == request_id)
        return line

    def clear(self) -> None:
        self.client.close()
        self.slb.open()
        for backend in self._started:
            self.slb.withdraw(backend)
            self.backends.crash(backend)


@pytest.fixture(scope="module")
def started(platform: Platform) -> Iterator[tuple[NginxSlb, tuple[str, ...], Backends]]:
    slots = tuple("{}:{}".format(*platform.reserve()) for _ in range(SLOTS))
    with Backends() as backends:
        yield NginxSlb.start(platform, slots, FAST, answer_within_s=0.6), slots, backends


@pytest.fixture
def stand(started: tuple[NginxSlb, tuple[str, ...], Backends]) -> Iterator[Stand]:
    stand = Stand(*started)
    yield stand
    stand.clear()


def test_requests_are_spread_evenly(stand: Stand) -> None:
    members = [stand.backend(slot) for slot in range(3)]
    stand.in_rotation(*members)
    peers = Counter(stand.client.send(stand.request_id()).peer for _ in range(30))
    assert peers == {member.name: 10 for member in members}


def test_weights_are_kept_exactly_and_zero_means_none(stand: Stand) -> None:
    heavy, light, none = (stand.backend(slot) for slot in range(3))
    stand.in_rotation(heavy, light, none)
    stand.slb.weigh(heavy, 30)
    stand.slb.weigh(light, 10)
    stand.slb.weigh(none, 0)
    peers = [stand.client.send(stand.request_id()).peer for _ in range(40)]
    assert Counter(peers) == {heavy.name: 30, light.name: 10}
    assert [peers[turn : turn + 4].count(light.name) for turn in range(0, 40, 4)] == [1] * 10, "smooth, not in blocks"


def test_with_nobody_in_rotation_the_answer_is_503_and_names_no_peer(stand: Stand) -> None:
    request_id = stand.request_id()
    assert stand.client.send(request_id, method="POST") == Answer(503, None)
    line = stand.access(request_id)
    assert (line.status, line.peer, line.incarnation, line.address) == (503, "", "", "")


def test_a_newcomer_gets_nothing_until_it_has_passed_its_checks(stand: Stand) -> None:
    newcomer = stand.backend(0, healthy=False)
    stand.enrol(newcomer)
    until("three failed checks", lambda: newcomer.health_checks >= 3, within_s=5)
    assert stand.member(newcomer).enrolled
    assert not stand.member(newcomer).in_rotation
    assert stand.client.send(stand.request_id()).status == 503
    newcomer.healthy = True
    stand.await_member(newcomer, lambda member: member.in_rotation)
    assert stand.client.send(stand.request_id()) == Answer(200, newcomer.name)


def test_a_later_incarnation_in_the_same_slot_starts_from_scratch(stand: Stand) -> None:
    first = stand.backend(0)
    stand.in_rotation(first)
    stand.backends.crash(first)
    second = stand.backend(0, life=2, healthy=False)
    stand.enrol(second)
    assert not stand.member(second).healthy
    assert [m.incarnation for m in stand.slb.members() if m.address == first.address] == [second.incarnation]
    second.healthy = True
    stand.await_member(second, lambda member: member.in_rotation)
    request_id = stand.request_id()
    assert stand.client.send(request_id) == Answer(200, first.name)
    assert stand.access(request_id).incarnation == second.incarnation


def test_a_new_tenant_of_the_address_does_not_pass_for_the_dead_member(stand: Stand) -> None:
    dead = stand.backend(0)
    stand.in_rotation(dead)
    stand.backends.crash(dead)
    tenant = stand.backend(0, called="tenant")
    until("checks that find the tenant", lambda: tenant.health_checks >= 3, within_s=5)
    assert not stand.member(dead).in_rotation


def test_backends_that_tell_no_incarnation_are_checked_by_their_status_alone(stand: Stand) -> None:
    silent = stand.backend(0, tells_incarnation=False)
    stand.in_rotation(silent)
    assert stand.client.send(stand.request_id()) == Answer(200, silent.name)


def test_a_killed_member_is_found_by_the_health_check_and_gets_nothing_more(stand: Stand) -> None:
    killed, living = stand.backend(0), stand.backend(1)
    stand.in_rotation(killed, living)
    stand.backends.crash(killed)
    stand.await_member(killed, lambda member: not member.healthy)
    assert {stand.client.send(stand.request_id()) for _ in range(10)} == {Answer(200, living.name)}
    stand.slb.withdraw(killed)
    assert not stand.member(killed).enrolled, "a dead member can be withdrawn"


def test_withdrawing_what_never_was_a_member_does_nothing(stand: Stand) -> None:
    before = stand.slb.members()
    stand.slb.withdraw(Backend("stranger", "stranger.1", stand.slots[0]))
    assert stand.slb.members() == before


def test_an_address_that_is_no_slot_is_refused_with_the_slots_that_are(stand: Stand) -> None:
    with pytest.raises(ValueError, match=rf"127\.0\.0\.1:1 is not one of the preallocated slots: {stand.slots[0]}"):
        stand.slb.enrol(Backend("stranger", "stranger.1", "127.0.0.1:1"))


def test_a_withdrawn_member_shows_what_is_in_flight_until_it_is_done(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stand.client.send, stand.request_id(), "/hold/400", "POST")
        stand.await_member(member, lambda m: m.in_flight == 1)
        stand.slb.withdraw(member)
        withdrawn = stand.member(member)
        assert (withdrawn.enrolled, withdrawn.in_flight) == (False, 1)
        assert answer.result() == Answer(200, member.name)
    stand.await_member(member, lambda m: m.in_flight == 0)


def test_a_request_whose_client_has_gone_is_in_flight_until_the_instance_is_done(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    host, _, port = stand.slb.address.rpartition(":")
    request_id = stand.request_id()
    with socket.create_connection((host, int(port))) as impatient:
        impatient.sendall(f"GET /hold/300 HTTP/1.1\r\nHost: slb\r\nX-Request-Id: {request_id}\r\n\r\n".encode())
        until("its arrival", lambda: member.arrivals, within_s=5)
    assert stand.member(member).in_flight == 1
    stand.await_member(member, lambda m: m.in_flight == 0)
    assert stand.access(request_id).upstream_status == "200"


def test_draining_under_load_loses_nothing_and_nothing_starts_after_it(stand: Stand) -> None:
    leaving, *staying = (stand.backend(slot) for slot in range(3))
    stand.in_rotation(leaving, *staying)
    over = threading.Event()

    def load(path: str) -> list[Answer]:
        client, answers = Client(stand.slb.address), []
        while not over.is_set():
            answers.append(client.send(stand.request_id(), path, "POST"))
        client.close()
        return answers

    with ThreadPoolExecutor(8) as pool:
        answers = [
            pool.submit(load, path) for path in ["/", "/", "/", "/", "/hold/20", "/hold/20", "/hold/300", "/hold/300"]
        ]
        until("traffic on it", lambda: len(leaving.arrivals) > 50, within_s=10)
        stand.slb.withdraw(leaving)
        stand.await_member(leaving, lambda member: member.in_flight == 0)
        drained = time.monotonic()
        stand.backends.crash(leaving)
        again = stand.backend(5, life=2, called=leaving.name)
        stand.in_rotation(again)
        until("traffic on its next life", lambda: len(again.arrivals) > 50, within_s=10)
        over.set()
        sent = [answer for worker in answers for answer in worker.result()]
    assert {answer.status for answer in sent} == {200}
    assert [arrival for arrival in leaving.arrivals if arrival.at > drained] == []
    lines = list(stand.slb.accesses(stand.run))
    assert len(lines) == len(sent), "the access log is complete when it is read"
    assert Counter(line.incarnation for line in lines) == Counter(
        {backend.incarnation: len(backend.arrivals) for backend in (leaving, *staying, again)}
    )


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_request_is_sent_once_even_where_a_reused_connection_dies(stand: Stand, method: str) -> None:
    fragile, sound = stand.backend(0, dies_on_reuse=True), stand.backend(1)
    stand.in_rotation(fragile, sound)
    stand.slb.weigh(sound, 0)
    fresh, reused = stand.request_id(), stand.request_id()
    assert stand.client.send(fresh, method=method) == Answer(200, fragile.name)
    assert stand.client.send(reused, method=method) == Answer(502, fragile.name)
    assert [arrival.request_id for arrival in fragile.arrivals + sound.arrivals] == [fresh, reused]
    assert stand.access(reused).address == fragile.address, "one address: sent once"


def test_the_log_tells_who_answered_and_how_far_a_failed_request_came(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    answered, hung, refused = (stand.request_id() for _ in range(3))
    before = time.time_ns()
    assert stand.client.send(answered) == Answer(200, member.name)
    assert stand.client.send(hung, "/hold/900") == Answer(504, member.name)
    stand.backends.crash(member)
    assert stand.client.send(refused) == Answer(502, member.name)
    lines = {line.request_id: line for line in stand.slb.accesses(stand.run)}
    assert list(lines) == [answered, hung, refused]
    assert {line.incarnation for line in lines.values()} == {member.incarnation}
    assert {line.address for line in lines.values()} == {member.address}
    assert [line.upstream_status for line in lines.values()] == ["200", "504", "502"]
    assert float(lines[answered].connect_s) <= float(lines[answered].header_s) <= float(lines[answered].response_s)
    assert (lines[hung].connect_s != "-", lines[hung].header_s) == (True, "-")
    assert (lines[refused].connect_s, lines[refused].header_s) == ("-", "-")
    millisecond = 1_000_000
    assert before - millisecond <= lines[answered].wall_ns <= lines[refused].wall_ns <= time.time_ns() + millisecond


def test_an_id_is_passed_on_as_it_came_and_made_where_there_is_none(stand: Stand) -> None:
    member = stand.backend(0)
    stand.in_rotation(member)
    request_id = stand.request_id()
    stand.client.send(request_id)
    stand.client.send(None)
    given, made = (arrival.request_id for arrival in member.arrivals)
    assert given == request_id
    assert len(made) == 32
    assert [line.request_id for line in stand.slb.accesses(made)] == [made]
