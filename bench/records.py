"""A large record, made rather than run: a lossless batch release of ten instances under 10,000 requests a second.

Per request there is one line of the SLB and two and a half executions, per write three effects. The same number of
requests gives the same record.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from conformance.judge.load_order import ORDER
from conformance.record import events
from conformance.record.contract import (
    BatchFacts,
    Contract,
    Environment,
    Expected,
    LoadFacts,
    PlanNode,
    ReleaseFacts,
    RouteFacts,
    ServiceFacts,
)
from conformance.record.events import Event
from conformance.record.load_end import LoadEnd
from conformance.record.schema import ANSWERS, EXECUTIONS, LEDGER, REQUESTS, SLB, STATES
from conformance.record.seal import seal
from conformance.record.thresholds import Thresholds
from conformance.record.writer import RecordWriter

RUN = "rbench"
RATE = 10_000
SECOND = 1_000_000_000
BEGAN = SECOND
CALLERS = ("storefront-01", "storefront-02")
BATCHES = ((1, 2, 3, 4), (5, 6, 7), (8, 9, 10))


@dataclass(frozen=True, slots=True)
class Replacement:
    """When one instance is replaced, in nanoseconds since the origin."""

    number: int
    batch: int
    began: int
    length: int

    @property
    def instance(self) -> str:
        return f"orders-{self.number:02d}"

    def at(self, share: float) -> int:
        """This share of the batch's time after its beginning."""
        return self.began + int(self.length * share)

    @property
    def leaves(self) -> int:
        return self.at(0.1)

    @property
    def listed(self) -> int:
        return self.at(0.5)


def replacements(requests: int) -> list[Replacement]:
    quarter = requests * SECOND // RATE // 4
    return [
        Replacement(number, batch, BEGAN + quarter * (batch + 1), quarter)
        for batch, numbers in enumerate(BATCHES)
        for number in numbers
    ]


