"""What only Nacos has: weights, groups, namespaces, clusters, and a list that hides who is disabled."""

import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone, Registry, RegistryName
from fixtures.registries.nacos.registry import SERVICES_A_PAGE
from fixtures.registries.server import RegistryServer
from tests.registries.clients import NacosClient

pytestmark = pytest.mark.parametrize("name", ["nacos"], indirect=True, scope="session")
HOST = "10.1.2.3"
ADDRESS = f"{HOST}:9001"


@pytest.fixture
def nacos(server: RegistryServer) -> NacosClient:
    return NacosClient(server.address)


def _host(server: RegistryServer, service: str, **more: str) -> dict[str, object]:
    """The instance as Nacos's administrator sees it."""
    params = {"serviceName": service, "ip": HOST, "port": "9001"} | more
    answer = server.client.get(f"http://{server.address}/nacos/v3/admin/ns/instance", params=params, timeout=5)
    found: dict[str, object] = answer.json()["data"]
    return found


def _await_targets(registry: Registry, name: RegistryName, *addresses: str) -> None:
    until(
        f"{name} to have the targets {addresses}",
        lambda: tuple(sorted(one.address for one in registry.registrations(name) if one.healthy)),
        accept=addresses.__eq__,
        within_s=10,
    )


def test_what_is_not_named_stays(registry: Registry, server: RegistryServer, nacos: NacosClient) -> None:
    name = RegistryName("kept")
    nacos.send("POST", name, 9001, HOST, clusterName="EAST", weight="5", metadata='{"zone":"a"}')
    _await_targets(registry, name, ADDRESS)
    before = _host(server, "kept", clusterName="EAST")
    registry.set_state(name, ADDRESS, "out of service")
    assert _host(server, "kept", clusterName="EAST") == before | {"enabled": False}
    registry.set_state(name, ADDRESS, 2)
    assert _host(server, "kept", clusterName="EAST") == before | {"enabled": False, "weight": 2.0}
    registry.set_state(name, ADDRESS, "in service")
    assert _host(server, "kept", clusterName="EAST") == before | {"weight": 2.0}


def test_who_has_no_weight_is_no_target(registry: Registry, nacos: NacosClient) -> None:
    name = RegistryName("weighed")
    nacos.register("weighed", 9001, HOST)
    _await_targets(registry, name, ADDRESS)
    registry.set_state(name, ADDRESS, 0)
    (only,) = registry.registrations(name)
    assert not only.healthy
    registry.set_state(name, ADDRESS, 3)
    (only,) = registry.registrations(name)
    assert only.healthy


def test_a_persistent_instance_stays_one(registry: Registry, server: RegistryServer, nacos: NacosClient) -> None:
    name = RegistryName("persistent")
    nacos.send("POST", name, 9001, HOST, ephemeral="false")
    until("it to be listed", lambda: registry.registrations(name), within_s=10)
    registry.set_state(name, ADDRESS, "out of service")
    host = _host(server, "persistent", ephemeral="false")
    assert (host["enabled"], host["ephemeral"]) == (False, False)


def test_another_group_and_another_namespace_are_not_touched(registry: Registry, nacos: NacosClient) -> None:
    usual = RegistryName("shared")
    names = [
        usual,
        *(RegistryName("shared", group, space) for group in ("", "SHOP") for space in ("dev", "b-2") if group),
    ]
    names.append(RegistryName("shared", namespace="dev"))
    for one in names:
        nacos.register(one, 9001, HOST)
    for one in names:
        _await_targets(registry, one, ADDRESS)
    changed = RegistryName("shared", "SHOP", "dev")
    registry.set_state(changed, ADDRESS, "out of service")
    assert [one for one in names if not registry.registrations(one)[0].healthy] == [changed]
    assert registry.registrations(RegistryName("shared", "DEFAULT_GROUP", "public"))[0].healthy, "the defaults' names"


@pytest.mark.parametrize(
    "asked", [RegistryName("here", "NOBODY"), RegistryName("here", namespace="nowhere"), RegistryName("HERE")]
)
def test_where_nothing_is_registered_nothing_is_listed_and_what_was_asked_is_told(
    registry: Registry, nacos: NacosClient, asked: RegistryName
) -> None:
    nacos.register("here", 9001, HOST)
    _await_targets(registry, RegistryName("here"), ADDRESS)
    assert registry.registrations(asked) == ()
    told = asked.name + (" (group NOBODY)" if asked.group else " (namespace nowhere)" if asked.namespace else "")
    with pytest.raises(Gone) as refused:
        registry.set_state(asked, ADDRESS, "out of service")
    assert str(refused.value) == f"Nacos knows no instance {ADDRESS} of {told}; it knows: none"


def test_a_name_that_nacos_refuses_is_told_in_its_words(registry: Registry) -> None:
    with pytest.raises(Gone) as refused:
        registry.registrations(RegistryName("order service", "SHOP"))
    assert str(refused.value).startswith(
        "Nacos did not list order service (group SHOP): answered 400: Param 'serviceName' is illegal"
    )


def test_a_weight_that_nacos_refuses_is_told_in_its_words(registry: Registry, nacos: NacosClient) -> None:
    nacos.register("heavy", 9001, HOST)
    _await_targets(registry, RegistryName("heavy"), ADDRESS)
    with pytest.raises(
        Gone, match=r"^Nacos did not set 10\S+ of heavy to weight 20000: answered 400: .*from 0.0 to 1000"
    ):
        registry.set_state(RegistryName("heavy"), ADDRESS, 20_000)


def test_who_is_disabled_is_found_among_many_services_of_like_names(registry: Registry, nacos: NacosClient) -> None:
    for number in range(SERVICES_A_PAGE + 5):
        nacos.register(f"crowd-{number:03}", 9001, HOST)
    nacos.register("crowd-", 9001, HOST)
    name = RegistryName(f"crowd-{SERVICES_A_PAGE + 4:03}")
    for one in (name, RegistryName("crowd-")):
        _await_targets(registry, one, ADDRESS)
        registry.set_state(one, ADDRESS, "out of service")
        (only,) = registry.registrations(one)
        assert not only.healthy


def test_who_has_just_come_is_never_taken_for_disabled(registry: Registry, nacos: NacosClient) -> None:
    """The two lists are asked one after the other; a list that changes between them has no one out of service."""
    name = RegistryName("arriving")
    for number in range(10):
        nacos.register("arriving", 9100 + number, HOST)
        seen = until(
            "it to be listed",
            lambda: registry.registrations(name),
            accept=lambda listed, count=number + 1: len(listed) == count,  # type: ignore[misc]
            within_s=10,
            every_s=0.0,
        )
        assert all(one.healthy for one in seen)
