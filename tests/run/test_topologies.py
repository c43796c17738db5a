"""Releases into other call graphs than the chain: entries side by side, a diamond, a worker, kept addresses."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from conformance.plan import (
    OfflinePolicy,
    RegistryAct,
    Service,
    SignalAct,
    UnlistedAct,
    WaitAct,
    abrupt_stop,
    batches,
    freeze,
    gray,
    host_failure,
    lossless,
    lossless_without_notify,
    manual,
    restart_of_the_slb,
)
from conformance.record import events, files
from conformance.record.contract import Contract
from conformance.run.contract import UNNOTIFIED_BEYOND_S
from conformance.run.world import ExitStatus, Gone, Registration, RegistryName
from tests.run.stub_run import CHAIN, INVENTORY, MAILER, ORDERS, STOREFRONT, StubRun
from tests.run.stub_world import StubInstance

ADMIN = replace(STOREFRONT, name="admin", calls=("stock", "inventory"))
STOCK = replace(ORDERS, name="stock")
SHOP = (STOREFRONT, ADMIN, ORDERS, STOCK, INVENTORY, MAILER)
"""Two entries, and three who call inventory."""
ASKING = {"admin-01", "admin-02", "orders-01", "orders-02", "stock-01", "stock-02"}


def _contract(run: StubRun) -> Contract:
    return msgspec.json.decode((run.folder / "run" / files.CONTRACT).read_bytes(), type=Contract)


def test_whoever_calls_it_has_to_drop_it_and_has_to_see_it(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(INVENTORY, offline=lossless), SHOP).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    for number in range(1, 11):
        own = {e.observer for e in run.all(events.Unlisted) if e.instance == f"inventory-{number:02d}"}
        assert own == {"registry", *ASKING}
        assert {e.observer for e in run.all(events.Listed) if e.instance == f"inventory-{number:02d}"} == ASKING


def test_one_caller_that_does_not_drop_it_keeps_it_from_being_stopped(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(INVENTORY, offline=lossless), SHOP)
    stubborn = run.stub.instance("stock-02.1")
    told = stubborn.status()
    setattr(stubborn, "status", lambda: replace(told, sees={"inventory": _seen(run)}))  # noqa: B010 - its old list
    run.go()
    assert "registry and consumers to drop inventory-03.1" in run.failed["2.3"]
    assert "still listed by stock-02" in run.failed["2.3"]
    assert run.all(events.Signalled) == []


def _seen(run: StubRun) -> tuple[str, ...]:
    """All that consumers see, and one more, be it that it has left."""
    return tuple({*run.stub.lists()["inventory"], "inventory-03.1"})


def test_of_two_entries_the_one_that_is_not_released_stays_as_it_is(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(STOREFRONT, offline=lossless), SHOP).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    members = {one.instance: one for one in run.stub.slb.members() if one.service == "admin"}
    assert [(one.enrolled, one.in_rotation) for one in members.values()] == [(True, True)] * 2
    assert {event.service for event in run.all(events.DrainAcknowledged)} == {"storefront"}
    rows = (tmp_path / "run" / "states.csv").read_text()
    assert ",slb,admin,admin-01,admin-01.1," in rows


def test_of_a_group_at_the_slb_that_is_empty_the_samples_say_so(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(STOREFRONT, offline=lossless), SHOP)

    def empty() -> None:
        for incarnation in ("admin-01.1", "admin-02.1"):
            del run.stub.slb.group[incarnation]

    run.teller.at, run.teller.act = "3", empty
    assert "the SLB does not list admin-01.1, admin-02.1" in run.go().failed["3.1"]
    assert ",slb,admin,,,false" in (tmp_path / "run" / "states.csv").read_text()


def test_both_entries_go_together_and_a_lack_at_either_halts_the_release(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(STOREFRONT, ADMIN, offline=lossless), SHOP)
    run.stub.instance("admin-09.1").sick = True
    run.go()
    assert "the SLB does not list admin-09.1" in run.failed["2.1"]
    assert run.all(events.Signalled) == []


def test_an_slb_that_is_restarted_gets_the_groups_of_both_entries_again(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, offline=lossless, batches=2, amid=restart_of_the_slb), SHOP)
    run.teller.at, run.teller.act = "3.2", run.stub.slb.group.clear
    run.go()
    assert run.failed == {}
    assert {one.service for one in run.stub.slb.members() if one.in_rotation} == {"storefront", "admin"}


def test_a_host_of_an_entry_a_provider_and_a_worker_fails_and_recovers(tmp_path: Path) -> None:
    amid = host_failure(ADMIN, INVENTORY, MAILER)
    run = StubRun(tmp_path, batches(ORDERS, offline=lossless, batches=2, amid=amid), SHOP).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    assert sorted(event.incarnation for event in run.all(events.Mended)) == [
        "admin-01.2",
        "inventory-01.2",
        "mailer-01.2",
    ]


def test_a_frozen_worker_is_thawed_and_nobody_has_to_list_it(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, offline=lossless, batches=2, amid=freeze(MAILER)), SHOP).go()
    assert run.failed == {}
    assert run.of("mailer-01.1") == ["Struck", "Mended"]


@pytest.mark.parametrize("policy", [lossless, abrupt_stop], ids=lambda policy: policy.name)
def test_a_worker_is_released_by_its_signal_alone(tmp_path: Path, policy: OfflinePolicy) -> None:
    run = StubRun(tmp_path, batches(MAILER, offline=policy, instances=3), SHOP)
    for one in run.stub.groups["mailer"].living():
        one.shows -= {"in_flight", "held", "sees", "executions"}
    run.stub.groups["mailer"].newcomers = lambda one: setattr(one, "shows", frozenset())
    run.go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    for name in run.plan.release.parts[0].names:
        assert run.of(f"{name}.1") == ["Signalled", "Exited"]
        assert run.of(f"{name}.2") == ["Launched", "Ready"]
    facts = _contract(run).release
    assert (facts.position, facts.hops, facts.lossless, facts.removal_bound_s) == ("worker", (), False, None)


def test_a_worker_in_a_topology_without_registry_is_refused_and_rolled_back(tmp_path: Path) -> None:
    entry = replace(STOREFRONT, calls=())
    release = gray(MAILER, offline=lossless, instances=3, confirm=manual())
    run = StubRun(tmp_path, release, (entry, MAILER), answer=lambda: False).go()
    assert (set(run.failed), run.versions) == ({"3"}, {"v1"})
    assert [event.by for event in run.all(events.Refused)] == ["a person"]
    assert run.of("mailer-01.2")[-2:] == ["Signalled", "Exited"]


def test_what_the_judge_is_told_of_a_release_follows_from_the_call_graph(tmp_path: Path) -> None:
    providers = batches(STOCK, ORDERS, offline=lossless)
    facts = _contract(StubRun(tmp_path, providers, SHOP).go())
    assert (facts.release.callers, facts.release.hops) == (("admin",), ("admin->stock",))
    assert [one.callers for one in facts.also] == [("storefront",)]
    assert facts.release.removal_bound_s == pytest.approx(2 / 15 + 0.6), (
        "two rounds, and as long as a write may be held"
    )
    assert {one.name: (one.position, one.calls, one.registered) for one in facts.services}["mailer"] == (
        "worker",
        (),
        False,
    )


@pytest.mark.parametrize(
    ("service", "hops", "lossless_is", "bound"),
    [
        (STOREFRONT, ("slb->storefront",), True, UNNOTIFIED_BEYOND_S + 0.01),
        (INVENTORY, ("admin->inventory", "orders->inventory", "stock->inventory"), True, UNNOTIFIED_BEYOND_S + 0.01),
    ],
)
def test_who_tells_nobody_may_be_called_until_its_callers_lists_are_new(
    tmp_path: Path, service: Service, hops: tuple[str, ...], lossless_is: bool, bound: float
) -> None:
    facts = _contract(StubRun(tmp_path, batches(service, offline=lossless), SHOP).go()).release
    assert (facts.hops, facts.lossless) == (hops, lossless_is)
    assert facts.removal_bound_s == pytest.approx(bound)


def test_a_registry_that_says_nothing_but_addresses_is_understood(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(INVENTORY, offline=lossless))
    run.stub.registry.says_who = False
    run.go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    assert len([event for event in run.all(events.Unlisted) if event.observer == "registry"]) == 10
    assert len(run.all(events.Registered)) == 10
    rows = (tmp_path / "run" / "states.csv").read_text()
    assert ",registry,inventory,inventory-01,inventory-01.2," in rows


@pytest.mark.parametrize("says_who", [True, False])
def test_at_a_kept_address_what_was_put_out_of_service_is_put_in_service_again(tmp_path: Path, says_who: bool) -> None:
    run = StubRun(tmp_path, batches(replace(INVENTORY, kept_addresses=True), offline=lossless))
    run.stub.registry.says_who = says_who
    run.go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    told = [state for address, state in run.stub.registry.told if address == "inventory-07:8080"]
    assert told == ["out of service", "in service"]
    assert {one.address for one in run.stub.groups["inventory"].every} == {
        f"{name}:8080" for name in INVENTORY.names(10)
    }


def test_at_a_kept_address_one_that_stays_out_of_service_is_not_claimed_to_be_registered(tmp_path: Path) -> None:
    service = replace(INVENTORY, kept_addresses=True, way_up=(WaitAct(0.001),))
    run = StubRun(tmp_path, batches(service, offline=lossless_without_notify)).go()
    assert "the registry to list inventory-01.2: not within" in run.failed["2.8"]
    assert run.all(events.Registered) == []


def test_at_a_kept_address_what_is_rolled_back_to_is_put_in_service_again(tmp_path: Path) -> None:
    release = gray(replace(INVENTORY, kept_addresses=True), offline=lossless, confirm=manual())
    run = StubRun(tmp_path, release, answer=lambda: False).go()
    assert (set(run.failed), run.versions) == ({"3"}, {"v1"})
    told = [state for address, state in run.stub.registry.told if address == "inventory-01:8080"]
    assert told == ["out of service", "in service"] * 2


@pytest.mark.parametrize("confirmed", [True, False])
def test_no_more_start_at_the_same_time_than_may(tmp_path: Path, confirmed: bool) -> None:
    """Neither in the gray and its batches nor on the way back."""
    release = gray(replace(ORDERS, most_starting=1), to="v2", first=4, then=1, offline=lossless, confirm=manual())
    run = StubRun(tmp_path, release, answer=lambda: confirmed).go()
    assert run.versions == {"v2" if confirmed else "v1"}
    starts = [type(event).__name__ for event in run.happened if isinstance(event, events.Launched | events.Ready)]
    assert starts == ["Launched", "Ready"] * (10 if confirmed else 8)


def test_a_provider_in_no_registry_is_no_ones_to_list(tmp_path: Path) -> None:
    service = replace(ORDERS, registered=False)
    run = StubRun(tmp_path, batches(service, offline=lossless)).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    assert {event.observer for event in run.all(events.Unlisted)} == {"storefront-01", "storefront-02"}
    assert run.all(events.Registered) == []


@pytest.mark.parametrize(("lines", "versions"), [(20, {"v2"}), (9, {"v1"})])
def test_where_an_entry_does_not_count_the_slbs_lines_tell_that_it_answers(
    tmp_path: Path, lines: int, versions: set[str]
) -> None:
    run = StubRun(tmp_path, batches(STOREFRONT, offline=lossless, batches=2))
    run.stub.slb.lines_each = lines
    run.stub.groups["storefront"].newcomers = lambda one: setattr(one, "shows", one.shows - {"executions"})
    run.go()
    assert run.versions == versions
    if lines == 20:
        assert {event.executions for event in run.all(events.Answered)} == {lines}
    else:
        assert run.failed["2.6"].startswith("storefront-01.2 to have answered 10 times: not within")
        assert [event.by for event in run.all(events.Refused)] == ["time"]
        assert not [event for event in run.all(events.Answered) if event.step == "2.6"]


def test_of_a_provider_that_does_not_count_nothing_is_claimed(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, offline=lossless, batches=2))
    run.stub.slb.lines_each = 20
    run.stub.groups["orders"].newcomers = lambda one: setattr(one, "shows", one.shows - {"executions"})
    run.go()
    assert (run.failed, run.versions, run.all(events.Answered)) == ({}, {"v2"}, [])


def test_a_gray_is_reviewed_with_what_the_slb_says_of_who_answered(tmp_path: Path) -> None:
    run = StubRun(tmp_path, gray(STOREFRONT, offline=lossless))
    run.stub.slb.lines_each = 3
    run.go()
    assert run.versions == {"v2"}
    assert run.reviewed.count("storefront-01.2") == run.reviewed.count("storefront-10.1") == 3


def test_one_after_the_other_each_goes_to_its_own_version(tmp_path: Path) -> None:
    orders = replace(ORDERS, version="1.8", next="1.9", versions=("1.8", "1.9"))
    run = StubRun(tmp_path, batches(STOREFRONT, orders, INVENTORY, offline=lossless, together=False, instances=4)).go()
    assert (run.failed, run.troubles) == ({}, [])
    versions = {name: {one.version for one in group.living()} for name, group in run.stub.groups.items()}
    assert versions == {"storefront": {"v2"}, "orders": {"1.9"}, "inventory": {"v2"}}
    order = [event.service for event in run.all(events.Launched)]
    assert order == ["inventory"] * 4 + ["orders"] * 4 + ["storefront"] * 4


def _stray(run: StubRun) -> StubInstance:
    """One that somebody else has started, in another service's version."""
    return replace(run.stub.instance("orders-02.2"), incarnation="orders-02.3", version="v2")


