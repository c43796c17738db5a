"""Whose requests meet the gray: anybody's by chance, or those of chosen users, on their whole way (A8)."""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Literal

LEAST_OF_USERS = Fraction(1, 50)
"""Fewer would be too few to tell their share by."""
MARKED = Fraction(1, 10)
"""Share of the load's users that carry the mark, where a mark decides."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who meets the gray while it is being confirmed; afterwards everybody does."""

    by: Literal["instances", "weights", "mark", "users"]
    """Each instance its equal part; weights, the SLB's or the registry's; a header or cookie of the request; a share of
    the users."""
    told: str = ""
    """For the plan: ``requests with the header X-Release-Lane: gray``."""
    share: Fraction = Fraction(0)
    """Of the requests (weights), or of the users (mark, users)."""
    header: str = ""
    cookie: str = ""
    """By which of them a request is marked; neither: by the header that carries its lane from hop to hop."""
    value: str = ""

    @property
    def chooses(self) -> bool:
        """Whether the gray stands in a lane, which chosen requests travel in; else it serves everybody."""
        return self.by in ("mark", "users")

    @property
    def mark(self) -> str:
        """The line that a marked request's head has; empty where no mark decides, or the lane's own header does."""
        if self.header:
            return f"{self.header}: {self.value}"
        return f"Cookie: {self.cookie}={self.value}" if self.cookie else ""

    def weights(self, new: int, old: int) -> tuple[int, int]:
        """The weight of each of ``new`` gray instances, and of each of the ``old`` ones."""
        if self.by != "weights":
            return 1, 1
        of_new = self.share.numerator * old
        of_old = (self.share.denominator - self.share.numerator) * new
        unit = gcd(of_new, of_old)
        return of_new // unit, of_old // unit


by_instances = Exposure("instances")
"""Whoever calls an instance of the gray by chance, as often as any other: 2 of 10 get 20 %."""


def share_of_requests(percent: str) -> Exposure:
    """So many of the requests, by weights: ``"5 %"``. Raises ValueError where that is no share.

    The SLB's weights for an entry; for a provider the registry's, by which its callers must choose.
    """
    return Exposure("weights", f"{percent} of the requests, by weights", _share(percent))


def share_of_users(percent: str) -> Exposure:
    """So many of the users, always the same ones, on their whole way. Raises ValueError where that is no share."""
    share = _share(percent)
    if share < LEAST_OF_USERS:
        raise ValueError(f"a gray for {percent} of the users; at least {float(LEAST_OF_USERS):.0%} of them are needed")
    return Exposure("users", f"{percent} of the users, always the same ones", share)


in_the_lane = Exposure("mark", "requests that come in its lane", MARKED)
"""The requests that the team's own header for a lane puts into the gray's, on their whole way, and no others."""


def with_header(name: str, value: str) -> Exposure:
    """The requests that carry this header, on their whole way, and no others."""
    return Exposure("mark", f"requests with the header {name}: {value}", MARKED, header=name, value=value)


def with_cookie(name: str, value: str) -> Exposure:
    """The requests that carry this cookie, on their whole way, and no others."""
    return Exposure("mark", f"requests with the cookie {name}={value}", MARKED, cookie=name, value=value)


def _share(percent: str) -> Fraction:
    try:
        share = Fraction(percent.removesuffix("%").strip()) / 100
    except ValueError:
        share = Fraction(0)
    if not percent.endswith("%") or not 0 < share < 1:
        raise ValueError(f"a gray for {percent!r}; a share above 0 % and below 100 % is needed")
    return share
