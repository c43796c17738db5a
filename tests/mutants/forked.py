"""Sessions of pytest in forks of this process, which has imported what no mutant is in.

That is half of the time of a session whose first test fails.
"""

import contextlib
import importlib
import math
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

_OURS = ("conformance", "fixtures", "reports", "tests", "docs", "bench", "conftest", "__main__")
"""What each session imports anew, from the folder that it is carried out in."""


@dataclass(frozen=True, slots=True)
class Session:
    """What came of one."""

    code: int | None
    """Pytest's exit code; None where the process was ended, by a limit or by a fault."""
    output: str
    cpu_s: float
    """The processor's time that it took: the machine may have been busy with something else."""


LONGEST_S = 600
"""The longest that a session may take, by the clock."""


def session(arguments: Sequence[str], within_cpu_s: float = LONGEST_S, *, keep_bytecode: bool = False) -> Session:
    """Carry out a session in the current folder.

    Args:
        arguments: pytest's.
        within_cpu_s: what has taken so much of a processor's time and is still at work is ended.
        keep_bytecode: whether later sessions may find what this one compiled. Not of a mutant: it may be as long as
            what it was made of and written in the same second, and would then be taken for it.
    """
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            _become(arguments, within_cpu_s, said.fileno(), keep_bytecode=keep_bytecode)
        _, status, used = os.wait4(child, 0)
        said.seek(0)
        output = said.read().decode(errors="replace")
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
    return Session(code, output, used.ru_utime + used.ru_stime)


def import_what_a_session_needs(arguments: Sequence[str]) -> None:
    """Import what a session of these tests imports, but for what is ours: it is learned from one that only collects.

    What is ours is compiled by it, for all sessions in this folder.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.dont_write_bytecode = False
        _import_from_here()
        pytest.main([*arguments, "--collect-only"])
        os.write(writing, "\n".join(_not_ours(sys.modules)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        names = told.read().split("\n")
    os.waitpid(child, 0)
    for name in names:
        with contextlib.suppress(Exception):  # what cannot be imported by its name each session imports in its own way
            importlib.import_module(name)


def _become(arguments: Sequence[str], within_cpu_s: float, said: int, *, keep_bytecode: bool) -> NoReturn:
    """Be the session: never return to what this process was."""
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        signal.alarm(LONGEST_S)  # nobody handles it: the process ends there
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(within_cpu_s), math.ceil(within_cpu_s) + 1))
        os.dup2(said, sys.stdout.fileno())
        os.dup2(said, sys.stderr.fileno())
        sys.dont_write_bytecode = not keep_bytecode
        _import_from_here()
        code = int(pytest.main(list(arguments)))
        sys.stdout.flush()
    finally:
        os._exit(code)


def _import_from_here() -> None:
    """Let what is ours be imported anew, from the current folder."""
    here = str(Path.cwd())
    sys.path[:] = [here, *(path for path in sys.path if path not in ("", here))]
    for name in set(sys.modules).difference(_not_ours(sys.modules)) - {"__main__"}:
        del sys.modules[name]


def _not_ours(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.split(".")[0] not in _OURS]
