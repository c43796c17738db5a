"""The end of a load's process: nothing that it has started, and no thread, holds whoever waits for it."""

import time
from pathlib import Path

import pytest

from conformance.load import process
from conformance.load.process import LOG, LoadProcess
from conformance.record import files
from conformance.run.waiting import until
from tests.load.honest import HonestServer
from tests.load.task_loads import WITHIN_S, order

HELD_S = 60.0
LEAVES_A_PROGRAM = """
import os

class Somebody(ReleaseUser):
    def on_start(self):
        os.system("sleep 61 & echo $! > sleeping")

    @task
    def look(self):
        self.client.get("/orders/1", expect=404)
"""
LEAVES_A_THREAD = """
import threading, time

def hand_in_the_report():
    time.sleep(61)

class Somebody(ReleaseUser):
    def on_start(self):
        threading.Thread(target=hand_in_the_report, daemon=False).start()

    @task
    def look(self):
        self.client.get("/orders/1", expect=404)
"""


def _stopped(tmp_path: Path, source: str) -> tuple[float, str, int | None]:
    """How long the load took to end, its log, and its exit code."""
    with HonestServer() as server:
        spec = order(tmp_path, server.port, source, users=1, warm_up_requests=1)
        with LoadProcess(spec) as load:
            load.launch()
            load.wait_ready(WITHIN_S)
            load.start()
            until(
                "the load", load.progress, within_s=WITHIN_S, accept=lambda now: now.phase == "loading" and now.done > 0
            )
            began = time.monotonic()
            load.stop(HELD_S)
            took_s = time.monotonic() - began
    assert (Path(spec.directory) / files.LOAD).exists()
    return took_s, (Path(spec.directory) / LOG).read_text(), load.exit_code


def _lives(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_a_program_that_a_task_has_started_holds_no_pipe_and_ends_with_the_load(tmp_path: Path) -> None:
    took_s, log, code = _stopped(tmp_path, LEAVES_A_PROGRAM)
    assert (took_s < HELD_S / 4, code) == (True, 0)
    pid = int((tmp_path / "run" / "sleeping").read_text())
    until("its end", lambda: _lives(pid), within_s=WITHIN_S, accept=lambda lives: not lives)
    assert "its process" not in log


def test_a_process_that_does_not_exit_is_ended_and_its_log_says_what_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_LINGERS_S", 12.0)
    took_s, log, code = _stopped(tmp_path, LEAVES_A_THREAD)
    assert (took_s < HELD_S / 2, code) == (True, -9)
    assert "The load is over, its process is still there 8 s later, in:" in log
    assert "hand_in_the_report" in log
    assert "did not exit within 12 s: killed" in log
