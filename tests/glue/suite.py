"""Runs the suite itself in a process of its own, as a person does."""

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = 12
"""Scenarios of the core profile."""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str

    @property
    def complaint(self) -> str:
        """The one line that a usage error is told in."""
        return next(line for line in self.out.splitlines() if line.startswith("ERROR: "))


NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
"""The environment of a machine on which no Docker engine answers."""


def pytest(*arguments: str, cwd: Path = ROOT, **environment: str) -> Ended:
    """``pytest ARGUMENTS`` to its end, on a machine without a Docker engine unless the environment names one."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=cwd,
        env={**os.environ, **NO_ENGINE, "CI": "true", "GITHUB_STEP_SUMMARY": "", **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ended(done.returncode, done.stdout + done.stderr)


def side_by_side(out: Path, calls: Iterable[Sequence[str]]) -> list[Ended]:
    """``pytest ARGUMENTS`` for each of them, as many at a time as there are cores; all have ended when this returns.

    Each has a folder below ``out`` for its results: one session at a time may use a folder.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [
            pool.submit(pytest, *arguments, CONFORMANCE_OUT=str(out / str(number)))
            for number, arguments in enumerate(calls)
        ]
        return [run.result() for run in runs]
