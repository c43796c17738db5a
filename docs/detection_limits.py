"""What a machine may run out of: a disk that is full, by a small file system in memory where it lets one be mounted."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
