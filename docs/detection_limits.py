"""What a machine may run out of, where it lets one have less: a full disk, and a quota of a processor's time.

Both need root; a machine that does not let one have them says so, and the row is not carried out.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.end_to_end.small import Small

SIZE_KB: Final = 4096
FILLER: Final = "filler"


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=10)


@contextmanager
def small_disk(small: Small) -> Iterator[None]:
    """Records lie on a small file system of their own meanwhile; it ends with all that is on it.

    Raises:
        CalledProcessError: The machine does not let one be mounted.
    """
    before, place = small.folder, small.folder / "disk"
    place.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={SIZE_KB}k", "tmpfs", str(place))
    small.folder = place
    try:
        yield
    finally:
        small.folder = before
        _run("umount", "--lazy", str(place))


def fill(small: Small) -> None:
    """Leave nothing free on the file system on which records lie."""
    with (small.folder / FILLER).open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(b"\0" * 4096):
            pass


CONTROL_GROUPS: Final = Path("/sys/fs/cgroup")
PERIOD_US, QUOTA_US = 100_000, 2_000
GROUP: Final = "release-detection"


def _group() -> Path:
    """Of version 1 of control groups, or of version 2."""
    first = CONTROL_GROUPS / "cpu"
    return (first if first.is_dir() else CONTROL_GROUPS) / GROUP


@contextmanager
def small_quota(_: Small) -> Iterator[None]:
    """There is a control group meanwhile that has a fiftieth of a processor.

    Raises:
        OSError: The machine does not let one be made.
    """
    group = _group()
    group.mkdir()
    try:
        if (group / "cpu.max").exists():
            (group / "cpu.max").write_text(f"{QUOTA_US} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(QUOTA_US))
        yield
    finally:
        group.rmdir()  # whom it held has ended with the run


def hold_to_quota(small: Small) -> None:
    """The load's process has that quota from now on."""
    (_group() / "cgroup.procs").write_text(str(small.load_pid))