def test_one_of_the_wrong_version_in_the_end_is_told(tmp_path: Path) -> None:
    orders = replace(ORDERS, version="1.8", next="1.9", versions=("1.8", "1.9"))
    run = StubRun(tmp_path, batches(STOREFRONT, orders, offline=lossless, together=False, instances=2))
    last = run.plan.steps[-1].number
    run.teller.at = last
    run.teller.act = lambda: run.stub.groups["orders"].every.append(_stray(run))
    run.go()
    assert "every instance to be its service's version and ready" in run.failed[last]
    assert "orders-02.3" in run.failed[last]


def test_two_registries_are_both_told_and_both_asked(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(INVENTORY, offline=lossless, instances=2))
    other = replace(run.stub.registry, name="eureka", states={}, told=[])
    run.stub.world = replace(run.stub.world, registries=(run.stub.registry, other))
    run.go()
    assert run.failed == {}
    assert [state for _, state in other.told] == ["out of service"] * 2


def test_one_registry_of_two_that_lists_it_still_keeps_it_from_being_stopped(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(INVENTORY, offline=lossless, instances=2))
    other = replace(run.stub.registry, name="eureka", states={}, told=[])
    setattr(other, "set_state", lambda *_: None)  # noqa: B010 - says yes, and lists it all the same
    run.stub.world = replace(run.stub.world, registries=(run.stub.registry, other))
    run.go()
    assert run.failed["2.3"].endswith("last seen: still listed by registry")
    assert run.all(events.Signalled) == []


