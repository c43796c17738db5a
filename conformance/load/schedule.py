"""The one sequence of a load: which request is due when, of which route, held how long, on which kind of connection.

Pure: everything about request i follows from the order and i, so that a run can be told again, and workers that share a
load need not talk. Shares are exact, not drawn: up to the end of every block of requests each share has been met to
within one request, for as long as the load lasts. Within a block the sequence is shuffled, but for a log-in: what it
tells runs out, so it is due at an even pace.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from random import Random
from typing import NamedTuple

from conformance.load.spec import LoadSpec, Route

BLOCK = 64
"""Requests that are shuffled together: few enough to be worked out between two requests, many enough to be a mix."""

SECOND_NS = 1_000_000_000


class Turn(NamedTuple):
    """What the schedule says of one request."""

    seq: int
    route: int
    """Index into the order's routes."""
    work_ms: int
    fresh: bool
    """Whether it opens a connection of its own."""


class _Share:
    """A share of a growing number of things, always met to within one."""

    def __init__(self, share: Fraction) -> None:
        self._over, self._under = share.numerator, share.denominator

    def of(self, number: int) -> int:
        """How many of the first ``number`` things belong to the share; never falls while ``number`` grows."""
        return number * self._over // self._under


class Schedule:
    """The sequence that an order stands for."""

    def __init__(self, spec: LoadSpec) -> None:
        self._rate = spec.rate
        self._seed = spec.seed
        self._spec = spec
        self._routes = spec.routes
        # What must come at an even pace has the first share, which is one of the whole.
        self._in_turn = sorted(range(len(spec.routes)), key=lambda index: spec.routes[index].renew_s is None)
        self._route_shares = _one_after_the_other([_exact(spec.routes[index].weight) for index in self._in_turn])
        self._long_shares = [_Share(_exact(route.long_share)) for route in spec.routes]
        self._fresh_share = _Share(_exact(spec.fresh_share))
        self._block = lru_cache(maxsize=4)(self._shuffled_block)

    def due_ns(self, seq: int) -> int:
        """When request ``seq`` is due, in nanoseconds since the first one."""
        return seq * SECOND_NS // self._rate

    def planned(self, elapsed_ns: int) -> int:
        """How many of this worker's requests are due up to this long after the first one, that moment included."""
        if elapsed_ns < 0:
            return 0
        due = ((elapsed_ns + 1) * self._rate - 1) // SECOND_NS + 1
        return self._spec.own_share(due)

    def turn(self, seq: int) -> Turn:
        """What the schedule says of request ``seq``, whoever sends it."""
        return self._block(seq // BLOCK)[seq % BLOCK]

    def turns(self) -> Iterator[Turn]:
        """This worker's requests, in order, without end."""
        number = 0
        while True:
            block = self._block(number)
            first = (self._spec.worker - number * BLOCK) % self._spec.workers
            yield from islice(block, first, None, self._spec.workers)
            number += 1

    def _shuffled_block(self, number: int) -> tuple[Turn, ...]:
        start, end = number * BLOCK, (number + 1) * BLOCK
        # Not for secrets: the same seed must give the same sequence.
        random = Random(f"{self._seed}/{number}")  # noqa: S311
        before, after = self._routes_within(start), self._routes_within(end)
        even = self._evenly(start, end)
        kinds = [
            (index, work_ms)
            for index, route in enumerate(self._routes)
            if not (even and index == self._in_turn[0])
            for work_ms in self._work_of(index, route, before[index], after[index], random)
        ]
        random.shuffle(kinds)
        for place in even:
            kinds.insert(place, (self._in_turn[0], 0))
        fresh = self._fresh_share.of(end) - self._fresh_share.of(start)
        connections = [True] * fresh + [False] * (BLOCK - fresh)
        random.shuffle(connections)
        return tuple(
            Turn(start + place, index, work_ms, is_fresh)
            for place, ((index, work_ms), is_fresh) in enumerate(zip(kinds, connections, strict=True))
        )

    def _evenly(self, start: int, end: int) -> list[int]:
        """Where in this block the requests stand whose answers run out."""
        if not self._routes or self._routes[self._in_turn[0]].renew_s is None:
            return []
        share = self._route_shares[0]
        return [number - start for number in range(start, end) if share.of(number + 1) > share.of(number)]

    def _work_of(self, index: int, route: Route, before: int, after: int, random: Random) -> list[int]:
        """The ``work_ms`` of a route's requests number ``before`` to ``after``."""
        share = self._long_shares[index]
        long = share.of(after) - share.of(before)
        return [random.randint(*route.long_ms) for _ in range(long)] + [0] * (after - before - long)

    def _routes_within(self, number: int) -> list[int]:
        """How many of the first ``number`` requests belong to each route."""
        counts = [0] * len(self._routes)
        for index, share in zip(self._in_turn, self._route_shares, strict=True):
            counts[index] = share.of(number)
            number -= counts[index]
        return counts


def _exact(share: float) -> Fraction:
    """The decimal that a person wrote, not its binary neighbour: 0.1 is one tenth."""
    return Fraction(repr(share))


def _one_after_the_other(weights: Sequence[Fraction]) -> list[_Share]:
    """Each route's share of what the routes before it have left over.

    Taken one after the other, because then no count can fall while the number of requests grows, and all of them add
    up to it; shares of the whole, each rounded for itself, do neither.
    """
    shares = []
    rest = sum(weights, Fraction(0))
    for weight in weights:
        shares.append(_Share(weight / rest if rest else Fraction(0)))
        rest -= weight
    return shares
