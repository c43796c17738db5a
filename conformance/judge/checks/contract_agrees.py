"""The contract is the one that the load was ordered by and that the descriptor resolves to.

A run is judged by its contract. One that expects more statuses, fewer effects or less evidence than the order that the
load was given, or than its own descriptor, asks for less than was promised.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from conformance.judge.check import Check
from conformance.judge.load_order import UnreadableOrder, load_order, ordered_routes
from conformance.judge.model import Finding, Verdict
from conformance.judge.run_facts import RunFacts
from conformance.judge.sql import count
from conformance.judge.wording import few, plural
from conformance.record.contract import Contract, ReleaseFacts, RouteFacts, ServiceFacts
from conformance.record.events import MarkedOffline
from conformance.record.reader import Record
from conformance.record.thresholds import NOTIFIED_WITHIN_S
from conformance.vocabulary import FindingKind


def judge(record: Record, _facts: RunFacts) -> Sequence[Finding]:
    """The load's order, then the descriptor as it was resolved."""
    messages = [*_order(record), *_descriptor(record.contract), *_bounds(record), *_evidence(record)]
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
    contract = record.contract
    said: dict[str, object] = {
        "run": contract.run,
        "rate": contract.load.rate,
        "fresh_share": contract.load.fresh_share,
        "timeout_s": contract.thresholds.client_timeout_s,
        "headers": msgspec.to_builtins(contract.headers),
    }
    said |= {"workers": contract.load.workers, "origin_ns": record.environment.origin_ns}
    for name, value in said.items():
        if name in order and order[name] != value:
            yield f"{name} is {value} by the contract and {order[name]} by the load's order"
    if record.load.tasks is None and not contract.load.journeys and isinstance(order.get("routes"), list):
        yield from _ordered_routes(contract.load.routes, ordered_routes(order))


def _ordered_routes(routes: Sequence[RouteFacts], told: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    if {route.name for route in routes} != set(told):
        yield f"the routes are {few(r.name for r in routes)} by the contract and {few(told)} by the load's order"
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
        for name, value in facts.items():
            if name in one and one[name] != value:
                yield f"{name} of {route.name} is {value} by the contract and {one[name]} by the load's order"


def _descriptor(contract: Contract) -> Iterator[str]:
    resolved = contract.resolved
    for release in contract.releases:
        callers = {caller for _, caller, callee in contract.hops if callee == release.service}
        if set(release.callers) != callers:
            told = f"{few(sorted(release.callers)) or 'nobody'} by the release and {few(sorted(callers)) or 'nobody'}"
            yield f"{release.service} is called by {told} by the call graph"
        if release.offline == "lossless" and not release.lossless and not _begins_with_a_signal(release, resolved):
            yield f"{release.service} goes offline losslessly by the policy's name, and not by what is judged"
        suites_way = release.position == "provider" and not _has_a_way_of_its_own(release, resolved)
        if release.lossless and not release.quiet and suites_way:
            yield f"{release.service} need not be quiet before it stops, and its descriptor has no way down of its own"
    before = {release.service: release.old for release in contract.releases}
    for service in contract.services:
        yield from _service(service, before.get(service.name, ""), resolved)
    numbered = {value: key[: -len(".name")] for key, value in resolved.items() if _is_name(key)}
    for route in contract.load.routes:
        prefix = numbered.get(route.name)
        if prefix is None:
            continue
        effects = set(route.effects).union(*(rule.effects for rule in route.rules))
        if lost := [effect for effect in _list(resolved.get(f"{prefix}.effects", "")) if effect not in effects]:
            yield f"{route.name} leaves {few(lost)} by its descriptor; the contract does not say so"
        if f"{prefix}.write" in resolved and resolved[f"{prefix}.write"] != str(route.write):
            yield f"{route.name} is a write by one of contract and descriptor, and a read by the other"


def _begins_with_a_signal(release: ReleaseFacts, resolved: Mapping[str, str]) -> bool:
    """Whether its own way down is to be asked to end at once; a worker's is where it declares none."""
    is_signal = f"services.{release.service}.offline[0].signal" in resolved
    return is_signal or (release.position == "worker" and not _has_a_way_of_its_own(release, resolved))


def _has_a_way_of_its_own(release: ReleaseFacts, resolved: Mapping[str, str]) -> bool:
    return any(key.startswith(f"services.{release.service}.offline[") for key in resolved)


def _evidence(record: Record) -> Iterator[str]:
    """What the contract says that nobody tells is not told."""
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
    told = {event.service: event.notify for event in record.events if isinstance(event, MarkedOffline)}
    writes = sum(route.weight for route in load.routes if route.write) / weight or 1.0
    for release in contract.releases:
        if release.removal_bound_s is None or not (told.get(release.service) or _is_to_notify(contract, release)):
            continue
        callers = sum(len(one.instances) for one in contract.callers(release.service))
        round_s = len(contract.service(release.service).instances) * callers / (load.rate * writes)
        allowed_s = max(NOTIFIED_WITHIN_S, 2 * round_s)
        if release.removal_bound_s > allowed_s * 1.01:
            what = f"calls of {release.service} for {release.removal_bound_s:g} s after its mark are allowed"
            yield f"{what} by the contract; {allowed_s:.2f} s follow from its load and callers"


def _is_to_notify(contract: Contract, release: ReleaseFacts) -> bool:
    """Whether its way down, as its descriptor has it, tells its callers."""
    first = f"services.{release.service}.offline[0].notifies"
    return release.offline == "lossless" and contract.resolved.get(first) == "True"


def _is_name(key: str) -> bool:
    return key.startswith("workload.routes[") and key.endswith("].name")


def _service(service: ServiceFacts, before: str, resolved: Mapping[str, str]) -> Iterator[str]:
    """What it is; the version ``before`` that a release of it begins with is its own, or another that is described."""
    prefix = f"services.{service.name}"
    version = resolved.get(f"{prefix}.version", service.version)
    is_described = any(key.startswith(f"{prefix}.versions.{before}.") for key in resolved)
    if version != service.version and not (service.version == before and is_described):
        yield f"{service.name} is {service.version} by the contract and {version} by its descriptor"
    if f"{prefix}.calls" in resolved:
        lost = [callee for callee in _list(resolved[f"{prefix}.calls"]) if callee not in service.calls]
        if lost:
            yield f"{service.name} calls {few(lost)} by its descriptor; the contract does not say so"
    evidence = f"{prefix}.evidence"
    declared = [name for name in ("identity", "hops") if resolved.get(f"{evidence}.{name}") == "True"]
    declared += ["executions"] if resolved.get(f"{evidence}.executions") else []
    shown = set(_list(resolved.get(f"{evidence}.status", "")))
    declared += [name for name in ("in_flight", "offline", "sees") if name in shown]
    if lost := [name for name in declared if name not in service.evidence]:
        yield f"{service.name} declares {few(lost)} by its descriptor; the contract does not say so"


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


CHECK = Check(name="contract_agrees", title="The contract is that of order and descriptor", order=31, judge=judge)
