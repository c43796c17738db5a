"""Where what is made of a session and of each of its runs stands, below the folder that the session writes to."""

from dataclasses import dataclass
from pathlib import Path

SUMMARY = "summary.md"
PAGE = "release-report.html"
DETAILS = "details"
MADE = (SUMMARY, PAGE, DETAILS)
"""What a session makes anew, and what the last one left of it must go."""

MOST_ROWS = 10_000
"""Failed requests that are written out of one run."""


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The files of one run."""

    record: Path
    """The run directory."""
    failed_requests: Path
    """Only there where requests failed."""
    picture: Path


def files_of(out: Path, record: Path) -> RunFiles:
    """Those of the run in the directory ``record``, of a session that writes to ``out``.

    They do not stand in the run directory: it is sealed, and may be judged where nothing can be written.
    """
    folder = out / DETAILS / record.name
    return RunFiles(record, folder / "failed-requests.csv", folder / "release.svg")
