"""A process of this machine is found by its port, whichever of the machine's addresses it is registered under."""

import socket

import pytest

from conformance.plan import RegistryState
from conformance.run.world import Registration, RegistryName, RestartableServer
from fixtures.registries.at_home import AtHome, own_addresses

ORDERS = RegistryName("orders")


class _Lists:
    """A registry with instances of orders: two under an address of the machine, one at loopback, one elsewhere."""

    name = "nacos"

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses or ("127.0.0.2:1001", "127.0.0.2:1002", "127.0.0.1:1003", "198.51.100.7:1001")
        self.told: list[tuple[str, RegistryState]] = []

    @property
    def server(self) -> RestartableServer:
        raise NotImplementedError

    def registrations(self, service: RegistryName) -> tuple[Registration, ...]:
        return tuple(Registration(address=one, healthy=True, incarnation=service.name) for one in self.addresses)

    def other_names(self, service: RegistryName, address: str) -> tuple[RegistryName, ...]:
        assert service == ORDERS
        return (RegistryName("stock"),) if address in self.addresses else ()

    def set_state(self, service: RegistryName, address: str, state: RegistryState) -> None:
        assert service == ORDERS
        self.told.append((address, state))


def test_an_address_of_this_machine_is_loopback_and_another_machines_is_not() -> None:
    listed = AtHome(_Lists(), own={"127.0.0.2"}).registrations(ORDERS)
    assert [one.address for one in listed] == [
        "127.0.0.1:1001",
        "127.0.0.1:1002",
        "127.0.0.1:1003",
        "198.51.100.7:1001",
    ]
    assert {one.incarnation for one in listed} == {"orders"}


def test_the_registry_is_told_the_address_that_it_knows() -> None:
    lists = _Lists()
    registry = AtHome(lists, own={"127.0.0.2"})
    for address in ("127.0.0.1:1002", "127.0.0.1:1003", "198.51.100.7:1001", "127.0.0.1:9"):
        registry.set_state(ORDERS, address, "out of service")
    assert [address for address, _ in lists.told] == [
        "127.0.0.2:1002",
        "127.0.0.1:1003",
        "198.51.100.7:1001",
        "127.0.0.1:9",
    ]
    assert registry.name == "nacos"


def test_another_name_is_found_at_whichever_address_of_the_machine() -> None:
    registry = AtHome(_Lists(), own={"127.0.0.2"})
    asked = ("127.0.0.1:1002", "127.0.0.1:1003", "198.51.100.7:1001", "127.0.0.1:9", "198.51.100.7:1002")
    assert [len(registry.other_names(ORDERS, one)) for one in asked] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_who_listens_on_loopback_alone_is_not_known_by_another_address(host: str) -> None:
    """Its callers are refused there; 127.0.0.2 stands for an address of an interface."""
    with socket.create_server((host, 0)) as listening:
        port = listening.getsockname()[1]
        lists = _Lists(f"127.0.0.2:{port}")
        (one,) = AtHome(lists, own={"127.0.0.2"}).registrations(ORDERS)
    if host == "127.0.0.1":
        assert (one.address, one.incarnation) == (f"127.0.0.2:{port}", "")
    else:
        assert (one.address, one.incarnation) == (f"127.0.0.1:{port}", "orders")


def test_who_has_gone_and_is_still_listed_is_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    (one,) = AtHome(_Lists(f"127.0.0.2:{port}"), own={"127.0.0.2"}).registrations(ORDERS)
    assert (one.address, one.incarnation) == (f"127.0.0.1:{port}", "orders")


def test_loopback_is_no_further_address_of_this_machine() -> None:
    assert "127.0.0.1" not in own_addresses()
