"""Records of releases of any size, made by hand for the picture: who is replaced when, and what the load saw of it.

A baseline of two seconds, then four seconds per step. Within a batch, in milliseconds after its beginning: out of its
callers' lists 300, asked to stop 1,000, gone 1,200, launched 1,300, ready 2,300, listed 2,500. The load asks in turn
whoever is listed, and nobody where nobody is; every request takes 10 ms.
"""

from collections.abc import Callable, Sequence

import msgspec

from conformance.record import events
from conformance.record.contract import BatchFacts, Environment, PlanNode, ReleaseFacts
from conformance.record.events import Event
from conformance.record.schema import REQUESTS, HopAnswer
from tests.judge.handmade import CALLERS, MS, Handmade, Row
from tests.judge.healthy import HOPS, made

RATE = 100
BASELINE = 2_000
STEP = 4_000
MARKED, STOPPED, GONE, LAUNCHED, READY, LISTED = 300, 1_000, 1_200, 1_300, 2_300, 2_500


class Release:
    """A release of one service, or of several at once, told step by step and then made a record."""

    def __init__(
        self, instances: int = 4, batches: Sequence[int] = (2, 2), services: Sequence[str] = ("orders",)
    ) -> None:
        self.services = tuple(services)
        self.instances = {service: tuple(f"{service}-{n:02d}" for n in range(1, instances + 1)) for service in services}
        self.sizes = tuple(batches)
        self.at = 0
        """Milliseconds since the origin: when the next step begins."""
        self.plan: list[PlanNode] = []
        self.events: list[Event] = [events.LoadBegan(at_ns=0, step="")]
        self._lives: dict[str, int] = {name: 1 for names in self.instances.values() for name in names}
        self._serving: list[tuple[str, int, int, int]] = [
            (f"{name}.1", 1, 0, 1 << 60) for name in self.instances[self.services[0]]
        ]
        """Of the first service: incarnation, version, listed from, until; milliseconds."""
        self._step("1", "Baseline: v1 answers under load", BASELINE)

    def batch(self, number: int, *, to: int = 2, title: str = "", step: str = "") -> "Release":
        """Replace the instances of the batch of this number, counted from 0."""
        began = self.at
        step = step or str(len(self.plan) + 1)
        names = [name for service in self.services for name in self.members(service, number)]
        self._step(step, title or f"Batch {number + 1} of {len(self.sizes)}", STEP, names)
        for service in self.services:
            for name in self.members(service, number):
                self._replace(service, name, step, began, to)
        return self

    def refuse(self, why: str = "the new version is too slow") -> "Release":
        """A step in which the new version is found not to be right."""
        step = str(len(self.plan) + 1)
        self.events.append(events.Refused(at_ns=(self.at + 900) * MS, step=step, why=why))
        self._step(step, "Confirm the gray: no request has failed", 1_000, failed=why)
        return self

    def undo(self, number: int) -> "Release":
        """Roll the batch of this number back."""
        return self.batch(number, to=1, title=f"Roll back: Batch {number + 1}", step=f"R{number + 1}")

    def verify(self) -> "Release":
        """The last look."""
        self._step(str(len(self.plan) + 1), "Verify: every instance serves", 1_000)
        return self

    def members(self, service: str, number: int) -> tuple[str, ...]:
        """The instances of a batch."""
        begin = sum(self.sizes[:number])
        return self.instances[service][begin : begin + self.sizes[number]]

    def record(self) -> Handmade:
        """The record of all that was told."""
        new = made(self.services[0])
        releases = [self._facts(new.contract.release, service) for service in self.services]
        services = tuple(
            msgspec.structs.replace(service, instances=self.instances.get(service.name, service.instances))
            for service in new.contract.services
        )
        load = msgspec.structs.replace(new.contract.load, rate=RATE)
        new.contract = msgspec.structs.replace(
            new.contract, services=services, release=releases[0], also=tuple(releases[1:]), load=load
        )
        end = events.LoadEnded(at_ns=self.at * MS, step="")
        new.plan, new.events = self.plan, sorted([*self.events, end], key=lambda event: event.at_ns)
        new.environment = Environment(
            started="2026-01-01T00:00:00+00:00",
            wall_minus_monotonic_start_ns=0,
            wall_minus_monotonic_end_ns=0,
            origin_ns=0,
            host={},
            versions={},
        )
        new.requests, new.identities = [], {}
        new.executions, new.slb, new.ledger, new.states = [], [], [], []
        for seq in range(self.at * RATE // 1_000):
            self._ask(new, seq)
        return new

    def _ask(self, new: Handmade, seq: int) -> None:
        at = seq * 1_000 // RATE
        due = seq * 1_000 * MS // RATE
        listed = [(incarnation, version) for incarnation, version, since, until in self._serving if since <= at < until]
        if not listed:
            return
        incarnation, version = listed[seq % len(listed)]
        values = (seq, "GET /orders", False, 0, due, due + MS // 10, due + 9 * MS, due + 10 * MS, 1, 0, seq, 200, "", 0)
        row: Row = dict(zip((name for name, _ in REQUESTS.columns), values, strict=True))
        new.requests.append(row)
        service, instance = self.services[0], incarnation.rpartition(".")[0]
        entry = service == "storefront"
        hops = [] if entry else [HopAnswer(HOPS[service], instance, incarnation, 200, "")]
        new.identities[seq] = {
            "peer": instance if entry else "storefront-01",
            "instance": instance if entry else "storefront-01",
            "incarnation": incarnation if entry else "storefront-01.1",
            "version": f"v{version}" if entry else "v1",
            "hops": msgspec.json.encode(hops).decode(),
        }

    def _facts(self, release: ReleaseFacts, service: str) -> ReleaseFacts:
        def batches(undo: str) -> tuple[BatchFacts, ...]:
            prefix = "Roll back: " if undo else ""
            found = [node for node in self.plan if node.title.startswith(f"{prefix}Batch")]
            return tuple(
                BatchFacts(step=node.number, title=node.title, instances=tuple(n for n in node.instances if n in own))
                for node in found
            )

        own = self.instances[service]
        return msgspec.structs.replace(
            release,
            service=service,
            position="entry" if service == "storefront" else "provider",
            callers=(CALLERS[service],),
            strategy=f"{len(self.sizes)} batches",
            batches=batches(""),
            undo=batches("undo"),
        )

    def _step(self, number: str, title: str, lasts: int, names: Sequence[str] = (), failed: str = "") -> None:
        self.plan.append(PlanNode(number=number, title=title, instances=tuple(names)))
        self.events.append(events.StepBegan(at_ns=self.at * MS, step=number, title=title))
        self.at += lasts
        ended = events.StepEnded(
            at_ns=(self.at - 1) * MS, step=number, outcome="failed" if failed else "done", saw=failed
        )
        self.events.append(ended)

    def _replace(self, service: str, name: str, step: str, began: int, to: int) -> None:
        life = self._lives[name]
        self._lives[name] = life + 1

        def happened(kind: Callable[..., Event], offset: int, life: int, **more: object) -> None:
            own = {"service": service, "instance": name, "incarnation": f"{name}.{life}"}
            self.events.append(kind(at_ns=(began + offset) * MS, step=step, **own, **more))

        if service == "storefront":
            happened(events.DrainAcknowledged, MARKED, life)
        else:
            happened(events.MarkedOffline, MARKED, life, notify=True)
        happened(events.Signalled, STOPPED, life, signal="SIGTERM")
        happened(events.Exited, GONE, life, code=0, signal=None)
        happened(events.Launched, LAUNCHED, life + 1, version=f"v{to}", address="127.0.0.1:2")
        happened(events.Ready, READY, life + 1)
        happened(events.Listed, LISTED, life + 1, observer="slb" if service == "storefront" else "storefront-01")
        if service == self.services[0]:
            gone = began + MARKED
            self._serving = [
                (one, version, since, min(until, gone) if one == f"{name}.{life}" else until)
                for one, version, since, until in self._serving
            ]
            self._serving.append((f"{name}.{life + 1}", to, began + LISTED, 1 << 60))
