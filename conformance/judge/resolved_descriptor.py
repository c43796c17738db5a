"""What a contract says beside the descriptor that it follows from, as the run resolved it.

Who changes what is judged must change both, and the load's order, and what was then done to each instance.
"""

from collections.abc import Iterator, Mapping

from conformance.judge.wording import few
from conformance.record.contract import Contract, ReleaseFacts, RouteFacts, ServiceFacts
from conformance.record.reader import Record

LOGIN = "login"
"""The route of a workload's log-in, which its descriptor does not name."""


def descriptor_says(record: Record) -> Iterator[str]:
    """Where the contract says otherwise than its descriptor, or its descriptor nothing."""
    contract = record.contract
    yield from _silent(record)
    yield from _releases(contract)
    yield from _promises(contract)
    before = {release.service: release.old for release in contract.releases}
    for service in contract.services:
        yield from _service(service, before.get(service.name, ""), contract.resolved)
    if record.load.tasks is None or contract.load.journeys:
        yield from _routes(contract)


def _silent(record: Record) -> Iterator[str]:
    """A contract whose descriptor tells nothing of a service, or of a route, is one of nobody knows what."""
    contract, resolved = record.contract, record.contract.resolved
    stands = any(key.startswith("standing.") for key in resolved)  # its one service is described there
    silent = [
        one.name
        for one in contract.services
        if not stands and not any(key.startswith(f"services.{one.name}.") for key in resolved)
    ]
    if silent:
        yield f"the resolved descriptor in the contract tells nothing of {few(silent)}"
    if not any(key.startswith("workload.") for key in resolved):
        yield "the resolved descriptor in the contract tells of no workload"
    elif record.load.tasks is None or contract.load.journeys:
        named = {value for key, value in resolved.items() if _is_name(key)} | {LOGIN}
        if strange := [route.name for route in contract.load.routes if route.name not in named]:
            yield f"the resolved descriptor in the contract tells nothing of the routes {few(strange)}"
        if lost := sorted(named - {LOGIN} - {route.name for route in contract.load.routes}):
            yield f"the contract lacks the routes {few(lost)} of its descriptor"
    described = {key.split(".")[1] for key in resolved if key.startswith("services.")}
    if lost := sorted(described - {one.name for one in contract.services}):
        yield f"the contract lacks the services {few(lost)} of its descriptor"


def _releases(contract: Contract) -> Iterator[str]:
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
        if release.offline == "lossless" and not release.quiet and _waits_until_quiet(release, resolved):
            yield f"{release.service} need not be quiet before it stops, and its descriptor's way down waits for that"
        if (position := contract.service(release.service).position) != release.position:
            yield f"{release.service} is released as {release.position} and is {position} among the services"


def _waits_until_quiet(release: ReleaseFacts, resolved: Mapping[str, str]) -> bool:
    """By its own way down. That act alone may say nothing of itself: then its number is left out."""
    own = f"services.{release.service}.offline["
    acts = [key[len(own) :].partition("]") for key in resolved if key.startswith(own)]
    numbers = {int(number) for number, _, _ in acts if number.isdigit()}
    return any(part.startswith(".quiet") for _, _, part in acts) or len(numbers) <= max(numbers, default=-1)


def _begins_with_a_signal(release: ReleaseFacts, resolved: Mapping[str, str]) -> bool:
    """Whether its own way down is to be asked to end at once; a worker's is where it declares none."""
    is_signal = f"services.{release.service}.offline[0].signal" in resolved
    return is_signal or (release.position == "worker" and not _has_a_way_of_its_own(release, resolved))


def _has_a_way_of_its_own(release: ReleaseFacts, resolved: Mapping[str, str]) -> bool:
    return any(key.startswith(f"services.{release.service}.offline[") for key in resolved)


def _promises(contract: Contract) -> Iterator[str]:
    """How quick the system is to be, and how long an effect may take."""
    promised, resolved = contract.promised, contract.resolved
    for key, value in (
        ("promise.p99_ms", promised.p99_ms),
        ("promise.stall_ms", promised.stall_ms),
        ("audit.settles_s", contract.settles_s or None),
    ):
        told = _number(resolved.get(key, "")) or None
        if told != value:
            yield f"{key} is {_said(value)} by the contract and {_said(told)} by the descriptor"


def _said(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _routes(contract: Contract) -> Iterator[str]:
    resolved = contract.resolved
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
        for name, value in (("within_ms", route.within_ms), ("timeout_s", route.timeout_s)):
            if (told := _number(resolved.get(f"{prefix}.{name}", ""))) not in (None, value):
                yield f"{name} of {route.name} is {_said(value)} by the contract and {_said(told)} by the descriptor"
        yield from _rules(route, prefix, resolved)


def _rules(route: RouteFacts, prefix: str, resolved: Mapping[str, str]) -> Iterator[str]:
    """What is right, and what is left, in some version or for some status: it loosens what the route says."""
    for rule in route.rules:
        own = f"services.{rule.service}.versions.{rule.version}.effects.{route.name}" if rule.service else ""
        key = ".".join([own or f"{prefix}.effects", *map(str, rule.statuses)])
        if key not in resolved or tuple(_list(resolved[key])) != rule.effects:
            told = _list(resolved.get(key, "")) or ["nothing of the kind"]
            yield f"{key} is {few(rule.effects) or 'nothing'} by the contract and {few(told)} by the descriptor"
    usual = _list(resolved.get(f"{prefix}.expect", ""))
    right = set(usual)
    for version in route.statuses:
        key = f"services.{version.service}.versions.{version.version}.statuses.{route.name}"
        told = _list(resolved[key]) if key in resolved else usual
        right |= set(told)
        if told and set(told) != {*map(str, version.expect)}:
            yield f"{key} is {few(map(str, version.expect))} by the contract and {few(told)} by the descriptor"
    if usual and (more := [str(status) for status in route.expect if str(status) not in right]):
        yield f"{route.name} is right with {few(more)} by the contract, and not by its descriptor"


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
    position = _position(prefix, resolved)
    if position and position != service.position:
        yield f"{service.name} is {service.position} by the contract and {position} by its descriptor"
    evidence = f"{prefix}.evidence"
    declared = [name for name in ("identity", "hops") if resolved.get(f"{evidence}.{name}") == "True"]
    declared += ["executions"] if resolved.get(f"{evidence}.executions") else []
    shown = set(_list(resolved.get(f"{evidence}.status", "")))
    declared += [name for name in ("in_flight", "offline", "sees") if name in shown]
    if lost := [name for name in declared if name not in service.evidence]:
        yield f"{service.name} declares {few(lost)} by its descriptor; the contract does not say so"


def _position(prefix: str, resolved: Mapping[str, str]) -> str:
    """Where the descriptor has it; empty where that says nothing of it."""
    entry, supporting, worker = (resolved.get(f"{prefix}.{name}") for name in ("entry", "supporting", "worker"))
    if entry is None or supporting is None or worker is None:
        return ""
    if "True" in (supporting, worker):
        return "supporting" if supporting == "True" else "worker"
    return "entry" if entry not in ("", "False") else "provider"


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
