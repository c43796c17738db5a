"""A run whose load two workers share: sealed as ever, or ended early by a worker that is lost, with its number."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import psutil

from conformance.judge.judge import judge
from conformance.judge.model import Verdict
from conformance.load.process import LoadProcess
from conformance.load.spec import LoadSpec
from conformance.plan import batches, lossless
from conformance.record.reader import open_record
from conformance.record.thresholds import Thresholds
from conformance.run.load_driver import LoadDriver
from conformance.run.spec import RunSpec
from tests.load.honest import HonestServer
from tests.load.specs import READ, WRITE
from tests.run.stub_run import ORDERS, TINY, StubRun

PATIENT = replace(TINY, load_ready=30, load_began=30, load_stopped=30, enough_traffic=20)
FEW = Thresholds(baseline_requests=100, batch_requests=20, batch_writes=2, rotation_gap_s=30.0)
BATCH_1 = "2"


@dataclass
class SharedRun(StubRun):
    """A release into a stub world, under a real load by two workers."""

    port: int = 0
    master: int = 0

    def _spec(self, directory: Path) -> RunSpec:
        return replace(
            super()._spec(directory),
            workers=2,
            rate=200,
            routes=(WRITE, READ),
            warm_up_requests=8,
        )

    def _driver(
        self, spec: LoadSpec, started: Callable[[int], None], redaction: Callable[[str], str] = str
    ) -> LoadDriver:
        del started
        self.ordered.append(spec)
        return LoadProcess(msgspec.structs.replace(spec, port=self.port), started=self._note, redaction=redaction)

    def _note(self, pid: int) -> None:
        self.master = pid

    def workers(self) -> list[int]:
        """Their process ids, in their order."""
        found = sorted(psutil.Process(self.master).children(), key=lambda one: one.create_time())
        return [one.pid for one in found]


def test_the_record_of_a_shared_load_is_sealed_and_read(tmp_path: Path) -> None:
    with HonestServer() as server:
        run = SharedRun(
            tmp_path, batches(ORDERS, batches=2, offline=lossless), timings=PATIENT, thresholds=FEW, port=server.port
        )
        run.go()
    assert (run.troubles, run.failed) == ([], {})
    with open_record(tmp_path / "run") as record:
        assert (record.contract.load.workers, record.load.workers, len(record.load.each)) == (2, 2, 2)
    judgement = judge(tmp_path / "run")
    assert "workers" in judgement.passed
    assert not {one.finding for one in judgement.findings} & {"record broken", "ended early", "check failed"}


def test_a_worker_that_is_lost_ends_the_run_early_and_is_named(tmp_path: Path) -> None:
    lost: list[int] = []
    with HonestServer() as server:
        run = SharedRun(
            tmp_path, batches(ORDERS, batches=2, offline=lossless), timings=PATIENT, thresholds=FEW, port=server.port
        )

        def kill() -> None:
            lost.append(run.workers()[1])
            os.kill(lost[0], signal.SIGKILL)

        run.teller.at, run.teller.act = BATCH_1, kill
        run.go()
    judgement = judge(tmp_path / "run")
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert {one.finding for one in judgement.findings} == {"ended early"}
    assert f"load worker 2 of 2 (process {lost[0]}) was lost in phase loading: ended by SIGKILL" in judgement.headline
