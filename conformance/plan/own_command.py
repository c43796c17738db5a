"""A release of a system that stands already: one command of the team's own replaces everything."""

from conformance.plan.offline import OfflinePolicy
from conformance.plan.release import Part, Release
from conformance.plan.steps import AwaitReplaced, Plan, ProveBaseline, RunOwnCommand, Step, Verify
from conformance.plan.topology import Service
from conformance.vocabulary import StepKind

own_way = OfflinePolicy(name="the system's own way down")
"""How each instance leaves is the system's business: what the release loses is judged, whatever it does."""


def by_own_command(service: Service) -> Release:
    """Every instance of the service is replaced by the team's own command, in whatever order that takes."""
    part = Part(service, service.next, (service.released_instances,))
    return Release(parts=(part,), offline=own_way, own_command=True)


def plan_own_command(release: Release) -> Plan:
    """A baseline, the command, and a look at the end."""
    service, names, to = release.service, release.parts[0].names, release.to
    title = f"Release {service.name} ({service.position}) {service.version} -> {to}: {release.strategy}"
    command = RunOwnCommand(service.release.command_within_s)
    replaced = f"Wait until only {to} is listed, and has seen enough traffic"
    children = (
        Step("2.1", "Carry out the team's own command", names, command, to, is_top=False),
        Step("2.2", replaced, names, AwaitReplaced(), to, is_top=False),
    )
    steps = (
        Step("1", f"Baseline: {service.version} answers under load", names, ProveBaseline(), kind=StepKind.BASELINE),
        Step("2", "Release", names, None, to, children, is_batch=True, kind=StepKind.BATCH),
        Step("3", f"Verify: every instance is {to} and serves", names, Verify(), to, kind=StepKind.VERIFY),
    )
    return Plan(release, title, steps)
