"""What a load client was measured to do, in the same terms for every client."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """One client at one rate."""

    client: str
    ordered: int
    """Requests per second that were ordered."""
    recorded: int
    """Requests that it recorded."""
    seconds: float
    """From the first request that was due to the last one."""
    failed: int
    lateness_p99_ms: float
    """Of (when a request was sent - when it was due)."""
    lateness_max_ms: float
    cpu_us: float
    """Processor time of the client per recorded request."""
    sending_s: float = 0.0
    """From the first request that was sent to the last one; 0: as long as they were due."""

    @property
    def rate(self) -> float:
        """Recorded requests per second."""
        return self.recorded / self.seconds

    @property
    def achieved(self) -> float:
        """Requests per second that it sent: fewer than ordered where it could not keep up."""
        return self.recorded / max(self.seconds, self.sending_s)


def p99_and_max_ms(lateness_ns: Iterable[int]) -> tuple[float, float]:
    """The 99th percentile and the greatest, in milliseconds."""
    ordered = sorted(lateness_ns)
    return ordered[(len(ordered) * 99 - 1) // 100] / 1e6, ordered[-1] / 1e6
