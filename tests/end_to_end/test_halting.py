"""A release goes no further while the registry does not answer: nobody would be told of what it does."""

import time
from functools import partial

import pytest

from conformance.judge.model import Verdict
from conformance.plan import batches, lossless, restart_of_the_registry
from conformance.record import events
from conformance.record.reader import open_record
from fixtures.glue.servers import ServerConfig
from tests.end_to_end.small import Meddler, Small

pytestmark = pytest.mark.profile("extended")

EUREKA = ServerConfig("eureka")
LOOK_OF_BATCH_2 = "3.1"
START_ANEW, ALL_LISTED = "3.2", "3.3"


def _stop_registry(small: Small) -> None:
    small.world.registries[0].server.stop()


def test_a_batch_waits_for_a_registry_that_is_down_and_goes_on_when_it_is_back(small: Small) -> None:
    meddler = Meddler(LOOK_OF_BATCH_2, partial(_stop_registry, small))
    back: list[int] = []

    def halted(why: str) -> None:
        meddler.halts.append(why)
        if why:
            small.world.registries[0].server.restart()
            back.append(time.monotonic_ns())

    meddler.halted = halted  # type: ignore[method-assign]
    release = batches(small.session_topology.topology.service("orders"), to="v2", batches=2, offline=lossless)
    judgement, directory = small.release(release, meddler, config=EUREKA)
    assert meddler.halts[0].startswith("Eureka did not list")
    assert meddler.halts[-1] == ""
    with open_record(directory) as record:
        origin_ns = record.environment.origin_ns
        down = [e.at_ns for e in record.events if isinstance(e, events.WritesInFlight) and e.step.startswith("3.")]
        (halt,) = [e for e in record.events if isinstance(e, events.Halted)]
        (resumed,) = [e for e in record.events if isinstance(e, events.Resumed)]
    assert halt.step == LOOK_OF_BATCH_2
    assert down, "batch 2 was carried out"
    assert origin_ns + min(down) > back[0], "nobody was touched while it was down"
    assert halt.at_ns < resumed.at_ns < min(down)
    assert judgement.counts["failed"] == 0
    assert judgement.verdict is Verdict.INCONCLUSIVE, "nobody had asked for a registry that ends"
    assert any("eureka ended by itself" in finding.message for finding in judgement.findings)


def test_a_release_that_is_aborted_while_the_registry_is_restarted_waits_until_everybody_is_back(small: Small) -> None:
    """Rolled back before that, nobody would be told who leaves: it costs nothing all the same."""
    meddler = small.aborting(START_ANEW)
    service = small.session_topology.topology.service("orders")
    release = batches(service, to="v2", batches=2, amid=restart_of_the_registry, offline=lossless)
    judgement, directory = small.release(release, meddler, config=EUREKA)
    assert judgement.refusal is not None
    assert {one.finding for one in judgement.findings} == {"refused"}
    assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
    assert small.versions() == ["v1", "v1"]
    with open_record(directory) as record:
        ended = [e for e in record.events if isinstance(e, events.StepEnded) and e.step == ALL_LISTED]
        (refused,) = [e for e in record.events if isinstance(e, events.Refused)]
    assert [one.outcome for one in ended] == ["done"]
    assert refused.at_ns > ended[0].at_ns
