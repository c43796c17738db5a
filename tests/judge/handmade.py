"""A tiny but complete record, made by hand, whose parts a test changes before it is written; healthy.py makes one."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from conformance.judge.check import all_checks
from conformance.judge.judge import judge
from conformance.judge.load_order import ORDER
from conformance.judge.model import Finding, Judgement
from conformance.judge.run_facts import analyse
from conformance.record.contract import Contract, Environment, ExposureFacts, PlanNode, RouteFacts
from conformance.record.events import Event
from conformance.record.load_end import LoadEnd
from conformance.record.reader import open_record
from conformance.record.schema import ANSWERS, EXECUTIONS, LEDGER, REQUESTS, SLB, STATES, TOLD, HopAnswer, Table
from conformance.record.writer import RecordWriter

MS = 1_000_000
RUN = "r1"
CALLERS = {"storefront": "slb", "orders": "storefront", "inventory": "orders"}
"""Who calls each service."""
Row = dict[str, str | int | bool]


def request_id(seq: int) -> str:
    return f"{RUN}-{seq:08x}"


@dataclass
class Handmade:
    """All parts of a record, to be changed at will and then written."""

    service: str
    """Which one is released."""
    contract: Contract
    plan: list[PlanNode]
    events: list[Event]
    environment: Environment
    requests: list[Row]
    identities: dict[int, Row] = field(default_factory=dict)
    """Request -> the identity headers of its answer; absent: it had none."""
    executions: list[Row] = field(default_factory=list)
    slb: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    told: list[Row] = field(default_factory=list)
    """Which ids of the services' own are whose; empty: the file is not there."""
    states: list[Row] = field(default_factory=list)
    load: dict[str, object] = field(default_factory=dict)
    """Fields of the load's end marker that differ from the true ones."""
    ordered_journeys: dict[str, object] = field(default_factory=dict)
    """What the load's order says of each journey besides what the contract does."""
    rewrite: Callable[[Path], None] | None = None
    """What is changed in the directory before it is sealed."""

    def release(self, **changes: object) -> None:
        """Change facts of the release."""
        release = msgspec.structs.replace(self.contract.release, **changes)
        self.contract = msgspec.structs.replace(self.contract, release=release)

    def gray(self, **exposure: object) -> None:
        """The first batch is a gray."""
        first, *rest = self.contract.release.batches
        batches = (msgspec.structs.replace(first, gray=True), *rest)
        self.release(
            strategy="gray of 1, then 1 batch of 1",
            batches=batches,
            exposure=msgspec.convert(exposure, ExposureFacts),
        )

    def load_facts(self, **changes: object) -> None:
        load = msgspec.structs.replace(self.contract.load, **changes)
        self.contract = msgspec.structs.replace(self.contract, load=load)

    def thresholds(self, **changes: object) -> None:
        thresholds = msgspec.structs.replace(self.contract.thresholds, **changes)
        self.contract = msgspec.structs.replace(self.contract, thresholds=thresholds)

    def routes(self, *routes: RouteFacts) -> None:
        self.load_facts(routes=routes)

    def undeclare(self, *evidence: str) -> None:
        """No service declares this evidence."""
        services = tuple(
            msgspec.structs.replace(s, evidence=tuple(e for e in s.evidence if e not in evidence))
            for s in self.contract.services
        )
        self.contract = msgspec.structs.replace(self.contract, services=services)

    def without(self, kind: type[Event], incarnation: str | None = None) -> None:
        """Drop the events of this kind, of one incarnation or of all."""
        self.events = [
            e
            for e in self.events
            if not (isinstance(e, kind) and incarnation in (None, getattr(e, "incarnation", None)))
        ]

    def fail(
        self, seq: int, error: str = "unexpected status", status: int = 502, hops: Sequence[HopAnswer] = ()
    ) -> None:
        """Let the request fail; with hops, the entry tells of them."""
        self.requests[seq] |= {"error": error, "status": status}
        if hops:
            self.call(seq, *hops)

    def call(self, seq: int, *hops: HopAnswer) -> None:
        """Let X-Hops tell of just these calls behind the answer to the request, which stays as it is."""
        self.identities[seq]["hops"] = msgspec.json.encode(hops).decode()

    def calls(self, seq: int) -> list[HopAnswer]:
        """What X-Hops tells now."""
        return msgspec.json.decode(str(self.identities[seq]["hops"]), type=list[HopAnswer])

    def forget_hops(self) -> None:
        """No answer carries X-Hops."""
        for seq in self.identities:
            self.identities[seq]["hops"] = ""

    def forget_answer(self, seq: int) -> None:
        """Nobody says who answered."""
        self.identities.pop(seq, None)
        self.requests[seq] |= {"first_ns": 0, "status": 0}

    def drop_effects(self, seq: int, *effects: str) -> None:
        self.ledger = [r for r in self.ledger if not (r["request_id"] == request_id(seq) and r["effect"] in effects)]

    def drop_executions(
        self, service: str | None = None, seq: int | None = None, incarnation: str | None = None
    ) -> None:
        def gone(row: Row) -> bool:
            wanted = {"service": service, "incarnation": incarnation}
            wanted["request_id"] = None if seq is None else request_id(seq)
            return all(value in (None, row[name]) for name, value in wanted.items())

        self.executions = [row for row in self.executions if not gone(row)]

    def write(self, directory: Path) -> Path:
        """Write it as a run does: the load's files beside those of the record's writer."""
        writer = RecordWriter(directory)
        resolved = _described(self.contract) | self.contract.resolved
        writer.write_contract(msgspec.structs.replace(self.contract, resolved=resolved))
        (directory / ORDER).write_bytes(msgspec.json.encode(self._order()))
        writer.write_plan(self.plan, "the plan\n")
        for event in self.events:
            writer.event(event)
        for table, rows in (
            (EXECUTIONS, self.executions),
            (SLB, self.slb),
            (LEDGER, self.ledger),
            (STATES, self.states),
            *([(TOLD, self.told)] if self.told else []),
        ):
            with writer.table(table) as out:
                out.write_all([row[name] for name, _ in table.columns] for row in rows)
        self._write_load(directory)
        writer.write_environment(self.environment)
        if self.rewrite:
            self.rewrite(directory)
        writer.seal()
        return directory

    def _order(self) -> dict[str, object]:
        """What the load was told, as far as the judge asks for it."""
        load = self.contract.load
        return {
            "run": self.contract.run,
            "origin_ns": self.environment.origin_ns,
            "rate": load.rate,
            "fresh_share": load.fresh_share,
            "timeout_s": self.contract.thresholds.client_timeout_s,
            "tasks": {} if "tasks" in self.load and not load.journeys else None,
            "routes": [
                {"name": one.name, "method": one.method, "weight": one.weight, "expect": one.expect, "write": one.write}
                for one in load.routes
            ],
            "journeys": [
                {
                    "name": one.name,
                    "weight": one.weight,
                    "steps": [[route.name for route in load.routes].index(step) for step in one.steps],
                    "session": None if one.session_begins is None else {"begins": one.session_begins},
                    **self.ordered_journeys,
                }
                for one in load.journeys
            ],
        }

    def _write_load(self, directory: Path) -> None:
        numbers: dict[tuple[str | int, ...], int] = {("",) * 5: 0}
        names = [name for name, _ in ANSWERS.columns[1:]]
        for row in self.requests:
            identity = self.identities.get(int(row["seq"]))
            key = tuple(identity[name] for name in names) if identity else ("",) * 5
            row["answer"] = numbers.setdefault(key, len(numbers))
            row["connection_age_us"] = int(row["sent_ns"]) // 1000  # all of them were opened when the run began
        text = _csv(REQUESTS, self.requests)
        answers: list[Row] = [
            {"answer": number, **dict(zip(names, key, strict=True))} for key, number in numbers.items()
        ]
        (directory / REQUESTS.file).write_text(text)
        (directory / ANSWERS.file).write_text(_csv(ANSWERS, answers))
        sent = [row for row in self.requests if row["sent_ns"]]
        facts: dict[str, object] = {
            "planned": len(self.requests),
            "sent": len(sent),
            "rows": len(self.requests),
            "crc32": zlib.crc32(text.encode()),
            "answers": len(answers),
            "started_ns": 10 * MS,
            "stopped_ns": max((int(row["due_ns"]) for row in self.requests), default=0),
            "realtime": True,
            "timer": "timerfd",
            "self_test": {"reset": "reset before answer"},
            "self_test_passed": True,
        }
        end = msgspec.convert(facts | self.load, LoadEnd)
        (directory / "load.json").write_bytes(msgspec.json.encode(end))

    def judged(self, directory: Path) -> Judgement:
        """The judgement of all checks."""
        return judge(self.write(directory))

    def findings(self, check: str, directory: Path) -> list[Finding]:
        """What one check finds, exceptions and all."""
        (carried_out,) = [one for one in all_checks() if one.name == check]
        with open_record(self.write(directory)) as record:
            return list(carried_out.judge(record, analyse(record)))


def _described(contract: Contract) -> dict[str, str]:
    """The least that a descriptor says: each service, and each route by its name."""
    services = {f"services.{one.name}.ready_s": "30" for one in contract.services} | {"workload.rate": "10"}
    services |= {"slb.sticky_cookie": "SERVERID"} if contract.sticky else {}
    return services | {f"workload.routes[{i}].name": one.name for i, one in enumerate(contract.load.routes, start=100)}


def _csv(table: Table, rows: Sequence[Row]) -> str:
    lines = [table.header]
    for row in rows:
        cells = [row[name] for name, _ in table.columns]
        lines.append(",".join(str(c).lower() if isinstance(c, bool) else _quoted(str(c)) for c in cells))
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text
