"""Whole releases, small ones, in the real neighbourhood."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Verdict
from conformance.plan import abrupt_stop, batches, lossless
from conformance.record.thresholds import Thresholds
from fixtures.stage import Stage
from tests.end_to_end.small import LIAR, Meddler, Small, small_descriptor
from tests.glue.suite import pytest as suite


def test_a_lossless_release_is_go_and_stays_so_wherever_its_record_lies(small: Small, tmp_path: Path) -> None:
    judgement, directory = small.release(batches(small.stage.topology.middle, to="v2", batches=2, offline=lossless))
    assert (judgement.verdict, judgement.findings) == (Verdict.GO, ())
    assert judgement.untested == ()
    assert judgement.counts["requests"] > 260
    assert {removal.lag_s <= 0.5 for removal in judgement.removals} == {True}
    moved = tmp_path / "elsewhere" / "old run"
    shutil.copytree(directory, moved)
    assert judge(moved) == judgement
    ended = suite("--judge", str(moved.parent), CONFORMANCE_OUT=str(tmp_path / "out"), PATH="/nowhere")
    assert ended.code == 0, ended.out
    assert "VERDICT: GO" in ended.out
    assert (tmp_path / "out" / "judged" / "verdict.json").is_file()


def test_killing_a_provider_in_mid_write_shows_what_was_being_written(small: Small) -> None:
    judgement, _ = small.release(batches(small.stage.topology.leaf, to="v2", batches=1, offline=abrupt_stop))
    assert judgement.verdict is Verdict.NO_GO
    partial = {write.request for write in judgement.partial_writes}
    assert partial & set(judgement.held_writes)
    assert {(f.finding, f.hop) for f in judgement.findings} >= {
        ("failed request", "middle->leaf"),
        ("partial write", "middle->leaf"),
    }


def test_a_load_that_dies_in_mid_run_proves_nothing(small: Small) -> None:
    meddler = Meddler("2.2", lambda: os.kill(small.load_pid, signal.SIGKILL))
    judgement, _ = small.release(batches(small.stage.topology.middle, to="v2", batches=2, offline=lossless), meddler)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "the load died in phase loading, exit code -9" in judgement.headline


def test_too_little_traffic_in_a_batch_proves_nothing(small: Small) -> None:
    thirsty = Thresholds(baseline_requests=100, batch_requests=100_000, batch_writes=20, incarnation_answers=3)
    judgement, _ = small.release(
        batches(small.stage.topology.middle, to="v2", batches=2, offline=lossless), thresholds=thirsty
    )
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "too little evidence" in {finding.finding for finding in judgement.findings}


def test_an_instance_that_dies_by_itself_is_never_go(small: Small) -> None:
    def kill_a_bystander() -> None:
        small.stage.open().group("inventory").living()[0].signal("SIGKILL")

    meddler = Meddler("2.2", kill_a_bystander)
    judgement, _ = small.release(batches(small.stage.topology.middle, to="v2", batches=2, offline=lossless), meddler)
    assert judgement.verdict is not Verdict.GO


def test_a_v2_that_is_v1_is_never_go(small: Small) -> None:
    judgement, _ = small.release(batches(small.stage.topology.middle, to=LIAR, batches=2, offline=lossless))
    assert judgement.verdict is not Verdict.GO
    assert "replaced" in {finding.check for finding in judgement.findings}


def test_an_offline_hook_that_does_nothing_is_never_go(small: Small) -> None:
    meddler = Meddler()
    judgement, _ = small.release(batches(small.stage.topology.leaf, to="v2", batches=2, offline=lossless), meddler)
    assert judgement.verdict is not Verdict.GO
    assert any("the registry to drop inventory-" in failure for failure in meddler.failed)


@pytest.mark.parametrize("server", ["postgresql", "nacos"])
def test_a_server_lost_in_mid_run_is_never_go(server: str, tmp_path: Path) -> None:
    stage = Stage(small_descriptor(tmp_path / "descriptor"), print)

    def lose() -> None:
        next(one for one in stage.open().servers if one.name == server).signal("SIGKILL")

    try:
        judgement, _ = Small(stage, tmp_path).release(
            batches(stage.topology.middle, to="v2", batches=2, offline=lossless), Meddler("2.4", lose)
        )
    finally:
        stage.close()
    assert judgement.verdict is not Verdict.GO
    assert any(f"{server} ended by itself" in finding.message for finding in judgement.findings), judgement.findings
