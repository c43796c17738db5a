"""From a release to its plan: a pure function, so that the same release always has the same plan."""

from dataclasses import replace

from conformance.plan.faults import Fault, Restart
from conformance.plan.null_release import plan_null_release
from conformance.plan.own_command import plan_own_command
from conformance.plan.release import Amid, Confirmation, Release, Round, Scaling
from conformance.plan.steps import (
    Action,
    AwaitFelt,
    AwaitHealthy,
    Confirm,
    Dwell,
    Expose,
    Mend,
    Open,
    Plan,
    ProveBaseline,
    Restore,
    Retire,
    StartServer,
    Step,
    StopServer,
    Strike,
    Verify,
)
from conformance.plan.way_steps import answered, at_a_time, listed, own_way_up, way_down, way_up
from conformance.plan.ways_down import OfflinePolicy
from conformance.vocabulary import Refuser, StepKind

Child = tuple[str, Action, str]
"""Title, action, and on whose incarnations it acts, by version."""


def plan(release: Release) -> Plan:
    """Plan it: a baseline, a step per batch, a look at the end."""
    if release.nothing:
        return plan_null_release(release)
    if release.own_command:
        return plan_own_command(release)
    names = tuple(name for part in release.parts for name in part.names)
    answers = f"{release.service.version} answers" if _one_version(release) else "the old versions answer"
    steps = [Step("1", f"Baseline: {answers} under load", names, ProveBaseline(), kind=StepKind.BASELINE)]
    rounds = release.rounds
    grays = tuple(name for one in rounds if one.gray for name in one.instances)
    chosen = bool(release.met_by.told)
    if chosen:
        title = f"Rule: the gray is met by {release.met_by.told}"
        steps.append(Step(str(len(steps) + 1), title, grays, Expose(release.met_by), kind=StepKind.RULE))
    for index, one in enumerate(rounds):
        last = index == len(rounds) - 1
        steps.append(_batch(release, one, str(len(steps) + 1), last=last))
        if one.gray and not rounds[index + 1].gray and release.confirm is not None:
            steps.append(_confirm(release.confirm, str(len(steps) + 1), grays))
            if chosen:
                steps.append(_open(str(len(steps) + 1), grays))
        if index == 0 and release.amid is not None:
            steps.append(_amid(release, release.amid, str(len(steps) + 1)))
    steps.append(_verify(release, str(len(steps) + 1), names))
    return Plan(release, _title(release), tuple(steps), _undo(release) if release.offline.leaves_first else ())


def _verify(release: Release, number: str, names: tuple[str, ...]) -> Step:
    serves = f"Verify: every instance is {release.last_version} and serves"
    look = serves if _one_version(release) else "Verify: every instance is its service's new version and serves"
    version = release.last_version if _one_version(release) else ""
    return Step(number, look, names, Verify(), version, kind=StepKind.VERIFY)


def _one_version(release: Release) -> bool:
    """Whether all services go from one version to one other."""
    return len({(part.service.version, part.to) for part in release.parts}) == 1


def _title(release: Release) -> str:
    count = sum(len(part.names) for part in release.parts)
    if _one_version(release):
        names = " and ".join(f"{part.service.name} ({part.service.position})" for part in release.parts)
        what = f"{names} {release.service.version} -> {release.to}"
    else:
        what = " and ".join(f"{one.service.name} {one.service.version} -> {one.to}" for one in release.parts)
    return f"Release {what}: {count} instance{'s' * (count > 1)} in {release.strategy}, {release.offline.name}"


def _batch(release: Release, one: Round, number: str, *, last: bool) -> Step:
    down = [(text, action, one.old) for text, action in way_down(one, release.offline)]
    up = [(text, action, one.to) for text, action in way_up(one)]
    parts: list[Child] = [(*_health_look(one), ""), *(down + up if release.order == "stop first" else up + down)]
    if release.interval_s and not last:
        parts.append((f"Leave it to serve for {release.interval_s:g} s", Dwell(release.interval_s), ""))
    children = _children(number, one.instances, parts)
    kind = StepKind.GRAY if one.gray else StepKind.BATCH
    return Step(number, one.title, one.instances, None, one.to, children, is_batch=True, is_gray=one.gray, kind=kind)


def _children(number: str, names: tuple[str, ...], parts: list[Child]) -> tuple[Step, ...]:
    return tuple(
        Step(f"{number}.{index}", text, names, action, version, is_top=False)
        for index, (text, action, version) in enumerate(parts, start=1)
    )


def _as_undo(step: Step) -> Step:
    """The same step, and its parts, as a part of the rollback."""
    return replace(step, is_undo=True, children=tuple(_as_undo(child) for child in step.children))


def _confirm(confirmation: Confirmation, number: str, names: tuple[str, ...]) -> Step:
    return Step(number, confirm_title(confirmation), names, Confirm(confirmation), kind=StepKind.CONFIRM)


def confirm_title(confirmation: Confirmation) -> str:
    """The title of the step in which the gray is confirmed: a scenario names it whose gray must be refused there."""
    asked = {
        Refuser.REQUESTS: "no request has failed, every write is whole, the new version is not much slower",
        Refuser.OPERATOR: "a person says so",
    }[confirmation.by]
    return f"Confirm the gray: {asked}"


