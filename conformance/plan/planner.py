"""From a release to its plan: a pure function, so that the same release always has the same plan."""

from conformance.plan.confirmation import Confirmation
from conformance.plan.faults import Fault, Restart
from conformance.plan.steps import (
    Action,
    AwaitAnswered,
    AwaitFelt,
    AwaitListed,
    AwaitUnlisted,
    AwaitWhole,
    Confirm,
    Drain,
    Dwell,
    GoOffline,
    Hang,
    Mend,
    Plan,
    ProveBaseline,
    Restore,
    Retire,
    ServeOut,
    Start,
    StartServer,
    Step,
    Stop,
    StopServer,
    Strike,
    Verify,
)
from conformance.plan.strategies import Release
from conformance.plan.topology import CALLERS


def plan(release: Release) -> Plan:
    """Plan it: a baseline, a step per batch, a look at the end."""
    names = tuple(name for part in release.parts for name in part.names)
    steps = [Step("1", f"Baseline: {release.service.version} answers under load", names, ProveBaseline())]
    for number in range(release.batches):
        batch = tuple(name for part in release.parts for name in part.batch(number))
        last = number == release.batches - 1
        steps.append(_batch(release, str(len(steps) + 1), release.title(number), batch, last=last))
        if number == 0 and release.confirm is not None:
            steps.append(_confirm(release.confirm, str(len(steps) + 1), batch))
        if number == 0 and release.amid is not None:
            steps.append(_fault(release.amid, str(len(steps) + 1)))
    look = f"Verify: every instance is {release.to} and serves"
    steps.append(Step(str(len(steps) + 1), look, names, Verify(), release.to))
    what = " and ".join(f"{part.service.name} ({part.service.role})" for part in release.parts)
    title = (
        f"Release {what} {release.service.version} -> {release.to}: "
        f"{len(names)} instances in {release.strategy}, {release.offline.name}"
    )
    return Plan(release, title, tuple(steps), _undo(release) if release.offline.leaves_first else ())


def _batch(release: Release, number: str, title: str, names: tuple[str, ...], *, last: bool) -> Step:
    old, new = release.service.version, release.to
    down = [(text, action, old) for text, action in _way_down(release)]
    up = [(text, action, new) for text, action in _way_up(release)]
    parts = [(*_whole(), ""), *(down + up if release.order == "stop first" else up + down)]
    if release.interval_s and not last:
        parts.append((f"Leave it to serve for {release.interval_s:g} s", Dwell(release.interval_s), ""))
    children = tuple(
        Step(f"{number}.{index}", text, names, action, version)
        for index, (text, action, version) in enumerate(parts, start=1)
    )
    return Step(number, title, names, children=children)


def _confirm(confirmation: Confirmation, number: str, names: tuple[str, ...]) -> Step:
    asked = {
        "the record": "no request has failed, every write is whole, the new version is not much slower",
        "a person": "a person says so",
    }[confirmation.by]
    return Step(number, f"Confirm the gray: {asked}", names, Confirm(confirmation))


def _undo(release: Release) -> tuple[Step, ...]:
    """What rolls each batch back, and a last look."""
    old, new, role = release.service.version, release.to, release.service.role
    listed = "the SLB lists" if role == "entry" else f"the registry and every {_callers(release)} list"
    steps = []
    for index in range(release.batches):
        number, names = f"R{index + 1}", tuple(name for part in release.parts for name in part.batch(index))
        parts: tuple[tuple[str, Action, str], ...] = (
            (f"Retire {new}: out of its callers' lists first, then stopped", Retire(release.offline.notifies), new),
            (f"Start {old} where it is missing, until ready", Restore(), old),
            (f"Wait until {listed} it", AwaitListed(), old),
            ("Wait until each has answered and the traffic suffices", AwaitAnswered(), old),
        )
        children = tuple(
            Step(f"{number}.{part}", text, names, action, version)
            for part, (text, action, version) in enumerate(parts, start=1)
        )
        steps.append(Step(number, f"Roll back: {release.title(index)}", names, children=children))
    everybody = tuple(name for part in release.parts for name in part.names)
    look = f"Verify: every instance is {old} again and serves"
    return (*steps, Step(f"R{release.batches + 1}", look, everybody, Verify(), old))


def _whole() -> tuple[str, Action]:
    return "Look: the SLB and the registry answer, and list everybody who runs", AwaitWhole()


def _fault(fault: Fault | Restart, number: str) -> Step:
    if isinstance(fault, Restart):
        return _restart(fault, number)
    who = (fault.instance,)
    children = (
        Step(f"{number}.1", f"Strike: {fault.instance} is {fault.strikes}", who, Strike(fault)),
        Step(f"{number}.2", "Wait until requests have felt it", who, AwaitFelt()),
        Step(f"{number}.3", f"Mend: {fault.instance} is {fault.mended}, until it serves again", who, Mend(fault)),
    )
    return Step(number, f"Fault: a {fault.service.role} instance is {fault.strikes}", who, children=children)


def _restart(fault: Restart, number: str) -> Step:
    children = (
        Step(f"{number}.1", f"Strike: the {fault.server} ends, and forgets everybody", (), StopServer(fault)),
        Step(f"{number}.2", f"Start the {fault.server} anew, until it answers", (), StartServer(fault)),
        Step(f"{number}.3", "Wait until everybody who runs is listed again", (), AwaitWhole()),
    )
    return Step(number, f"Fault: the {fault.server} is restarted", (), children=children)


def _callers(release: Release) -> str:
    """Those who call what is released: ``entry instance``; of several, whoever calls each."""
    return f"{CALLERS[release.service.role]} instance" if len(release.parts) == 1 else "caller"


def _way_down(release: Release) -> list[tuple[str, Action]]:
    policy, role = release.offline, release.service.role
    if not policy.leaves_first:
        noticed = (
            "the SLB's health check has taken it out"
            if role == "entry"
            else f"neither the registry nor any {_callers(release)} lists it"
        )
        unlisted: tuple[str, Action] = (f"Wait until {noticed}", AwaitUnlisted())
        if policy.stop == "SIGSTOP":
            end = Stop("SIGKILL", in_mid_write=False)
            return [("Hang: SIGSTOP while a write is in flight", Hang()), unlisted, ("Stop: SIGKILL", end)]
        goes = ", its address goes too" if policy.vanishes else ""
        stop = Stop(policy.stop, in_mid_write=True, vanish=policy.vanishes)
        return [(f"Stop: {policy.stop} while a write is in flight{goes}", stop), unlisted]
    stop = Stop("SIGTERM", in_mid_write=False)
    if role == "entry":
        return [
            ("Drain: out of the SLB's group while a write is in flight, until nothing is", Drain()),
            ("Stop: SIGTERM", stop),
        ]
    told = "deregister and tell the callers" if policy.notifies else "deregister"
    return [
        (f"Go offline: {told}, while a write is in flight", GoOffline(notify=policy.notifies)),
        (f"Serve on until no {_callers(release)} lists it and nothing is in flight", ServeOut()),
        ("Stop: SIGTERM", stop),
    ]


def _way_up(release: Release) -> list[tuple[str, Action]]:
    role = release.service.role
    listed = (
        "Enrol: into the SLB's group, until its health check has passed"
        if role == "entry"
        else f"Wait until the registry and every {_callers(release)} list it"
    )
    return [
        (f"Start: {release.to}, until ready", Start(release.to)),
        (listed, AwaitListed()),
        ("Wait until each has answered and the traffic suffices", AwaitAnswered()),
    ]
