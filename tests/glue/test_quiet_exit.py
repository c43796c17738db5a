"""Pytest's own summary is the last line, whatever libraries say while the interpreter is taken down."""

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys
from fixtures.glue.process import end_quietly
end_quietly()
import atexit
atexit.register(lambda: print("said at the end", file=sys.stderr))
import duckdb
connection = duckdb.connect()
ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))  # for ever
print("in order", file=sys.stderr)
sys.exit(3)
"""


@pytest.mark.parametrize(("flags", "leaks"), [((), False), (("-X", "dev"), True)])
def test_leaks_of_a_binding_are_told_to_who_asks_for_them_and_to_nobody_else(
    flags: tuple[str, ...], leaks: bool
) -> None:
    argv = [sys.executable, *flags, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("in order\nsaid at the end\n")
    assert ("nanobind: leaked" in done.stderr) is leaks
