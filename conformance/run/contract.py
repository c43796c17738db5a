"""What goes into the record before anything happens: the contract, the plan, and the order to the load."""

from collections.abc import Mapping, Sequence
from math import ceil

from msgspec import structs

from conformance.load.spec import Journey, LoadSpec, Route, Tls, Users, requests_each
from conformance.plan import Exposure, Part, Plan, QuietAct, Step
from conformance.plan.steps import (
    AwaitHealthy,
    AwaitReplaced,
    AwaitUnlisted,
    Confirm,
    Dwell,
    Perform,
    RunOwnCommand,
    ServeUntilQuiet,
    ServeUntilUnlisted,
    Start,
)
from conformance.record.contract import (
    SLB_CALLS,
    BatchFacts,
    Contract,
    ExposureFacts,
    LoadFacts,
    PlanNode,
    ReleaseFacts,
    ServiceFacts,
)
from conformance.record.request_headers import RequestHeaders
from conformance.record.thresholds import NOTIFIED_WITHIN_S
from conformance.run.clock import Clock
from conformance.run.spec import RunSpec
from conformance.run.timings import Timings

UNNOTIFIED_BEYOND_S = 1.0
"""On top of what the registry and the consumer's list take to tell of it."""
USERS = 500
"""Who ask, where a gray chooses its users: each comes back every few seconds."""


def contract_of(spec: RunSpec) -> Contract:
    """The contract of this run."""
    parts = spec.plan.release.parts
    releases = tuple(_release_facts(spec, part) for part in parts)
    return Contract(
        run=spec.run,
        scenario=spec.scenario,
        title=spec.title,
        promise=spec.promise,
        expected=spec.expected,
        platform=spec.platform,
        registry=spec.registry,
        slb=spec.slb,
        slb_lines=spec.slb_lines,
        sticky=spec.sticky,
        descriptor=spec.descriptor,
        services=spec.services,
        release=releases[0],
        also=releases[1:],
        load=_load_facts(spec),
        headers=spec.headers,
        thresholds=spec.thresholds,
        server_settings=spec.topology_timers.server_settings,
        client=spec.topology_timers.client,
        timers=dict(spec.topology_timers.timers),
        chain=spec.topology_timers.chain,
        joined_by=spec.audit.joined_by,
        settles_s=spec.audit.settles_s,
        promised=spec.promised,
        resolved=dict(spec.resolved),
    )


def plan_nodes(plan: Plan) -> tuple[PlanNode, ...]:
    """The plan as the record keeps it."""
    return tuple(_node(step) for step in (*plan.steps, *plan.undo))


def load_spec(spec: RunSpec, clock: Clock, address: str) -> LoadSpec:
    """What the load's process is told."""
    host, port = _reached(spec, address)
    return LoadSpec(
        run=spec.run,
        directory=str(spec.directory),
        origin_ns=clock.origin_ns,
        host=host,
        port=port,
        rate=spec.rate,
        timeout_s=spec.thresholds.client_timeout_s,
        fresh_share=spec.fresh_share,
        routes=spec.routes,
        tls=_tls(spec),
        columns=spec.columns,
        rows=spec.rows,
        tasks=spec.tasks,
        journeys=spec.journeys,
        joined_by=spec.audit.joined_by,
        headers=spec.headers,
        secrets=spec.secrets,
        users=users_of(spec.plan.release.met_by, spec.headers),
        seed=1,
        workers=spec.workers,
        places=spec.places,
        warm_up_requests=spec.warm_up_requests,
        max_seconds=longest_s(spec.plan, spec.topology_timers.patient(spec.timings.at(spec.rate)), spec.ready_s),
    )


def _reached(spec: RunSpec, address: str) -> tuple[str, int]:
    """Host and port, for whoever sends the load, of what this machine reaches at this address."""
    where = spec.places[0].reaches.get(address, address) if spec.places else address
    host, _, port = where.rpartition(":")
    return host, int(port)


def _tls(spec: RunSpec) -> Tls | None:
    if spec.tls is None:
        return None
    host, port = _reached(spec, f"{spec.tls.host}:{spec.tls.port}")
    return structs.replace(spec.tls, host=host, port=port)


def longest_s(plan: Plan, timings: Timings, ready_s: float = 0.0) -> float:
    """How long the load may last: work, the plan's longest waits, and the longest that people may take to decide.

    Args:
        plan: What is carried out.
        timings: What each wait takes at most.
        ready_s: How long an instance may take to become ready.
    """
    passing = 0.0
    undoing = (child for step in plan.undo for child in step.children if isinstance(child.action, RunOwnCommand))
    for step in (*plan.leaves(), *undoing):
        match step.action:
            case Dwell(seconds) | RunOwnCommand(seconds):
                passing += seconds
            case Confirm(confirmation):
                passing += confirmation.within_s * timings.slower
            case AwaitHealthy():
                passing += timings.healthy
            case AwaitUnlisted():
                passing += timings.unlisted
            case ServeUntilUnlisted() | ServeUntilQuiet():
                passing += timings.served_out
            case Perform(act):
                passing += getattr(act, "within_s", 0.0)
            case Start(most=most):
                passing += ready_s * (1 if most is None else ceil(len(step.instances) / most))
            case AwaitReplaced():
                passing += timings.replaced
    return timings.load_longest + timings.paused + passing


