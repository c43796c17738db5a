"""A record that deserves GO: twelve requests, two instances replaced in two batches.

The released service S has S-01 and S-02, each other service one instance. Times are milliseconds since the origin:

      0  baseline          requests 0, 1, 2
    250  batch 1 (S-01)    request 3 is held on S-01.1 while it leaves; S-01.2 from 430 on
    650  batch 2 (S-02)    request 7 is held on S-02.1 while it leaves; S-02.2 from 830 on
   1050  verify            request 11

Requests are due every 100 ms from 10 ms on and take 10 ms; the two held ones take 80 ms. Writes are 0, 3, 5, 7, 9, 11.
"""

import copy
from collections.abc import Callable

import msgspec

from conformance.record import events
from conformance.record.contract import (
    BatchFacts,
    Contract,
    Environment,
    Expected,
    LoadFacts,
    PlanNode,
    Position,
    ReleaseFacts,
    RouteFacts,
    ServiceFacts,
)
from conformance.record.events import Event
from conformance.record.schema import EXECUTIONS, LEDGER, REQUESTS, SLB, STATES, HopAnswer, Table
from conformance.record.thresholds import Thresholds
from tests.judge.handmade import CALLERS, MS, RUN, Handmade, Row, request_id

HOPS = {service: f"{caller}->{service}" for service, caller in CALLERS.items()}
EVIDENCE = ("identity", "hops", "executions", "in_flight", "held_writes", "offline", "sees")
WRITE = RouteFacts(
    name="POST /orders", method="POST", weight=1, expect=(201,), write=True, effects=("placed", "reserved", "confirmed")
)
READ = RouteFacts(name="GET /orders", method="GET", weight=1, expect=(200,), write=False, effects=(), reads_back=True)
WRITES = (0, 3, 5, 7, 9, 11)
HELD = {3: 80, 7: 80}
SERVED_BY = ("01.1", "02.1", "01.1", "01.1", "02.1", "01.2", "01.2", "02.1", "01.2", "02.2", "02.2", "01.2")
"""Which incarnation of the released service answers request i."""

_MADE: dict[str, Handmade] = {}


def made(service: str = "orders") -> Handmade:
    """A record of a lossless release of this service that deserves GO."""
    if service not in _MADE:
        _MADE[service] = _make(service)
    return copy.deepcopy(_MADE[service])


def forget() -> None:
    """Drop the records that were made once for all tests."""
    _MADE.clear()


def _make(service: str) -> Handmade:
    new = Handmade(
        service=service,
        contract=_contract(service),
        plan=_plan(service),
        events=_events(service),
        environment=Environment(
            started="2026-01-01T00:00:00+00:00",
            wall_minus_monotonic_start_ns=5,
            wall_minus_monotonic_end_ns=5,
            origin_ns=0,
            host={},
            versions={},
        ),
        requests=[],
    )
    for seq, life in enumerate(SERVED_BY):
        _add_request(new, seq, life)
    _add_states(new)
    return new


