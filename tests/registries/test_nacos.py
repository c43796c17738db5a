"""A real Nacos server, as the harness sees it."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone, Registration
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.nacos import Installation, NacosRegistry, NacosServer, install
from fixtures.registries.nacos.server import PORTS


@pytest.fixture(scope="module")
def platform() -> Iterator[EmbeddedPlatform]:
    with EmbeddedPlatform() as platform:
        yield platform


@pytest.fixture(scope="module")
def installation() -> Installation:
    return install(print)


@pytest.fixture(scope="module")
def server(platform: EmbeddedPlatform, installation: Installation) -> NacosServer:
    return NacosServer.start(platform, installation, print)


@pytest.fixture(scope="module")
def registry(server: NacosServer) -> NacosRegistry:
    return NacosRegistry(server)


class Client:
    """Registers as a service would: over the HTTP API for clients."""

    def __init__(self, server: NacosServer) -> None:
        self._url = f"http://{server.address}/nacos/v3"

    def register(self, service: str, port: int, **metadata: str) -> None:
        self._ask("POST", "client", _instance(service, port) | {"metadata": json.dumps(metadata)})

    def deregister(self, service: str, port: int) -> None:
        self._ask("DELETE", "client", _instance(service, port))

    def disable(self, service: str, port: int) -> None:
        self._ask("PUT", "admin", _instance(service, port) | {"enabled": "false"})

    def _ask(self, method: str, api: str, params: dict[str, str]) -> None:
        answer = httpx.request(method, f"{self._url}/{api}/ns/instance", params=params, trust_env=False)
        assert answer.is_success, answer.text


def _instance(service: str, port: int) -> dict[str, str]:
    return {"serviceName": service, "ip": "127.0.0.1", "port": str(port)}


@pytest.fixture
def client(server: NacosServer) -> Client:
    return Client(server)


def _listed(registry: NacosRegistry, service: str, count: int) -> tuple[Registration, ...]:
    return until(
        f"{count} registrations of {service}",
        lambda: registry.registrations(service),
        accept=lambda listed: len(listed) == count,
        within_s=20,
    )


def test_who_registers_is_listed_with_its_name_and_its_life(registry: NacosRegistry, client: Client) -> None:
    client.register("named", 9001, instance="named-01", incarnation="named-01.1")
    assert _listed(registry, "named", 1) == (
        Registration(
            service="named", instance="named-01", incarnation="named-01.1", address="127.0.0.1:9001", healthy=True
        ),
    )


def test_who_does_not_say_its_name_is_listed_by_its_address(registry: NacosRegistry, client: Client) -> None:
    client.register("nameless", 9001)
    (only,) = _listed(registry, "nameless", 1)
    assert (only.instance, only.incarnation, only.address) == ("", "", "127.0.0.1:9001")


def test_who_deregisters_is_gone_and_the_others_stay(registry: NacosRegistry, client: Client) -> None:
    for number in (1, 2):
        client.register("leaving", 9000 + number, incarnation=f"leaving-0{number}.1")
    _listed(registry, "leaving", 2)
    client.deregister("leaving", 9001)
    assert [one.incarnation for one in _listed(registry, "leaving", 1)] == ["leaving-02.1"]


def test_the_last_one_to_leave_leaves_an_empty_list(registry: NacosRegistry, client: Client) -> None:
    client.register("last", 9001)
    _listed(registry, "last", 1)
    client.deregister("last", 9001)
    assert _listed(registry, "last", 0) == ()


def test_who_was_disabled_is_not_a_target(registry: NacosRegistry, client: Client) -> None:
    client.register("disabled", 9001)
    _listed(registry, "disabled", 1)
    client.disable("disabled", 9001)
    until(
        "it to be no target",
        lambda: [one for one in registry.registrations("disabled") if one.healthy],
        accept=lambda targets: targets == [],
        within_s=20,
    )


def test_a_service_that_nobody_registered_has_no_registrations(registry: NacosRegistry) -> None:
    assert registry.registrations("unheard-of") == ()


def test_all_its_tcp_ports_are_open_on_loopback_alone(platform: EmbeddedPlatform, server: NacosServer) -> None:
    host, port = server.address.split(":")
    for offset in PORTS:
        socket.create_connection((host, int(port) + offset)).close()
    assert [exposed for exposed in platform.exposed() if "udp" not in exposed] == []


def test_a_server_that_does_not_answer_is_told_with_its_last_words(
    registry: NacosRegistry, server: NacosServer
) -> None:
    server.process.signal("SIGSTOP")
    try:
        with pytest.raises(Gone, match=r"Nacos did not list some: ReadTimeout[\s\S]*nacos.*\.log:\n\d{4}-"):
            registry.registrations("some")
    finally:
        server.process.signal("SIGCONT")


def test_a_server_that_cannot_start_ends_and_says_why(installation: Installation) -> None:
    class Crowded(EmbeddedPlatform):
        """Somebody takes the port of consensus between its reservation and the start."""

        def reserve(self, offsets: tuple[int, ...] = (0,), *, usual: int = 0) -> tuple[str, int]:
            host, port = super().reserve(offsets, usual=usual)
            self.stranger = socket.create_server((host, port + min(offsets)))
            return host, port

    with Crowded() as crowded, pytest.raises(Gone, match=r"ended at start: exit 1[\s\S]*already in use"):
        NacosServer.start(crowded, installation, print)
    crowded.stranger.close()


def test_a_server_that_was_lost_is_told_with_its_last_words(registry: NacosRegistry, server: NacosServer) -> None:
    """The last test of this module: the others need the server."""
    server.process.signal("SIGKILL")
    until("its end", server.process.exit_status, within_s=10)
    with pytest.raises(Gone, match=r"Nacos did not list some: ConnectError[\s\S]*nacos.*\.log:\n\d{4}-"):
        registry.registrations("some")
