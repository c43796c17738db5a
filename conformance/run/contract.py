"""What goes into the record before anything happens: the contract, the plan, and the order to the load."""

from collections.abc import Mapping, Sequence

from conformance.load.spec import LoadSpec, Route, Users
from conformance.plan import CALLERS, Exposure, OfflinePolicy, Part, Plan, Step
from conformance.plan.steps import AwaitHealthy, AwaitUnlisted, Confirm, Dwell, ServeOut
from conformance.record.contract import BatchFacts, Contract, ExposureFacts, LoadFacts, PlanNode, ReleaseFacts
from conformance.run.clock import Clock
from conformance.run.spec import RunSpec
from conformance.run.timings import Timings

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
        descriptor=spec.descriptor,
        services=spec.services,
        release=releases[0],
        also=releases[1:],
        load=_load_facts(spec),
        thresholds=spec.thresholds,
        server_settings=spec.topology_timers.server_settings,
        client=spec.topology_timers.client,
        timers=dict(spec.topology_timers.timers),
        chain=spec.topology_timers.chain,
        resolved=dict(spec.resolved),
    )


def plan_nodes(plan: Plan) -> tuple[PlanNode, ...]:
    """The plan as the record keeps it."""
    return tuple(_node(step) for step in (*plan.steps, *plan.undo))


def load_spec(spec: RunSpec, clock: Clock, address: str) -> LoadSpec:
    """What the load's process is told."""
    host, _, port = address.rpartition(":")
    return LoadSpec(
        run=spec.run,
        directory=str(spec.directory),
        origin_ns=clock.origin_ns,
        host=host,
        port=int(port),
        rate=spec.rate,
        timeout_s=spec.thresholds.client_timeout_s,
        fresh_share=spec.fresh_share,
        routes=spec.routes,
        users=users_of(spec.plan.release.met_by),
        seed=1,
        warm_up_requests=spec.warm_up_requests,
        max_seconds=longest_s(spec.plan, spec.topology_timers.patient(spec.timings.at(spec.rate))),
    )


def longest_s(plan: Plan, timings: Timings) -> float:
    """How long the load may last: work, the plan's longest waits, and the longest that people may take to decide."""
    passing = 0.0
    for step in plan.leaves():
        match step.action:
            case Dwell(seconds):
                passing += seconds
            case Confirm(confirmation):
                passing += confirmation.within_s * timings.slower
            case AwaitHealthy():
                passing += timings.healthy
            case AwaitUnlisted():
                passing += timings.unlisted
            case ServeOut():
                passing += timings.served_out
    return timings.load_longest + timings.paused + passing


def _release_facts(spec: RunSpec, part: Part) -> ReleaseFacts:
    plan, release, service = spec.plan, spec.plan.release, part.service
    return ReleaseFacts(
        service=service.name,
        role=service.role,
        old=service.version,
        new=release.last_version,
        strategy=release.strategy,
        met_by=release.met_by.told,
        together=release.together,
        overtaken_by=release.overtaken_by,
        start_first=release.order == "start first",
        offline=release.offline.name,
        lossless=release.offline.leaves_first,
        removal_bound_s=_removal_bound_s(spec, part),
        minimum_in_rotation=part.minimum_in_rotation(release.order),
        baseline_step=plan.baseline.number,
        batches=_batch_facts(plan.batches, part, plan.service_of),
        undo=_batch_facts([step for step in plan.undo if step.is_batch], part, plan.service_of),
        exposure=ExposureFacts(by=release.met_by.by, share=float(release.met_by.share)),
    )


def _batch_facts(steps: Sequence[Step], part: Part, service_of: Mapping[str, str]) -> tuple[BatchFacts, ...]:
    """Those that replace instances of this service."""
    service = part.service.name
    own = [(step, tuple(n for n in step.instances if service_of[n] == service)) for step in steps]
    return tuple(
        BatchFacts(step=step.number, title=step.title, instances=names, to=step.version, gray=step.is_gray)
        for step, names in own
        if names
    )


def users_of(exposure: Exposure) -> Users | None:
    """Who asks: of no concern where the gray does not choose."""
    if not exposure.lane:
        return None
    marked = round(USERS * exposure.share) if exposure.mark else 0
    return Users(count=USERS, marked=marked, mark=exposure.mark)


def _load_facts(spec: RunSpec) -> LoadFacts:
    users = users_of(spec.plan.release.met_by)
    return LoadFacts(
        rate=spec.rate,
        fresh_share=spec.fresh_share,
        routes=spec.route_facts(),
        users=users.count if users else 0,
        marked_users=users.marked if users else 0,
    )


def _removal_bound_s(spec: RunSpec, part: Part) -> float | None:
    """How long the instances of this service may be called after their mark."""
    callers = [one for one in spec.services if one.role == CALLERS[part.service.role]]
    return removal_bound_s(
        spec.plan.release.offline,
        told_within_s=spec.topology_timers.told_within_s,
        round_s=round_s(
            instances=len(part.names),
            callers=sum(len(one.instances) for one in callers),
            rate=spec.rate,
            routes=spec.routes,
        ),
    )


def _node(step: Step) -> PlanNode:
    return PlanNode(
        number=step.number,
        title=step.title,
        instances=step.instances,
        children=tuple(_node(child) for child in step.children),
        kind=step.kind,
        what=step.what,
    )


def removal_bound_s(policy: OfflinePolicy, *, told_within_s: float, round_s: float) -> float | None:
    """Seconds that the policy allows; None: any number.

    Who notifies tells a caller with the next answer, and cannot have told one that has not called since: where callers
    come round seldom, two of their rounds are allowed. Who does not notify waits for registry and lists.
    """
    if policy.removal_bound_s is None:
        return None
    if policy.notifies:
        return max(policy.removal_bound_s, 2 * round_s)
    return policy.removal_bound_s + told_within_s


def round_s(*, instances: int, callers: int, rate: int, routes: Sequence[Route]) -> float:
    """Seconds from a caller's call of an instance to its next one there, where each caller takes them in turn.

    A write goes all the way down the chain; what else is asked for may not come so far.
    """
    whole = sum(route.weight for route in routes)
    writes = sum(route.weight for route in routes if route.write) or whole
    return instances * callers / (rate * writes / whole)
