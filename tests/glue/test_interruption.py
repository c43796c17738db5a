"""A session can be interrupted whatever its starter has made of the signals, and so can what it starts."""

import signal
import subprocess
import sys

import pytest

IGNORED = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN);"
CHILD = "import signal, sys; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
PROGRAM = f"""
{IGNORED}
import os, subprocess, sys
from fixtures.glue.process import be_interruptible
be_interruptible()
print(subprocess.run([sys.executable, "-c", {CHILD!r}], capture_output=True, text=True).stdout.strip(), flush=True)
try:
    os.kill(os.getpid(), int(sys.argv[1]))
    signal.pause()
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_inherited_that_signals_are_ignored_is_interrupted_all_the_same(number: signal.Signals) -> None:
    argv = [sys.executable, "-c", PROGRAM, str(int(number))]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["True", "interrupted"]
