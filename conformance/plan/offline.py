"""Offline policies: how an instance leaves, as the article tells them (A2 to A7)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class OfflinePolicy:
    """How an instance is taken down."""

    name: str
    leaves_first: bool
    """Out of its callers' lists before it stops: drained at the SLB, or deregistered."""
    notifies: bool
    """While it still serves it tells each calling consumer that it is going."""
    stop: Literal["SIGTERM", "SIGKILL"]
    removal_bound_s: float | None
    """Longest time after the offline mark in which an execution may still start; None where nothing is promised."""
    vanishes: bool = False
    """Its address goes with it, as a deleted pod's does: connections to it find nobody, instead of being refused."""


lossless = OfflinePolicy("lossless", leaves_first=True, notifies=True, stop="SIGTERM", removal_bound_s=0.5)
"""A3, A7: drained or deregistered first, serving and announcing until nobody calls, then stopped."""

graceful_stop = OfflinePolicy("graceful stop", leaves_first=False, notifies=False, stop="SIGTERM", removal_bound_s=None)
"""A2, A4: stopped at once; its shutdown hook deregisters, its callers learn of it afterwards."""

abrupt_stop = OfflinePolicy("abrupt stop", leaves_first=False, notifies=False, stop="SIGKILL", removal_bound_s=None)
"""A4, A5: killed; no hook runs, the registry learns of it by itself."""

vanish = OfflinePolicy(
    "vanish", leaves_first=False, notifies=False, stop="SIGKILL", removal_bound_s=None, vanishes=True
)
"""A4, A5: killed, and its address gone with it: whoever calls it waits for an answer that nobody can give."""
