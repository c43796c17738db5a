"""Offline policies: how an instance leaves, as the article tells them (A2 to A7)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflinePolicy:
    """How an instance is taken down."""

    name: str
    leaves_first: bool = False
    """Out of its callers' lists before it stops: drained at the SLB, or deregistered."""
    notifies: bool = False
    """While it still serves it tells each calling consumer that it is going."""
    hook_runs: bool = True
    """Whether its shutdown hook gets to run, which deregisters it."""
    stop: Literal["SIGTERM", "SIGKILL", "SIGSTOP"] = "SIGTERM"
    removal_bound_s: float | None = None
    """Longest time after the offline mark in which an execution may still start; None where nothing is promised.

    Where it does not notify, this comes on top of what the registry and the consumer's list take to tell of it.
    """
    vanishes: bool = False
    """Its address goes with it, as a deleted pod's does: connections to it find nobody, instead of being refused."""

    @property
    def deregisters(self) -> bool:
        """Whether the registry is told, instead of having to notice."""
        return self.leaves_first or self.hook_runs

    @property
    def hangs(self) -> bool:
        """Whether it stays, and answers nobody."""
        return self.stop == "SIGSTOP"


lossless = OfflinePolicy(name="lossless", leaves_first=True, notifies=True, removal_bound_s=0.5)
"""A3, A7: drained or deregistered first, serving and announcing until nobody calls, then stopped."""

lossless_without_notify = OfflinePolicy(name="lossless without notify", leaves_first=True, removal_bound_s=1.0)
"""A4, A7: deregistered first and serving on until every consumer has asked for its list again, then stopped."""

graceful_stop = OfflinePolicy(name="graceful stop")
"""A2, A4: stopped at once; its shutdown hook deregisters, its callers learn of it afterwards."""

abrupt_stop = OfflinePolicy(name="abrupt stop", hook_runs=False, stop="SIGKILL")
"""A4, A5: killed; no hook runs, the registry learns of it by itself."""

swallowed_signal = OfflinePolicy(name="swallowed signal", hook_runs=False)
"""A5: asked to stop, but whoever stands before it hands nothing on: it serves on and is killed after its grace."""

hang = OfflinePolicy(name="hang", hook_runs=False, stop="SIGSTOP")
"""A4: alive and silent, as in a dead lock: connections to it stand, and nobody answers."""

vanish = OfflinePolicy(name="vanish", hook_runs=False, stop="SIGKILL", vanishes=True)
"""A4, A5: killed, and its address gone with it: whoever calls it waits for an answer that nobody can give."""

POLICIES = (lossless, lossless_without_notify, graceful_stop, abrupt_stop, swallowed_signal, hang, vanish)
"""All there are."""
