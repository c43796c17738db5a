"""What can be opened beside a scenario: plan, picture, failed requests, the logs of whoever a finding names."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from conformance.judge.model import Judgement
from conformance.record import files
from reports.files import RunFiles

LOGS = "logs"
"""Folder of the instances' logs in a run directory."""
MOST_LOGS = 6
TAIL_BYTES = 32 * 1024
"""Of one log; the whole of it stands in the record."""
MOST_BYTES = 128 * 1024
"""Of the table of failed requests; the whole of it stands beside the report."""

Attachment = dict[str, str]
"""An attachment as it stands in an Allure result."""


class Attachments:
    """Writes attachments of one scenario into the folder of results."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[Attachment] = []

    def text(self, name: str, text: str | bytes, *, kind: str = "text/plain", ending: str = "txt") -> None:
        """One attachment; none where there is nothing in it."""
        if not text:
            return
        source = f"{uuid.uuid4()}-attachment.{ending}"
        (self._folder / source).write_bytes(text.encode() if isinstance(text, str) else text)
        self.made.append({"name": name, "source": source, "type": kind})

    def of_run(self, run: RunFiles, judgement: Judgement | None) -> None:
        """Everything there is of this run."""
        self.text("plan.txt", content(run.record / files.PLAN_TEXT))
        failed = content(run.failed_requests)
        part = "" if len(failed) <= MOST_BYTES else " (its beginning)"
        failed = failed if not part else failed[: failed.rfind(b"\n", 0, MOST_BYTES) + 1]
        self.text(f"failed-requests.csv{part}", failed, kind="text/csv", ending="csv")
        self.text("release.svg", content(run.picture), kind="image/svg+xml", ending="svg")
        for log in logs_of(run.record, judgement):
            self.text(f"{log.name} (its end)", _tail(log))
        self.text("record.txt", f"{run.record}\n")


def logs_of(directory: Path, judgement: Judgement | None) -> Sequence[Path]:
    """The logs of the first few whom findings name."""
    named = [one.incarnation or one.instance for one in judgement.findings] if judgement else []
    found: dict[Path, None] = {}
    for name in dict.fromkeys(name for name in named if name):
        for log in sorted((directory / LOGS).glob(f"{_plain(name)}*.log")):
            found[log] = None
    return list(found)[:MOST_LOGS]


def _plain(name: str) -> str:
    """The name without what a pattern would take for something else, or a path for a folder."""
    return "".join(char if char.isalnum() or char in "-._" else "?" for char in name)


def content(path: Path) -> bytes:
    """Of a file; empty where it is not there."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _tail(path: Path) -> bytes:
    """Its last lines."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - TAIL_BYTES))
            end = log.read()
    except OSError:
        return b""
    return end if size <= TAIL_BYTES else end.partition(b"\n")[2]
