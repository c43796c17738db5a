"""A null release: the same load on the same topology, and nothing is released. What it loses, no release has lost."""

from conformance.plan.release import Part, Release
from conformance.plan.steps import AwaitTraffic, Plan, Step, Verify
from conformance.plan.ways_down import OfflinePolicy
from conformance.vocabulary import StepKind

stays = OfflinePolicy(name="nothing goes offline")
"""How nobody leaves."""


def null_release(release: Release) -> Release:
    """The services of this release as they run before it, in the same numbers; nothing happens to them."""
    parts = tuple(Part(part.service, part.service.version, part.sizes) for part in release.parts)
    return Release(parts, stays, nothing=True)


def plan_null_release(release: Release) -> Plan:
    """A baseline, as much traffic as a batch is judged by, and a look at the end."""
    names = tuple(name for part in release.parts for name in part.names)
    services = " and ".join(f"{part.service.name} {part.service.version}" for part in release.parts)
    baseline = AwaitTraffic(is_baseline=True)
    steps = (
        Step("1", f"Baseline: {services} under load", names, baseline, kind=StepKind.BASELINE),
        Step("2", "Null release: nothing is released", (), AwaitTraffic(), is_batch=True, kind=StepKind.NOTHING),
        Step("3", "Verify: every instance is what it was and serves", names, Verify(), kind=StepKind.VERIFY),
    )
    return Plan(release, f"Null release: {services} stay as they are, under the same load", steps)
