"""What happened during a run, one frozen struct per kind of event, and the proof that each step was really taken.

``at_ns`` is nanoseconds since the run's origin on the monotonic clock; ``step`` is the number of the plan's step.
"""

from typing import Literal

import msgspec

from conformance.vocabulary import Aspect, Refuser


class _Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="event",
    tag=lambda name: name,
):
    at_ns: int
    step: str


class StepBegan(_Event, frozen=True, kw_only=True):
    """A step of the plan begins."""

    title: str


class StepEnded(_Event, frozen=True, kw_only=True):
    """It ends: done, or failed with what was seen last."""

    outcome: Literal["done", "failed"]
    saw: str = ""


class OfInstance(_Event, frozen=True, kw_only=True):
    """Of one incarnation of one instance."""

    service: str
    instance: str
    incarnation: str


class WritesInFlight(OfInstance, frozen=True, kw_only=True):
    """The writes that were being held on the instance when its way down began; empty where none came in time."""

    requests: tuple[str, ...]
    in_flight: int | None = None
    """Requests of any kind in flight on it by its own count; None in records that were made before it was told."""


class DrainAcknowledged(OfInstance, frozen=True, kw_only=True):
    """The SLB has taken the member out and reports nothing in flight on it."""


class MarkedOffline(OfInstance, frozen=True, kw_only=True):
    """The offline hook has returned: deregistered and, with ``notify``, telling its callers."""

    notify: bool


class Performed(OfInstance, frozen=True, kw_only=True):
    """An act of its way down or up is done that has no event of its own: a request, a command, the registry's API."""

    act: str


class NothingInFlight(OfInstance, frozen=True, kw_only=True):
    """The instance reports that nothing is in flight."""


class InFlightUnknown(OfInstance, frozen=True, kw_only=True):
    """Nobody lists it, and it does not show what is in flight on it: it is stopped without that being seen."""


class InstanceFailed(OfInstance, frozen=True, kw_only=True):
    """What the step does to each of its instances failed on this one."""

    why: str


class Signalled(OfInstance, frozen=True, kw_only=True):
    """The platform delivered a signal."""

    signal: str


class Exited(OfInstance, frozen=True, kw_only=True):
    """The process has ended: by exit code or by signal, the other being None."""

    code: int | None
    signal: str | None
    out_of_memory: bool = False
    survivors: int = 0
    """Processes that it had started, and that were killed when it had ended, amid their connections."""


class Disappeared(OfInstance, frozen=True, kw_only=True):
    """What lists the instances of a system that stands already lists it no more; how it ended, nobody saw."""


class Told(OfInstance, frozen=True, kw_only=True):
    """The system, which stands already, tells this of it by itself; ``at_ns`` is when that was heard."""

    aspect: Aspect
    said: str
    """In the system's own words."""


class Launched(OfInstance, frozen=True, kw_only=True):
    """A new incarnation was started."""

    version: str
    address: str


class Ready(OfInstance, frozen=True, kw_only=True):
    """Its ready check passed."""


class Registered(OfInstance, frozen=True, kw_only=True):
    """The registry lists it."""


class Unlisted(OfInstance, frozen=True, kw_only=True):
    """An observer (registry, SLB or a consumer's instance) no longer lists it."""

    observer: str


class Listed(OfInstance, frozen=True, kw_only=True):
    """An observer (SLB or a consumer's instance) lists it as a target."""

    observer: str


class ListedByTime(OfInstance, frozen=True, kw_only=True):
    """These consumers do not show whom they would call: by the longest delay of their lists they have it by now."""

    consumers: tuple[str, ...]


class UnlistedByTime(OfInstance, frozen=True, kw_only=True):
    """These consumers do not show whom they would call: by the longest delay of their lists they have dropped it."""

    consumers: tuple[str, ...]


class LeftRotation(OfInstance, frozen=True, kw_only=True):
    """The SLB's health check took it out of rotation, though no step was taking it down."""