def _open(number: str, names: tuple[str, ...]) -> Step:
    return Step(number, "Open: equal weights, no rule, no lane", names, Open(), kind=StepKind.OPEN)


def _undo(release: Release) -> tuple[Step, ...]:
    """What rolls each batch back, the end of the gray's rule, and a last look."""
    steps: list[Step] = []
    for one in release.rounds[bool(release.overtaken_by) :]:
        number, old = f"R{len(steps) + 1}", one.service.version
        parts: list[Child] = [
            ("Retire what is new: out of its callers' lists first, then stopped", Retire(), ""),
            (f"Start {old} where it is missing{at_a_time(one)}, until ready", Restore(one.most_starting), old),
            *((text, action, old) for text, action in (*own_way_up(one), *listed(one))),
            (*answered(one), old),
        ]
        children = _children(number, one.instances, parts)
        title, kind = f"Roll back: {one.title}", StepKind.ROLLBACK
        steps.append(Step(number, title, one.instances, None, old, children, is_batch=True, kind=kind))
        if isinstance(release.amid, Scaling) and len(steps) == 1:
            number, names = f"R{len(steps) + 1}", _more(one, release.amid.by)
            children = _children(number, names, parts[:1])
            title = "Roll back: Scaling"
            steps.append(Step(number, title, names, None, old, children, is_batch=True, kind=kind))
    everybody = tuple(name for part in release.parts for name in part.names)
    if release.met_by.told:
        steps.append(_open(f"R{len(steps) + 1}", everybody))
    back = release.service.version if _one_version(release) else ""
    look = f"Verify: every instance is {back or 'of the old version'} again and serves"
    steps.append(Step(f"R{len(steps) + 1}", look, everybody, Verify(), back, kind=StepKind.VERIFY))
    return tuple(_as_undo(step) for step in steps)


def _health_look(one: Round) -> tuple[str, Action]:
    """The step before anybody is taken down; its title names whom the topology has to ask."""
    if one.service.in_sight_of_a_registry:
        return "Look: the SLB and the registry answer, and list everybody who runs", AwaitHealthy()
    return "Look: the SLB answers, and lists everybody who runs behind it", AwaitHealthy()


def _amid(release: Release, amid: Amid, number: str) -> Step:
    match amid:
        case Restart():
            return _restart(amid, number)
        case Scaling(by):
            return _scaled(release.rounds[0], release.offline, by, number)
        case Fault():
            return _fault(amid, number)


def _fault(fault: Fault, number: str) -> Step:
    who = " and ".join(fault.instances)
    are, again = ("is", "it serves") if len(fault.instances) == 1 else ("are", "they serve")
    parts: list[Child] = [
        (f"Strike: {who} {are} {fault.strikes}", Strike(fault), ""),
        ("Wait until requests have felt it", AwaitFelt(), ""),
        (
            f"Fix: {who} {are} {fault.mended}, until {again} again",
            Mend(fault),
            "",
        ),
    ]
    return _fault_step(number, f"{fault.victim} is {fault.strikes}", fault.instances, parts)


def _fault_step(number: str, what: str, names: tuple[str, ...], parts: list[Child]) -> Step:
    children = _children(number, names, parts)
    return Step(number, f"Fault: {what}", names, children=children, kind=StepKind.FAULT, what=what)


def _restart(fault: Restart, number: str) -> Step:
    parts: list[Child] = [
        (f"Strike: the {fault.server} ends, {fault.loses}", StopServer(fault), ""),
        (f"Start the {fault.server} anew, until it answers", StartServer(fault), ""),
        ("Wait until everybody who runs is listed again", AwaitHealthy(), ""),
    ]
    return _fault_step(number, f"the {fault.server} is restarted", (), parts)


def _more(one: Round, by: int) -> tuple[str, ...]:
    """The instances by which it is scaled out."""
    return tuple(name for part in one.parts for name in part.service.names(len(part.names) + by)[len(part.names) :])


def _scaled(one: Round, policy: OfflinePolicy, by: int, number: str) -> Step:
    """The new version comes and goes in more instances, as it does in a batch."""
    names = _more(one, by)
    parts = [(text, action, one.to) for text, action in (*way_up(one), *way_down(one, policy))]
    what, kind = f"out by {len(names)} of {one.to} while the release pauses, and in again", StepKind.SCALING
    children = _children(number, names, parts)
    return Step(number, f"Scaling: {what}", names, None, one.to, children, is_batch=True, kind=kind, what=what)


def render(plan: Plan) -> str:
    """The plan's title and its numbered steps, a line each; a batch names its instances."""
    lines = [plan.title]
    for step in plan.steps:
        named = f": {', '.join(step.instances)}" if step.children and step.instances else ""
        lines.append(f"  {step.number:<4} {step.title}{named}")
        lines.extend(f"  {child.number:<4}   {child.title}" for child in step.children)
    if plan.undo:
        lines.append("  Where the new version is refused, what has begun is rolled back, the last batch first:")
        lines.extend(f"  {step.number:<4} {step.title}" for step in plan.undo)
    return "\n".join(lines) + "\n"
