"""The topology as plan data: which service plays which role, in how many instances, in which versions."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["entry", "middle", "leaf"]

CALLERS: dict[Role, Role | None] = {"entry": None, "middle": "entry", "leaf": "middle"}
"""Who calls a role: the SLB (None) calls the entry, the entry the middle, the middle the leaf."""


class RoleAbsent(LookupError):
    """The topology has no service in the role that a scenario names; the scenario cannot be carried out on it."""

    def __init__(self, role: Role, topology: str) -> None:
        super().__init__(f"topology {topology!r} has no service in the role {role!r}")
        self.role = role


@dataclass(frozen=True, slots=True)
class Service:
    """One service under test."""

    name: str
    role: Role
    version: str
    """What runs before the release."""
    versions: tuple[str, ...]
    """Everything that can be started."""
    instances: int = 2
    """How many run while another service is released."""
    released_instances: int = 10
    """How many run while this one is released."""

    def names(self, count: int) -> tuple[str, ...]:
        """The names of ``count`` instances: ``orders-01``, ``orders-02`` ...; a name persists over incarnations."""
        return tuple(f"{self.name}-{number:02d}" for number in range(1, count + 1))


@dataclass(frozen=True, slots=True)
class Topology:
    """SLB -> entry -> middle -> leaf, by the services that play the roles."""

    name: str
    services: tuple[Service, ...]

    def role(self, role: Role) -> Service:
        """The service in this role; RoleAbsent where there is none."""
        for service in self.services:
            if service.role == role:
                return service
        raise RoleAbsent(role, self.name)

    @property
    def entry(self) -> Service:
        """The service behind the SLB: a consumer."""
        return self.role("entry")

    @property
    def middle(self) -> Service:
        """The service that the entry calls: provider and consumer."""
        return self.role("middle")

    @property
    def leaf(self) -> Service:
        """The last service of the chain: a provider."""
        return self.role("leaf")
