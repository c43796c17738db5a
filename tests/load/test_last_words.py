"""What a load's process is in that does not exit is told, and it is waited for no longer than for a while."""

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance.load import process
from conformance.load.environment import PROGRESS
from conformance.load.process import LOG, LoadFailed, LoadProcess
from conformance.record.load_end import LoadEnd
from conformance.run.waiting import until
from tests.load.specs import an_order

WITHIN_S = 30.0
END = LoadEnd(
    planned=0,
    sent=0,
    rows=0,
    crc32=0,
    answers=1,
    started_ns=0,
    stopped_ns=0,
    realtime=False,
    timer="sleep",
    self_test={},
    self_test_passed=True,
)


def _child(tmp_path: Path, then: str) -> LoadProcess:
    """A load whose process says at once that it has ended, its record sealed, and then does this."""
    load = LoadProcess(an_order(tmp_path))
    program = f"""
        import os, pathlib, sys, time
        pathlib.Path("load.json").write_bytes({msgspec.json.encode(END)!r})
        os.write(int(os.environ["{PROGRESS}"]), b'{{"phase": "ended"}}\\n')
        {then}
    """
    load._argv = lambda: [sys.executable, "-c", textwrap.dedent(program)]  # type: ignore[method-assign]
    return load


def test_a_process_that_does_not_exit_is_waited_for_no_longer_than_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_LINGERS_S", 0.5)
    with _child(tmp_path, "time.sleep(600)") as load:
        load.launch()
        began = time.monotonic()
        assert load.stop(WITHIN_S) == END
        assert time.monotonic() - began < WITHIN_S
    assert "the load's record is whole" in (tmp_path / LOG).read_text().lower()
    assert "did not exit within 0.5 s: killed" in (tmp_path / LOG).read_text()


def test_what_it_has_started_neither_holds_its_end_nor_outlives_it(tmp_path: Path) -> None:
    with _child(tmp_path, "os.system('sleep 600 & echo $! > started')") as load:
        load.launch()
        began = time.monotonic()
        load.stop(WITHIN_S)
        assert time.monotonic() - began < WITHIN_S
    argv = ["ps", "-o", "stat=", "-p", (tmp_path / "started").read_text().strip()]

    def state() -> str:
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()

    until("its end", state, within_s=WITHIN_S, accept=lambda told: told == "" or told.startswith("Z"))
    assert "killed" not in (tmp_path / LOG).read_text()


def test_an_exit_that_is_none_of_a_load_that_ended_well_is_a_failure(tmp_path: Path) -> None:
    with _child(tmp_path, "sys.exit(3)") as load:
        load.launch()
        with pytest.raises(LoadFailed, match="ended, but its process did not exit properly: 3"):
            load.stop(WITHIN_S)


def test_an_end_is_seen_though_the_exit_is_seen_before_it_is_read(tmp_path: Path) -> None:
    with _child(tmp_path, "sys.exit(0)") as load:
        load._read = lambda descriptor: _late(read, descriptor)  # type: ignore[method-assign]
        read = LoadProcess._read.__get__(load)
        load.launch()
        until("its exit", lambda: load.exit_code, within_s=WITHIN_S, accept=lambda code: code is not None)
        assert load.progress().phase == "ended"


def _late(read: Callable[[int], None], descriptor: int) -> None:
    time.sleep(0.5)
    read(descriptor)


def test_what_holds_an_exit_is_told_with_what_it_is_in() -> None:
    program = """
        import gevent.monkey
        gevent.monkey.patch_all()
        import gc, sys, threading, time, gevent
        from conformance.load.last_words import tell_what_holds

        def hand_in_the_report():
            time.sleep(3)

        gevent.spawn(threading.Thread(target=hand_in_the_report, daemon=False).start).join()
        gc.freeze()  # as a load does when it begins
        tell_what_holds(0.5)
        sys.exit(0)
    """
    argv = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=WITHIN_S, check=True)
    assert done.stderr.startswith("The load is over, its process is still there 0.5 s later, in:")
    assert "hand_in_the_report" in done.stderr