def _add_request(new: Handmade, seq: int, life: str) -> None:
    is_write, due = seq in WRITES, (10 + 100 * seq) * MS
    done = due + HELD.get(seq, 10) * MS
    route, status = ("POST /orders", 201) if is_write else ("GET /orders", 200)
    times = (due, due + MS // 10, done, done)
    new.requests.append(_row(REQUESTS, seq, route, is_write, HELD.get(seq, 0), *times, 1, 0, seq, status, "", 0))
    by = {name: _served(new.service, name, life) for name in CALLERS}
    calls = ["orders", "inventory"] if is_write else ["orders"]
    hops = [HopAnswer(HOPS[name], _instance(by[name]), by[name], 200, "") for name in calls]
    entry = by["storefront"]
    peer, told = _instance(entry), msgspec.json.encode(hops).decode()
    new.identities[seq] = {
        "peer": peer,
        "instance": peer,
        "incarnation": entry,
        "version": _version(new.service, "storefront", entry),
        "hops": told,
    }
    new.slb.append(_row(SLB, request_id(seq), done, 1, status, peer, entry, f"{entry}:1", True, status))
    for depth, name in enumerate(["storefront", *calls], start=1):
        who = (_instance(by[name]), by[name], _version(new.service, name, by[name]))
        lasted = (due + depth * MS, done - depth * MS)
        ended = status if name == "storefront" else 200
        new.executions.append(_row(EXECUTIONS, request_id(seq), name, *who, "order", *lasted, ended))
    effects = (("placed", "orders"), ("reserved", "inventory"), ("confirmed", "orders"))
    for effect, name in effects if is_write else ():
        who = (_instance(by[name]), by[name], _version(new.service, name, by[name]))
        new.ledger.append(_row(LEDGER, request_id(seq), effect, *who))


def _row(table: Table, *values: str | int | bool) -> Row:
    return dict(zip((name for name, _ in table.columns), values, strict=True))


def _served(released: str, service: str, life: str) -> str:
    return f"{service}-{life if service == released else '01.1'}"


def _instance(incarnation: str) -> str:
    return incarnation.rpartition(".")[0]


def _version(released: str, service: str, incarnation: str) -> str:
    return "v2" if service == released and incarnation.endswith(".2") else "v1"


def _add_states(new: Handmade) -> None:
    """Every 50 ms; the instance that is being replaced is out from its mark until it is listed again."""
    out = {"01": range(320, 460), "02": range(720, 860)}
    for at in range(0, 1200, 50):
        for service in CALLERS:
            for number in ("01", "02") if service == new.service else ("01",):
                started = {"01": 430, "02": 830}[number]
                life = 2 if service == new.service and at >= started else 1
                instance = f"{service}-{number}"
                serves = service != new.service or at not in out[number]
                observer = "slb" if service == "storefront" else "registry"
                new.states.append(_row(STATES, at * MS, observer, service, instance, f"{instance}.{life}", serves))


def _contract(service: str) -> Contract:
    return Contract(
        run=RUN,
        scenario="test_batches.py::test_a_batch_release",
        title="A batch release",
        promise="A8: nothing is lost",
        expected=Expected(),
        platform="embedded",
        registry="nacos",
        descriptor="handmade",
        services=_services(service),
        release=_release(service),
        load=LoadFacts(rate=10, fresh_share=0.1, routes=(WRITE, READ)),
        thresholds=Thresholds(
            client_timeout_s=1.0,
            baseline_requests=2,
            batch_requests=3,
            batch_writes=1,
            incarnation_answers=1,
            in_flight_at_stop=1,
            rotation_gap_s=0.1,
        ),
    )


def _services(released: str) -> tuple[ServiceFacts, ...]:
    return tuple(
        ServiceFacts(
            name=name,
            position=_position(name),
            calls=tuple(callee for callee, caller in CALLERS.items() if caller == name),
            instances=(f"{name}-01", f"{name}-02") if name == released else (f"{name}-01",),
            version="v1",
            evidence=EVIDENCE,  # type: ignore[arg-type]  # all there are
        )
        for name in CALLERS
    )


def _position(service: str) -> Position:
    return "entry" if service == "storefront" else "provider"


def _release(service: str) -> ReleaseFacts:
    return ReleaseFacts(
        service=service,
        position=_position(service),
        callers=(CALLERS[service],),
        old="v1",
        new="v2",
        strategy="2 batches of 1 and 1",
        offline="lossless",
        lossless=True,
        removal_bound_s=0.05,
        minimum_in_rotation=1,
        baseline_step="1",
        batches=(
            BatchFacts(step="2", title="Batch 1 of 2", instances=(f"{service}-01",)),
            BatchFacts(step="3", title="Batch 2 of 2", instances=(f"{service}-02",)),
        ),
    )


def _plan(service: str) -> list[PlanNode]:
    def batch(number: int, instance: str) -> PlanNode:
        titles = ("Go offline", "Serve on", "Stop: SIGTERM", "Start: v2", "Wait until listed", "Wait until answered")
        children = tuple(
            PlanNode(number=f"{number}.{index}", title=title, instances=(instance,))
            for index, title in enumerate(titles, start=1)
        )
        return PlanNode(number=str(number), title=f"Batch {number - 1} of 2", instances=(instance,), children=children)

    return [
        PlanNode(number="1", title="Baseline"),
        batch(2, f"{service}-01"),
        batch(3, f"{service}-02"),
        PlanNode(number="4", title="Verify"),
    ]


def _events(service: str) -> list[Event]:
    titles = {node.number: node.title for top in _plan(service) for node in (top, *top.children)}

    def step(number: str, began: int, ended: int) -> list[Event]:
        return [
            events.StepBegan(at_ns=began * MS, step=number, title=titles[number]),
            events.StepEnded(at_ns=ended * MS, step=number, outcome="done"),
        ]

    made_up: list[Event] = [events.LoadBegan(at_ns=0, step=""), *step("1", 0, 250)]
    for number, instance, held, begin in (("2", "01", 3, 250), ("3", "02", 7, 650)):
        made_up += step(number, begin, begin + 400)
        ends = (begin, begin + 75, begin + 155, begin + 175, begin + 205, begin + 215, begin + 400)
        for index in range(6):
            made_up += step(f"{number}.{index + 1}", ends[index], ends[index + 1])
        made_up += _replacement(service, number, f"{service}-{instance}", held, begin)
    made_up += step("4", 1050, 1080)
    made_up += [
        events.LoadEnded(at_ns=1150 * MS, step=""),
        events.AuditRead(at_ns=1200 * MS, step="", rows=3 * len(WRITES), agreed=True),
    ]
    return made_up


def _replacement(service: str, number: str, instance: str, held: int, begin: int) -> list[Event]:
    """One instance's way down and up; the offsets are those of the module's table."""

    def happened(kind: Callable[..., Event], at: int, part: int, life: int, **more: object) -> Event:
        own = {"service": service, "instance": instance, "incarnation": f"{instance}.{life}"}
        return kind(at_ns=(begin + at) * MS, step=f"{number}.{part}", **own, **more)

    entry = service == "storefront"
    caller = "slb" if entry else f"{CALLERS[service]}-01"
    told = [
        happened(events.WritesInFlight, 65, 1, 1, requests=(request_id(held),)),
        happened(events.DrainAcknowledged, 70, 1, 1)
        if entry
        else happened(events.MarkedOffline, 70, 1, 1, notify=True),
        happened(events.Unlisted, 80, 2, 1, observer=caller),
        happened(events.NothingInFlight, 145, 2, 1),
        happened(events.Signalled, 160, 3, 1, signal="SIGTERM"),
        happened(events.Exited, 170, 3, 1, code=0, signal=None),
        happened(events.Launched, 180, 4, 2, version="v2", address="127.0.0.1:2"),
        happened(events.Ready, 200, 4, 2),
        happened(events.Listed, 212, 5, 2, observer=caller),
        happened(events.Answered, 390, 6, 2, executions=1),
    ]
    return told if entry else [*told, happened(events.Registered, 210, 5, 2)]


def left_rotation(at_ms: int) -> events.LeftRotation:
    """The SLB's health check takes out a storefront that nobody has touched."""
    return events.LeftRotation(
        at_ns=at_ms * MS, step="", service="storefront", instance="storefront-01", incarnation="storefront-01.1"
    )


def starved(from_ms: int, until_ms: int) -> events.Starved:
    """The machine has no processor to spare."""
    return events.Starved(at_ns=until_ms * MS, step="", since_ns=from_ms * MS, idle=0.01)
