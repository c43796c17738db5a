"""How long a run waits for what comes with the load."""

from dataclasses import fields

import pytest

from conformance.record.thresholds import Thresholds
from conformance.run.timings import TIMEOUTS, USUAL_RATE, TimeoutChain, Timings
from fixtures.services.python.orders import INVENTORY_WITHIN_S
from fixtures.services.python.storefront import ORDERS_WITHIN_S
from fixtures.slb.spec import SlbSpec


@pytest.mark.parametrize("rate", [USUAL_RATE, 10 * USUAL_RATE])
def test_at_the_usual_rate_and_above_nothing_waits_longer(rate: int) -> None:
    assert Timings().at(rate) == Timings()


def test_below_it_traffic_and_nothing_else_is_waited_for_longer() -> None:
    usual, slow = Timings(), Timings().at(USUAL_RATE // 3)
    assert slow.slower == 3
    assert slow.write_in_flight == 3 * usual.write_in_flight
    assert slow.enough_traffic == 3 * usual.enough_traffic
    assert (slow.ready, slow.listed, slow.stopped) == (usual.ready, usual.listed, usual.stopped)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slb": 10.0}, "the client waits 10 s for the SLB, which waits 10 s itself"),
        ({"entry": 9.5}, "the SLB waits 9 s for the entry, which waits 9.5 s itself"),
        ({"provider": 8.0}, "the entry waits 8 s for the provider, which waits 8 s itself"),
        ({"provider": 0.0}, "the entry waits 8 s for the provider, which waits 0 s itself"),
    ],
)
def test_no_caller_gives_up_before_the_one_that_it_calls(changes: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        TimeoutChain(**changes)


def test_client_slb_and_sample_services_keep_to_the_chain() -> None:
    (slb_s,) = (field.default for field in fields(SlbSpec) if field.name == "answer_within_s")
    kept = (Thresholds().client_timeout_s, slb_s, ORDERS_WITHIN_S, INVENTORY_WITHIN_S)
    assert kept == (TIMEOUTS.client, TIMEOUTS.slb, TIMEOUTS.entry, TIMEOUTS.provider)
