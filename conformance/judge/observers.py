"""Who may tell which instances are in rotation: the SLB, and the registry or two that the contract names."""

from conformance.record.contract import Contract
from conformance.record.schema import PROCESSES

SLB = "slb"
FIRST_REGISTRY = "registry"
_BETWEEN = " and "
"""Between the names of two registries that stand side by side."""


def registries(contract: Contract) -> tuple[str, ...]:
    """The observers that are registries: the first is ``registry``, a second one goes by its name."""
    return (FIRST_REGISTRY, *contract.registry.split(_BETWEEN)[1:])


def known(contract: Contract) -> tuple[str, ...]:
    """Every observer that samples of this run may name."""
    return (SLB, *registries(contract), PROCESSES)
