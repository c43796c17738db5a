"""What a run needs of the world it releases into: Protocols only, no platform, no server, no service by name.

``fixtures`` implements them. Every call that waits takes its deadline from its caller and raises :class:`Gone` or
``waiting.Unmet`` (never AssertionError) when the world does not do as asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.load.spec import WorkerPlace
from conformance.run.world.own_command import OwnCommand, Told
from conformance.run.world.platform import ExitStatus, Launch, Platform, Process, Signal, Starts
from conformance.run.world.servers import (
    GRPC_HEALTH,
    Access,
    Effect,
    Ledger,
    Member,
    Registration,
    Registry,
    RegistryName,
    RestartableServer,
    Rule,
    Server,
    Slb,
    Target,
    TlsEnd,
)
from conformance.run.world.services import Execution, Instance, ServiceGroup, Status

__all__ = [
    "GRPC_HEALTH",
    "Access",
    "Effect",
    "Execution",
    "ExitStatus",
    "Gone",
    "Instance",
    "Launch",
    "Ledger",
    "Member",
    "OwnCommand",
    "Platform",
    "Process",
    "Registration",
    "Registry",
    "RegistryName",
    "RestartableServer",
    "Rule",
    "Server",
    "ServiceGroup",
    "Signal",
    "Slb",
    "Starts",
    "Status",
    "Target",
    "TlsEnd",
    "Told",
    "WorkerPlace",
    "World",
]


class Gone(RuntimeError):
    """A part of the world that should be there is not; the message carries its last log lines."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that stands when a release begins."""

    platform: str
    slb: Slb
    registries: tuple[Registry, ...]
    """One, or two side by side; every instance registers with each."""
    ledger: Ledger | None
    """None where nobody says how the writes can be counted."""
    groups: tuple[ServiceGroup, ...]
    servers: tuple[Server, ...] = ()
    """Behind SLB, registries and ledger; watched during the run: none of them may end by itself."""
    restartable: Mapping[str, tuple[RestartableServer, ...]] = field(default_factory=dict)
    """``SLB``, ``registry``, ``database``: what stands there."""

    own_command: OwnCommand | None = None
    """What releases a system that stands already."""

    def group(self, service: str) -> ServiceGroup:
        """The group of this service; KeyError where there is none."""
        for group in self.groups:
            if group.name == service:
                return group
        raise KeyError(service)
