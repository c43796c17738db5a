"""What cannot be planned is refused with one sentence; what a team can change, with its remedy."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.plan import (
    CommandAct,
    Exposure,
    Inapplicable,
    PlanError,
    ReleaseDefaults,
    Service,
    abrupt_stop,
    batches,
    gray,
    lossless,
    lossless_without_notify,
    scaling,
    share_of_requests,
    share_of_users,
)
from tests.plan.services import INVENTORY, MAILER, ORDERS, OWN_WAY, STOREFRONT

ALIKE = replace(INVENTORY, way_down=OWN_WAY)


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
    asked = {"batches": 3, "offline": lossless} | arguments
    with pytest.raises(PlanError) as refused:
        batches(ORDERS, **asked)  # type: ignore[arg-type]  # a table of mistakes
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("service", "met_by", "sentence"),
    [
        (
            MAILER,
            share_of_requests("5 %"),
            "mailer stands neither behind the SLB nor in a registry, whose weights give a gray its share",
        ),
        (
            STOREFRONT,
            share_of_requests("0.5 %"),
            "storefront: 0.5 % of the requests, by weights needs a weight of 199; at most 100",
        ),
    ],
)
def test_a_share_that_the_slb_cannot_give_is_refused(service: Service, met_by: Exposure, sentence: str) -> None:
    with pytest.raises(PlanError) as refused:
        gray(service, then=2, met_by=met_by, offline=lossless)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("percent", ["0 %", "100 %", "5", "some %", "-1 %"])
def test_what_is_no_share_is_refused(percent: str) -> None:
    with pytest.raises(ValueError, match=f"a gray for '{percent}'; a share above 0 % and below 100 % is needed"):
        share_of_users(percent)


def test_a_share_of_users_that_is_too_small_to_tell_is_refused() -> None:
    with pytest.raises(ValueError, match="a gray for 1 % of the users; at least 2% of them are needed"):
        share_of_users("1 %")


@pytest.mark.parametrize(("percent", "weights"), [("5 %", (4, 19)), ("20 %", (1, 1)), ("50 %", (4, 1))])
def test_weights_give_two_of_ten_their_share(percent: str, weights: tuple[int, int]) -> None:
    assert share_of_requests(percent).weights(2, 8) == weights


@pytest.mark.parametrize("first", [0, 10, 11])
def test_a_gray_of_nobody_or_of_everybody_is_refused(first: int) -> None:
    with pytest.raises(PlanError, match=f"orders: a gray of {first} of 10 instances; at least 1, and not all"):
        gray(ORDERS, first=first, then=2, offline=lossless)


def test_services_that_go_together_need_as_many_batches() -> None:
    fewer = replace(ALIKE, released_instances=4)
    with pytest.raises(PlanError, match="the same number of batches"):
        batches(ORDERS, fewer, batches="30 %", offline=lossless)


def test_a_release_of_nothing_is_refused() -> None:
    with pytest.raises(PlanError, match="no service is named"):
        batches(batches=3, offline=lossless)


@pytest.mark.parametrize(
    "other",
    [STOREFRONT, INVENTORY, replace(ALIKE, way_up=(CommandAct(argv=("warm",)),))],
    ids=["entry", "another way down", "another way up"],
)
def test_services_together_go_down_and_come_up_alike(other: Service) -> None:
    sentence = f"orders, {other.name} go down or come up in different ways, and cannot share a batch"
    with pytest.raises(PlanError) as refused:
        batches(ORDERS, other, offline=lossless)
    assert str(refused.value) == sentence
    one_by_one = batches(ORDERS, other, offline=lossless, together=False)
    assert [round_.service.name for round_ in one_by_one.rounds].count(other.name) == 3


def test_services_without_a_way_of_their_own_go_together_as_the_suite_takes_them_down() -> None:
    release = batches(ORDERS, INVENTORY, offline=lossless_without_notify)
    assert len({part.way_down for part in release.parts}) == 1
    with pytest.raises(PlanError, match="different ways"):
        batches(STOREFRONT, MAILER, offline=lossless)


def test_services_together_go_from_one_version_to_one_other() -> None:
    other = replace(ALIKE, version="v0", versions=("v0", "v1", "v2"))
    with pytest.raises(PlanError, match="from one version to one other: orders v1 -> v2, inventory v0 -> v2"):
        batches(ORDERS, other, offline=lossless)
    release = batches(ORDERS, other, offline=lossless, together=False)
    assert {(one.service.name, one.old, one.to) for one in release.rounds} == {
        ("orders", "v1", "v2"),
        ("inventory", "v0", "v2"),
    }


def _kept(service: Service, count: int = 10) -> Service:
    return replace(service, kept_addresses=True, released_instances=count)


@pytest.mark.parametrize(
    ("ask", "kind", "why", "remedy"),
    [
        (
            lambda: gray(replace(ORDERS, released_instances=1), offline=lossless),
            "too few instances",
            "orders: a gray of 1 of 1 instance; the rest must be at least 1",
            "set services.orders.released_instances = 2 or more",
        ),
        (
            lambda: batches(replace(ORDERS, released_instances=2), batches=3, offline=lossless),
            "too few instances",
            "orders: 3 batches for 2 instances; at most one batch per instance",
            "set services.orders.released_instances = 3 or more",
        ),
        (
            lambda: gray(replace(ORDERS, released_instances=3), first=1, then=3, offline=lossless),
            "too few instances",
            "orders: 3 batches for 2 instances; at most one batch per instance",
            "set services.orders.released_instances = 4 or more",
        ),
        (
            lambda: batches(replace(ORDERS, released_instances=1), order="stop first", offline=lossless),
            "too few instances",
            "orders: lossless in 1 batch would leave no instance serving; at least 2 are needed",
            "set services.orders.released_instances = 2 or more",
        ),
        (
            lambda: batches(_kept(ORDERS, 1), offline=lossless),
            "too few instances",
            "orders: lossless in 1 batch would leave no instance serving; at least 2 are needed",
            "set services.orders.released_instances = 2 or more",
        ),
        (
            lambda: batches(replace(_kept(ORDERS), release=ReleaseDefaults(order="start first")), offline=lossless),
            "kept addresses",
            "orders: nothing can start at an address that is to be kept before the old instance has left it",
            'release it with order = "stop first", or without services.orders.addresses = "kept"',
        ),
        (
            lambda: batches(replace(ORDERS, next=""), offline=lossless),
            "no next version",
            "orders has no next version",
            "set services.orders.next, or declare a second one of its versions",
        ),
        (
            lambda: batches(replace(INVENTORY, registered=False), offline=lossless),
            "no way down",
            "inventory has no way to leave its callers first: no registry lists it and no act is declared",
            "declare [[services.inventory.offline]]",
        ),
        (
            lambda: batches(replace(ORDERS, registered=False), offline=lossless_without_notify),
            "no way down",
            "orders has no way to leave its callers first: no registry lists it and no act is declared",
            "declare [[services.orders.offline]]",
        ),
        (
            lambda: gray(
                replace(ORDERS, registered=False, way_down=OWN_WAY), met_by=share_of_requests("5 %"), offline=lossless
            ),
            "not behind the SLB",
            "orders stands neither behind the SLB nor in a registry, whose weights give a gray its share",
            "release an entry service, or one that is registered",
        ),
    ],
    ids=[
        "gray of one",
        "too many batches",
        "too many batches after a gray",
        "one instance stopped first",
        "one instance at a kept address",
        "started first at a kept address",
        "no next version",
        "no registry and no way of its own",
        "no registry and not by its own way",
        "weights",
    ],
)
def test_what_a_service_cannot_be_given_is_told_with_its_remedy(
    ask: Callable[[], object], kind: str, why: str, remedy: str
) -> None:
    with pytest.raises(Inapplicable) as refused:
        ask()
    assert (refused.value.kind, str(refused.value), refused.value.remedy) == (kind, why, remedy)


def test_an_unregistered_provider_can_be_stopped_without_a_way_down() -> None:
    assert batches(replace(INVENTORY, registered=False), offline=abrupt_stop).parts[0].way_down == ()