def make_record(directory: Path, requests: int) -> None:
    """Write the record into an empty directory, and seal it."""
    writer = RecordWriter(directory)
    writer.write_contract(_contract())
    (directory / ORDER).write_bytes(msgspec.json.encode(_order()))
    writer.write_plan(_plan(), "the plan\n")
    replaced = replacements(requests)
    with duckdb.connect() as db:
        _make_tables(db, directory, requests, replaced)
        for event in _story(db, requests, replaced):
            writer.event(event)
    with writer.table(STATES) as states:
        for at in range(0, BEGAN + requests * SECOND // RATE + SECOND, SECOND // 4):
            for one in replaced:
                life = 1 if at < one.leaves else 2
                away = one.leaves <= at < one.listed
                states.write((at, "registry", "orders", one.instance, f"{one.instance}.{life}", not away))
    writer.write_environment(
        Environment(
            started="2026-01-01T00:00:00+00:00",
            wall_minus_monotonic_start_ns=0,
            wall_minus_monotonic_end_ns=0,
            origin_ns=0,
            host={},
            versions={},
        )
    )
    _write_load_end(directory, requests)
    seal(directory)


def _write_load_end(directory: Path, requests: int) -> None:
    crc32 = 0
    with (directory / REQUESTS.file).open("rb") as file:
        while chunk := file.read(1 << 20):
            crc32 = zlib.crc32(chunk, crc32)
    end = LoadEnd(
        planned=requests,
        sent=requests,
        rows=requests,
        crc32=crc32,
        answers=(directory / ANSWERS.file).read_bytes().count(b"\n") - 1,
        started_ns=BEGAN,
        stopped_ns=BEGAN + requests * SECOND // RATE,
        realtime=True,
        timer="timerfd",
        self_test={"reset": "reset before answer"},
        self_test_passed=True,
    )
    (directory / "load.json").write_bytes(msgspec.json.encode(end))


def _story(db: duckdb.DuckDBPyConnection, requests: int, replaced: list[Replacement]) -> Iterator[Event]:
    end = BEGAN + requests * SECOND // RATE
    yield events.LoadBegan(at_ns=0, step="")
    yield events.StepBegan(at_ns=0, step="1", title="Baseline")
    yield events.StepEnded(at_ns=replaced[0].began, step="1", outcome="done")
    for batch, numbers in enumerate(BATCHES):
        own = [one for one in replaced if one.number in numbers]
        step = str(batch + 2)
        yield events.StepBegan(at_ns=own[0].began, step=step, title=f"Batch {batch + 1} of 3")
        for one in own:
            yield from _replacement(db, one, step)
        # Before the last request is due: a load that ends before the release proves nothing of its end.
        yield events.StepEnded(at_ns=own[0].at(0.99), step=step, outcome="done")
    yield events.LoadEnded(at_ns=end + SECOND, step="")  # what was due last has been answered by then
    (effects,) = db.execute("SELECT 3 * count(*) FROM turns WHERE is_write").fetchall()[0]
    yield events.AuditRead(at_ns=end + 2 * SECOND, step="", rows=effects, agreed=True)


def _replacement(db: duckdb.DuckDBPyConnection, one: Replacement, step: str) -> Iterator[Event]:
    held = db.execute(
        "SELECT request_id FROM turns WHERE served = $number AND work_ms > 0 AND sent_ns < $at AND done_ns > $at",
        {"number": one.number, "at": one.leaves - 1},
    ).fetchall()
    old = {"step": step, "service": "orders", "instance": one.instance, "incarnation": f"{one.instance}.1"}
    new = old | {"incarnation": f"{one.instance}.2"}
    writes = tuple(request for (request,) in held)
    yield events.WritesInFlight(at_ns=one.leaves - 1, requests=writes, in_flight=len(writes), **old)
    yield events.MarkedOffline(at_ns=one.leaves, notify=True, **old)
    for caller in CALLERS:
        yield events.Unlisted(at_ns=one.at(0.15), observer=caller, **old)
    yield events.NothingInFlight(at_ns=one.at(0.3), **old)
    yield events.Signalled(at_ns=one.at(0.31), signal="SIGTERM", **old)
    yield events.Exited(at_ns=one.at(0.32), code=0, signal=None, out_of_memory=False, survivors=0, **old)
    yield events.Launched(at_ns=one.at(0.33), version="v2", address=f"127.0.0.1:{one.number}", **new)
    yield events.Ready(at_ns=one.at(0.4), **new)
    yield events.Registered(at_ns=one.at(0.45), **new)
    for caller in CALLERS:
        yield events.Listed(at_ns=one.listed, observer=caller, **new)


def _make_tables(db: duckdb.DuckDBPyConnection, directory: Path, requests: int, replaced: list[Replacement]) -> None:
    db.execute("CREATE TABLE lives (number INTEGER, leaves BIGINT, listed BIGINT)")
    for one in replaced:
        db.execute("INSERT INTO lives VALUES (?, ?, ?)", [one.number, one.leaves, one.listed])
    db.execute(_TURNS, {"requests": requests, "rate": RATE, "began": BEGAN, "run": RUN})
    for table, question in (
        (REQUESTS, _REQUESTS),
        (ANSWERS, _ANSWERS),
        (SLB, _SLB),
        (EXECUTIONS, _EXECUTIONS),
        (LEDGER, _LEDGER),
    ):
        columns = ", ".join(name for name, _ in table.columns)
        path = directory / table.file
        db.execute(f"COPY (SELECT {columns} FROM ({question})) TO '{path}' (HEADER, NULL '\\N')")  # noqa: S608 - own names


_TURNS = """
CREATE TABLE turns AS
WITH numbered AS (
    SELECT i AS seq, i % 2 = 0 AS is_write, $began + i * 1000000000 // $rate AS due_ns, hash(i) AS h
    FROM range($requests) t(i)),
wished AS (
    SELECT *, CASE WHEN is_write AND h % 20 = 0 THEN 400 ELSE 0 END AS work_ms,
           3000000 + CAST(h % 5000000 AS BIGINT) AS took_ns, 1 + CAST((h // 64) % 10 AS INTEGER) AS wish FROM numbered),
turned AS (
    SELECT w.*, CASE WHEN due_ns >= leaves AND due_ns < listed THEN 1 + (wish + 4) % 10 ELSE wish END AS served
    FROM wished w JOIN lives ON number = wish)
SELECT t.*, due_ns + 90000 AS sent_ns, due_ns + took_ns + work_ms * 1000000 AS done_ns,
       $run || '-' || printf('%08x', seq) AS request_id, 'storefront-0' || (1 + seq % 2) AS front,
       'orders-' || printf('%02d', served) AS middle, CASE WHEN due_ns < leaves THEN 1 ELSE 2 END AS life,
       'inventory-0' || (1 + seq // 2 % 2) AS leaf,
       1 + (seq % 2 * 20 + (served - 1) * 2 + life) * 3 + CASE WHEN is_write THEN 1 + seq // 2 % 2 ELSE 0 END AS answer
FROM turned t JOIN lives ON number = served
"""

_REQUESTS = """
SELECT seq, CASE WHEN is_write THEN 'POST /orders' ELSE 'GET /orders' END AS route, is_write, work_ms, due_ns, sent_ns,
       done_ns - 100000 AS first_ns, done_ns, CASE WHEN seq % 10 = 0 THEN 1000 + seq ELSE seq % 200 END AS connection,
       CASE WHEN seq % 10 = 0 THEN 10 ELSE (sent_ns - 1000000000) // 1000 END AS connection_age_us,
       CASE WHEN seq % 10 = 0 THEN 0 ELSE seq // 200 END AS connection_uses,
       CASE WHEN is_write THEN 201 ELSE 200 END AS status, '' AS error, answer
FROM turns ORDER BY seq
"""

_ANSWERS = """
SELECT DISTINCT answer, front AS peer, front AS instance, front || '.1' AS incarnation, 'v1' AS version,
       '[{"hop":"storefront->orders","instance":"' || middle || '","incarnation":"' || middle || '.' || life
       || '","status":200,"error":""}' || CASE WHEN is_write THEN ',{"hop":"orders->inventory","instance":"' || leaf
       || '","incarnation":"' || leaf || '.1","status":201,"error":""}' ELSE '' END || ']' AS hops FROM turns
UNION ALL SELECT 0, '', '', '', '', ''
"""

_SLB = """
SELECT request_id, done_ns AS at_ns, 1 AS attempt,
       CASE WHEN is_write THEN 201 ELSE 200 END AS status, front AS peer, front || '.1' AS incarnation,
       '127.0.0.1:4' || seq % 2 AS address, true AS connected,
       CASE WHEN is_write THEN 201 ELSE 200 END AS answered FROM turns
"""

_EXECUTIONS = """
SELECT request_id, 'storefront' AS service, front AS instance, front || '.1' AS incarnation, 'v1' AS version,
       'POST /orders' AS operation,
       sent_ns + 200000 AS start_ns, done_ns - 200000 AS end_ns,
       CASE WHEN is_write THEN 201 ELSE 200 END AS status FROM turns
UNION ALL
SELECT request_id, 'orders', middle, middle || '.' || life, 'v' || life, 'POST /orders', sent_ns + 600000,
       done_ns - 600000, 200 FROM turns
UNION ALL
SELECT request_id, 'inventory', leaf, leaf || '.1', 'v1', 'POST /reservations', sent_ns + 900000, done_ns - 900000, 201
FROM turns WHERE is_write
"""

_LEDGER = """
SELECT request_id, effect, CASE effect WHEN 'reserved' THEN leaf ELSE middle END AS instance,
       CASE effect WHEN 'reserved' THEN leaf || '.1' ELSE middle || '.' || life END AS incarnation,
       CASE effect WHEN 'reserved' THEN 'v1' ELSE 'v' || life END AS version
FROM turns, (VALUES ('placed'), ('reserved'), ('confirmed')) e(effect) WHERE is_write
"""


def _services() -> tuple[ServiceFacts, ...]:
    evidence = ("identity", "hops", "executions", "in_flight", "held_writes", "offline", "sees")
    orders = tuple(f"orders-{number:02d}" for numbers in BATCHES for number in numbers)
    named = (
        ("storefront", "entry", ("orders",), CALLERS),
        ("orders", "provider", ("inventory",), orders),
        ("inventory", "provider", (), ("inventory-01", "inventory-02")),
    )
    return msgspec.convert(
        [
            {
                "name": name,
                "position": position,
                "calls": calls,
                "instances": instances,
                "version": "v1",
                "evidence": evidence,
            }
            for name, position, calls, instances in named
        ],
        tuple[ServiceFacts, ...],
    )


def _contract() -> Contract:
    write = RouteFacts(
        name="POST /orders",
        method="POST",
        weight=1,
        expect=(201,),
        write=True,
        effects=("placed", "reserved", "confirmed"),
    )
    read = RouteFacts(name="GET /orders", method="GET", weight=1, expect=(200,), write=False, effects=())
    return Contract(
        run=RUN,
        scenario="bench",
        title="A large batch release",
        promise="",
        expected=Expected(),
        platform="embedded",
        registry="nacos",
        descriptor="bench",
        services=_services(),
        release=ReleaseFacts(
            service="orders",
            position="provider",
            callers=("storefront",),
            old="v1",
            new="v2",
            strategy="3 batches of 4, 3 and 3",
            offline="lossless",
            lossless=True,
            removal_bound_s=0.5,
            minimum_in_rotation=6,
            baseline_step="1",
            batches=tuple(
                BatchFacts(
                    step=str(batch + 2),
                    title=f"Batch {batch + 1} of 3",
                    instances=tuple(f"orders-{number:02d}" for number in numbers),
                )
                for batch, numbers in enumerate(BATCHES)
            ),
        ),
        load=LoadFacts(rate=RATE, fresh_share=0.1, routes=(write, read)),
        thresholds=Thresholds(),
        resolved={f"services.{one.name}.ready_s": "30" for one in _services()}
        | {f"workload.routes[{number}].name": route.name for number, route in enumerate((write, read))},
    )


def _order() -> dict[str, object]:
    """What the load was told, as far as the judge asks for it."""
    contract = _contract()
    told = ("name", "method", "weight", "expect", "write")
    return {
        "run": RUN,
        "origin_ns": 0,
        "rate": RATE,
        "fresh_share": contract.load.fresh_share,
        "timeout_s": contract.thresholds.client_timeout_s,
        "tasks": None,
        "routes": [{name: getattr(route, name) for name in told} for route in contract.load.routes],
        "journeys": [],
    }


def _plan() -> tuple[PlanNode, ...]:
    batches = [PlanNode(number=str(batch + 2), title=f"Batch {batch + 1} of 3") for batch in range(len(BATCHES))]
    return (PlanNode(number="1", title="Baseline"), *batches)
