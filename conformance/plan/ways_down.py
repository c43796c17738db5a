"""Offline policies: how an instance leaves, as the article tells them (A2 to A7)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflinePolicy:
    """How an instance is taken down."""

    name: str
    leaves_first: bool = False
    """Out of its callers' lists before it stops: drained at the SLB, or deregistered."""
    as_declared: bool = False
    """By the acts that the team declares for the service; else, and where there are none, by the suite's own."""
    hook_runs: bool = True
    """Whether its shutdown hook gets to run, which deregisters it."""
    stop: Literal["SIGTERM", "SIGKILL", "SIGSTOP"] = "SIGTERM"
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


lossless = OfflinePolicy(name="lossless", leaves_first=True, as_declared=True)
"""A3, A7: the team's own way down, else the suite's: drained or deregistered first, serving on until no caller knows
it, then stopped."""

lossless_without_notify = OfflinePolicy(name="lossless without notify", leaves_first=True)
"""A4, A7: out of service by the registry's own API, serving on until every consumer has asked for its list again."""

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
