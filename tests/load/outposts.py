"""Places for a load's workers: programs of this machine, with another clock where one is asked for."""

import os
import subprocess
import sys
from pathlib import Path

from conformance.load.spec import WorkerPlace


def place(folder: Path, name: str, ahead_s: int = 0) -> WorkerPlace:
    """A worker elsewhere that has this folder for itself; its monotonic clock is so much before this machine's."""
    own = folder / name.replace(" ", "-")
    own.mkdir()
    python = f"PATH={Path(sys.executable).parent}:{os.environ['PATH']}"
    clock = ("unshare", "--time", "--monotonic", str(ahead_s), "--fork", "--kill-child") if ahead_s else ()
    return WorkerPlace(name=name, command=("env", python, f"TMPDIR={own}", *clock))


def other_clocks() -> bool:
    """Whether this kernel gives a program a clock of its own, and this user may ask for it."""
    tried = subprocess.run(["unshare", "--time", "--monotonic", "1", "true"], capture_output=True, check=False)
    return tried.returncode == 0
