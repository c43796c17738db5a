"""The call graph as a scenario asks it: who calls whom, what is released, what is missing and what to do about it."""

from dataclasses import replace

import pytest

from conformance.plan import Absent, Service, Topology
from tests.plan.services import CHAIN, INVENTORY, MAILER, ORDERS, STOREFRONT

ADMIN = replace(STOREFRONT, name="admin", calls=("inventory",), next="")
CONFIG = Service(name="config", position="supporting", version="v1")
SHOP = Topology("shop", (STOREFRONT, ADMIN, *CHAIN[1:], MAILER, CONFIG))


def test_a_service_is_found_by_its_name() -> None:
    assert SHOP.service("orders") is ORDERS
    with pytest.raises(KeyError):
        SHOP.service("nobody")


def test_callers_are_those_who_call_it_and_the_slb_is_none() -> None:
    assert [one.name for one in SHOP.callers("inventory")] == ["admin", "orders"]
    assert SHOP.callers("storefront") == SHOP.callers("mailer") == ()


def test_entries_are_behind_the_slb_and_released_is_what_has_a_next_version() -> None:
    assert [one.name for one in SHOP.entries] == ["storefront", "admin"]
    assert [one.name for one in SHOP.released] == ["storefront", "orders", "inventory", "mailer"]


def test_a_released_callee_is_a_provider_with_a_next_version() -> None:
    assert SHOP.released_callee(STOREFRONT) is ORDERS
    assert SHOP.released_callee(ADMIN) is INVENTORY


@pytest.mark.parametrize("caller", [INVENTORY, MAILER, replace(STOREFRONT, calls=("config", "mailer"))], ids=str)
def test_where_it_calls_none_it_says_so_with_its_remedy(caller: Service) -> None:
    with pytest.raises(Absent) as absent:
        SHOP.released_callee(caller)
    assert str(absent.value) == f"{caller.name} calls no provider"
    assert (absent.value.kind, absent.value.remedy) == ("no provider behind it", "release a service that calls one")


def test_where_those_that_it_calls_are_not_released_they_are_named() -> None:
    old = tuple(replace(one, next="") if one.name in STOREFRONT.calls else one for one in SHOP.services)
    behind = [one.name for one in old if one.name in STOREFRONT.calls and one.position == "provider"]
    with pytest.raises(Absent) as absent:
        replace(SHOP, services=old).released_callee(STOREFRONT)
    assert behind
    assert str(absent.value) == f"storefront calls {' and '.join(behind)}, of which nothing is released"
    assert absent.value.kind == "provider not released"
    assert absent.value.remedy.startswith(
        f"release {' or '.join(behind)}, too: by --release, or give it a next version"
    )


def test_a_version_is_found_by_what_it_is_made_for() -> None:
    broken = replace(ORDERS, variants={"never ready": "v3"})
    assert broken.variant("never ready") == "v3"
    assert broken.becoming("never ready") == replace(broken, next="v3")


def test_a_variant_that_nobody_declares_is_absent_with_its_remedy() -> None:
    for ask in (ORDERS.variant, ORDERS.becoming):
        with pytest.raises(Absent) as absent:
            ask("never ready")
        assert str(absent.value) == "orders has no version with the variant 'never ready'"
        assert (absent.value.kind, absent.value.remedy) == (
            "variant absent",
            "give one of services.orders.versions variant = 'never ready'",
        )


def test_names_persist_and_are_numbered_from_one() -> None:
    assert ORDERS.names(2) == ("orders-01", "orders-02")