def test_a_registry_of_two_that_refuses_fails_the_step(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(INVENTORY, offline=lossless, instances=2))
    other = replace(run.stub.registry, name="eureka", states={}, told=[])

    def refuse(*_: object) -> None:
        raise Gone("eureka says 404")

    setattr(other, "set_state", refuse)  # noqa: B010 - a stub of one answer
    run.stub.world = replace(run.stub.world, registries=(run.stub.registry, other))
    run.go()
    assert run.failed["2.2"] == "inventory-01.1 was not put out of service: eureka says 404"
    assert (run.all(events.MarkedOffline), run.all(events.Performed)) == ([], [])


def test_a_supporting_service_that_ends_is_trouble_and_nobody_has_to_list_it(tmp_path: Path) -> None:
    config = Service(name="config", position="supporting", registered=False, version="v1", versions=("v1",))
    run = StubRun(tmp_path, batches(ORDERS, offline=lossless, batches=2, interval_s=0.05), (*CHAIN, config))
    ended = run.stub.instance("config-01.1")
    run.teller.at, run.teller.act = "3", lambda: setattr(ended, "ended", ExitStatus(1, None))
    run.go()
    assert (run.failed, run.versions, run.troubles) == ({}, {"v2"}, ["config-01.1 ended by itself: exit 1"])


