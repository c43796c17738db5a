"""Plans: golden texts, refusals, and the promise that a plan is a pure function of its release."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from conformance.plan import (
    POLICIES,
    Exposure,
    Fault,
    OfflinePolicy,
    PlanError,
    Release,
    RoleAbsent,
    Service,
    Topology,
    VersionAbsent,
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

GOLDEN = Path(__file__).parent / "golden"
SERVICES = {
    "entry": Service("storefront", "entry", "v1", ("v1", "v2")),
    "middle": Service("orders", "middle", "v1", ("v1", "v2", "v3")),
    "leaf": Service("inventory", "leaf", "v1", ("v1", "v2")),
}
FAULTS = (partition, freeze)
EVERYBODY = tuple(SERVICES.values())
_ten_in_three = partial(batches, to="v2", batches=3, offline=lossless)
_two_of_ten = partial(gray, to="v2", first=2, then=2, offline=lossless)
GOLDEN_RELEASES = {
    "entry-gray-by-weights": _two_of_ten(SERVICES["entry"], met_by=share_of_requests("5 %")),
    "middle-gray-by-header": _two_of_ten(SERVICES["middle"], met_by=with_header("X-Group", "beta")),
    "chain-gray-by-cookie": gray(
        *EVERYBODY,
        to="v2",
        instances=3,
        first=1,
        then=1,
        together=False,
        met_by=with_cookie("lane", "gray"),
        offline=lossless,
    ),
    "leaf-gray-of-users": _two_of_ten(SERVICES["leaf"], met_by=share_of_users("2.5 %")),
    "chain-lossless": batches(*EVERYBODY, to="v2", instances=2, batches=2, together=False, offline=lossless),
    "middle-scaled": _ten_in_three(SERVICES["middle"], amid=scaling(by=2)),
    "middle-overtaken": _ten_in_three(SERVICES["middle"], overtaken_by="v3"),
    "middle-amid-slb": _ten_in_three(SERVICES["middle"], amid=restart_of_the_slb),
    "middle-amid-database": _ten_in_three(SERVICES["middle"], amid=restart_of_the_database),
    "middle-amid-host": _ten_in_three(SERVICES["middle"], amid=host_failure(*EVERYBODY)),
}


def _release(service: Service = SERVICES["middle"], count: int = 3, offline: OfflinePolicy = lossless) -> Release:
    return batches(service, to="v2", batches=count, offline=offline)


@pytest.mark.parametrize("role", SERVICES)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name.replace(" ", "-"))
def test_plan_text_is_the_golden_one(role: str, policy: OfflinePolicy) -> None:
    """What a person is shown before anything starts; a change of it is a change of the product."""
    golden = GOLDEN / f"{role}-{policy.name.replace(' ', '-')}.txt"
    assert render(plan(_release(SERVICES[role], offline=policy))) == golden.read_text()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_stands_between_the_first_batch_and_the_second(fault: Callable[[Service], Fault]) -> None:
    release = batches(SERVICES["middle"], to="v2", batches=3, offline=lossless, amid=fault(SERVICES["leaf"]))
    drawn = plan(release)
    assert render(drawn) == (GOLDEN / f"middle-amid-{fault.__name__}.txt").read_text()
    assert [step.number for step in drawn.batches] == ["2", "4", "5"]


@pytest.mark.parametrize("name", GOLDEN_RELEASES)
def test_a_release_is_planned_as_its_golden_text_says(name: str) -> None:
    assert render(plan(GOLDEN_RELEASES[name])) == (GOLDEN / f"{name}.txt").read_text()


def test_what_runs_before_may_be_another_version_than_the_usual_one() -> None:
    service = Service("inventory", "leaf", "v1", ("v1", "v2", "other"))
    drawn = plan(batches(service, before="other", to="v2", batches=3, offline=lossless))
    assert drawn.title.startswith("Release inventory (leaf) other -> v2: ")
    assert drawn.baseline.title == "Baseline: other answers under load"


def test_a_version_that_the_topology_lacks_is_told_apart_from_other_mistakes() -> None:
    with pytest.raises(VersionAbsent, match=r"orders: version 'other' is unknown; the topology can start v1, v2, v3"):
        batches(SERVICES["middle"], before="other", to="v2", batches=3, offline=lossless)


def test_no_golden_text_is_left_over() -> None:
    expected = {f"{role}-{policy.name.replace(' ', '-')}.txt" for role in SERVICES for policy in POLICIES}
    expected |= {f"middle-amid-{fault.__name__}.txt" for fault in FAULTS}
    named = ("middle-amid-restart", "middle-and-leaf-lossless", "middle-gray", "middle-start-first")
    expected |= {f"{name}.txt" for name in named}
    expected |= {f"{name}.txt" for name in GOLDEN_RELEASES}
    assert {path.name for path in GOLDEN.iterdir()} == expected


def test_the_same_release_has_the_same_plan() -> None:
    assert len({plan(_release()) for _ in range(50)}) == 1


@pytest.mark.parametrize(("count", "sizes"), [(2, (5, 5)), (3, (4, 3, 3)), (4, (3, 3, 2, 2)), (10, (1,) * 10)])
def test_batches_cover_every_instance_once(count: int, sizes: tuple[int, ...]) -> None:
    drawn = plan(_release(count=count))
    assert tuple(len(step.instances) for step in drawn.batches) == sizes
    named = [name for step in drawn.batches for name in step.instances]
    assert named == list(SERVICES["middle"].names(10))


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
    for service in SERVICES.values():
        for step in plan(_release(service, offline=policy)).batches:
            assert "while a write is in flight" in step.children[1].title


def test_a_server_that_is_restarted_is_back_before_the_second_batch() -> None:
    release = batches(SERVICES["middle"], to="v2", batches=3, offline=lossless, amid=restart_of_the_registry)
    assert render(plan(release)) == (GOLDEN / "middle-amid-restart.txt").read_text()


def test_a_gray_is_the_first_batch_and_the_rest_follows() -> None:
    drawn = plan(gray(SERVICES["middle"], to="v2", first=2, then=2, offline=lossless))
    assert render(drawn) == (GOLDEN / "middle-gray.txt").read_text()
    assert [len(step.instances) for step in drawn.batches] == [2, 4, 4]


def test_a_batch_may_be_started_before_the_old_one_stops_and_left_to_serve_for_a_while() -> None:
    release = batches(SERVICES["middle"], to="v2", batches=2, offline=lossless, order="start first", interval_s=5)
    assert render(plan(release)) == (GOLDEN / "middle-start-first.txt").read_text()
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
    assert batches(SERVICES["middle"], to="v2", batches=wanted, offline=abrupt_stop).parts[0].sizes == sizes


def test_several_providers_go_batch_by_batch_at_the_same_time() -> None:
    release = batches(SERVICES["middle"], SERVICES["leaf"], to="v2", batches=3, offline=lossless)
    drawn = plan(release)
    assert render(drawn) == (GOLDEN / "middle-and-leaf-lossless.txt").read_text()
    assert [len(step.instances) for step in drawn.batches] == [8, 6, 6]


def test_fewer_instances_than_usual_may_be_released() -> None:
    drawn = plan(batches(SERVICES["middle"], to="v2", batches=2, offline=lossless, instances=2))
    assert [step.instances for step in drawn.batches] == [("orders-01",), ("orders-02",)]
    with pytest.raises(PlanError, match="3 batches for 2 instances"):
        batches(SERVICES["middle"], to="v2", batches=3, offline=lossless, instances=2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"batches": 0}, "orders: 0 batches; at least 1 is needed"),
        ({"batches": 1}, "orders: lossless in 1 batch would leave no instance serving; at least 2 are needed"),
        ({"batches": 11}, "orders: 11 batches for 10 instances; at most one batch per instance"),
        ({"to": "v9"}, "orders: version 'v9' is unknown; the topology can start v1, v2, v3"),
        ({"overtaken_by": "v9"}, "orders: version 'v9' is unknown; the topology can start v1, v2, v3"),
        ({"overtaken_by": "v2"}, "orders: 'v2' is the version that runs already"),
        (
            {"overtaken_by": "v3", "batches": 1, "offline": abrupt_stop},
            "1 batch: there is nothing left that another release could overtake",
        ),
        ({"at_most": 11, "amid": scaling(by=2)}, "orders: at most 11 may run; there would be 12"),
        (
            {"overtaken_by": "v3", "together": False},
            "a release of one service after the other cannot be overtaken: release them together",
        ),
        ({"amid": scaling(by=0)}, "scaled by 0 instances; at least 1 is needed"),
        ({"at_most": 12, "order": "start first"}, "orders: at most 12 may run; there would be 14"),
        ({"to": "v1"}, "orders: 'v1' is the version that runs already"),
        ({"batches": 3, "instances": 2}, "orders: 3 batches for 2 instances; at most one batch per instance"),
        ({"batches": (5, 0, 5)}, "orders: batches of 5, 0 and 5; each takes 1 instance at least"),
        ({"batches": (5, 4)}, "orders: batches of 5 and 4 make 9; there are 10 instances"),
        ({"batches": (10,)}, "orders: lossless in 1 batch would leave no instance serving; at least 2 are needed"),
        ({"batches": "none"}, "orders: batches of 'none'; a share above 0 % and up to 100 % is needed"),
        ({"batches": "0 %"}, "orders: batches of '0 %'; a share above 0 % and up to 100 % is needed"),
        ({"batches": "101 %"}, "orders: batches of '101 %'; a share above 0 % and up to 100 % is needed"),
        ({"at_least": 8}, "orders: 8 in rotation at all times; the largest batch leaves 6"),
        ({"at_least": 11, "order": "start first"}, "orders: 11 in rotation at all times; the largest batch leaves 10"),
        ({"interval_s": -1}, "an interval of -1 s; it cannot be negative"),
    ],
)
def test_an_impossible_release_is_refused_with_a_sentence(arguments: dict[str, object], sentence: str) -> None:
    asked = {"to": "v2", "batches": 3, "offline": lossless} | arguments
    with pytest.raises(PlanError) as refused:
        batches(SERVICES["middle"], **asked)  # type: ignore[arg-type]  # a table of mistakes
    assert str(refused.value) == sentence


def test_a_role_that_nobody_plays_is_told_by_name() -> None:
    topology = Topology("two tiers", (SERVICES["entry"], SERVICES["middle"]))
    assert topology.middle.name == "orders"
    with pytest.raises(RoleAbsent, match="no service in the role 'leaf'"):
        _ = topology.leaf


def test_a_release_of_nothing_is_refused() -> None:
    with pytest.raises(PlanError, match="no service is named"):
        batches(to="v2", batches=3, offline=lossless)


def test_the_entry_is_not_released_together_with_others() -> None:
    with pytest.raises(PlanError, match="the entry is drained where others deregister: release it by itself"):
        batches(SERVICES["entry"], SERVICES["middle"], to="v2", batches=3, offline=lossless)


@pytest.mark.parametrize(
    ("role", "met_by", "sentence"),
    [
        (
            "middle",
            share_of_requests("5 %"),
            "orders is not behind the SLB, whose weights are to give a share to its gray",
        ),
        (
            "entry",
            share_of_requests("0.5 %"),
            "storefront: 0.5 % of the requests, by the SLB's weights needs a weight of 199; at most 100",
        ),
    ],
)
def test_a_share_that_the_slb_cannot_give_is_refused(role: str, met_by: Exposure, sentence: str) -> None:
    with pytest.raises(PlanError) as refused:
        gray(SERVICES[role], to="v2", then=2, met_by=met_by, offline=lossless)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("percent", ["0 %", "100 %", "5", "some %", "-1 %"])
def test_what_is_no_share_is_refused(percent: str) -> None:
    with pytest.raises(ValueError, match=f"a gray for '{percent}'; a share above 0 % and below 100 % is needed"):
        share_of_users(percent)


def test_a_share_of_users_that_is_too_small_to_tell_is_refused() -> None:
    with pytest.raises(ValueError, match="a gray for 1 % of the users; at least 2% of them are needed"):
        share_of_users("1 %")


def test_services_of_different_versions_are_not_released_in_one_plan() -> None:
    other = Service("inventory", "leaf", "v0", ("v0", "v1", "v2"))
    with pytest.raises(PlanError, match="must be of one version before: orders v1, inventory v0"):
        batches(SERVICES["middle"], other, to="v2", batches=2, together=False, offline=lossless)


@pytest.mark.parametrize(("percent", "weights"), [("5 %", (4, 19)), ("20 %", (1, 1)), ("50 %", (4, 1))])
def test_weights_give_two_of_ten_their_share(percent: str, weights: tuple[int, int]) -> None:
    assert share_of_requests(percent).weights(2, 8) == weights


@pytest.mark.parametrize("first", [0, 10, 11])
def test_a_gray_of_nobody_or_of_everybody_is_refused(first: int) -> None:
    with pytest.raises(PlanError, match=f"orders: a gray of {first} of 10 instances; at least 1, and not all"):
        gray(SERVICES["middle"], to="v2", first=first, then=2, offline=lossless)


def test_services_that_go_together_need_as_many_batches() -> None:
    fewer = Service("inventory", "leaf", "v1", ("v1", "v2"), released_instances=4)
    with pytest.raises(PlanError, match="the same number of batches"):
        batches(SERVICES["middle"], fewer, to="v2", batches="30 %", offline=lossless)


def test_the_rollback_is_told_by_a_flag_and_so_is_what_stands_at_the_top() -> None:
    drawn = plan(gray(SERVICES["middle"], to="v2", then=2, offline=lossless))
    onward = [step for top in drawn.steps for step in (top, *top.children)]
    back = [step for top in drawn.undo for step in (top, *top.children)]
    assert (any(step.is_undo for step in onward), all(step.is_undo for step in back)) == (False, True)
    assert {step.number for step in (*onward, *back) if step.is_top} == {s.number for s in (*drawn.steps, *drawn.undo)}


def test_of_each_instance_it_is_known_whose_it_is_even_of_those_that_are_added() -> None:
    drawn = plan(batches(SERVICES["middle"], to="v2", batches=2, offline=lossless, amid=scaling(2)))
    assert drawn.service_of == dict.fromkeys(
        SERVICES["middle"].names(SERVICES["middle"].released_instances + 2), SERVICES["middle"].name
    )
