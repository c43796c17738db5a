"""The steps of a plan: frozen, numbered, each with the action that carries it out. No times, no ports, no addresses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.plan.acts import CommandAct, DrainAct, HttpAct, QuietAct, RegistryAct, StopSignal, UnlistedAct
from conformance.plan.exposure import Exposure
from conformance.plan.faults import Fault, Restart
from conformance.plan.release import Confirmation, Release
from conformance.vocabulary import StepKind


@dataclass(frozen=True, slots=True)
class ProveBaseline:
    """Let the old version answer under load before anything is touched."""


@dataclass(frozen=True, slots=True)
class AwaitTraffic:
    """Let the load go on, whatever it loses, until as much has been seen as a null release is judged by."""

    is_baseline: bool = False
    """Whether it is the baseline that is waited for; else what a batch must see."""


@dataclass(frozen=True, slots=True)
class AwaitHealthy:
    """Wait until the SLB, and a registry, answer and list everybody who runs; until then nobody is taken down."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Take each out of the SLB's group and wait until nothing is in flight on it (A3)."""

    begins: bool = True
    """Whether it is the beginning of the way down, and waits until a write is in flight."""

    @property
    def act(self) -> DrainAct:
        """What is carried out."""
        return DrainAct()


@dataclass(frozen=True, slots=True)
class Perform:
    """Let each be told by its own request, by a command, or by the registry's API, that it goes or comes."""

    act: HttpAct | CommandAct | RegistryAct
    begins: bool = False
    """Whether it begins to leave its callers by this, the offline mark: once a write is in flight on it (A7)."""


@dataclass(frozen=True, slots=True)
class ServeUntilUnlisted:
    """Let each serve on until neither the registry nor a caller lists it."""

    @property
    def act(self) -> UnlistedAct:
        """What is carried out."""
        return UnlistedAct()

    @property
    def begins(self) -> bool:
        """Nothing begins by waiting."""
        return False


@dataclass(frozen=True, slots=True)
class ServeUntilQuiet:
    """Let each serve on until nothing is in flight on it, as it shows by itself or as the act says."""

    act: QuietAct

    @property
    def begins(self) -> bool:
        """Nothing begins by waiting."""
        return False


@dataclass(frozen=True, slots=True)
class Stop:
    """Send each the signal and wait for its end."""

    signal: StopSignal
    in_mid_write: bool
    """Whether it waits until a write is in flight: where the stop itself is the beginning of the way down."""
    vanish: bool = False
    """Whether its address goes with it."""
    at_once: bool = False
    """Whether its end is not waited for."""


@dataclass(frozen=True, slots=True)
class AwaitEnd:
    """Wait for the end of each that was sent a signal before."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Let each fall silent, once a write is in flight on it: it stays, and answers nobody."""


@dataclass(frozen=True, slots=True)
class AwaitUnlisted:
    """Wait until the callers have noticed by themselves: the SLB's health check, or registry and consumers."""


@dataclass(frozen=True, slots=True)
class Start:
    """Start the new version in each one's place, and wait until it is ready."""

    version: str
    most: int | None = None
    """How many may be starting at the same time; None: all."""


@dataclass(frozen=True, slots=True)
class AwaitListed:
    """Wait until the callers list each one: healthy at the SLB, or registered and seen by every consumer."""


@dataclass(frozen=True, slots=True)
class AwaitAnswered:
    """Wait until each has answered, and the batch has seen enough traffic to be judged by."""


@dataclass(frozen=True, slots=True)
class Dwell:
    """Leave things as they are for a while, under load."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Confirm:
    """Decide whether the gray is right; where it is not, the release goes no further and is rolled back."""

    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class Expose:
    """See to it that only those meet the gray for whom it is meant, before there is one."""

    exposure: Exposure


@dataclass(frozen=True, slots=True)
class Open:
    """Let everybody meet whoever is there: equal weights, no rule, no lane."""


@dataclass(frozen=True, slots=True)
class Retire:
    """Take down each incarnation that is not of the old version: out of its callers' lists first, where it is there."""


@dataclass(frozen=True, slots=True)
class Restore:
    """Start the step's version wherever none of it runs, and wait until each is ready."""

    most: int | None = None
    """How many may be starting at the same time; None: all."""


@dataclass(frozen=True, slots=True)
class Strike:
    """Let a fault happen to whoever the step names."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class AwaitFelt:
    """Wait until requests have failed by it, or the traffic has shown that none does."""


@dataclass(frozen=True, slots=True)
class Mend:
    """End the fault, and wait until the instance serves again."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class StopServer:
    """End a server, and with it all that it knows."""

    fault: Restart


@dataclass(frozen=True, slots=True)
class StartServer:
    """Start it anew at its address, and wait until it answers."""

    fault: Restart


@dataclass(frozen=True, slots=True)
class RunOwnCommand:
    """Carry out the team's own command, and record who comes and who goes meanwhile."""

    within_s: float
    """How long it may take."""
    undoes: bool = False
    """Whether it is the one that takes the release back; else the one that releases."""


@dataclass(frozen=True, slots=True)
class AwaitReplaced:
    """Record who comes and goes until only the step's version is listed, and enough traffic has been seen."""


@dataclass(frozen=True, slots=True)
class Verify:
    """Look at every instance: the new version, serving."""


Action = (
    ProveBaseline
    | AwaitTraffic
    | AwaitHealthy
    | Drain
    | Perform
    | ServeUntilUnlisted
    | ServeUntilQuiet
    | Stop
    | AwaitEnd
    | Hang
    | AwaitUnlisted
    | Start
    | AwaitListed
    | AwaitAnswered
    | Dwell
    | Confirm
    | Expose
    | Open
    | Retire
    | Restore
    | Strike
    | AwaitFelt
    | Mend
    | StopServer
    | StartServer
    | RunOwnCommand
    | AwaitReplaced
    | Verify
)


@dataclass(frozen=True, slots=True)
class Step:
    """A node of the plan's tree."""

    number: str
    """``2.3``."""
    title: str
    instances: tuple[str, ...]
    """On whom it acts; all at the same time."""
    action: Action | None = None
    """None where the children are the action."""
    version: str = ""
    """On whose incarnations of this version it acts; empty where it does not matter. Of a batch: what it brings."""
    children: tuple["Step", ...] = ()
    is_batch: bool = False
    """Whether it replaces its instances."""
    is_gray: bool = False
    """Whether it is a batch that is confirmed before the rest follows."""
    is_top: bool = True
    """Whether it stands at the top of the tree; else it is a part of such a step."""
    is_undo: bool = False
    """Whether it belongs to the rollback: taken only where the new version is refused."""
    kind: StepKind = StepKind.OTHER
    """What a top-level step is for."""
    what: str = ""
    """Of a fault or scaling: what happens, for titles."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A release as a numbered tree of steps."""

    release: Release
    title: str
    steps: tuple[Step, ...]
    undo: tuple[Step, ...] = ()
    """What rolls each batch back, in the order of the batches, and a last look: taken only where v2 is refused."""

    @property
    def baseline(self) -> Step:
        """The step before anything is touched."""
        return self.steps[0]

    @property
    def service_of(self) -> Mapping[str, str]:
        """Instance -> the service it belongs to, of every instance that the release replaces or adds."""
        return self.release.service_of

    @property
    def batches(self) -> tuple[Step, ...]:
        """The steps that replace instances."""
        return tuple(step for step in self.steps if step.is_batch)

    def leaves(self) -> Iterator[Step]:
        """Every step with an action, in the order in which they are carried out."""
        for step in self.steps:
            if step.action is not None:
                yield step
            yield from step.children
