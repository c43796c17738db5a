"""Check steps: a fault that silently did nothing must not pass."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.checks.steps import CHECK
from conformance.judge.model import Finding, Verdict
from conformance.record import events
from conformance.vocabulary import Cause
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import left_rotation, made
from tests.judge.test_own_command import watched
from tests.judge.test_refused import refused


def _only(record: Handmade, tmp_path: Path) -> Finding:
    (found,) = record.findings("steps", tmp_path)
    return found


def _fail(record: Handmade, *steps: str, saw: str = "") -> None:
    record.events = [
        msgspec.structs.replace(e, outcome="failed", saw=saw)
        if isinstance(e, events.StepEnded) and e.step in steps
        else e
        for e in record.events
    ]


def test_a_message_is_one_sentence_and_the_last_log_lines_stand_below_it(tmp_path: Path) -> None:
    record = made()
    record.events.append(
        events.Trouble(at_ns=500 * MS, step="", what="nacos is gone\nlast lines of its log:\nout of memory")
    )
    found = _only(record, tmp_path)
    assert found.message == "at 0.5 s: nacos is gone"
    assert found.detail == ("last lines of its log:", "out of memory")


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_every_step_was_taken_and_each_replacement_is_proved(tmp_path: Path, service: str) -> None:
    assert made(service).findings("steps", tmp_path) == []


def test_fails_as_inconclusive_on_a_failed_step_and_names_the_innermost(tmp_path: Path) -> None:
    record = made()
    _fail(record, "2", "2.4", saw="orders-01.2 to be ready: not within 30 s")
    found = _only(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "step failed")
    assert (found.step, found.substep) == ("Batch 1 of 2", "2.4 Start: v2")
    assert found.message == "2.4 Start: v2 failed at 0.5 s: orders-01.2 to be ready: not within 30 s"


@pytest.mark.parametrize("began", [True, False])
def test_a_failed_step_is_told_from_its_beginning_where_that_is_known(tmp_path: Path, began: bool) -> None:
    record = made()
    _fail(record, "2.4")
    (begun,) = [e for e in record.events if isinstance(e, events.StepBegan) and e.step == "2.4"]
    if not began:
        record.events.remove(begun)
    found = record.findings("steps", tmp_path)
    assert [one.first_ns for one in found if one.finding == "step failed"] == [begun.at_ns if began else 0]


def test_of_a_batch_that_failed_each_new_instance_is_proved_all_the_same(tmp_path: Path) -> None:
    record = made()
    _fail(record, "2", "2.4")
    record.without(events.Ready, "orders-01.2")
    messages = [one.message for one in record.findings("steps", tmp_path)]
    assert "orders-01.2 in Batch 1 of 2: it was launched and its ready check never passed" in messages


def test_of_a_batch_that_failed_because_its_version_was_refused_no_new_instance_is_proved(tmp_path: Path) -> None:
    record = refused()
    _fail(record, "2", "2.4")
    record.without(events.Ready, "orders-01.2")
    assert record.findings("steps", tmp_path) == []


@pytest.mark.parametrize(("rolled_back", "told"), [(True, ["R1 Roll back: Batch 1 of 2 failed at 1.1 s"]), (False, [])])
def test_a_step_that_rolls_back_is_to_end_well_where_it_began(
    tmp_path: Path, rolled_back: bool, told: list[str]
) -> None:
    record = refused(rolled_back=rolled_back)
    _fail(record, "R1")
    assert [one.message for one in record.findings("steps", tmp_path)] == told


@pytest.mark.parametrize(("own_command", "gone"), [(True, True), (True, False), (False, True)])
def test_who_came_and_went_by_a_teams_own_command_alone_need_not_have_been_ready(
    tmp_path: Path, own_command: bool, gone: bool
) -> None:
    record = watched(own_command=own_command)
    new = {"service": "storefront", "instance": "storefront-02", "incarnation": "storefront-02.2"}
    record.without(events.Ready, new["incarnation"])
    if gone:
        record.events.append(events.Disappeared(at_ns=1000 * MS, step="3.6", **new))
    never_ready = "storefront-02.2 in Batch 2 of 2: it was launched and its ready check never passed"
    messages = [one.message for one in record.findings("steps", tmp_path)]
    assert (never_ready in messages) is not (own_command and gone)


@pytest.mark.parametrize("own_command", [True, False])
def test_how_each_was_taken_down_is_untested_only_by_a_teams_own_command(own_command: bool) -> None:
    said = "storefront is released by the team's own command: how each instance was taken down"
    assert CHECK.gaps(watched(own_command=own_command).contract) == ((said,) if own_command else ())


@pytest.mark.parametrize("out_of_memory", [True, False])
def test_an_end_for_want_of_memory_is_told_as_its_cause(tmp_path: Path, out_of_memory: bool) -> None:
    record = made()
    new = {"service": "orders", "instance": "orders-02", "incarnation": "orders-02.2"}
    record.events.append(
        events.Exited(
            at_ns=1000 * MS, step="3.6", code=137, signal=None, out_of_memory=out_of_memory, survivors=0, **new
        )
    )
    assert _only(record, tmp_path).cause is (Cause.OUT_OF_MEMORY if out_of_memory else Cause.UNKNOWN)


def test_fails_on_a_new_version_that_ends_by_itself(tmp_path: Path) -> None:
    record = made()
    new = {"service": "orders", "instance": "orders-02", "incarnation": "orders-02.2"}
    record.events.append(
        events.Exited(at_ns=1000 * MS, step="3.6", code=1, signal=None, out_of_memory=False, survivors=0, **new)
    )
    found = _only(record, tmp_path)
    assert (found.verdict, found.finding, found.step) == (Verdict.NO_GO, "ended by itself", "Batch 2 of 2")
    assert found.message == "orders-02.2 ended by itself (exit 1) at 1.0 s"


def test_another_process_that_ends_by_itself_proves_nothing_against_the_release(tmp_path: Path) -> None:
    record = made()
    other = {"service": "inventory", "instance": "inventory-01", "incarnation": "inventory-01.1"}
    record.events.append(
        events.Exited(at_ns=1000 * MS, step="", code=None, signal="SIGSEGV", out_of_memory=False, survivors=0, **other)
    )
    found = _only(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "ended by itself")


def test_trouble_that_nobody_asked_for_is_inconclusive(tmp_path: Path) -> None:
    record = made()
    record.events.append(events.Trouble(at_ns=500 * MS, step="", what="nginx ended by itself: exit 1"))
    found = _only(record, tmp_path)
    assert (found.verdict, found.finding, found.step) == (Verdict.INCONCLUSIVE, "trouble", "Batch 1 of 2")
    assert found.message == "at 0.5 s: nginx ended by itself: exit 1"


@pytest.mark.parametrize(
    ("service", "kind", "life", "message"),
    [
        ("orders", events.Signalled, 1, "no signal was delivered to it"),
        ("orders", events.Exited, 1, "it was sent SIGTERM and its end was not seen"),
        ("orders", events.MarkedOffline, 1, "its offline mark is not recorded, yet the policy is lossless"),
        ("storefront", events.DrainAcknowledged, 1, "its drain is not recorded, yet the policy is lossless"),
        ("inventory", events.NothingInFlight, 1, "nothing shows that nothing was in flight on it when it was stopped"),
        ("orders", events.Ready, 2, "it was launched and its ready check never passed"),
        ("orders", events.Registered, 2, "the registry was never seen to list it"),
        ("storefront", events.Listed, 2, "the SLB was never seen to list it"),
    ],
)
def test_lacks_evidence_where_a_proof_is_missing(
    tmp_path: Path, service: str, kind: type[events.Event], life: int, message: str
) -> None:
    record = made(service)
    record.without(kind, f"{record.service}-01.{life}")
    messages = [found.message for found in record.findings("steps", tmp_path)]
    assert f"{record.service}-01.{life} in Batch 1 of 2: {message}" in messages


@pytest.mark.parametrize("failed", [0, 3])
def test_lacks_evidence_where_nothing_shows_that_a_fault_did_any_harm(tmp_path: Path, failed: int) -> None:
    record = made()
    record.events.append(events.Felt(at_ns=500 * MS, step="2.3", failed=failed, within_s=5.0))
    found = record.findings("steps", tmp_path)
    assert [(one.finding, one.verdict) for one in found] == (
        [] if failed else [("step not proved", Verdict.INCONCLUSIVE)]
    )
    assert all("nothing shows that the fault in Batch 1 of 2 did any harm" in one.message for one in found)


def test_lacks_evidence_where_the_mark_came_after_the_stop(tmp_path: Path) -> None:
    record = made()
    record.events = [
        msgspec.structs.replace(e, at_ns=415 * MS) if isinstance(e, events.MarkedOffline) and e.step == "2.1" else e
        for e in record.events
    ]
    assert _only(record, tmp_path).message == "orders-01.1 in Batch 1 of 2: its offline mark came after its stop"


def test_a_mark_and_a_quiet_moment_as_late_as_the_stop_are_in_time(tmp_path: Path) -> None:
    record = made()
    (stop,) = [e for e in record.events if isinstance(e, events.Signalled) and e.step == "2.3"]
    record.events = [
        msgspec.structs.replace(e, at_ns=stop.at_ns)
        if isinstance(e, events.MarkedOffline | events.NothingInFlight) and e.incarnation == stop.incarnation
        else e
        for e in record.events
    ]
    assert record.findings("steps", tmp_path) == []


@pytest.mark.parametrize("ready", [True, False])
def test_who_was_launched_in_the_run_and_never_ready_has_nothing_to_leave(tmp_path: Path, ready: bool) -> None:
    record = made()
    record.without(events.MarkedOffline, "orders-01.1")
    record.without(events.NothingInFlight, "orders-01.1")
    (stop,) = [e for e in record.events if isinstance(e, events.Signalled) and e.step == "2.3"]
    who = {"service": stop.service, "instance": stop.instance, "incarnation": stop.incarnation}
    record.events.append(events.Launched(at_ns=5 * MS, step="1", version="v1", address="127.0.0.1:1", **who))
    if ready:
        record.events.append(events.Ready(at_ns=8 * MS, step="1", **who))
    assert len(record.findings("steps", tmp_path)) == (2 if ready else 0)


def test_a_policy_that_does_not_leave_first_needs_no_mark(tmp_path: Path) -> None:
    record = made()
    record.release(lossless=False, offline="graceful stop", removal_bound_s=None)
    record.without(events.MarkedOffline)
    record.without(events.NothingInFlight)
    assert record.findings("steps", tmp_path) == []


def test_sigstop_is_no_stop(tmp_path: Path) -> None:
    """A fault that freezes an instance asks for no end: what ends then ends by itself."""
    record = made()
    record.events = [
        msgspec.structs.replace(e, signal="SIGSTOP") if isinstance(e, events.Signalled) and e.step == "2.3" else e
        for e in record.events
    ]
    found = {(one.finding, one.incarnation) for one in record.findings("steps", tmp_path)}
    assert found == {("step not proved", "orders-01.1"), ("ended by itself", "orders-01.1")}


def test_who_ended_by_itself_is_told_with_its_last_words_once(tmp_path: Path) -> None:
    record = made()
    record.without(events.Signalled, "orders-01.1")
    said = {"orders-01.1 ended by itself: exit 0\naddress in use\nbye": "orders-01.1", "nginx is silent\nits log": ""}
    record.events += [events.Trouble(at_ns=420 * MS, step="", what=what, ended=who) for what, who in said.items()]
    found = record.findings("steps", tmp_path)
    assert [one.detail for one in found if one.finding == "ended by itself"] == [("address in use", "bye")]
    assert [one.detail for one in found if one.finding == "trouble"] == [(), ("its log",)]


def test_lacks_evidence_where_steps_never_began_or_never_ended(tmp_path: Path) -> None:
    record = made()
    record.events = [
        e
        for e in record.events
        if not (isinstance(e, events.StepBegan) and e.step in {"3.6", "4"})
        and not (isinstance(e, events.StepEnded) and e.step in {"2.1", "3.6", "4"})
    ]
    messages = {found.message for found in record.findings("steps", tmp_path)}
    assert messages == {"3.6 Wait until answered, 4 Verify never began", "2.1 Go offline never ended"}


def test_lacks_evidence_where_there_is_no_plan(tmp_path: Path) -> None:
    record = made()
    record.plan = []
    assert "the record has no plan" in {found.message for found in record.findings("steps", tmp_path)}


def test_lacks_evidence_where_an_untouched_instance_left_rotation(tmp_path: Path) -> None:
    record = made()
    record.events.append(left_rotation(500))
    (found,) = record.findings("steps", tmp_path)
    assert (found.finding, found.verdict, found.incarnation, found.step) == (
        "left rotation",
        Verdict.INCONCLUSIVE,
        "storefront-01.1",
        "Batch 1 of 2",
    )
    assert "though no step was taking it down" in found.message


@pytest.mark.parametrize("quiet", [True, False])
def test_nothing_in_flight_is_to_be_shown_where_the_way_down_waits_for_it(tmp_path: Path, quiet: bool) -> None:
    """A way of the team's own may wait for a time instead: what was cut is then found by the load."""
    record = made()
    record.without(events.NothingInFlight)
    release = msgspec.structs.replace(record.contract.release, quiet=quiet)
    record.contract = msgspec.structs.replace(record.contract, release=release)
    found = [one.message for one in record.findings("steps", tmp_path)]
    assert bool(found) is quiet
    assert all("nothing shows that nothing was in flight on it" in message for message in found)
