"""Plans: golden texts, and the promise that a plan is a pure function of its release."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from conformance.plan import (
    POLICIES,
    CommandAct,
    DrainAct,
    Fault,
    HttpAct,
    OfflinePolicy,
    QuietAct,
    RegistryAct,
    Release,
    Restart,
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
    partition,
    plan,
    render,
    restart_of_the_database,
    restart_of_the_registry,
    restart_of_the_slb,
    scaling,
    share_of_requests,
    share_of_users,
    with_cookie,
    with_header,
)
from conformance.plan.sizes import Sizes
from tests.plan.services import CHAIN, INVENTORY, MAILER, ORDERS, OWN_WAY, STOREFRONT

GOLDEN = Path(__file__).parent / "golden"
ALIKE = replace(INVENTORY, way_down=OWN_WAY)
"""Inventory, where it goes down as orders does."""
EVERY_ACT = (
    CommandAct(argv=("kubectl", "label", "pod", "storefront", "serving=no"), notifies=True),
    HttpAct(
        method="POST",
        path="/actuator/serviceregistry",
        headers=(("Content-Type", "application/json"),),
        body='{"status": "DOWN"}',
    ),
    RegistryAct("out of service"),
    RegistryAct(0),
    DrainAct(),
    UnlistedAct(),
    WaitAct(40),
    QuietAct(),
    QuietAct(CommandAct(argv=("queue-is-empty",))),
    QuietAct(log="no jobs left"),
    SignalAct("SIGINT"),
)
DELETED_POD = (SignalAct(at_once=True), RegistryAct("out of service"), DrainAct(), WaitAct(5))
_ten_in_three = partial(batches, batches=3, offline=lossless)
_two_of_ten = partial(gray, first=2, then=2, offline=lossless)


def _release(service: Service = ORDERS, count: int = 3, offline: OfflinePolicy = lossless) -> Release:
    return batches(service, batches=count, offline=offline)


GOLDEN_RELEASES = {
    **{
        f"{service.name}-{policy.name.replace(' ', '-')}": _release(service, offline=policy)
        for service in CHAIN
        for policy in POLICIES
    },
    "mailer-lossless": batches(MAILER, offline=lossless),
    "mailer-abrupt-stop": batches(MAILER, offline=abrupt_stop),
    "mailer-gray": gray(MAILER, offline=lossless),
    "storefront-by-every-act": batches(
        replace(
            STOREFRONT,
            registered=True,
            way_down=EVERY_ACT,
            way_up=(RegistryAct("in service"), RegistryAct(100), WaitAct(3)),
        ),
        offline=lossless,
        instances=2,
    ),
    "storefront-as-a-deleted-pod": batches(replace(STOREFRONT, way_down=DELETED_POD), offline=lossless, instances=2),
    "inventory-that-shows-nothing": batches(replace(INVENTORY, shows_in_flight=False), offline=lossless, instances=2),
    "inventory-at-kept-addresses": batches(replace(INVENTORY, kept_addresses=True), offline=lossless, instances=2),
    "orders-started-two-at-a-time": _two_of_ten(replace(ORDERS, most_starting=2)),
    "orders-without-a-registry": batches(
        replace(ORDERS, registered=False), offline=lossless, instances=2, interval_s=2
    ),
    "storefront-of-a-topology-without-a-registry": batches(
        replace(STOREFRONT, in_sight_of_a_registry=False), offline=lossless, instances=2
    ),
    "storefront-single": batches(STOREFRONT, offline=lossless, instances=1),
    "storefront-gray-by-weights": _two_of_ten(STOREFRONT, met_by=share_of_requests("5 %")),
    "orders-gray": _two_of_ten(ORDERS),
    "orders-gray-by-header": _two_of_ten(ORDERS, met_by=with_header("X-Group", "beta")),
    "chain-gray-by-cookie": gray(
        *CHAIN,
        instances=3,
        first=1,
        then=1,
        together=False,
        met_by=with_cookie("lane", "gray"),
        offline=lossless,
    ),
    "inventory-gray-of-users": _two_of_ten(INVENTORY, met_by=share_of_users("2.5 %")),
    "chain-lossless": batches(*CHAIN, instances=2, batches=2, together=False, offline=lossless),
    "chain-of-other-versions": batches(
        STOREFRONT,
        replace(ORDERS, version="1.8", next="1.9", versions=("1.8", "1.9")),
        instances=2,
        together=False,
        offline=lossless,
    ),
    "orders-and-inventory-lossless": batches(ORDERS, ALIKE, batches=3, offline=lossless),
    "orders-start-first": batches(ORDERS, batches=2, offline=lossless, order="start first", interval_s=5),
    "orders-scaled": _ten_in_three(ORDERS, amid=scaling(by=2)),
    "orders-overtaken": _ten_in_three(ORDERS, overtaken_by="v3"),
    "orders-amid-freeze": _ten_in_three(ORDERS, amid=freeze(INVENTORY)),
    "orders-amid-partition": _ten_in_three(ORDERS, amid=partition(INVENTORY)),
    "orders-amid-restart": _ten_in_three(ORDERS, amid=restart_of_the_registry),
    "orders-amid-slb": _ten_in_three(ORDERS, amid=restart_of_the_slb),
    "orders-amid-database": _ten_in_three(ORDERS, amid=restart_of_the_database),
    "orders-amid-host": _ten_in_three(ORDERS, amid=host_failure(*CHAIN)),
}


@pytest.mark.parametrize("name", GOLDEN_RELEASES)
def test_a_release_is_planned_as_its_golden_text_says(name: str) -> None:
    """What a person is shown before anything starts; a change of it is a change of the product."""
    assert render(plan(GOLDEN_RELEASES[name])) == (GOLDEN / f"{name}.txt").read_text()


def test_no_golden_text_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(GOLDEN_RELEASES)


@pytest.mark.parametrize("amid", [partition(INVENTORY), freeze(INVENTORY), restart_of_the_registry], ids=str)
def test_what_happens_amid_stands_between_the_first_batch_and_the_second(amid: Fault | Restart) -> None:
    drawn = plan(_ten_in_three(ORDERS, amid=amid))
    assert [step.number for step in drawn.batches] == ["2", "4", "5"]


def test_what_runs_before_may_be_another_version_than_the_usual_one() -> None:
    service = replace(INVENTORY, versions=("v1", "v2", "other"))
    drawn = plan(batches(service, before="other", batches=3, offline=lossless))
    assert drawn.title.startswith("Release inventory (provider) other -> v2: ")
    assert drawn.baseline.title == "Baseline: other answers under load"


def test_the_same_release_has_the_same_plan() -> None:
    assert len({plan(_release()) for _ in range(50)}) == 1


@pytest.mark.parametrize(("count", "sizes"), [(2, (5, 5)), (3, (4, 3, 3)), (4, (3, 3, 2, 2)), (10, (1,) * 10)])
def test_batches_cover_every_instance_once(count: int, sizes: tuple[int, ...]) -> None:
    drawn = plan(_release(count=count))
    assert tuple(len(step.instances) for step in drawn.batches) == sizes
    named = [name for step in drawn.batches for name in step.instances]
    assert named == list(ORDERS.names(10))


def test_what_serves_at_all_times_is_all_but_the_largest_batch() -> None:
    assert [part.minimum_in_rotation("stop first") for part in _release(count=3).parts] == [6]


def test_numbers_are_unique_and_in_order() -> None:
    drawn = plan(_release())
    numbers = [step.number for top in drawn.steps for step in (top, *top.children)]
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers, key=lambda number: [int(part) for part in number.split(".")])


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_write_is_in_flight_at_the_first_step_down(policy: OfflinePolicy) -> None:
    """The way down always begins in mid-write: a release that no write could notice proves nothing."""
    for service in CHAIN:
        for step in plan(_release(service, offline=policy)).batches:
            assert "while a write is in flight" in step.children[1].title


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_no_step_claims_to_see_what_the_service_does_not_show(policy: OfflinePolicy) -> None:
    """The SLB's own count of a drain is the only one that is left."""
    for service in CHAIN:
        for step in plan(_release(replace(service, shows_in_flight=False), offline=policy)).batches:
            titles = [one.title for one in step.children if not one.title.startswith("Drain: ")]
            assert [title for title in titles if "is in flight" in title and "nothing shows" not in title] == []


