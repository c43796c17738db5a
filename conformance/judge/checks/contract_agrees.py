"""The contract is the one that the load was ordered by and that the descriptor resolves to.

A run is judged by its contract. One that expects more statuses, fewer effects or less evidence than the order that the
load was given, or than its own descriptor, asks for less than was promised.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from conformance.judge.check import Check
from conformance.judge.load_order import ORDER, UnreadableOrder, by_name, load_order, longest_held_s, ordered_journeys
from conformance.judge.model import Finding, Verdict
from conformance.judge.resolved_descriptor import descriptor_says
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count
from conformance.judge.wording import SECOND_NS, few, plural
from conformance.record.contract import Contract, ReleaseFacts, RouteFacts
from conformance.record.events import MarkedOffline
from conformance.record.reader import Record
from conformance.record.thresholds import NOTIFIED_WITHIN_S
from conformance.vocabulary import FindingKind

_ALWAYS_ORDERED = frozenset({"run", "origin_ns", "rate", "fresh_share", "timeout_s", "routes"})
"""What every order of a load has said, from the first on."""


def judge(record: Record, _facts: RunFacts) -> Sequence[Finding]:
    """The load's order, then the descriptor as it was resolved."""
    messages = [*_order(record), *descriptor_says(record), *_bounds(record), *_evidence(record)]
    return [
        Finding(
            check=CHECK.name,
            finding=FindingKind.CONTRADICTORY_RECORD,
            verdict=Verdict.INCONCLUSIVE,
            message=message,
        )
        for message in dict.fromkeys(messages)
    ]


def _order(record: Record) -> Iterator[str]:
    try:
        order = load_order(record)
    except UnreadableOrder as error:
        yield str(error)
        return
    if lacking := sorted(_ALWAYS_ORDERED - set(order)):
        told = f"no {few(lacking)}" if order else "nothing"
        yield f"{ORDER} tells {told}: what the load was ordered to do is not shown"
    contract = record.contract
    said: dict[str, object] = {
        "run": contract.run,
        "rate": contract.load.rate,
        "fresh_share": contract.load.fresh_share,
        "timeout_s": contract.thresholds.client_timeout_s,
        "headers": msgspec.to_builtins(contract.headers),
    }
    users, load = order.get("users"), contract.load
    asked = users if isinstance(users, dict) else {}
    order = order | {"asking": asked.get("count", 0), "marked": asked.get("marked", 0)} if "users" in order else order
    said |= {"workers": load.workers, "origin_ns": record.environment.origin_ns, "joined_by": contract.joined_by}
    said |= {"asking": load.users, "marked": load.marked_users}
    for name, value in said.items():
        if name in order and order[name] != value:
            yield f"{name} is {value} by the contract and {order[name]} by the load's order"
    yield from _ordered_load(record, order)


def _ordered_load(record: Record, order: dict[str, Any]) -> Iterator[str]:
    """Whose requests it was to send, of which kinds, and for how long."""
    contract = record.contract
    journeys = contract.load.journeys
    if (order.get("tasks") is not None) != (record.load.tasks is not None and not journeys):
        yield "the load was a locustfile's by one of its order and its end marker, and not by the other"
    longest_s = order.get("max_seconds")
    lasted_s = (record.load.stopped_ns - record.load.started_ns) / SECOND_NS
    if isinstance(longest_s, int | float) and lasted_s > longest_s + 1:
        yield f"the load lasted {lasted_s:.1f} s by its end marker, and was ordered to last {longest_s:g} s at most"
    if (record.load.tasks is None or journeys) and "routes" in order:
        yield from _ordered_routes(contract.load.routes, by_name(order, "routes"))
    if journeys or order.get("journeys"):
        told = ordered_journeys(order)
        for journey in journeys:
            if told.get(journey.name) != msgspec.json.decode(msgspec.json.encode(journey)):
                yield f"the journey {journey.name} is another one by the contract than by the load's order"
        if strange := sorted(set(told) - {journey.name for journey in journeys}):
            yield f"the load's order has the journeys {few(strange)}, which the contract lacks"


def _ordered_routes(routes: Sequence[RouteFacts], told: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    if {route.name for route in routes} != set(told):
        by_contract, by_order = few(route.name for route in routes), few(told) or "none"
        yield f"the routes are {by_contract} by the contract and {by_order} by the load's order"
    for route in routes:
        one = told.get(route.name, {})
        facts: Mapping[str, object] = {
            "method": route.method,
            "weight": route.weight,
            "expect": list(route.expect),
            "write": route.write,
            "within_ms": route.within_ms,
            "timeout_s": route.timeout_s,
        }
        if one.get("kind", one) is None and (route.lasts or route.rpc or route.goes_on):
            yield f"{route.name} is of a kind of its own by the contract, and a plain request by the load's order"
        for name, value in facts.items():
            if name in one and one[name] != value:
                yield f"{name} of {route.name} is {value} by the contract and {one[name]} by the load's order"


def _evidence(record: Record) -> Iterator[str]:
    """What the contract says that nobody tells is not told, and an SLB keeps its users where its settings say so."""
    resolved = record.contract.resolved
    if (resolved.get("slb.sticky_cookie", "") != "") != record.contract.sticky and "slb.config" not in resolved:
        said, other = ("keeps", "not") if record.contract.sticky else ("does not keep", "them")
        yield f"the SLB {said} its users by the contract, and {other} by the descriptor"
    if not record.contract.slb_lines and (lines := count(record.db, "SELECT count(*) FROM slb")):
        yield f"the SLB tells of no request by the contract; its log has {plural(lines, 'line')}"


def _bounds(record: Record) -> Iterator[str]:
    """The longest removal lag is what follows from rate, routes and callers, where instances tell their callers.

    They do by the way that the descriptor tells, whatever the events say of it.
    """
    contract, load = record.contract, record.contract.load
    weight = sum(route.weight for route in load.routes)
    if record.load.tasks is not None or load.journeys or not weight:
        return  # what will be asked for was not known beforehand
    held_s = _held_s(record)
    told = {event.service: event.notify for event in record.events if isinstance(event, MarkedOffline)}
    writes = sum(route.weight for route in load.routes if route.write) / weight or 1.0
    for release in contract.releases:
        known = told.get(release.service) or contract.implied_s is not None
        judged = release.lossless and release.position == "provider" and not release.own_command
        if judged and known and release.removal_bound_s is None:
            yield f"{release.service} leaves first by the contract, which bounds no call of it after its mark"
        if release.removal_bound_s is None or not (told.get(release.service) or _is_to_notify(contract, release)):
            continue
        callers = sum(len(one.instances) for one in contract.callers(release.service))
        round_s = len(contract.service(release.service).instances) * callers / (load.rate * writes)
        allowed_s = max(NOTIFIED_WITHIN_S, 2 * round_s + held_s)
        if release.removal_bound_s > allowed_s * 1.01:
            what = f"calls of {release.service} for {release.removal_bound_s:g} s after its mark are allowed"
            yield f"{what} by the contract; {allowed_s:.2f} s follow from its load and callers"


def _held_s(record: Record) -> float:
    with suppress(UnreadableOrder):  # said above
        return longest_held_s(load_order(record))
    return 0.0


def _is_to_notify(contract: Contract, release: ReleaseFacts) -> bool:
    """Whether its way down, as its descriptor has it, tells its callers."""
    first = f"services.{release.service}.offline[0].notifies"
    return release.offline == "lossless" and contract.resolved.get(first) == "True"


CHECK = Check(name="contract_agrees", title="The contract is that of order and descriptor", order=31, judge=judge)
