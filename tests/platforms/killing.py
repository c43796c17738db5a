"""Kills the owner of a session, with its guardian or without."""

import os
import signal
import subprocess
from pathlib import Path

from fixtures.platforms.session.guardian import PID
from fixtures.platforms.session.state import state_folder


def kill_owner(process: subprocess.Popen[str], *, guardian: bool = False) -> None:
    """Kill the owner; every guardian of this user before it, unless it is what the test is about."""
    sessions: Path = state_folder() / "sessions"
    if not guardian:
        for pid in sessions.glob(f"*/{PID}"):
            os.kill(int(pid.read_text()), signal.SIGKILL)
    process.kill()
    process.wait()
