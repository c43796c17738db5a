"""The load that a scenario asks for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """An open-loop load by the descriptor's workload."""

    rate: int | None = None
    """Requests per second; None leaves it to the descriptor. ``--rate`` beats both."""
