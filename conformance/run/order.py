"""All that is decided before a run begins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.load.order import Route
from conformance.plan import Plan
from conformance.record.contract import Expected, RouteFacts, ServiceFacts
from conformance.record.thresholds import Thresholds
from conformance.run.timings import Timings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """One release under load, as ordered."""

    run: str
    """The run's id: every request id begins with it. Letters and digits only."""
    directory: Path
    """The run directory, empty."""
    scenario: str
    title: str
    promise: str
    expected: Expected
    plan: Plan
    platform: str
    registry: str
    descriptor: str
    services: tuple[ServiceFacts, ...]
    routes: tuple[Route, ...]
    effects: Mapping[str, tuple[str, ...]]
    """Route -> the effects that an acknowledged request of it must leave."""
    rate: int
    fresh_share: float
    warm_up_requests: int
    resolved: Mapping[str, str]
    versions: Mapping[str, str]
    """Server or library -> version, for the record."""
    spawned: Callable[[int, str], None]
    """Told the process id of the load's process, so that the platform can sweep it."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    timings: Timings = field(default_factory=Timings)

    def route_facts(self) -> tuple[RouteFacts, ...]:
        """The routes as the judge needs them."""
        return tuple(
            RouteFacts(
                name=route.name,
                method=route.method,
                weight=route.weight,
                expect=route.expect,
                write=route.write,
                effects=self.effects.get(route.name, ()),
            )
            for route in self.routes
        )