class Answered(OfInstance, frozen=True, kw_only=True):
    """It has finished this many executions."""

    executions: int


class Struck(OfInstance, frozen=True, kw_only=True):
    """A fault has struck it: it answers no more."""

    harm: str


class Felt(_Event, frozen=True, kw_only=True):
    """A fault stood long enough to be felt: how many requests failed meanwhile. 0: nothing shows that it did harm."""

    failed: int
    within_s: float
    """Seconds after which nobody waited for a failure any longer."""


class Mended(OfInstance, frozen=True, kw_only=True):
    """The fault is over: it is ready, and its callers list it."""


class Halted(_Event, frozen=True, kw_only=True):
    """The release goes no further until SLB and registry have recovered: both answer, and list everybody who runs."""

    why: str


class Resumed(_Event, frozen=True, kw_only=True):
    """SLB and registry have recovered, and the release goes on."""


class Exposed(_Event, frozen=True, kw_only=True):
    """From now on only those meet the gray for whom it is meant."""

    to: str


class Opened(_Event, frozen=True, kw_only=True):
    """From now on everybody meets whoever is there: equal weights, no rule, no lane."""


class Confirmed(_Event, frozen=True, kw_only=True):
    """The gray was found to be right."""

    by: str
    saw: str


class Refused(_Event, frozen=True, kw_only=True):
    """The new version was found not to be right: the release goes no further, and what has begun is rolled back."""

    why: str
    by: Refuser = Refuser.NOBODY
    """By what; empty in records that were made before it was told."""


class Starved(_Event, frozen=True, kw_only=True):
    """A stretch of time is over in which the machine was CPU-starved.

    Without any such event nothing is known: records that were made before the run looked at that have none either.
    """

    since_ns: int
    """When it began, as ``at_ns`` is when it ended."""
    idle: float
    """Share of the processors' time that was idle in it, 0 to 1."""


class ServerStopped(_Event, frozen=True, kw_only=True):
    """The plan has ended a server."""

    server: str


class ServerStarted(_Event, frozen=True, kw_only=True):
    """It was started anew and answers."""

    server: str


class LoadBegan(_Event, frozen=True, kw_only=True):
    """The first request is due."""


class LoadEnded(_Event, frozen=True, kw_only=True):
    """No more requests are due; all that were sent are accounted for."""


class AuditRead(_Event, frozen=True, kw_only=True):
    """The ledger was read; ``agreed`` when two reads a second apart were equal."""

    rows: int
    agreed: bool


class ExecutionsRead(_Event, frozen=True, kw_only=True):
    """The executions of a service were read from a log that does not tell nanoseconds."""

    service: str
    resolution_ns: int
    """How finely the coarsest of its lines tells times; of a start that follows from an end and a duration, both."""


class LookMissed(_Event, frozen=True, kw_only=True):
    """The watch asked who is in rotation and got no answer; once for each unbroken series of such looks.

    The samples show how long the series was.
    """

    observer: str
    why: str


class Trouble(_Event, frozen=True, kw_only=True):
    """Something that the plan did not ask for: a process that ended by itself, a server that does not answer."""

    what: str
    ended: str = ""
    """Who ended by itself, an incarnation or a server, with its last words in ``what``; empty where nobody did."""


Event = (
    StepBegan
    | StepEnded
    | WritesInFlight
    | DrainAcknowledged
    | MarkedOffline
    | Performed
    | NothingInFlight
    | InFlightUnknown
    | InstanceFailed
    | Signalled
    | Exited
    | Disappeared
    | Told
    | Launched
    | Ready
    | Registered
    | Unlisted
    | Listed
    | ListedByTime
    | UnlistedByTime
    | LeftRotation
    | Struck
    | Felt
    | Mended
    | Exposed
    | Opened
    | Confirmed
    | Refused
    | Halted
    | Resumed
    | ServerStopped
    | ServerStarted
    | Answered
    | LoadBegan
    | LoadEnded
    | AuditRead
    | ExecutionsRead
    | Starved
    | LookMissed
    | Trouble
)
