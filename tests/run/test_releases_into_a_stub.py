"""Whole releases of ten instances: what is done in which order, and that each event was seen to happen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.plan import (
    Exposure,
    Fault,
    OfflinePolicy,
    Release,
    Restart,
    Service,
    abrupt_stop,
    batches,
    freeze,
    gray,
    hang,
    host_failure,
    lossless,
    manual,
    partition,
    plan,
    restart_of_the_database,
    restart_of_the_registry,
    restart_of_the_slb,
    scaling,
    share_of_requests,
    vanish,
    with_header,
)
from conformance.record import events
from conformance.run.contract import longest_s
from conformance.run.spec import Review
from conformance.run.timings import Timings
from conformance.run.world import ExitStatus, Gone
from conformance.vocabulary import Refuser
from tests.run.stub_run import IN_VAIN_S, INVENTORY, ORDERS, READS, STOREFRONT, TINY, StubRun
from tests.run.stub_world import HOOK, StubInstance

OF_PROVIDER = ["WritesInFlight", "MarkedOffline", "Performed", *["Unlisted"] * 3, "NothingInFlight", "Signalled"]
OF_ENTRY = ["WritesInFlight", "DrainAcknowledged", "Signalled"]


def lossless_release(service: Service = ORDERS) -> Release:
    return batches(service, to="v2", batches=3, offline=lossless)


def test_a_lossless_release_replaces_ten_providers_each_with_its_proof(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release()).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    for number in range(1, 11):
        assert run.of(f"orders-{number:02d}.1") == [*OF_PROVIDER, "Exited"]
        assert run.of(f"orders-{number:02d}.2") == ["Launched", "Ready", "Registered", "Listed", "Listed", "Answered"]
    assert {event.code for event in run.all(events.Exited)} == {0}
    assert {event.notify for event in run.all(events.MarkedOffline)} == {True}
    assert {event.observer for event in run.all(events.Unlisted)} == {"registry", "storefront-01", "storefront-02"}


def test_a_lossless_release_drains_the_entry_and_brings_it_back_by_its_health_check(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release(STOREFRONT)).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    for number in range(1, 11):
        assert run.of(f"storefront-{number:02d}.1") == [*OF_ENTRY, "Exited"]
        assert run.of(f"storefront-{number:02d}.2") == ["Launched", "Ready", "Listed", "Answered"]


def test_steps_begin_and_end_in_the_order_of_the_plan(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release()).go()
    planned = [step.number for top in run.plan.steps for step in (top, *top.children)]
    assert [event.step for event in run.all(events.StepBegan)] == planned
    assert {event.step for event in run.all(events.StepEnded)} == set(planned)
    kinds = [type(event).__name__ for event in run.happened]
    order = [kinds.index(name) for name in ("LoadBegan", "StepBegan", "Launched", "LoadEnded", "AuditRead")]
    assert order == sorted(order)


def test_of_each_batch_nobody_is_stopped_before_the_batch_before_it_answers(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release()).go()
    for before, after in zip(run.plan.batches, run.plan.batches[1:], strict=False):
        answered = [event.at_ns for event in run.all(events.Answered) if event.instance in before.instances]
        marked = [event.at_ns for event in run.all(events.MarkedOffline) if event.instance in after.instances]
        assert len(answered) == len(before.instances)
        assert max(answered) < min(marked)


@pytest.mark.parametrize("service", [STOREFRONT, ORDERS, INVENTORY])
@pytest.mark.parametrize("policy", [abrupt_stop, vanish, hang])
def test_without_a_word_the_callers_notice_by_themselves(
    tmp_path: Path, service: Service, policy: OfflinePolicy
) -> None:
    run = StubRun(tmp_path, batches(service, to="v2", batches=2, offline=policy))
    if policy is hang and service is not STOREFRONT:  # whose registry notices a silent one by its heart-beat
        run.stub.calls.meddle = lambda call, _times: _take_off_the_list(run, call)
    run.go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    assert {event.signal for event in run.all(events.Exited)} == {"SIGKILL"}


def _take_off_the_list(run: StubRun, call: str) -> None:
    for one in run.stub.living() if call == "registry.registrations" else ():
        one.offline = one.offline or one.silent


@pytest.mark.parametrize(
    "amid",
    [
        freeze(INVENTORY),
        partition(INVENTORY),
        host_failure(INVENTORY, STOREFRONT),
        restart_of_the_registry,
        restart_of_the_slb,
        restart_of_the_database,
    ],
)
def test_a_fault_in_the_middle_strikes_and_is_mended(tmp_path: Path, amid: Fault | Restart) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, amid=amid)).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    over = events.ServerStarted if isinstance(amid, Restart) else events.Mended
    assert any(isinstance(event, over) for event in run.happened)


def test_a_fault_that_nobody_felt_is_recorded_as_that(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, amid=freeze(INVENTORY))).go()
    assert [event.failed for event in run.all(events.Felt)] == [0]


def test_a_fault_that_was_felt_says_by_how_many_requests(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, amid=freeze(INVENTORY)))
    run.teller.at, run.teller.act = "3.2", lambda: setattr(run.load, "failed", 7)
    assert [event.failed for event in run.go().all(events.Felt)] == [7]


def test_scaling_out_and_in_takes_down_what_it_brought(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, amid=scaling(2))).go()
    assert run.failed == {}
    assert run.of("orders-11.1")[-2:] == run.of("orders-12.1")[-2:] == ["Signalled", "Exited"]


def test_a_gray_that_is_right_is_confirmed_and_followed(tmp_path: Path) -> None:
    run = StubRun(tmp_path, gray(ORDERS, to="v2", then=2, offline=lossless)).go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    assert [event.saw for event in run.all(events.Confirmed)] == ["1,000 requests"]


def test_a_gray_that_is_not_right_is_refused_and_rolled_back(tmp_path: Path) -> None:
    run = StubRun(tmp_path, gray(ORDERS, to="v2", then=2, offline=lossless))
    run.review = Review(enough=False, against="3 of 1,000 requests failed", figures="", by=Refuser.REQUESTS)
    run.go()
    assert [(event.by, event.why) for event in run.all(events.Refused)] == [
        ("the record", "3 of 1,000 requests failed")
    ]
    assert run.all(events.Confirmed) == []
    assert run.versions == {"v1"}
    assert {event.instance for event in run.all(events.Launched)} == {"orders-01", "orders-02"}


def test_a_gray_of_which_one_has_ended_is_not_confirmed_by_the_others(tmp_path: Path) -> None:
    run = StubRun(tmp_path, gray(ORDERS, to="v2", then=2, offline=lossless))
    run.teller.at, run.teller.act = "3", lambda: setattr(run.stub.instance("orders-01.2"), "ended", ExitStatus(1, None))
    run.go()
    assert [event.by for event in run.all(events.Refused)] == ["its end"]
    assert "orders-01 runs no longer" in run.failed["3"]
    assert run.versions == {"v1"}


@pytest.mark.parametrize(("answer", "versions"), [(True, {"v2"}), (False, {"v1"}), (None, {"v1"})])
def test_a_person_confirms_refuses_or_is_silent(tmp_path: Path, answer: bool | None, versions: set[str]) -> None:
    release = gray(ORDERS, to="v2", then=2, offline=lossless, confirm=manual(within_s=0.05))
    run = StubRun(tmp_path, release, answer=lambda: answer).go()
    assert run.versions == versions
    assert [event.by for event in run.all(events.Refused)] == ([] if answer else ["a person"])


def test_a_person_is_not_asked_for_an_hour_when_the_load_is_no_more(tmp_path: Path) -> None:
    run = StubRun(tmp_path, gray(ORDERS, to="v2", then=2, offline=lossless, confirm=manual()), answer=lambda: None)
    run.teller.at, run.teller.act = "3", lambda: setattr(run.load, "phase", "ended")
    assert "the load has ended by itself" in run.go().failed["3"]


def test_the_load_may_last_as_long_as_the_plan_and_people_take_at_the_longest(tmp_path: Path) -> None:
    def limit_s(**changes: object) -> float:
        usual = {"to": "v2", "batches": 3, "offline": lossless}
        return longest_s(plan(batches(ORDERS, **(usual | changes))), Timings())  # type: ignore[arg-type]

    def confirmed_s(within_s: float) -> float:
        confirm = manual(within_s=within_s)
        return longest_s(plan(gray(ORDERS, to="v2", then=2, offline=lossless, confirm=confirm)), Timings())

    usual = Timings()
    per_batch_s = usual.healthy + HOOK.within_s + 2 * usual.served_out
    assert limit_s() == usual.load_longest + usual.paused + 3 * per_batch_s
    assert longest_s(plan(lossless_release()), usual, ready_s=40) - limit_s() == 3 * 40
    one_at_a_time = plan(batches(replace(ORDERS, most_starting=1), to="v2", batches=3, offline=lossless))
    assert longest_s(one_at_a_time, usual, ready_s=40) - limit_s() == 10 * 40
    assert limit_s(interval_s=70) - limit_s() == 2 * 70
    assert limit_s(batches=5) - limit_s() == 2 * per_batch_s
    assert limit_s(offline=abrupt_stop) - limit_s() == 3 * (usual.unlisted + usual.healthy - per_batch_s)
    assert confirmed_s(5_000) - confirmed_s(60) == 4_940
    run = StubRun(tmp_path, lossless_release()).go()
    assert run.ordered[0].max_seconds == pytest.approx(longest_s(run.plan, TINY, ready_s=IN_VAIN_S))


@pytest.mark.parametrize("exposure", [share_of_requests("5 %"), with_header("X-Beta", "yes")])
def test_only_those_meet_the_gray_for_whom_it_is_meant(tmp_path: Path, exposure: Exposure) -> None:
    run = StubRun(tmp_path, gray(STOREFRONT, to="v2", then=2, offline=lossless, met_by=exposure)).go()
    assert (run.failed, run.versions, run.stub.slb.now) == ({}, {"v2"}, None)
    exposed, opened = run.all(events.Exposed), run.all(events.Opened)
    assert (len(exposed), len(opened)) == (1, 1)
    assert exposed[0].at_ns < run.all(events.Launched)[0].at_ns < opened[0].at_ns


def test_the_gray_of_a_provider_has_its_share_by_the_registrys_weights_until_it_is_opened(tmp_path: Path) -> None:
    """Ten instances, two of them first: by weights of 4 and 19 they get 5 %."""
    release = gray(ORDERS, to="v2", first=2, then=2, offline=lossless, met_by=share_of_requests("5 %"))
    run = StubRun(tmp_path, release).go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    told: dict[str, list[object]] = {}
    for address, state in run.stub.registry.told:
        told.setdefault(address, []).append(state)
    by_name = {one.incarnation: told.get(one.address, []) for one in run.stub.groups["orders"].every}
    first = run.plan.batches[0].instances
    assert {tuple(by_name[f"{name}.2"]) for name in first} == {(4, 1)}
    assert {tuple(by_name[f"{name}.1"]) for name in first} == {(19,)}
    rest = [name for batch in run.plan.batches[1:] for name in batch.instances]
    assert {tuple(by_name[f"{name}.1"]) for name in rest} == {(19, 1)}
    assert {tuple(by_name[f"{name}.2"]) for name in rest} == {()}


def test_a_rule_that_the_slb_does_not_show_exposes_nobody(tmp_path: Path) -> None:
    run = StubRun(tmp_path, gray(STOREFRONT, to="v2", then=2, offline=lossless, met_by=with_header("X-Beta", "yes")))
    run.stub.slb.forgets_rules = True
    run.go()
    assert (run.all(events.Exposed), run.all(events.Launched)) == ([], [])
    assert "the SLB to show the rule" in run.failed["2"]


def test_a_consumer_that_hides_its_list_is_no_observer(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release())
    for one in run.stub.groups["storefront"].living():
        one.shows -= {"sees"}
    run.go()
    assert run.failed == {}
    assert {event.observer for event in run.all(events.Unlisted)} == {"registry"}
    assert run.all(events.Listed) == []
    both = ("storefront-01", "storefront-02")
    assert [event.consumers for event in run.all(events.ListedByTime)] == [both] * 10
    assert [event.consumers for event in run.all(events.UnlistedByTime)] == [both] * 10


def test_what_does_not_show_what_is_in_flight_was_not_seen_to_have_nothing(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release())
    for one in run.stub.groups["orders"].living():
        one.shows -= {"in_flight", "held"}
    run.go()
    assert run.failed == {}
    assert (run.all(events.NothingInFlight), run.all(events.WritesInFlight)) == ([], [])
    assert len(run.all(events.InFlightUnknown)) == 10


def test_an_instance_with_something_in_flight_at_the_slb_is_not_stopped(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release(STOREFRONT))
    busy = run.stub.slb.group["storefront-01.1"]
    run.stub.slb.group["storefront-01.1"] = replace(busy, in_flight=2)
    run.go()
    assert "nothing in flight on storefront-01.1: not within" in run.failed["2.2"]
    assert "last seen: 2 in flight" in run.failed["2.2"]
    assert run.of("storefront-01.1") == ["WritesInFlight", "InstanceFailed"]
    assert run.all(events.Signalled) == []


def test_an_instance_with_something_in_flight_is_not_stopped(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release())
    run.stub.instance("orders-02.1").in_flight = 3
    run.go()
    assert "nothing in flight on orders-02.1" in run.failed["2.4"]
    assert "last seen: 3 in flight" in run.failed["2.4"]
    assert run.all(events.Signalled) == []


def test_where_the_workload_holds_no_writes_none_is_waited_for(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release(), routes=(READS,))
    run.load.writes = False
    for one in run.stub.groups["orders"].living():
        one.shows -= {"held"}
    run.go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    assert [event.requests for event in run.all(events.WritesInFlight)] == [()] * 10


def test_where_no_write_comes_so_far_the_stops_say_that_they_met_none(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release(INVENTORY))
    for one in run.stub.groups["inventory"].living():
        one.shows -= {"held"}
    run.go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    assert [(event.requests, event.in_flight) for event in run.all(events.WritesInFlight)] == [((), 0)] * 10


@pytest.mark.parametrize(("in_flight", "seen"), [(3, 3), (0, 0)], ids=["busy", "idle"])
def test_an_instance_that_does_not_name_the_writes_it_holds_is_taken_down_while_it_is_busy_or_soon(
    tmp_path: Path, in_flight: int, seen: int
) -> None:
    run = StubRun(tmp_path, lossless_release())

    def meddle(call: str, times: int) -> None:
        if call == "orders-01.1 instance.status":
            one = run.stub.instance("orders-01.1")
            one.in_flight = in_flight if run.teller.at_now == "2.2" and times % 3 else 0

    for one in run.stub.groups["orders"].living():
        one.shows -= {"held", "held_writes"}
    run.stub.calls.meddle = meddle
    run.go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    (told,) = [event for event in run.all(events.WritesInFlight) if event.incarnation == "orders-01.1"]
    assert (told.requests, told.in_flight) == ((), seen)


def test_an_address_that_goes_without_its_process_ending_is_not_recorded_as_an_end(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=vanish))
    run.stub.instance("orders-01.1").deaf_to = ("SIGKILL",)
    run.go()
    assert "orders-01.1 to end with its host" in run.failed["2.2"]
    assert "Exited" not in run.of("orders-01.1")


def test_who_does_not_end_in_its_grace_is_killed(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release())
    run.stub.instance("orders-01.1").deaf_to = ("SIGTERM",)
    run.go()
    assert run.failed == {}
    assert [event.signal for event in run.all(events.Signalled) if event.incarnation == "orders-01.1"] == [
        "SIGTERM",
        "SIGKILL",
    ]


def test_every_instance_that_fails_is_in_the_record_not_the_first_alone(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release())

    def meddle(call: str, _times: int) -> None:
        if call in {f"orders-{number}.1 instance.perform {HOOK}" for number in ("02", "04")}:
            raise Gone(f"no {call}")

    run.stub.calls.meddle = meddle
    run.go()
    failed = [(event.instance, event.why) for event in run.all(events.InstanceFailed) if event.step == "2.2"]
    assert failed == [(f"orders-{n}", f"no orders-{n}.1 instance.perform {HOOK}") for n in ("02", "04")]
    assert run.failed["2.2"] == f"no orders-02.1 instance.perform {HOOK}"


def test_an_instance_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, interval_s=0.05))
    ended = run.stub.instance("inventory-01.1")
    run.teller.at, run.teller.act = "3", lambda: setattr(ended, "ended", ExitStatus(3, None))
    run.go()
    assert "inventory-01.1 ended by itself: exit 3" in run.troubles
    assert [event.code for event in run.all(events.Exited) if event.incarnation == "inventory-01.1"] == [3]


@pytest.mark.parametrize(
    ("change", "step", "seen"),
    [
        (lambda one: setattr(one, "ready", False), "2.6", "it answers, but is not ready"),
        (lambda one: setattr(one, "offline", True), "2.7", "orders-01.1"),
        (lambda one: setattr(one, "ended", ExitStatus(1, None)), "2.6", "ended at start: exit 1"),
    ],
)
def test_a_wait_in_vain_says_what_it_saw_last_and_what_has_begun_is_rolled_back(
    tmp_path: Path, change: Callable[[StubInstance], None], step: str, seen: str
) -> None:
    run = StubRun(tmp_path, lossless_release())
    orders = run.stub.groups["orders"]
    orders.newcomers = lambda one: change(one) if one.version == "v2" and one.name == "orders-03" else None
    run.go()
    assert seen.replace("orders-01.1", "orders-05.1") in run.failed[step]
    assert run.versions == {"v1"}
    assert not [number for number in run.failed if number.startswith("R")]


def test_where_the_workload_writes_a_batch_waits_for_writes(tmp_path: Path) -> None:
    run = StubRun(tmp_path, lossless_release())
    run.load.writes = False
    run.go()
    assert run.failed["2.8"].startswith("1000 requests and 100 writes since the batch began: not within")
    assert run.failed["2.8"].endswith("requests, 0 writes")
