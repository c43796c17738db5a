"""A release of a system that stands already: one command of the team's own replaces everything."""

from conformance.plan.release import Part, Release
from conformance.plan.steps import AwaitReplaced, Plan, ProveBaseline, RunOwnCommand, Step, Verify
from conformance.plan.topology import Service
from conformance.plan.ways_down import OfflinePolicy
from conformance.vocabulary import StepKind

own_way = OfflinePolicy(name="the system's own way down")
"""How each instance leaves is the system's business: what the release loses is judged, whatever it does."""


def by_own_command(service: Service) -> Release:
    """Every instance of the service is replaced by the team's own command, in whatever order that takes."""
    part = Part(service, service.next, (service.released_instances,))
    return Release(parts=(part,), offline=own_way, own_command=True)


def plan_own_command(release: Release) -> Plan:
    """A baseline, the command, and a look at the end; where the team can take it back, that, too."""
    service, names, to = release.service, release.parts[0].names, release.to
    title = f"Release {service.name} ({service.position}) {service.version} -> {to}: {release.strategy}"
    children = _carried_out("2", names, to, RunOwnCommand(service.release.command_within_s))
    steps = (
        Step("1", f"Baseline: {service.version} answers under load", names, ProveBaseline(), kind=StepKind.BASELINE),
        Step("2", "Release", names, None, to, children, is_batch=True, kind=StepKind.BATCH),
        Step("3", f"Verify: every instance is {to} and serves", names, Verify(), to, kind=StepKind.VERIFY),
    )
    return Plan(release, title, steps, _undo(service, names) if service.release.command_undoes else ())


def _carried_out(number: str, names: tuple[str, ...], to: str, command: RunOwnCommand) -> tuple[Step, ...]:
    what = "Carry out the team's own command" + (" that takes the release back" if command.undoes else "")
    replaced = f"Wait until only {to} is listed, and has seen enough traffic"
    return (
        Step(f"{number}.1", what, names, command, to, is_top=False, is_undo=command.undoes),
        Step(f"{number}.2", replaced, names, AwaitReplaced(), to, is_top=False, is_undo=command.undoes),
    )


def _undo(service: Service, names: tuple[str, ...]) -> tuple[Step, ...]:
    """What is taken back, and a last look."""
    old, kind = service.version, StepKind.ROLLBACK
    children = _carried_out("R1", names, old, RunOwnCommand(service.release.command_within_s, undoes=True))
    look = f"Verify: every instance is {old} again and serves"
    return (
        Step("R1", "Roll back: Release", names, None, old, children, is_batch=True, is_undo=True, kind=kind),
        Step("R2", look, names, Verify(), old, is_undo=True, kind=StepKind.VERIFY),
    )