def test_a_released_service_is_asked_for_by_the_registrys_name_for_it(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(INVENTORY, offline=lossless, instances=2))
    asked: set[tuple[str, str]] = set()
    look = run.stub.registry.registrations

    def registrations(service: RegistryName) -> tuple[Registration, ...]:
        asked.add((service.name, service.group))
        return look(service)

    setattr(run.stub.registry, "registrations", registrations)  # noqa: B010 - to see what is asked
    assert run.go().failed == {}
    assert asked == {("shop.orders", "team"), ("shop.inventory", "team")}
    assert RegistryAct("out of service") in run.plan.release.parts[0].way_down


@pytest.mark.parametrize("service", [STOREFRONT, ORDERS, INVENTORY, MAILER])
def test_a_single_instance_stops_once_its_successor_answers(tmp_path: Path, service: Service) -> None:
    run = StubRun(tmp_path, batches(service, offline=lossless, instances=1), SHOP).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    (stopped,), (ready,) = run.all(events.Signalled), run.all(events.Ready)
    assert (stopped.incarnation, ready.incarnation) == (f"{service.name}-01.1", f"{service.name}-01.2")
    assert ready.at_ns < stopped.at_ns


@pytest.mark.parametrize("policy", [abrupt_stop, lossless], ids=lambda policy: policy.name)
def test_where_each_is_started_first_it_is_the_old_one_that_ends_and_is_unlisted(
    tmp_path: Path, policy: OfflinePolicy
) -> None:
    pod = replace(ORDERS, way_down=(SignalAct(at_once=True), RegistryAct("out of service"), UnlistedAct()))
    run = StubRun(tmp_path, batches(pod, offline=policy, order="start first", instances=4)).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    ends = {"Signalled", "Exited", "Unlisted"}
    for one in run.stub.groups["orders"].every:
        assert ends & set(run.of(one.incarnation)) == (ends if one.version == "v1" else set())
