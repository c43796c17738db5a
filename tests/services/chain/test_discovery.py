"""How services find each other, by every registry and in every way in which its clients speak to it."""

import pytest

from conformance.run.waiting import until
from tests.services.chain.chain import Chain, Hop
from tests.services.chain.conftest import CLIENTS
from tests.turns import RARE

SELDOM = {"nacos-http": RARE}
pytestmark = pytest.mark.parametrize(
    "standing_chain", [pytest.param(one, marks=SELDOM.get(one, ())) for one in CLIENTS], indirect=True, scope="package"
)


def test_whoever_goes_and_tells_is_dropped_with_its_next_answer(chain: Chain) -> None:
    going, staying = chain.groups["orders"].living()
    before = going.status().executions or 0
    order = chain.request_id()
    chain.write(order)
    chain.go_offline(going, notify=True)
    marked = going.status().executions or 0
    answers = [chain.read(order) for _ in range(20)]
    assert {answer.status for answer in answers} == {200}
    assert (going.status().executions or 0) - marked <= 1, "one answer tells the only consumer"
    assert marked - before <= 1
    assert chain.sees("storefront") == {(staying.incarnation,)}
    assert going.status().offline


def test_whoever_goes_without_telling_is_dropped_when_the_registry_says_so(chain: Chain) -> None:
    going, staying = chain.groups["orders"].living()
    chain.go_offline(going, notify=False)
    chain.go_offline(going, notify=False)
    chain.await_sight("storefront", [staying])
    assert {chain.read("nothing").status for _ in range(4)} == {404}
    assert going.exit_status() is None, "it serves on until it is stopped"


def test_a_consumer_does_not_believe_an_empty_list(chain: Chain) -> None:
    """It comes from a registry that has been started anew as well as from one whose last instance has gone."""
    first, last = chain.groups["inventory"].living()
    chain.end(first)
    chain.await_sight("orders", [last])
    chain.end(last)
    answers = [chain.write(chain.request_id()) for _ in range(2)]
    assert {answer.hops[-1] for answer in answers} == {
        Hop("orders->inventory", last.name, last.incarnation, 0, "connect refused")
    }
    assert chain.sees("orders") == {(last.incarnation,)}


def test_who_stands_in_a_lane_is_called_for_its_requests_alone_until_it_is_opened(chain: Chain) -> None:
    first, staying = chain.groups["orders"].living()
    chain.end(first)
    gray = chain.start("orders", first.name, "v2", lane="gray")
    chain.await_sight("storefront", [gray, staying])

    def met(lane: str) -> set[str]:
        return {chain.read("nothing", lane).hops[0].incarnation for _ in range(6)}

    assert met("") == {staying.incarnation}
    assert met("gray") == {gray.incarnation}
    assert met("of nobody") == {staying.incarnation}
    gray.open_lane()
    both = {gray.incarnation, staying.incarnation}
    until("everybody to be met by everybody", lambda: met(""), accept=both.__eq__, within_s=15)
    assert met("gray") == both


def test_who_is_killed_is_missed(chain: Chain) -> None:
    killed, staying = chain.groups["orders"].living()
    killed.signal("SIGKILL")
    chain.await_sight("storefront", [staying])
