"""A process of this machine is found by its port, whichever of the machine's addresses it is registered under."""

from conformance.plan import RegistryState
from conformance.run.world import Registration, RegistryName, RestartableServer
from fixtures.registries.at_home import AtHome, own_addresses

ORDERS = RegistryName("orders")


class _Lists:
    """A registry with four instances of orders: two under an address of the machine, one at loopback, one elsewhere."""

    name = "nacos"

    def __init__(self) -> None:
        self.told: list[tuple[str, RegistryState]] = []

    @property
    def server(self) -> RestartableServer:
        raise NotImplementedError

    def registrations(self, service: RegistryName) -> tuple[Registration, ...]:
        addresses = ("192.0.2.2:1001", "192.0.2.2:1002", "127.0.0.1:1003", "198.51.100.7:1001")
        return tuple(Registration(address=one, healthy=True, incarnation=service.name) for one in addresses)

    def set_state(self, service: RegistryName, address: str, state: RegistryState) -> None:
        assert service == ORDERS
        self.told.append((address, state))


def test_an_address_of_this_machine_is_loopback_and_another_machines_is_not() -> None:
    listed = AtHome(_Lists(), own={"192.0.2.2"}).registrations(ORDERS)
    assert [one.address for one in listed] == [
        "127.0.0.1:1001",
        "127.0.0.1:1002",
        "127.0.0.1:1003",
        "198.51.100.7:1001",
    ]
    assert {one.incarnation for one in listed} == {"orders"}


def test_the_registry_is_told_the_address_that_it_knows() -> None:
    lists = _Lists()
    registry = AtHome(lists, own={"192.0.2.2"})
    for address in ("127.0.0.1:1002", "127.0.0.1:1003", "198.51.100.7:1001", "127.0.0.1:9"):
        registry.set_state(ORDERS, address, "out of service")
    assert [address for address, _ in lists.told] == [
        "192.0.2.2:1002",
        "127.0.0.1:1003",
        "198.51.100.7:1001",
        "127.0.0.1:9",
    ]
    assert registry.name == "nacos"


def test_loopback_is_no_further_address_of_this_machine() -> None:
    assert "127.0.0.1" not in own_addresses()
