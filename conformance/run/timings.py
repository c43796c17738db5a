"""Every duration that carrying out a release depends on, in seconds: deadlines, and how often to look.

What one adapter alone has to wait for (a server of its kind to start, the load's self-test) stands in that adapter.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from conformance.record.thresholds import Thresholds

USUAL_RATE: Final = 300
"""Requests per second at which the waits for traffic are ample."""
_CLIENT: Final = Thresholds().client_timeout_s


@dataclass(frozen=True, slots=True)
class TimeoutChain:
    """How long each waits for the answer of the next, in seconds: each longer than the one that it calls.

    So it is always the innermost that gives up first, and its caller can still say who did. The other way round a
    request that is lost inside would look like one that the SLB, or nobody at all, had lost.

    Raises:
        ValueError: One gives up before the one that it calls; says which.
    """

    client: float = _CLIENT
    slb: float = 9.0
    entry: float = 8.0
    """For the service that the entry calls; the sample's storefront for orders."""
    provider: float = 5.0
    """For the service that this one calls; the sample's orders for inventory."""

    def __post_init__(self) -> None:
        """Check the order."""
        chain = [("client", self.client), ("SLB", self.slb), ("entry", self.entry), ("provider", self.provider)]
        for (outer, outer_s), (inner, inner_s) in pairwise(chain):
            if not outer_s > inner_s > 0:
                raise ValueError(f"the {outer} waits {outer_s:g} s for the {inner}, which waits {inner_s:g} s itself")


TIMEOUTS: Final = TimeoutChain()
"""Those of the suite's client, its SLBs, and the sample services."""


@dataclass(frozen=True, slots=True)
class Timings:
    """How long a run waits for each thing before it says that the thing did not happen."""

    load_ready: float = 30.0
    """The load's process: start and self-test."""
    load_began: float = 30.0
    """Warm-up, then the first request."""
    load_stopped: float = 20.0
    """The last requests' own time-out and the end marker."""
    load_longest: float = 900.0
    """All that a run does besides waiting for the operator, for callers and for servers to recover, and besides the
    times that the plan itself lets pass: no load outlives the sum, whatever becomes of its parent."""
    answer: float = 5.0
    """A server or an instance to answer one question that changes nothing: it may be busy."""
    write_in_flight: float = 20.0
    """A held write to arrive on an instance that is about to go, where its service has held one in this run."""
    any_write: float = 5.0
    """The same where none has been seen on the service so far, or the workload holds none."""
    drained: float = 20.0
    """Nothing in flight on a member that has left the SLB's group."""
    served_out: float = 30.0
    """No caller lists it, nothing is in flight."""
    stopped: float = 15.0
    """A signalled process to end."""
    silent: float = 15.0
    """A fault to silence the instance that it struck."""
    unlisted: float = 60.0
    """The callers to notice by themselves that an instance is gone: health check or heart-beat expiry."""
    healthy: float = 120.0
    """SLB and registry to answer, and to list everybody who runs, before anybody is taken down."""
    paused: float = 3600.0
    """The operator to resume the release: all pauses of a run together."""
    ready: float = 30.0
    """An instance that a fault has struck to pass its ready check again; a new incarnation has its version's own."""
    listed: float = 30.0
    """The callers to list it."""
    enough_traffic: float = 60.0
    """A batch to see the traffic that the judge demands."""
    quiet: float = 15.0
    """Every living instance to report nothing in flight after the load has ended."""
    audit: float = 15.0
    """Two reads of the ledger, one after the other, to agree."""
    replaced: float = 60.0
    """The old version to be listed no more once the team's own release command has ended."""
    slack: float = 2.0
    """On top of what the topology's own timers say that something takes at most."""
    audit_apart: float = 1.0
    """Between two reads of the ledger."""
    review: float = 0.5
    """Between two reviews of the gray: each reads what has been recorded so far."""
    joined: float = 10.0
    """A thread that looks at something every so often to finish its last look."""
    look: float = 0.05
    """Between two looks at an instance, the SLB or the registry."""
    sample: float = 0.25
    """Between two samples of who is in rotation."""
    processors: float = 0.5
    """Between two looks at what the processors did; so long is the shortest stretch that counts as CPU-starved."""
    topology_ready: float = 60.0
    """An instance of the topology to be ready, or to be listed, before there is a release."""
    topology_look: float = 0.1
    """Between two looks at such an instance."""
    standing: float = 0.5
    """The topology is watched without a load, for each part of the trial that finds the rate."""
    trial: float = 60.0
    """The trial's load to get ready, and to send what it is to send."""
    windows_slack: float = 1.5
    """What a busy machine adds to timers, and writes that are held to calls, when windows are compared with timers."""
    announced: float = 20.0
    """What callers take longer than this to notice is announced."""
    slower: float = 1.0
    """How many times as long requests are in coming as at the usual rate."""

    def for_answers_of(self, longest_s: float) -> "Timings":
        """The same where an answer may take so long: what waits for requests waits for that one, too."""
        beyond = max(0.0, longest_s - TIMEOUTS.client)
        return replace(
            self,
            load_began=self.load_began + beyond,
            load_stopped=self.load_stopped + beyond,
            drained=self.drained + beyond,
            served_out=self.served_out + beyond,
            quiet=self.quiet + beyond,
        )

    def for_tasks_of(self, users: int, rate: int, timeout_s: float) -> "Timings":
        """The same for a locustfile: each user begins in the warm-up, and has a farewell when tasks have ended."""
        each = users / rate
        return replace(
            self,
            load_began=self.load_began + each + timeout_s,
            load_stopped=self.load_stopped + each + 2 * timeout_s,
        )

    def for_workers(self, workers: int) -> "Timings":
        """The same for a load that several processes share: they start after their master, and end before it."""
        if workers == 1:
            return self
        return replace(self, load_ready=2 * self.load_ready, load_stopped=self.load_stopped + self.slack * workers)

    def at(self, rate: int) -> "Timings":
        """The same at this rate: whatever waits for requests gets as much more time as they come less often."""
        slower = max(1.0, USUAL_RATE / rate)
        return replace(
            self,
            load_longest=self.load_longest * slower,
            write_in_flight=self.write_in_flight * slower,
            any_write=self.any_write * slower,
            enough_traffic=self.enough_traffic * slower,
            slower=slower,
        )


TIMINGS: Final = Timings()
"""The suite's own."""
