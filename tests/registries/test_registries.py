"""Real registries, as the harness sees them: what each must show, whichever it is."""

import socket

import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone, Registration, Registry, RegistryName
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.kinds import REGISTRIES
from fixtures.registries.nacos.server import PORTS
from fixtures.registries.server import RegistryServer
from tests.registries.clients import Client
from tests.registries.conftest import FAST


def _listed(registry: Registry, service: str, count: int) -> tuple[Registration, ...]:
    return until(
        f"{count} registrations of {service}",
        lambda: registry.registrations(RegistryName(service)),
        accept=lambda listed: len(listed) == count,
        within_s=20,
    )


def test_who_registers_is_listed_with_its_name_and_its_life(registry: Registry, client: Client) -> None:
    client.register("named", 9001, instance="named-01", incarnation="named-01.1")
    assert _listed(registry, "named", 1) == (
        Registration(address="127.0.0.1:9001", healthy=True, instance="named-01", incarnation="named-01.1"),
    )


def test_who_does_not_say_its_name_is_listed_by_its_address(registry: Registry, client: Client) -> None:
    client.register("nameless", 9001)
    (only,) = _listed(registry, "nameless", 1)
    assert (only.instance, only.incarnation, only.address) == ("", "", "127.0.0.1:9001")


def test_who_deregisters_is_gone_and_the_others_stay(registry: Registry, client: Client) -> None:
    for number in (1, 2):
        client.register("leaving", 9000 + number, incarnation=f"leaving-0{number}.1")
    _listed(registry, "leaving", 2)
    client.deregister("leaving", 9001)
    assert [one.incarnation for one in _listed(registry, "leaving", 1)] == ["leaving-02.1"]


def test_the_last_one_to_leave_leaves_an_empty_list(registry: Registry, client: Client) -> None:
    client.register("last", 9001)
    _listed(registry, "last", 1)
    client.deregister("last", 9001)
    assert _listed(registry, "last", 0) == ()


def test_a_service_that_nobody_registered_has_no_registrations(registry: Registry) -> None:
    assert registry.registrations(RegistryName("unheard-of")) == ()


def test_an_address_is_found_under_another_name(registry: Registry, client: Client) -> None:
    client.register("misspelt", 9071)
    _listed(registry, "misspelt", 1)
    (other,) = registry.other_names(RegistryName("spelt"), "127.0.0.1:9071")
    assert other.name.lower() == "misspelt"
    assert registry.other_names(RegistryName("misspelt"), "127.0.0.1:9071") == ()
    assert registry.other_names(RegistryName("spelt"), "127.0.0.1:9072") == ()


def test_it_listens_on_loopback_alone(platform: EmbeddedPlatform, server: RegistryServer, name: str) -> None:
    host, port = server.address.split(":")
    for offset in PORTS if name == "nacos" else (0,):
        socket.create_connection((host, int(port) + offset)).close()
    assert [exposed for exposed in platform.exposed() if "udp" not in exposed] == []


def test_a_server_that_does_not_answer_is_told_with_its_last_words(registry: Registry, server: RegistryServer) -> None:
    server.process.signal("SIGSTOP")
    try:
        with pytest.raises(Gone, match=r"did not list some: timed out[\s\S]*\.log:\n\d{4}-"):
            registry.registrations(RegistryName("some"))
    finally:
        server.process.signal("SIGCONT")


def test_a_server_that_cannot_start_ends_and_says_why(name: str) -> None:
    class Crowded(EmbeddedPlatform):
        """Somebody takes a port between its reservation and the start."""

        def reserve(self, offsets: tuple[int, ...] = (0,), *, usual: int = 0) -> tuple[str, int]:
            host, port = super().reserve(offsets, usual=usual)
            self.stranger = socket.create_server((host, port + min(offsets)))
            return host, port

    kind = REGISTRIES[name]
    with Crowded() as crowded, pytest.raises(Gone, match=r"ended at start: exit 1[\s\S]*already in use"):
        kind.start(crowded, "", kind.timers(FAST), print)
    crowded.stranger.close()


def test_a_server_that_is_started_anew_is_where_it_was_and_knows_nobody(
    registry: Registry, server: RegistryServer, client: Client
) -> None:
    client.register("forgotten", 9001)
    _listed(registry, "forgotten", 1)
    before = server.address
    server.stop()
    with pytest.raises(Gone, match="did not list forgotten: Connection refused"):
        registry.registrations(RegistryName("forgotten"))
    server.restart()
    assert server.address == before
    assert registry.registrations(RegistryName("forgotten")) == ()


def test_a_server_that_was_lost_is_told_with_its_last_words(registry: Registry, server: RegistryServer) -> None:
    server.process.signal("SIGKILL")
    until("its end", server.process.exit_status, within_s=10)
    try:
        with pytest.raises(Gone, match=r"did not list some: [\s\S]*\.log:\n\d{4}-"):
            registry.registrations(RegistryName("some"))
    finally:
        server.restart()
