"""Nacos gathers changes: what it pushes is late by that, and so is the list that a consumer asks for."""

import time
from dataclasses import replace

import pytest

from conformance.plan import OfflinePolicy, ServerSettings
from conformance.run.waiting import until
from conformance.run.world import RegistryName
from fixtures.platforms.embedded import EmbeddedPlatform
from fixtures.registries.kinds import REGISTRIES
from tests.registries.clients import NacosClient

GATHERED_S = 2.0
DEREGISTERED = OfflinePolicy(name="deregistered", leaves_first=True)


@pytest.mark.profile("extended")
def test_a_consumer_that_asks_is_told_as_late_as_its_chain_says() -> None:
    kind = REGISTRIES["nacos"]
    timers = replace(kind.timers(ServerSettings(client="heart-beats")), push_s=GATHERED_S)
    chain = sum(delay.at_most_s or 0.0 for delay in kind.chain(DEREGISTERED, timers))
    with EmbeddedPlatform() as platform:
        server = kind.start(platform, "", timers, print)
        registry, client = kind.read(server), NacosClient(server.address)
        client.register("gathered", 9001)
        until("it to be listed", lambda: registry.registrations(RegistryName("gathered")), within_s=10)
        client.deregister("gathered", 9001)
        began = time.monotonic()
        until(
            "the list for consumers to be empty",
            lambda: [one for one in registry.registrations(RegistryName("gathered")) if one.healthy],
            accept=lambda targets: not targets,
            within_s=10,
        )
        late = time.monotonic() - began
    assert late > GATHERED_S / 2, "it is not the chain alone that says so"
    assert chain == GATHERED_S + timers.refresh_s
