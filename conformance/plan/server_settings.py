"""What a scenario chooses of the servers: who tells callers that an instance is gone, and how soon."""

from dataclasses import dataclass
from typing import Literal

Speed = Literal["fast", "default"]
Client = Literal["usual", "heart-beats"]


@dataclass(frozen=True, slots=True)
class Probe:
    """The SLB's health check (A2)."""

    interval_s: float = 0.5
    timeout_s: float = 0.4
    failures: int = 2
    """In a row that take an instance out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """As a scenario asks for it. What each figure is for a registry, that registry's module says."""

    timers: Speed = "fast"
    """``default``: every server and client by its own maker's default; ``fast``: seconds instead of minutes."""
    client: Client = "usual"
    """How services speak to the registry: as its clients do today, or by heart-beats where it still knows them (A4)."""
    refresh_s: float | None = None
    """How often a consumer that isn't told asks for its list; None leaves it to the timers."""
    self_preservation: bool = False
    """Whether the registry stops evicting where too many fall silent at once."""
    probe: Probe | None = None
    """The SLB's health check; None leaves it to the timers."""
    side_by_side: bool = False
    """Both registries in one topology: every instance registers with both, and consumers go by either."""

    def __str__(self) -> str:
        """For people: what differs from the usual."""
        parts = [
            "default timers" if self.timers == "default" else "",
            "heart-beat clients" if self.client == "heart-beats" else "",
            f"lists refreshed every {self.refresh_s:g} s" if self.refresh_s is not None else "",
            "self-preservation" if self.self_preservation else "",
            f"health check every {self.probe.interval_s:g} s, {self.probe.failures} failures" if self.probe else "",
            "both registries side by side" if self.side_by_side else "",
        ]
        return ", ".join(part for part in parts if part) or "fast timers"
