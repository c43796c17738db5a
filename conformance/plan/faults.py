"""Faults in the middle of a release: something happens to a part of the world that nobody is releasing."""

from dataclasses import dataclass
from typing import Literal

from conformance.plan.topology import Service

Harm = Literal["freeze", "cut off"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, and to whose first instance. It is mended before the release goes on."""

    service: Service
    harm: Harm
    strikes: str
    """For the plan: what happens to it."""
    mended: str
    """For the plan: what ends it."""

    @property
    def instance(self) -> str:
        """The instance that it happens to."""
        return self.service.names(1)[0]


@dataclass(frozen=True, slots=True)
class Restart:
    """A server ends and is started anew at its address, with nothing that it knew."""

    server: Literal["registry"]


restart_of_the_registry = Restart("registry")
"""Consumers must go on calling those whom they know, and instances must come back to it by themselves."""


def freeze(service: Service) -> Fault:
    """An instance that is alive and silent: connections to it stand, and nothing comes back."""
    return Fault(service, "freeze", "frozen", "thawed")


def partition(service: Service) -> Fault:
    """An instance that the network no longer reaches; it goes on, and so does whoever remembers its address."""
    return Fault(service, "cut off", "cut off the network", "reconnected")
