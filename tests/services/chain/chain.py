"""The sample chain before real servers: SLB -> storefront -> orders -> inventory."""

import json
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import psycopg

from conformance.plan import HttpAct
from conformance.run.waiting import until
from conformance.run.world import ExitStatus, Gone, Platform, Registry
from fixtures.databases.postgres.server import PostgresServer
from fixtures.platforms.http_client import HttpClient
from fixtures.services.addresses import PORTS, NewAddresses, SlotAddresses
from fixtures.services.descriptor import Descriptor
from fixtures.services.group import DescribedGroup
from fixtures.services.instance import DescribedInstance
from fixtures.slb.nginx import NginxSlb
from fixtures.slb.spec import EntryGroup, HealthCheck, SlbSpec

SAMPLE = Path(__file__).parents[3] / "fixtures" / "services" / "python"
COUNTS = {"inventory": 2, "orders": 2, "storefront": 1}


@dataclass(frozen=True)
class Hop:
    hop: str
    instance: str
    incarnation: str
    status: int
    error: str


@dataclass(frozen=True)
class Answer:
    status: int
    version: str
    body: dict[str, object]
    hops: tuple[Hop, ...]


class Chain:
    """One instance of storefront, two of each other service; whatever a test has stopped is started again after it."""

    def __init__(self, platform: Platform, registry: Registry, registries: str, postgres: PostgresServer) -> None:
        sample = Descriptor.read(SAMPLE)
        slots = [platform.reserve(PORTS) for _ in range(4)]
        self.registry = registry
        self._dsn = postgres.dsn
        assert sample.setup_script is not None
        postgres.run_script(sample.setup_script)
        self.slb = NginxSlb.start(
            platform,
            SlbSpec(
                (
                    EntryGroup(
                        "storefront",
                        "/",
                        tuple(f"{host}:{port}" for host, port in slots),
                        HealthCheck("/health"),
                        instances_keep_alive_s=75.0,
                    ),
                )
            ),
        )
        addresses = {"storefront": SlotAddresses(slots)}
        self.groups = {
            name: DescribedGroup(sample, name, platform, addresses.get(name, NewAddresses(platform)))
            for name in sample.services
        }
        for group in self.groups.values():
            group.tell({"registries": registries, "database": postgres.dsn})
        self._client = HttpClient()
        self._pool = ThreadPoolExecutor(4)
        self._numbers = count()
        self.mend()

    def close(self) -> None:
        self._pool.shutdown()
        self._client.close()

    def mend(self) -> None:
        """Every instance runs, in version 1, nobody is going, everybody sees everybody."""
        for name, instances in COUNTS.items():
            group = self.groups[name]
            for one in group.living():
                if one.version != "v1" or one.status().offline:
                    self.end(one)
            running = {one.name for one in group.living()}
            for instance in (f"{name}-{number + 1:02d}" for number in range(instances)):
                if instance not in running:
                    self.start(name, instance, "v1")
        self.settle()

    def start(self, service: str, instance: str, version: str, *, lane: str = "") -> DescribedInstance:
        """A new incarnation. It yields to nobody: there is no load here that it could disturb.

        Beside a busy neighbour, a tenth of a processor was not enough to load a registry's client within half a minute.
        """
        started = self.groups[service].start(instance, version, lane=lane)
        started.process.promote()
        return started

    def settle(self) -> None:
        """Whoever runs is ready and seen; whoever has ended is forgotten."""
        for group in self.groups.values():
            for one in group.living():
                until(f"{one.incarnation} to be ready", partial(_is_ready, one), within_s=20, transient=(Gone,))
        self.await_sight("storefront", self.groups["orders"].living())
        self.await_sight("orders", self.groups["inventory"].living())
        for one in self.groups["storefront"].all():
            if one.exit_status() is not None:
                self.slb.withdraw(one)
        (entry,) = self.groups["storefront"].living()
        if entry.incarnation not in {member.incarnation for member in self.slb.members()}:
            self.slb.enrol(entry)
        until("the entry in rotation", lambda: any(m.in_rotation for m in self.slb.members()), within_s=10)
        for group in self.groups.values():
            group.forget_ended()

    def go_offline(self, one: DescribedInstance, *, notify: bool) -> None:
        """Out of the registry; with word to each caller, or without."""
        one.perform(HttpAct(method="POST", path=f"/offline?notify={str(notify).lower()}"))

    def end(self, one: DescribedInstance) -> None:
        one.signal("SIGTERM")
        self.ended(one)

    def ended(self, one: DescribedInstance) -> ExitStatus:
        status = until(f"{one.incarnation} to end", one.exit_status, within_s=12)
        assert status is not None
        return status

    def request_id(self) -> str:
        return f"chain-{next(self._numbers)}"

    def write(self, request_id: str, work_ms: int = 0) -> Answer:
        order = {"id": request_id, "sku": "sku-1", "quantity": 1, "work_ms": work_ms}
        return self.send("POST", "/orders", request_id, json.dumps(order))

    def read(self, order: str, lane: str = "") -> Answer:
        return self.send("GET", f"/orders/{order}", self.request_id(), lane=lane)

    def send(self, method: str, path: str, request_id: str, body: str | None = None, lane: str = "") -> Answer:
        headers = {"X-Request-Id": request_id} | ({"X-Release-Lane": lane} if lane else {})
        answer = self._client.request(
            method, f"http://{self.slb.address}{path}", data=body, headers=headers, timeout=10
        )
        hops = tuple(Hop(**hop) for hop in json.loads(answer.headers["X-Hops"]))
        return Answer(answer.status_code, answer.headers["X-Version"], answer.json(), hops)

    def hold(self, service: str, work_ms: int) -> tuple[str, DescribedInstance, Future[Answer]]:
        """A write that is being held on an instance of this service now: its id, the instance, its answer to come."""
        request_id = self.request_id()
        answer = self._pool.submit(self.write, request_id, work_ms)

        def holder() -> DescribedInstance | None:
            return next(
                (i for i in self.groups[service].living() if request_id in (i.status().held_writes or ())), None
            )

        instance = until(f"a write held on {service}", holder, within_s=30, every_s=0.005)
        assert instance is not None
        return request_id, instance, answer

    def effects(self, request_id: str) -> list[tuple[str, str]]:
        """What the write has left: each effect, and the instance that left it."""
        with psycopg.connect(self._dsn) as connection:
            query = "SELECT effect, incarnation FROM effects WHERE request_id = %s ORDER BY id"
            return connection.execute(query, (request_id,)).fetchall()

    def sees(self, consumer: str) -> set[tuple[str, ...]]:
        """Each view that an instance of the consumer has of whom it would call now: incarnations, sorted."""
        return {tuple(sorted(_seen(one))) for one in self.groups[consumer].living()}

    def await_sight(self, consumer: str, called: Iterable[DescribedInstance], within_s: float = 15) -> None:
        """Each instance of the consumer would call these and nobody else; each asks the registry in its own time."""
        wanted = {tuple(sorted(one.incarnation for one in called))}
        until(f"what {consumer} sees", lambda: self.sees(consumer), accept=wanted.__eq__, within_s=within_s)


def _is_ready(one: DescribedInstance) -> bool:
    return one.status().ready


def _seen(consumer: DescribedInstance) -> set[str]:
    """What it would call now: each service of the chain calls one other."""
    (seen,) = (consumer.status().sees or {}).values()
    return set(seen)
