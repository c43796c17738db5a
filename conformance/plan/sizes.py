"""How many instances go in each batch."""

import math
import re
from collections.abc import Sequence

Sizes = int | Sequence[int] | str
"""A number of batches, the larger ones first; their sizes, one by one; or a share of the whole, such as ``"30 %"``."""


class TooManyBatches(ValueError):
    """More batches than there are instances."""

    def __init__(self, number: int, count: int) -> None:
        super().__init__(f"{number} batches for {count} instances; at most one batch per instance")
        self.count = count
        self.at_least = number
        """So many instances would do."""


GRAY_SHARE = 0.2
"""Of the instances, at least one: 2 of 10, 1 of 4 (A8)."""
IN_THREE_BATCHES = 6
"""From so many instances on a release goes in three batches, below in two (A8: 10 in 3)."""


def usual_batches(count: int) -> int:
    """Into how many batches a release of ``count`` instances goes where nobody says otherwise."""
    return min(count, 3 if count >= IN_THREE_BATCHES else 2)


def usual_gray(count: int) -> int:
    """How many of ``count`` instances a gray takes where nobody says otherwise."""
    return max(1, round(count * GRAY_SHARE))


def split(count: int, wanted: Sizes) -> tuple[int, ...]:
    """The sizes of the batches of ``count`` instances.

    Raises:
        ValueError: Says in half a sentence what is impossible.
    """
    if isinstance(wanted, str):
        return _by_share(count, wanted)
    return _by_number(count, wanted) if isinstance(wanted, int) else _as_given(count, tuple(wanted))


def _by_number(count: int, number: int) -> tuple[int, ...]:
    if number < 1:
        raise ValueError(f"{number} batches; at least 1 is needed")
    if number > count:
        raise TooManyBatches(number, count)
    least, more = divmod(count, number)
    return tuple(least + 1 if index < more else least for index in range(number))


def _as_given(count: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    if any(size < 1 for size in sizes):
        raise ValueError(f"batches of {_listed(sizes)}; each takes 1 instance at least")
    if sum(sizes) != count:
        raise ValueError(f"batches of {_listed(sizes)} make {sum(sizes)}; there are {count} instances")
    return sizes


def _by_share(count: int, text: str) -> tuple[int, ...]:
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", text)
    percent = float(match.group(1)) if match else 0.0
    if not 0 < percent <= 100:  # noqa: PLR2004 - percent
        raise ValueError(f"batches of {text!r}; a share above 0 % and up to 100 % is needed")
    size = math.ceil(count * percent / 100 - 1e-9)
    full, rest = divmod(count, size)
    return (size,) * full + ((rest,) if rest else ())


def _listed(sizes: tuple[int, ...]) -> str:
    return " and ".join(part for part in (", ".join(str(size) for size in sizes[:-1]), str(sizes[-1])) if part)