def test_a_gray_is_the_first_batch_and_the_rest_follows() -> None:
    drawn = plan(gray(ORDERS, first=2, then=2, offline=lossless))
    assert [len(step.instances) for step in drawn.batches] == [2, 4, 4]


def test_where_a_batch_is_started_first_everybody_serves_at_all_times() -> None:
    release = batches(ORDERS, batches=2, offline=lossless, order="start first", interval_s=5)
    assert [part.minimum_in_rotation(release.order) for part in release.parts] == [10]


@pytest.mark.parametrize(
    ("wanted", "sizes"),
    {
        3: (4, 3, 3),
        (1, 2, 7): (1, 2, 7),
        "30 %": (3, 3, 3, 1),
        "25%": (3, 3, 3, 1),
        "2.5 %": (1,) * 10,
        "100 %": (10,),
    }.items(),
)
def test_batches_are_a_number_or_sizes_or_a_share(wanted: Sizes, sizes: tuple[int, ...]) -> None:
    assert batches(ORDERS, batches=wanted, offline=abrupt_stop).parts[0].sizes == sizes


def test_several_providers_go_batch_by_batch_at_the_same_time() -> None:
    release = batches(ORDERS, ALIKE, batches=3, offline=lossless)
    drawn = plan(release)
    assert [len(step.instances) for step in drawn.batches] == [8, 6, 6]


def test_the_rollback_is_told_by_a_flag_and_so_is_what_stands_at_the_top() -> None:
    drawn = plan(gray(ORDERS, then=2, offline=lossless))
    onward = [step for top in drawn.steps for step in (top, *top.children)]
    back = [step for top in drawn.undo for step in (top, *top.children)]
    assert (any(step.is_undo for step in onward), all(step.is_undo for step in back)) == (False, True)
    assert {step.number for step in (*onward, *back) if step.is_top} == {s.number for s in (*drawn.steps, *drawn.undo)}


def test_of_each_instance_it_is_known_whose_it_is_even_of_those_that_are_added() -> None:
    drawn = plan(batches(ORDERS, batches=2, offline=lossless, amid=scaling(2)))
    assert drawn.service_of == dict.fromkeys(ORDERS.names(ORDERS.released_instances + 2), ORDERS.name)
