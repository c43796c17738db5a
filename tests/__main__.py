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
ABREAST: Final = 2
"""Processes a processor of the first session. Three are a fifteenth quicker, and make what waits wait longer."""
NOTHING_RAN: Final = 5
"""Pytest's exit code where all tests were deselected."""


def main(arguments: Sequence[str]) -> int:
    """Carry both sessions out with these arguments; returns pytest's code, the first one that is not good.

    One that these arguments leave nothing of is left out: pytest's summary, the last line, is of what was tested.
    """
    processors = min(len(os.sched_getaffinity(0)), 4)
    everything_else = ("tests", *(f"--ignore={folder}" for folder in RELEASES), *arguments)
    releases = (*RELEASES, *arguments)
    if arguments and _is_empty(releases):
        return _session(ABREAST * processors, everything_else)
    if arguments and _is_empty(everything_else):
        return _session(processors, releases)
    codes = [_session(ABREAST * processors, everything_else), _session(processors, releases)]
    return next((code for code in codes if code != 0), 0)


def _session(processes: int, arguments: Sequence[str]) -> int:
    command = (sys.executable, "-m", "pytest", "-n", str(processes), *arguments)
    return subprocess.run(command, check=False).returncode


def _is_empty(arguments: Sequence[str]) -> bool:
    """Whether no test is left; pytest itself tells, later, of what it cannot understand."""
    command = (sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments)
    return subprocess.run(command, check=False, capture_output=True).returncode == NOTHING_RAN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
