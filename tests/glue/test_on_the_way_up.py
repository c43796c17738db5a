"""Who is not up is told as soon as that is known, and not once all others have come or given up."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.run.timings import TIMINGS
from conformance.run.world import ExitStatus, Gone
from fixtures.glue import on_the_way_up
from fixtures.glue.on_the_way_up import NotUp, await_all_ready
from fixtures.glue.startup_progress import Waits
from fixtures.log_tail import last_lines
from tests.run.stub_run import CHAIN
from tests.run.stub_world import StubInstance, StubWorld

ENDED = ExitStatus(1, None)


@pytest.fixture
def world(tmp_path: Path) -> StubWorld:
    """Two instances of each of three services, none of them ready."""
    stub = StubWorld(tmp_path, CHAIN, {})
    for instance in stub.everybody():
        instance.ready = False
    return stub


def _started(world: StubWorld) -> list[tuple[StubInstance, ...]]:
    return [group.all() for group in reversed(world.groups.values())]


def _why(world: StubWorld) -> NotUp:
    with pytest.raises(NotUp) as not_up:
        await_all_ready(_started(world), Waits(print))
    return not_up.value


def test_where_one_has_ended_its_siblings_and_callers_are_waited_for_no_longer(world: StubWorld) -> None:
    ended = world.instance("inventory-02.1")  # the first one would be told of, had it been waited for in vain
    ended.ended = ENDED
    why = _why(world)
    assert why.instance is ended
    assert str(why) == "inventory-02.1 ended at start: exit 1"


def test_who_is_called_is_heard_first_for_it_may_be_the_reason(world: StubWorld) -> None:
    """Its caller ends, who cannot do without it; then it says itself what is wrong."""
    caller, called = world.instance("orders-01.1"), world.instance("inventory-01.1")
    caller.ended = ENDED
    looks = 0

    def meddle(call: str, _times: int) -> None:
        nonlocal looks
        looks += call == "inventory-01.1 instance.status"
        if looks == 3:
            called.ended = ENDED

    world.calls.meddle = meddle
    assert _why(world).instance is called


def test_its_caller_is_named_where_it_does_come_up(world: StubWorld) -> None:
    caller = world.instance("orders-01.1")
    caller.ended = ENDED
    looks = 0

    def meddle(call: str, _times: int) -> None:
        nonlocal looks
        looks += call == "inventory-01.1 instance.status"
        for called in world.groups["inventory"].all() if looks == 3 else ():
            called.ready = True

    world.calls.meddle = meddle
    assert _why(world).instance is caller


def test_who_is_late_is_told_with_the_key_that_gives_it_longer_and_its_log_once(
    world: StubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_the_way_up, "TIMINGS", replace(TIMINGS, topology_ready=0.2, topology_look=0.05))
    late = world.instance("inventory-01.1")
    told = "inventory-01.1 to be ready: not within 0.2 s; last seen: {}; services.it.ready_s above 0.2 gives it longer"
    late.log.write_text("")
    with pytest.raises(NotUp) as not_up:
        await_all_ready([(late,)], Waits(print))
    assert str(not_up.value) == f"{told.format('it answers, but is not ready')}\ninventory-01.1.log is empty"

    def meddle(call: str, _times: int) -> None:
        if call == "inventory-01.1 instance.status":
            raise Gone(f"did not answer: Connection refused\n{last_lines(late.log)}")

    world.calls.meddle = meddle
    late.log.write_text("not yet\n")
    with pytest.raises(NotUp) as not_up:
        await_all_ready([(late,)], Waits(print))
    assert str(not_up.value).splitlines() == [
        told.format("did not answer: Connection refused"),
        f"last lines of {late.log}:",
        "not yet",
    ]


def test_all_that_come_up_are_waited_for(world: StubWorld) -> None:
    looks = 0

    def meddle(call: str, _times: int) -> None:
        nonlocal looks
        looks += call.endswith("instance.status")
        for one in world.everybody() if looks == 20 else ():
            one.ready = True

    world.calls.meddle = meddle
    await_all_ready(_started(world), Waits(print))
    assert all(one.ready for one in world.everybody())
