"""A release by the team's own command: only the list is seen, and the checks say what that leaves untested."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from conformance.vocabulary import Aspect
from tests.judge.handmade import MS, Handmade, Row
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


class TestWhatTheSystemTells:
    """By its own watch: who left the SLB and when, and everything else for people."""

    LEFT_NS = 250 * MS

    def _told(self, aspect: Aspect, said: str, at_ns: int = LEFT_NS) -> events.Told:
        who = {"service": "storefront", "instance": "storefront-01", "incarnation": "storefront-01.1"}
        return events.Told(at_ns=at_ns, step="", aspect=aspect, said=said, **who)

    def _left(self) -> Handmade:
        record = watched()
        left = self._told(Aspect.ENDPOINT, "serving, terminating")
        who = {"service": left.service, "instance": left.instance, "incarnation": left.incarnation}
        record.events += [left, events.Unlisted(at_ns=self.LEFT_NS, step="", observer="slb", **who)]
        return record

    def test_the_lag_is_measured_by_the_answers_and_is_no_finding(self, tmp_path: Path) -> None:
        judged = self._left().judged(tmp_path)
        (removal,) = judged.removals
        assert (removal.incarnation, removal.marked_ns, removal.executions_after) == (
            "storefront-01.1",
            self.LEFT_NS,
            1,  # request 3, which was sent at 310.1 ms
        )
        assert removal.lag_s == pytest.approx(0.0601)
        assert "removal" in judged.passed

    def test_for_whom_it_is_not_known_is_untested_by_name(self, tmp_path: Path) -> None:
        said = "removal: for how long 1 of 2 instances were sent requests after leaving the SLB"
        assert said in self._left().judged(tmp_path / "one").untested
        assert said.replace("1 of 2", "2 of 2") in watched().judged(tmp_path / "none").untested

    def test_everything_is_in_the_judgement_in_the_order_of_time(self, tmp_path: Path) -> None:
        record = watched()
        record.events += [
            self._told(Aspect.DELETION, "grace 30 s", 300 * MS),
            self._told(Aspect.NODE, "node-1", 10 * MS),
        ]
        told = record.judged(tmp_path).told
        assert [(one.incarnation, one.aspect, one.said) for one in told] == [
            ("storefront-01.1", Aspect.NODE, "node-1"),
            ("storefront-01.1", Aspect.DELETION, "grace 30 s"),
        ]


def test_who_comes_and_goes_again_while_the_command_runs_need_not_have_been_ready(tmp_path: Path) -> None:
    record = watched()
    who = {"service": "storefront", "instance": "storefront-03", "incarnation": "storefront-03.1"}
    record.events += [
        events.Launched(at_ns=300 * MS, step="2", version="v2", address="", **who),
        events.Disappeared(at_ns=400 * MS, step="2", **who),
    ]
    assert record.findings("steps", tmp_path / "steps") == []
    assert record.findings("events_agree", tmp_path / "events") == []


@pytest.mark.parametrize(("after_ms", "found"), [(0, 0), (-100, 1)])
def test_who_comes_once_the_last_step_is_over_is_noted_by_nobody(tmp_path: Path, after_ms: int, found: int) -> None:
    record = watched()
    over_ns = max(one.at_ns for one in record.events if isinstance(one, events.StepEnded))
    sample = next(row for row in record.states if row["observer"] == "slb" and row["in_rotation"])
    late: Row = {"at_ns": over_ns + after_ms * MS, "instance": "storefront-09", "incarnation": "storefront-09.1"}
    record.states.append(sample | late)
    assert len(record.findings("strangers", tmp_path)) == found


@pytest.mark.parametrize("check", ["events_agree", "samples_agree", "strangers", "replaced", "steps"])
def test_incarnations_have_the_names_that_the_system_gives_them(tmp_path: Path, check: str) -> None:
    record = watched()
    pods = {f"storefront-0{number}.{life}": f"web-{life}-x{number}" for number in (1, 2) for life in (1, 2)}
    record.events = [
        msgspec.structs.replace(one, incarnation=pods.get(one.incarnation, one.incarnation))
        if isinstance(one, events.OfInstance)
        else one
        for one in record.events
    ]
    for table in (record.states, record.slb, record.executions, record.ledger, record.identities.values()):
        for row in table:
            row["incarnation"] = pods.get(str(row["incarnation"]), row["incarnation"])
    record.forget_hops()
    assert record.findings(check, tmp_path) == []
