"""What only Eureka has: an override beside the instance's own status, capitals, and no weights."""

import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone, Registry, RegistryName
from fixtures.registries.server import RegistryServer
from tests.registries.clients import EurekaClient

pytestmark = pytest.mark.parametrize("name", ["eureka"], indirect=True, scope="session")
ADDRESS = "127.0.0.1:9001"


@pytest.fixture
def eureka(server: RegistryServer) -> EurekaClient:
    return EurekaClient(server.address)


def _await_targets(registry: Registry, name: RegistryName, *expected: bool) -> None:
    until(
        f"{name} to be listed as {expected}",
        lambda: tuple(sorted(one.healthy for one in registry.registrations(name))),
        accept=tuple(sorted(expected)).__eq__,
        within_s=10,
    )


def test_group_and_namespace_are_of_no_concern_and_a_name_is_capitals(registry: Registry, eureka: EurekaClient) -> None:
    eureka.register("Storefront", 9001)
    for one in (RegistryName("storefront", "SHOP", "dev"), RegistryName("STOREFRONT")):
        _await_targets(registry, one, True)


def test_a_weight_is_refused_in_one_line(registry: Registry, eureka: EurekaClient) -> None:
    eureka.register("weightless", 9001)
    _await_targets(registry, RegistryName("weightless"), True)
    with pytest.raises(Gone, match=r"^Eureka has no weights: 127.0.0.1:9001 of weightless can be [^\n]*$"):
        registry.set_state(RegistryName("weightless"), ADDRESS, 0)


def test_out_of_service_outlives_renewals_and_ends_with_a_deregistration(
    registry: Registry, eureka: EurekaClient
) -> None:
    name = RegistryName("renewing")
    eureka.register("renewing", 9001)
    _await_targets(registry, name, True)
    registry.set_state(name, ADDRESS, "out of service")
    eureka.renew("renewing", 9001)
    _await_targets(registry, name, False)
    eureka.deregister("renewing", 9001)
    _await_targets(registry, name)
    eureka.register("renewing", 9001)
    _await_targets(registry, name, True)


def test_who_is_in_service_again_goes_on_renewing(registry: Registry, eureka: EurekaClient) -> None:
    name = RegistryName("again")
    eureka.register("again", 9001)
    _await_targets(registry, name, True)
    registry.set_state(name, ADDRESS, "out of service")
    registry.set_state(name, ADDRESS, "in service")
    eureka.renew("again", 9001)
    _await_targets(registry, name, True)


def test_who_says_itself_that_it_is_out_of_service_cannot_be_brought_back_from_outside(
    registry: Registry, eureka: EurekaClient
) -> None:
    name = RegistryName("unwilling")
    eureka.send("unwilling", 9001, status="OUT_OF_SERVICE")
    _await_targets(registry, name, False)
    with pytest.raises(Gone, match=r"as in service: not within [\d.]+ s; last seen: OUT_OF_SERVICE, its own$"):
        registry.set_state(name, ADDRESS, "in service")


def test_all_at_the_address_are_out_of_service(registry: Registry, eureka: EurekaClient) -> None:
    """One that was killed is listed beside the one that came after it where each has an instance id of its own."""
    name = RegistryName("twins")
    for number in (1, 2):
        eureka.send("twins", 9001, instanceId=f"twins-01.{number}")
    _await_targets(registry, name, True, True)
    registry.set_state(name, ADDRESS, "out of service")
    _await_targets(registry, name, False, False)


@pytest.mark.parametrize("called", ["orders/v1", "a%2Fb/c"])
def test_a_slash_is_refused_by_the_server_and_told(registry: Registry, called: str) -> None:
    with pytest.raises(Gone, match=rf"^Eureka did not list {called}: answered 400: [^\n]{{1,200}}$"):
        registry.registrations(RegistryName(called))
