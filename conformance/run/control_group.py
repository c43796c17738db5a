"""The control groups that this process lies in: how many processors their quotas leave it, and how often they end.

Of version 2 or 1. A container sees its own group as the root; what a service manager or a person makes lies below it,
and the quota of every group on the way there binds.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
OWN: Final = Path("/proc/self/cgroup")
STANDARD: Final = "0::/"
"""As a process is told of that lies in no group but the root's."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What one group may spend in each of its periods, and how often it had spent it."""

    processors: float
    period_s: float
    periods: int
    """In which the group did anything, since it was made..."""
    throttled: int
    """...and those of them in which it had to wait for the next one."""


def quotas(root: Path = ROOT, own: Path = OWN) -> Mapping[Path, Quota]:
    """Those that bind this process now, by the folder of their group.

    Args:
        root: Where the control groups' files are.
        own: Which groups this process lies in, one a line: ``hierarchy:controllers:path``.
    """
    found: dict[Path, Quota] = {}
    for folder in _folders(root, own):
        with suppress(OSError, ValueError, ZeroDivisionError):
            spent_us, period_us = _spent_in(folder)
            if spent_us > 0:
                found[folder] = Quota(spent_us / period_us, period_us / 1e6, *_counts(folder / "cpu.stat"))
    return found


def _folders(root: Path, own: Path) -> Iterator[Path]:
    """Of this process's groups that share processors out, and of all that they lie in."""
    for line in own.read_text().splitlines() if own.is_file() else [STANDARD]:
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "cpu" in controllers.split(","):
            group = PurePosixPath(path.lstrip("/"))
            hierarchy = root / "cpu" if controllers else root
            yield from (hierarchy / one for one in (group, *group.parents))


def _spent_in(folder: Path) -> tuple[float, float]:
    """Microseconds of processors that may be spent, in a period of so many; below 0, or a word, where there is none."""
    version_2 = folder / "cpu.max"
    files = [version_2] if version_2.is_file() else [folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us"]
    quota, period = " ".join(file.read_text() for file in files).split()
    return float(quota), float(period)


def _counts(stat: Path) -> tuple[int, int]:
    """Periods, and the throttled ones; none where nobody counts them."""
    with suppress(OSError, ValueError, KeyError):
        counts = dict(line.split() for line in stat.read_text().splitlines())
        return int(counts["nr_periods"]), int(counts["nr_throttled"])
    return 0, 0
