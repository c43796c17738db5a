"""The suite's own tests, as ``make test`` and CI carry them out: in two sessions of pytest, the second one quieter.

First all that needs no quiet, by more processes than there are processors, for half of it waits for servers. Then the
releases under load, by one process a processor: a judge that is told of a starved machine says INCONCLUSIVE, rightly.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

RELEASES: Final = ("tests/end_to_end", "tests/standing")
NOTHING_RAN: Final = 5
"""Pytest's exit code where all tests were deselected."""


def main(arguments: Sequence[str]) -> int:
    """Carry both sessions out with these arguments; returns pytest's code, the first one that is not good."""
    processors = min(len(os.sched_getaffinity(0)), 4)
    everything_else = [f"--ignore={folder}" for folder in RELEASES]
    codes = [
        _session(2 * processors, ["tests", *everything_else, *arguments]),
        _session(processors, [*RELEASES, *arguments]),
    ]
    told = [code for code in codes if code != NOTHING_RAN]
    return next((code for code in told if code != 0), 0 if told else NOTHING_RAN)


def _session(processes: int, arguments: Sequence[str]) -> int:
    command = (sys.executable, "-m", "pytest", "-n", str(processes), *arguments)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
