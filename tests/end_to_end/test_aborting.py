"""Releases that end early, each where that is hardest: what was begun is undone, and nothing is lost by it."""

import pytest

from conformance.plan import batches, freeze, gray, lossless, manual, scaling, share_of_users
from conformance.record import events
from conformance.record.reader import open_record
from fixtures.glue.operator import ANSWER
from tests.end_to_end.small import Meddler, Small, refused

pytestmark = pytest.mark.profile("extended")


def test_a_release_that_is_aborted_while_somebody_leaves_brings_the_old_version_back(small: Small) -> None:
    """It has left its callers' lists and is running yet: it must be replaced by one that they list."""
    meddler = small.aborting("2.3")
    judgement, _ = small.release(
        batches(small.session_topology.topology.service("orders"), to="v2", batches=2, offline=lossless), meddler
    )
    assert refused(judgement) == "aborted by a person"
    assert "1 instance rolled back" in judgement.headline
    assert small.versions() == ["v1", "v1"]
    assert not any(
        one.status().offline
        for one in small.world.group(small.session_topology.topology.service("orders").name).living()
    )


@pytest.mark.parametrize("at", ["3.3", "3.5"])
def test_a_release_that_is_aborted_while_it_is_scaled_out_takes_back_what_was_added(small: Small, at: str) -> None:
    """While those that were added serve, and while they are on their way down again."""
    meddler = small.aborting(at)
    service = small.session_topology.topology.service("orders")
    judgement, directory = small.release(
        batches(service, to="v2", batches=2, amid=scaling(by=1), offline=lossless), meddler
    )
    assert refused(judgement) == "aborted by a person"
    assert small.versions() == ["v1", "v1"]
    with open_record(directory) as record:
        added = [(type(one), one.step[0]) for one in record.events if getattr(one, "instance", "") == "orders-03"]
    assert added[0] == (events.Launched, "3")
    assert added[-1] == (events.Exited, "R")


@pytest.mark.parametrize("by", ["v3", "v2-crashes"])
def test_a_release_that_overtakes_another_is_rolled_back_with_it(small: Small, by: str) -> None:
    """Aborted while the overtaken version serves yet; refused by itself when that has left to make room."""
    meddler = small.aborting("3.2" if by == "v3" else "")
    release = batches(
        small.session_topology.topology.service("orders"), to="v2", batches=2, overtaken_by=by, offline=lossless
    )
    judgement, directory = small.release(release, meddler)
    assert judgement.refusal is not None
    assert judgement.counts["failed"] == judgement.counts["partial_writes"] == 0
    assert small.versions() == ["v1", "v1"]
    with open_record(directory) as record:
        launched = [(e.version, e.step[0]) for e in record.events if isinstance(e, events.Launched)]
    assert launched[0] == ("v2", "2")
    assert launched[-1] == ("v1", "R")


def test_a_release_that_is_aborted_inside_a_fault_is_rolled_back_once_that_is_mended(small: Small) -> None:
    """A world that is broken cannot be rolled back."""
    meddler = small.aborting("3.2")
    topology = small.session_topology.topology
    release = batches(
        topology.service("orders"), to="v2", batches=2, amid=freeze(topology.service("inventory")), offline=lossless
    )
    judgement, directory = small.release(release, meddler)
    assert "refused" in {one.finding for one in judgement.findings}
    assert small.versions() == ["v1", "v1"]
    assert all(one.status().ready for one in small.world.group(topology.service("inventory").name).living())
    with open_record(directory) as record:
        told = [type(e) for e in record.events if isinstance(e, events.Struck | events.Mended | events.Refused)]
    assert told == [events.Struck, events.Mended, events.Refused]
    assert judgement.refusal is not None
    assert judgement.refusal.lost_after == 0


def test_a_gray_for_chosen_users_that_is_refused_leaves_no_rule_behind(small: Small) -> None:
    meddler = Meddler("4", lambda: small.tell(ANSWER, "no"))
    asked = manual(within_s=10)
    chosen = share_of_users("40 %")
    service = small.session_topology.topology.service("orders")
    release = gray(service, to="v2", first=1, then=1, confirm=asked, met_by=chosen, offline=lossless)
    judgement, directory = small.release(release, meddler)
    assert refused(judgement) == "a person said no"
    assert small.versions() == ["v1", "v1"]
    with open_record(directory) as record:
        rules = [type(event) for event in record.events if isinstance(event, events.Exposed | events.Opened)]
    assert rules == [events.Exposed, events.Opened]
