"""An instance's state by the registry's own API, whichever registry it is: no line of the application has a part."""

import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone, Registration, Registry, RegistryName
from fixtures.registries.server import RegistryServer
from tests.registries.clients import Client

NAMES = (
    "orders",
    "Orders-API.v2",
    "providers:org.acme.OrderService:1.0.0:blue",
    "org.acme.OrderService:::provider:crm",
    "orders+stock",
)
"""As teams, Spring Cloud, and Dubbo's registrations per interface and per application have them."""


def _await(registry: Registry, name: RegistryName, *expected: tuple[str, bool]) -> tuple[Registration, ...]:
    """The list for consumers follows: Eureka caches its answers."""
    return until(
        f"{name} to have {expected}",
        lambda: registry.registrations(name),
        accept=lambda listed: sorted((one.address, one.healthy) for one in listed) == sorted(expected),
        within_s=10,
    )


@pytest.mark.parametrize("called", NAMES)
def test_who_is_out_of_service_is_listed_as_such_until_it_is_in_service(
    registry: Registry, client: Client, called: str
) -> None:
    name = RegistryName(called)
    for port in (9001, 9002):
        client.register(called, port, "10.1.2.3", instance="a-01", incarnation=f"a-01.{port}")
    _await(registry, name, ("10.1.2.3:9001", True), ("10.1.2.3:9002", True))
    registry.set_state(name, "10.1.2.3:9001", "out of service")
    listed = _await(registry, name, ("10.1.2.3:9001", False), ("10.1.2.3:9002", True))
    assert {one.incarnation for one in listed} == {"a-01.9001", "a-01.9002"}
    registry.set_state(name, "10.1.2.3:9001", "in service")
    assert listed != _await(registry, name, ("10.1.2.3:9001", True), ("10.1.2.3:9002", True))


def test_a_state_that_it_has_already_is_no_error(registry: Registry, client: Client) -> None:
    name = RegistryName("unchanged")
    client.register("unchanged", 9001)
    _await(registry, name, ("127.0.0.1:9001", True))
    registry.set_state(name, "127.0.0.1:9001", "in service")
    registry.set_state(name, "127.0.0.1:9001", "out of service")
    registry.set_state(name, "127.0.0.1:9001", "out of service")
    _await(registry, name, ("127.0.0.1:9001", False))


def test_who_comes_back_at_its_address_is_out_of_service_still(registry: Registry, client: Client) -> None:
    name = RegistryName("killed")
    client.register("killed", 9001, incarnation="killed-01.1")
    _await(registry, name, ("127.0.0.1:9001", True))
    registry.set_state(name, "127.0.0.1:9001", "out of service")
    client.register("killed", 9001, incarnation="killed-01.2")
    (back,) = until(
        "the next incarnation",
        lambda: registry.registrations(name),
        accept=lambda listed: [one.incarnation for one in listed] == ["killed-01.2"],
        within_s=10,
    )
    assert not back.healthy
    registry.set_state(name, "127.0.0.1:9001", "in service")
    (back,) = _await(registry, name, ("127.0.0.1:9001", True))
    assert back.incarnation == "killed-01.2"


def test_an_instance_that_is_not_known_is_told_with_those_that_are(registry: Registry, client: Client) -> None:
    name = RegistryName("few")
    client.register("few", 9001)
    _await(registry, name, ("127.0.0.1:9001", True))
    with pytest.raises(Gone, match=r"^\w+ knows no instance 127.0.0.1:9002 of few; it knows: 127.0.0.1:9001$"):
        registry.set_state(name, "127.0.0.1:9002", "out of service")


def test_a_service_that_is_not_known_is_not_made(registry: Registry) -> None:
    name = RegistryName("unheard-of")
    with pytest.raises(Gone, match=r"^\w+ knows no instance 127.0.0.1:9001 of unheard-of; it knows: none$"):
        registry.set_state(name, "127.0.0.1:9001", "in service")
    assert registry.registrations(name) == ()


def test_a_registry_that_does_not_answer_is_told_with_its_last_words(
    registry: Registry, server: RegistryServer
) -> None:
    server.process.signal("SIGSTOP")
    try:
        with pytest.raises(Gone, match=r"^\w+ did not list few: timed out[\s\S]*\.log:\n"):
            registry.set_state(RegistryName("few"), "127.0.0.1:9001", "out of service")
    finally:
        server.process.signal("SIGCONT")
