"""Faults in the middle of a release: something happens to a part of the world that nobody is releasing."""

from dataclasses import dataclass
from typing import Literal

from conformance.plan.topology import Service

Harm = Literal["freeze", "cut off", "kill"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, and to whose first instance. It is mended before the release goes on."""

    services: tuple[Service, ...]
    harm: Harm
    strikes: str
    """For the plan: what happens to it."""
    mended: str
    """For the plan: what ends it."""

    @property
    def instances(self) -> tuple[str, ...]:
        """The instances that it happens to, all at once."""
        return tuple(service.names(1)[0] for service in self.services)

    @property
    def victim(self) -> str:
        """For the plan: who it is."""
        if len(self.services) == 1:
            return "an instance"
        return f"a host of {len(self.services)} instances"


Server = Literal["registry", "SLB", "database"]


@dataclass(frozen=True, slots=True)
class Restart:
    """A server ends and is started anew at its address, with nothing that it kept in memory."""

    server: Server
    loses: str
    """For the plan: what is gone with it."""


restart_of_the_registry = Restart("registry", "and forgets everybody")
"""Consumers must go on calling those whom they know, and instances must come back to it by themselves."""

restart_of_the_slb = Restart("SLB", "and its group with it")
"""Requests find nobody until it is back and the controller has put everybody into its group again."""

restart_of_the_database = Restart("database", "and every connection with it")
"""Whoever writes has nothing to write to until it is back; what was committed must be there still."""


def freeze(service: Service) -> Fault:
    """An instance that is alive and silent: connections to it stand, and nothing comes back."""
    return Fault((service,), "freeze", "frozen", "thawed")


def partition(service: Service) -> Fault:
    """An instance that the network no longer reaches; it goes on, and so does whoever remembers its address."""
    return Fault((service,), "cut off", "cut off the network", "reconnected")


def host_failure(*services: Service) -> Fault:
    """One instance of each service is killed at the same moment, as if they shared a host; each is started anew."""
    return Fault(services, "kill", "killed", "started anew")
