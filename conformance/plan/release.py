"""A release as it is asked for, and the rounds in which it goes: pure data, checked when it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from conformance.plan.acts import LEAVES, Act, CommandAct, HttpAct, SignalAct
from conformance.plan.exposure import Exposure, by_instances
from conformance.plan.faults import Fault, Restart
from conformance.plan.topology import Order, Service
from conformance.plan.ways_down import OfflinePolicy
from conformance.vocabulary import Refuser


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A decision in the middle of a release."""

    by: Literal[Refuser.REQUESTS, Refuser.OPERATOR]
    within_s: float
    """Without an answer for so long the release is refused and rolled back. At less than the usual rate the gray's own
    traffic has as much more time."""


automatic = Confirmation(Refuser.REQUESTS, within_s=60.0)
"""By the gray's own traffic so far: no request failed, every write whole, the new version not much slower."""


def manual(*, within_s: float = 3600.0) -> Confirmation:
    """By a person: at the terminal, or where there is none by a file."""
    return Confirmation(Refuser.OPERATOR, within_s)


@dataclass(frozen=True, slots=True)
class Scaling:
    """Out by so many instances of the service that is released, and in again, before the release goes on."""

    by: int


def scaling(by: int) -> Scaling:
    """Out by ``by`` instances and in again."""
    return Scaling(by)


Amid = Fault | Restart | Scaling
"""What may happen between the first batch and the second."""


@dataclass(frozen=True, slots=True)
class Part:
    """One service of a release."""

    service: Service
    """In the version that runs before the release, and in as many instances as are released."""
    to: str
    """The new version."""
    sizes: tuple[int, ...]
    """Instances per batch, in order."""
    way_down: tuple[Act, ...] = ()
    """The acts by which each instance leaves; empty where the offline policy alone says how it ends."""
    way_up: tuple[Act, ...] = ()
    """What is done once a new incarnation is ready, before its callers list it."""

    @property
    def leaves_first(self) -> bool:
        """Whether an instance leaves its callers before its process is asked to end."""
        first = next((act for act in self.way_down if isinstance(act, LEAVES | SignalAct)), None)
        return bool(self.way_down) and not isinstance(first, SignalAct)

    @property
    def notifies(self) -> bool:
        """Whether it tells its callers that it is going while it still serves."""
        return any(act.notifies for act in self.way_down if isinstance(act, HttpAct | CommandAct))

    @property
    def names(self) -> tuple[str, ...]:
        """Every instance that is replaced."""
        return self.service.names(sum(self.sizes))

    def batch(self, number: int) -> tuple[str, ...]:
        """The instances of the batch of this number, counted from 0."""
        begin = sum(self.sizes[:number])
        return self.names[begin : begin + self.sizes[number]]

    def minimum_in_rotation(self, order: Order) -> int:
        """Instances that serve at all times: all, or all but the largest batch where it is stopped first."""
        return sum(self.sizes) - (max(self.sizes) if order == "stop first" else 0)

    def surge(self, order: Order) -> int:
        """How many more run for a while than there are: none, or the largest batch where it is started first."""
        return max(self.sizes) if order == "start first" else 0