def _release_facts(spec: RunSpec, part: Part) -> ReleaseFacts:
    plan, release, service = spec.plan, spec.plan.release, part.service
    return ReleaseFacts(
        service=service.name,
        position=service.position,
        callers=_callers(spec, service.name),
        old=service.version,
        new=release.overtaken_by or part.to,
        strategy=release.strategy,
        met_by=release.met_by.told,
        together=release.together,
        overtaken_by=release.overtaken_by,
        start_first=release.order == "start first",
        offline=release.offline.name,
        lossless=release.leaves_first,
        quiet=any(isinstance(act, QuietAct) for act in part.way_down),
        removal_bound_s=_removal_bound_s(spec, part),
        minimum_in_rotation=release.minimum_in_rotation(part),
        own_command=release.own_command,
        nothing=release.nothing,
        baseline_step=plan.baseline.number,
        batches=_batch_facts(plan.batches, part, plan.service_of),
        undo=_batch_facts([step for step in plan.undo if step.is_batch], part, plan.service_of),
        exposure=ExposureFacts(by=release.met_by.by, share=float(release.met_by.share)),
    )


def _batch_facts(steps: Sequence[Step], part: Part, service_of: Mapping[str, str]) -> tuple[BatchFacts, ...]:
    """Those that replace instances of this service; and what replaces nobody, as in a null release."""
    service = part.service.name
    own = [(step, tuple(n for n in step.instances if service_of[n] == service)) for step in steps]
    return tuple(
        BatchFacts(step=step.number, title=step.title, instances=names, to=step.version, gray=step.is_gray)
        for step, names in own
        if names or not step.instances
    )


def users_of(exposure: Exposure, headers: RequestHeaders) -> Users | None:
    """Who asks: of no concern where the gray does not choose."""
    if not exposure.chooses:
        return None
    if exposure.by != "mark":
        return Users(count=USERS)
    mark = exposure.mark or f"{headers.lane}: {headers.lane_value}"
    return Users(count=USERS, marked=round(USERS * exposure.share), mark=mark)


def _load_facts(spec: RunSpec) -> LoadFacts:
    users = users_of(spec.plan.release.met_by, spec.headers)
    return LoadFacts(
        rate=spec.rate,
        fresh_share=spec.fresh_share,
        routes=spec.route_facts(),
        journeys=spec.journey_facts(),
        users=users.count if users else 0,
        marked_users=users.marked if users else 0,
        workers=spec.workers,
    )


def _callers(spec: RunSpec, service: str) -> tuple[str, ...]:
    """Who calls it, the SLB first."""
    entry = any(one.name == service and one.position == "entry" for one in spec.services)
    return ((SLB_CALLS,) if entry else ()) + tuple(one.name for one in _calling(spec, service))


def _calling(spec: RunSpec, service: str) -> list[ServiceFacts]:
    return [one for one in spec.services if service in one.calls]


def _removal_bound_s(spec: RunSpec, part: Part) -> float | None:
    """How long the instances of this service may be called after their mark; None where no such mark is promised."""
    if not spec.plan.release.leaves_first:
        return None
    return removal_bound_s(
        notifies=part.notifies,
        told_within_s=spec.topology_timers.told_within_s,
        round_s=round_s(
            instances=len(part.names),
            callers=sum(len(one.instances) for one in _calling(spec, part.service.name)),
            rate=spec.rate,
            routes=spec.routes,
            journeys=spec.journeys,
        ),
        held_s=max((route.long_ms[1] for route in spec.routes if route.long_share > 0), default=0) / 1000,
    )


def _node(step: Step) -> PlanNode:
    return PlanNode(
        number=step.number,
        title=step.title,
        instances=step.instances,
        children=tuple(_node(child) for child in step.children),
        kind=step.kind,
        what=step.what,
        undo=step.is_undo,
    )


def removal_bound_s(*, notifies: bool, told_within_s: float, round_s: float, held_s: float) -> float:
    """Seconds that a way down which leaves first allows.

    An instance that notifies tells a caller with the next answer, and cannot have told one that has not called since:
    where callers come round seldom, two of their rounds are allowed, and that the call which would be told is one of
    those that the load asks to be held. One that does not notify waits for registry and lists.
    """
    if notifies:
        return max(NOTIFIED_WITHIN_S, 2 * round_s + held_s)
    return UNNOTIFIED_BEYOND_S + told_within_s


def round_s(
    *, instances: int, callers: int, rate: int, routes: Sequence[Route], journeys: Sequence[Journey] = ()
) -> float:
    """Seconds from a caller's call of an instance to its next one there, where each caller takes them in turn.

    A write goes all the way down the chain; what else is asked for may not come so far.
    """
    # What a locustfile's tasks ask for is not known beforehand.
    each = requests_each(routes, journeys)
    writes = sum(number for route, number in zip(routes, each, strict=True) if route.write) or sum(each) or 1.0
    return instances * callers / (rate * writes)
