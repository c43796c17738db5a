"""An SLB, its slots and small backends in them: what the tests of every kind of SLB stand on."""

import http.client
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.run.waiting import until
from conformance.run.world import Access, Member
from fixtures.slb.spec import EntryGroup, HealthCheck, SlbServer
from tests.slb.backends import Backend, Backends

SLOTS = 8
FAST = HealthCheck("/health", interval_s=0.1, healthy=2, unhealthy=2, timeout_s=0.08)


def one_group(slots: tuple[str, ...] = (), health: HealthCheck = FAST) -> tuple[EntryGroup, ...]:
    """One entry service, which gets every request."""
    return (EntryGroup("storefront", "/", slots, health),)


@dataclass(frozen=True)
class Answer:
    status: int
    peer: str | None
    incarnation: str | None = field(default=None, compare=False)
    """As the backend says."""


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
        return Answer(answer.status, answer.headers["X-SLB-Peer"], answer.headers["X-Incarnation"])

    def close(self) -> None:
        self._connection.close()


class Stand:
    """An SLB, its slots and what stands in them. Every test has names and ids of its own."""

    numbers = itertools.count(1)

    def __init__(self, slb: SlbServer, slots: tuple[str, ...], backends: Backends) -> None:
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

    def ask(self, path: str = "/", method: str = "GET", request_id: str | None = None) -> Answer:
        """On a connection of its own, which no change of the group can have closed meanwhile."""
        client = Client(self.slb.address)
        try:
            return client.send(request_id or self.request_id(), path, method)
        finally:
            client.close()

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
        return until(backend.incarnation, lambda: self.member(backend), accept=accept, within_s=30, every_s=0.01)

    def access(self, request_id: str) -> Access:
        (line,) = self.attempts(request_id)
        return line

    def attempts(self, request_id: str) -> list[Access]:
        return [line for line in self.slb.accesses(self.run) if line.request_id == request_id]

    def clear(self) -> None:
        self.client.close()
        self.slb.open()
        for backend in self._started:
            self.slb.withdraw(backend)
            self.backends.crash(backend)
