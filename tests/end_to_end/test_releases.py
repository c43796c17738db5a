"""Whole releases, small ones, on real servers."""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Judgement, Verdict
from conformance.plan import abrupt_stop, batches, lossless
from conformance.record.thresholds import Thresholds
from tests.end_to_end.small import LIAR, Meddler, Small
from tests.glue.suite import pytest as suite


def test_a_lossless_release_is_go_and_stays_so_wherever_its_record_lies(small: Small, tmp_path: Path) -> None:
    judgement, directory = small.release(
        batches(small.session_topology.topology.service("orders"), to="v2", batches=2, offline=lossless)
    )
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
    judgement, _ = small.release(
        batches(small.session_topology.topology.service("inventory"), to="v2", batches=1, offline=abrupt_stop)
    )
    assert judgement.verdict is Verdict.NO_GO
    partial = {write.request for write in judgement.partial_writes}
    assert partial & set(judgement.held_writes)
    assert {(f.finding, f.hop) for f in judgement.findings} >= {
        ("failed request", "orders->inventory"),
        ("partial write", "orders->inventory"),
    }


@pytest.mark.profile("extended")
def test_a_load_that_dies_in_mid_run_proves_nothing(small: Small) -> None:
    meddler = Meddler("2.7", lambda: os.kill(small.load_pid, signal.SIGKILL))
    judgement, _ = small.release(
        batches(small.session_topology.topology.service("orders"), to="v2", batches=2, offline=lossless), meddler
    )
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "the load died in phase loading, exit code -9" in judgement.headline


@pytest.fixture(scope="module")
def afflicted(small: Small) -> Judgement:
    """One release with three things wrong, none of which hides another: each is named by a finding of its own."""
    bystander = small.session_topology.topology.service("inventory").name

    def kill_a_bystander() -> None:
        small.world.group(bystander).living()[0].signal("SIGKILL")
        small.until_recorded("ended by itself", f"{bystander}-01")

    thirsty = Thresholds(baseline_requests=60, batch_requests=100_000, batch_writes=20, incarnation_answers=3)
    release = batches(small.session_topology.topology.service("orders"), to=LIAR, batches=2, offline=lossless)
    judgement, _ = small.release(release, Meddler("2.3", kill_a_bystander), thirsty)
    return judgement


def test_too_little_traffic_in_a_batch_is_told_and_never_go(afflicted: Judgement) -> None:
    assert afflicted.verdict is not Verdict.GO
    assert "too little evidence" in {finding.finding for finding in afflicted.findings}


def test_an_instance_that_dies_by_itself_is_told_and_never_go(afflicted: Judgement) -> None:
    assert afflicted.verdict is not Verdict.GO
    assert [one.instance for one in afflicted.findings if one.finding == "ended by itself"] == ["inventory-01"]


def test_a_v2_that_is_v1_is_told_and_never_go(afflicted: Judgement) -> None:
    assert afflicted.verdict is not Verdict.GO
    liars = [one for one in afflicted.findings if one.finding == "the old version still answers"]
    assert {(one.check, one.verdict, one.instance) for one in liars} == {("replaced", Verdict.NO_GO, "orders-01")}


@dataclass(frozen=True)
class Hindered:
    judgement: Judgement
    failed_steps: list[str]
    frozen: str
    """The incarnation that was held."""


@pytest.fixture(scope="module")
def hindered(small: Small) -> Hindered:
    """One release with two things wrong: an offline hook that does nothing, and an instance elsewhere that is held."""
    held: list[str] = []

    def hold_a_bystander() -> None:
        frozen = small.world.group(small.session_topology.topology.service("storefront").name).living()[0]
        held.append(frozen.incarnation)
        frozen.signal("SIGSTOP")
        try:
            small.until_recorded("LeftRotation", frozen.incarnation)
        finally:
            frozen.signal("SIGCONT")

    meddler = Meddler("2.3", hold_a_bystander)
    release = batches(small.session_topology.topology.service("inventory"), to="v2", batches=2, offline=lossless)
    judgement, _ = small.release(release, meddler)
    return Hindered(judgement, meddler.failed, *held)


@pytest.mark.profile("extended")
def test_an_offline_hook_that_does_nothing_is_told_and_never_go(hindered: Hindered) -> None:
    assert hindered.judgement.verdict is not Verdict.GO
    assert any("registry and consumers to drop inventory-" in failure for failure in hindered.failed_steps)


@pytest.mark.profile("extended")
def test_an_instance_that_falls_silent_is_told_and_never_go(hindered: Hindered) -> None:
    assert hindered.judgement.verdict is not Verdict.GO
    lost = [one.incarnation for one in hindered.judgement.findings if one.finding == "left rotation"]
    assert set(lost) == {hindered.frozen}


@pytest.mark.profile("extended")
def test_a_lost_database_and_a_lost_registry_are_told_and_never_go(small: Small) -> None:
    """Whoever comes after it gets servers of its own."""
    lost = ("postgresql", "nacos")

    def lose() -> None:
        for server in lost:
            next(one.process for one in small.world.servers if one.process.name == server).signal("SIGKILL")
            small.until_recorded("ended by itself", server)

    release = batches(small.session_topology.topology.service("orders"), to="v2", batches=2, offline=lossless)
    judgement, _ = small.release(release, Meddler("2.6", lose))
    assert judgement.verdict is not Verdict.GO
    for server in lost:
        assert any(f"{server} ended by itself" in finding.message for finding in judgement.findings), server
    small.session_topology.close()
