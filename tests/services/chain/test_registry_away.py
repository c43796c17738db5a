"""A registry that was away: everybody comes back to it by itself, whichever way its clients speak to it."""

from functools import partial

import pytest

from conformance.run.waiting import until
from conformance.run.world import Gone, RegistryName
from tests.services.chain.chain import Chain
from tests.turns import RARE

pytestmark = pytest.mark.parametrize(
    "standing_chain",
    [pytest.param("nacos-grpc", marks=RARE), pytest.param("nacos-http", marks=RARE), "eureka"],
    indirect=True,
    scope="package",
)

BACK_WITHIN_S = 60
"""gRPC waits longer after each try to connect: Nacos's SDK comes back to a server that was away some 20 s after it."""


def test_a_registry_that_was_away_is_told_by_everybody_who_they_are(chain: Chain) -> None:
    """It comes back knowing nobody. Until then everybody calls those whom they know, and who starts waits for it."""
    chain.registry.server.stop()
    old, staying = chain.groups["inventory"].living()
    chain.end(old)
    new = chain.start("inventory", old.name, "v1")
    assert {chain.write(chain.request_id()).status for _ in range(4)} == {201, 502}, "the old one is known, and gone"
    until("its admin port to answer", lambda: new.status() is not None, within_s=10, transient=(Gone,))
    assert not new.status().ready
    chain.registry.server.restart()
    for service in ("orders", "inventory"):
        living = {one.incarnation for one in chain.groups[service].living()}
        again = f"{service} to be listed again"
        until(again, partial(_listed, chain, service), accept=living.__eq__, within_s=BACK_WITHIN_S)
    assert new.status().ready
    chain.await_sight("orders", [new, staying], BACK_WITHIN_S)
    assert {chain.write(chain.request_id()).status for _ in range(4)} == {201}


def _listed(chain: Chain, service: str) -> set[str]:
    return {one.incarnation for one in chain.registry.registrations(RegistryName(service)) if one.healthy}
