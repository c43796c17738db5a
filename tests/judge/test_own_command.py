"""A release by the team's own command: only the list is seen, and the checks say what that leaves untested."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from tests.judge.handmade import Handmade
from tests.judge.healthy import made

NOT_SEEN = (
    events.WritesInFlight,
    events.DrainAcknowledged,
    events.MarkedOffline,
    events.Performed,
    events.NothingInFlight,
    events.Signalled,
    events.Unlisted,
)


def watched(*, own_command: bool = True) -> Handmade:
    """The healthy release of an entry, as the list alone would have shown it."""
    record = made("storefront")
    record.release(own_command=own_command, lossless=False, removal_bound_s=None)
    record.undeclare("in_flight", "offline", "sees")
    record.events = [
        events.Disappeared(
            at_ns=one.at_ns, step=one.step, service=one.service, instance=one.instance, incarnation=one.incarnation
        )
        if isinstance(one, events.Exited)
        else one
        for one in record.events
        if not isinstance(one, NOT_SEEN)
    ]
    return record


@pytest.mark.parametrize("check", ["steps", "stops", "replaced", "rotation"])
def test_passes_on_what_the_list_has_shown(tmp_path: Path, check: str) -> None:
    assert watched().findings(check, tmp_path) == []


@pytest.mark.parametrize(
    ("check", "what"),
    [
        ("steps", "how each instance was taken down"),
        ("stops", "whether each instance ended by itself, in time"),
    ],
)
def test_what_the_list_cannot_show_is_untested_by_name(tmp_path: Path, check: str, what: str) -> None:
    untested = watched().judged(tmp_path).untested
    assert f"{check}: storefront is released by the team's own command: {what}" in untested


def test_fails_where_an_instance_never_disappeared(tmp_path: Path) -> None:
    record = watched()
    record.without(events.Disappeared, "storefront-02.1")
    (found,) = record.findings("replaced", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "not replaced")
    assert found.message == "nothing proves that storefront-02 ended in Batch 2 of 2"


def test_a_new_instance_that_was_never_listed_as_ready_is_not_proved(tmp_path: Path) -> None:
    record = watched()
    record.without(events.Ready, "storefront-02.2")
    (found,) = record.findings("steps", tmp_path)
    assert (found.finding, found.incarnation) == ("step not proved", "storefront-02.2")


def test_the_same_record_of_a_release_that_the_suite_carries_out_lacks_its_proofs(tmp_path: Path) -> None:
    found = watched(own_command=False).findings("steps", tmp_path)
    assert {one.message for one in found} >= {"storefront-01.1 in Batch 1 of 2: no signal was delivered to it"}
