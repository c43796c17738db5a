"""Whether a folder is as it was: every file in it, by size, time of its last change and place on the disk."""

from collections.abc import Mapping
from pathlib import Path

Contents = Mapping[Path, tuple[int, int, int]]


def contents(folder: Path) -> Contents:
    """What is in it now; nothing where it does not exist."""
    found = {}
    for path in folder.rglob("*"):
        try:
            seen = path.lstat()
        except FileNotFoundError:  # a session of another terminal is just writing there
            continue
        if not path.is_dir():
            found[path] = (seen.st_size, seen.st_mtime_ns, seen.st_ino)
    return found


def changes(before: Contents, after: Contents) -> list[str]:
    """Files that came, went or are others than before, by name."""
    return sorted(str(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path))
