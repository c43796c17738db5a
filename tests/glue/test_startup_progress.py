"""Who waits for a topology is told what for."""

import threading

from fixtures.glue.startup_progress import Waits


def test_what_is_still_waited_for_is_told_and_nothing_once_it_has_come() -> None:
    said: list[str] = []
    heard = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        heard.set()

    waits = Waits(say, every_s=0.01)
    with waits.told("topology"):
        with waits.of("orders-01.1 to be ready"), waits.of("b"), waits.of("c"), waits.of("d"), waits.of("e"):
            assert heard.wait(10)
        told = len(said)
        assert said[0] == "topology: waiting for orders-01.1 to be ready; b; c and 2 more, after 0 s"
        with waits.of("the registry to list every instance of orders"):
            heard.clear()
            assert heard.wait(10)
        assert said[-1].startswith("topology: waiting for the registry to list every instance of orders, after ")
    assert len(said) > told
    assert not [thread for thread in threading.enumerate() if "tell" in thread.name]


def test_a_topology_that_is_up_at_once_says_nothing() -> None:
    said: list[str] = []
    with Waits(said.append, every_s=10).told("topology"), Waits(said.append).of("a"):
        pass
    assert said == []
