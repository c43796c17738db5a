"""Runs the suite itself in a process of its own, as a person does."""

import importlib
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = 12
"""Scenarios of the core profile."""

NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
"""The environment of a machine on which no Docker engine answers."""

LONGEST_S = 180
IMPORTED_ONCE = ["pytest", "allure_pytest.plugin", "fixtures.glue.session", "conformance.judge.judge"]
"""What every session begins with: four fifths of the time of one that starts nothing."""
SAY_NOTHING_OF_THAT = "-W ignore::pytest.PytestAssertRewriteWarning"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str

    @property
    def complaint(self) -> str:
        """The one line that a usage error is told in."""
        return next(line for line in self.out.splitlines() if line.startswith("ERROR: "))


def pytest(*arguments: str, cwd: Path = ROOT, **environment: str) -> Ended:
    """``pytest ARGUMENTS`` to its end, on a machine without a Docker engine unless the environment names one.

    It is a fork of a process that has imported the suite and done nothing else. Where the start of a program matters,
    a test starts one: those that are interrupted, that are asked at a terminal, and those of the documented pipelines.
    """
    started_as = {**os.environ, **NO_ENGINE, "CI": "true", "GITHUB_STEP_SUMMARY": "", **environment}
    started_as["PYTEST_ADDOPTS"] = SAY_NOTHING_OF_THAT
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(IMPORTED_ONCE)
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder, name) for name in ("stdout", "stderr")]
        session = forks.Process(target=_session, args=(arguments, cwd, started_as, said))
        session.start()
        session.join(LONGEST_S)
        if session.exitcode is None:
            session.kill()
            session.join()
        out = "".join(file.read_text() for file in said)
    assert session.exitcode is not None
    assert session.exitcode >= 0, f"pytest {' '.join(arguments)}: not at its end after {LONGEST_S} s\n{out}"
    return Ended(session.exitcode, out)


def _session(arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], said: Sequence[Path]) -> None:
    """Be the process that ``python -m pytest ARGUMENTS`` would be."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.path[:0] = [str(cwd), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = ["pytest", *arguments]
    for number, file in enumerate((Path(os.devnull), *said)):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        os.dup2(os.open(file, flags, 0o600), number)
    code = importlib.import_module("pytest").main(list(arguments))  # the name is taken here
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


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
