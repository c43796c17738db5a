"""A null release is carried out: the load goes on, whatever it loses, and nothing is done to anybody."""

from pathlib import Path

import pytest

from conformance.plan import Service, batches, lossless, null_release
from conformance.record import events
from tests.run.stub_run import INVENTORY, MAILER, ORDERS, READS, STOREFRONT, THRESHOLDS, StubLoad, StubRun

DONE = ("LoadBegan", "StepBegan", "StepEnded", "LoadEnded", "AuditRead")


def _null(folder: Path, *services: Service, **more: object) -> StubRun:
    release = null_release(batches(*services, to="v2", batches=2, offline=lossless))
    return StubRun(folder, release, **more)  # type: ignore[arg-type]  # what a stub run has


@pytest.mark.parametrize("service", [STOREFRONT, ORDERS, INVENTORY])
def test_nothing_is_done_to_anybody(tmp_path: Path, service: Service) -> None:
    run = _null(tmp_path, service).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v1"})
    assert {type(event).__name__ for event in run.happened} == set(DONE)
    assert [event.step for event in run.all(events.StepBegan)] == ["1", "2", "3"]


def test_a_worker_and_several_services_are_left_alone_as_well(tmp_path: Path) -> None:
    run = StubRun(tmp_path, null_release(batches(ORDERS, MAILER, offline=lossless, together=False)), (ORDERS, MAILER))
    run.go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v1"})


def test_a_workload_that_only_reads_is_not_waited_for_writes(tmp_path: Path) -> None:
    run = _null(tmp_path, ORDERS, routes=(READS,), load=StubLoad(writes=False)).go()
    assert run.failed == {}


def test_it_goes_on_where_requests_fail(tmp_path: Path) -> None:
    """How many the system loses by itself is what it is to tell: the load is not ended at the first."""
    run = _null(tmp_path, ORDERS, load=StubLoad(failed=7)).go()
    assert run.failed == {}
    assert run.load.done > THRESHOLDS.baseline_requests + THRESHOLDS.batch_requests


def test_too_little_traffic_ends_it_at_the_deadline(tmp_path: Path) -> None:
    run = _null(tmp_path, ORDERS, load=StubLoad(writes=False)).go()
    assert list(run.failed) == ["2"]
    assert "1000 requests and 100 writes while nothing is released: not within" in run.failed["2"]