@dataclass(frozen=True, slots=True)
class Round:
    """What is replaced at the same time."""

    title: str
    parts: tuple[Part, ...]
    instances: tuple[str, ...]
    old: str
    to: str
    gray: bool

    @property
    def service(self) -> Service:
        """What is replaced; of several services, which go down alike, the first one."""
        return self.parts[0].service

    @property
    def most_starting(self) -> int | None:
        """How many may be starting at the same time, by the service that allows the fewest; None: all."""
        return min((most for part in self.parts if (most := part.service.most_starting) is not None), default=None)

    @property
    def behind_slb(self) -> bool:
        """Whether it is the SLB that calls it."""
        return self.service.position == "entry"


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it is asked for."""

    parts: tuple[Part, ...]
    """Each service that is released, in the same number of batches."""
    offline: OfflinePolicy
    confirm: Confirmation | None = None
    """Who confirms the first batch, which is then the gray: users meet the new version there first (A8)."""
    order: Order = "stop first"
    """Within a batch."""
    interval_s: float = 0.0
    """How long a batch is left to serve before the next."""
    amid: Amid | None = None
    """What happens after the first batch, and is over before the next."""
    together: bool = True
    """Batch by batch at the same time; else one service after the other, providers before their callers."""
    met_by: Exposure = by_instances
    """Whose requests meet the gray."""
    overtaken_by: str = ""
    """A version that is released in its turn when the first batch is done: this release is never finished."""
    own_command: bool = False
    """Whether one command of the team's own replaces everything, in an order of its own, while the suite watches."""
    nothing: bool = False
    """Whether it is a null release: the services stay as they are, under the same load."""

    @property
    def service(self) -> Service:
        """The one that is released; the first of several."""
        return self.parts[0].service

    @property
    def to(self) -> str:
        """The new version; of several services, the first one's."""
        return self.parts[0].to

    @property
    def last_version(self) -> str:
        """What everybody is in the end; of several services, the first one."""
        return self.overtaken_by or self.to

    @property
    def leaves_first(self) -> bool:
        """Whether every instance leaves its callers before it stops."""
        return self.offline.leaves_first and all(part.leaves_first for part in self.parts)

    def part_of(self, service: str) -> Part | None:
        """The part of this service; None where it is not released."""
        return next((part for part in self.parts if part.service.name == service), None)

    @property
    def service_of(self) -> Mapping[str, str]:
        """Instance -> the service it belongs to, of every instance that is replaced or added."""
        added = self.amid.by if isinstance(self.amid, Scaling) else 0
        return {name: part.service.name for part in self.parts for name in part.service.names(sum(part.sizes) + added)}

    @property
    def gray(self) -> bool:
        """Whether the first batch is a gray."""
        return self.confirm is not None

    @property
    def gray_share(self) -> float:
        """The share of the instances that the gray takes, 0 to 1; 0 where there is none."""
        sizes = self.parts[0].sizes
        return sizes[0] / sum(sizes) if self.gray else 0.0

    @property
    def batches(self) -> int:
        """How many of each service, the gray among them."""
        return len(self.parts[0].sizes)

    def minimum_in_rotation(self, part: Part) -> int:
        """How many of this service serve at all times: by batches and order, or as the team says of its command."""
        if self.nothing:
            return sum(part.sizes)
        return part.service.release.at_least or 1 if self.own_command else part.minimum_in_rotation(self.order)

    @property
    def strategy(self) -> str:
        """``3 batches of 4, 3 and 3``, or ``gray of 2, then 2 batches of 4 and 4``."""
        if self.nothing:
            return "nothing released"
        if self.own_command:
            return f"all {sum(len(part.names) for part in self.parts)} by the team's own command"
        counted = self.parts if self.together else self.parts[:1]
        sizes = [sum(part.sizes[number] for part in counted) for number in range(self.batches)]
        gray = f"gray of {sizes[0]}{f' for {self.met_by.told}' if self.met_by.told else ''}"
        told = f"{gray}, then {_told(sizes[1:])}" if self.gray else _told(sizes)
        told = told if self.together else f"{told} of each service, providers before their callers"
        told = f"{told}, overtaken by {self.overtaken_by} after the first" if self.overtaken_by else told
        return told if self.order == "stop first" else f"{told}, each started before the old one stops"

    @property
    def rounds(self) -> tuple[Round, ...]:
        """What is replaced, in its order; the grays first."""
        grays = 1 if self.gray else 0
        numbers = range(self.batches)
        if self.together:
            planned = [(self.parts, number) for number in numbers]
        else:
            parts = sorted(self.parts, key=lambda part: part.service.depth, reverse=True)
            planned = [((part,), 0) for part in parts[: grays * len(parts)]]
            planned += [((part,), number) for part in parts for number in numbers[grays:]]
        first = [self._round(parts, number) for parts, number in planned]
        if not self.overtaken_by:
            return tuple(first)
        return (first[0], *(self._overtaking(parts, number) for parts, number in planned))

    def _round(self, parts: tuple[Part, ...], number: int) -> Round:
        names = tuple(name for part in parts for name in part.batch(number))
        gray = self.gray and number == 0
        whole = sum(sum(part.sizes) for part in parts)
        count = f"{number + 1 - self.gray} of {self.batches - self.gray}"
        if self.together:
            title = f"Gray: {len(names)} of {whole}" if gray else f"Batch {count}"
        else:
            name = parts[0].service.name
            title = f"Gray of {name}: {len(names)} of {whole}" if gray else f"Batch {count} of {name}"
        return Round(title, parts, names, parts[0].service.version, parts[0].to, gray)

    def _overtaking(self, parts: tuple[Part, ...], number: int) -> Round:
        names = tuple(name for part in parts for name in part.batch(number))
        title = f"Batch {number + 1} of {self.batches} of {self.overtaken_by}"
        old = self.to if number == 0 else self.service.version
        return Round(title, parts, names, old, self.overtaken_by, gray=False)


def _told(sizes: Sequence[int]) -> str:
    if len(sizes) == 1:
        return f"1 batch of {sizes[0]}"
    return f"{len(sizes)} batches of {', '.join(str(size) for size in sizes[:-1])} and {sizes[-1]}"
