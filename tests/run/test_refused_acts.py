"""An act that is refused is told with its instance and its answer, and nothing is left half done."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.plan import (
    Act,
    CommandAct,
    HttpAct,
    RegistryAct,
    UnlistedAct,
)
from conformance.record import events
from conformance.run.world import Gone
from conformance.vocabulary import Refuser
from tests.run.acting import OUT, PAUSE, SCRIPT, gone, released_by
from tests.run.stub_run import ORDERS
from tests.run.stub_world import HOOK, StubInstance

MARKED = ["WritesInFlight", "MarkedOffline", "Performed"]


@pytest.mark.parametrize(
    ("acts", "call", "step", "claimed"),
    [
        ((SCRIPT, PAUSE), "perform leave it", "2.2", ["WritesInFlight", "InstanceFailed"]),
        (
            (PAUSE, SCRIPT),
            "perform leave it",
            "2.3",
            [*MARKED, "InstanceFailed"],
        ),
        ((OUT,), "set_state out of service", "2.2", ["WritesInFlight", "InstanceFailed"]),
        ((RegistryAct(0),), "set_state 0", "2.2", ["WritesInFlight", "InstanceFailed"]),
    ],
    ids=["the first", "a later one", "registry", "weight"],
)
def test_an_act_that_is_refused_fails_its_step_with_what_was_said_and_is_not_claimed(
    tmp_path: Path, acts: tuple[Act, ...], call: str, step: str, claimed: list[str]
) -> None:
    run = released_by(tmp_path, ORDERS, *acts)
    gone(run, call)
    run.go()
    assert run.failed[step].endswith("403 no")
    failed = [event.why for event in run.all(events.InstanceFailed) if event.step == step]
    assert (failed[0], [why.endswith("403 no") for why in failed]) == (run.failed[step], [True, True])
    for name in run.plan.batches[0].instances:
        own = run.of(f"{name}.1")
        assert own[: len(claimed)] == claimed
    assert run.versions == {"v1"}
    (refused,) = run.all(events.Refused)
    assert (refused.by, refused.why, refused.step) == (Refuser.ACT, run.failed[step], step)


def test_a_registrys_refusal_names_the_instance_and_what_it_was_asked(tmp_path: Path) -> None:
    for number, (act, said) in enumerate({OUT: "put out of service", RegistryAct(0): "given weight 0"}.items()):
        (tmp_path / str(number)).mkdir()
        run = released_by(tmp_path / str(number), ORDERS, act)
        gone(run, f"set_state {act.state}")
        run.go()
        assert run.failed["2.2"] == f"orders-01.1 was not {said}: 403 no"


@pytest.mark.parametrize("acts", [(SCRIPT, PAUSE), (PAUSE, SCRIPT)], ids=["the first", "a later one"])
def test_where_an_act_of_the_way_down_is_refused_those_half_down_leave_by_the_suites_way_and_begin_again(
    tmp_path: Path, acts: tuple[Act, ...]
) -> None:
    """Nothing is left half done: all of the batch serve again as the old version, and no other was touched."""
    run = released_by(tmp_path, ORDERS, *acts)
    gone(run, "perform leave it")
    run.go()
    first, second = (batch.instances for batch in run.plan.batches)
    assert sorted(one.incarnation for one in run.stub.groups["orders"].living()) == sorted(
        [f"{name}.2" for name in first] + [f"{name}.1" for name in second]
    )
    for name in first:
        own = run.of(f"{name}.1")
        told = [state for address, state in run.stub.registry.told if address == run.stub.instance(f"{name}.1").address]
        assert told == ["out of service"]
        assert own.index("Unlisted") < own.index("NothingInFlight") < own.index("Signalled") < own.index("Exited")
    assert [event.outcome for event in run.all(events.StepEnded) if event.step.startswith("R")] != []
    assert not {step for step in run.failed if step.startswith("R")}


def test_a_server_that_has_ended_refuses_no_version(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, OUT)

    def meddle(now: str, _times: int) -> None:
        if now.endswith("set_state out of service"):
            run.stub.servers["nacos"].process.signal("SIGKILL")
            raise Gone("connection refused")

    run.stub.calls.meddle = meddle
    run.go()
    assert "has ended" in run.failed["2.2"]
    assert run.all(events.Refused) == []


@pytest.mark.parametrize("call", ["perform leave it", "set_state in service"])
def test_a_way_up_that_is_refused_fails_its_step_and_nobody_is_claimed_to_be_listed(tmp_path: Path, call: str) -> None:
    act = SCRIPT if "leave it" in call else RegistryAct("in service")
    run = released_by(tmp_path, ORDERS, HOOK, up=(act,))
    gone(run, call)
    run.go()
    assert run.failed["2.5"] == f"{'orders-01.2 was not put in service: ' if act != SCRIPT else ''}403 no"
    assert [event for event in run.all(events.Registered) if event.incarnation == "orders-01.2"] == []
    assert [event.by for event in run.all(events.Refused)] == [Refuser.ACT]


def test_a_new_version_whose_way_up_is_refused_is_rolled_back(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, up=(SCRIPT,))
    gone(run, ".2 instance.perform leave it")
    run.go()
    first = run.plan.batches[0].instances
    assert (run.versions, set(run.failed)) == ({"v1"}, {"2", "2.5"})
    assert {run.stub.instance(f"{name}.3").performed[0] for name in first} == {SCRIPT}
    assert all(run.stub.instance(f"{name}.2").performed == [HOOK] for name in first)


def test_a_new_version_whose_own_way_down_does_nothing_leaves_by_the_suites_and_the_old_one_comes_back(
    tmp_path: Path,
) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, UnlistedAct(), up=(SCRIPT,))

    def newcomer(one: StubInstance) -> None:
        """What it is asked on its way down it answers, and stays listed; on its way up it refuses."""

        def perform(act: HttpAct | CommandAct) -> None:
            if act == SCRIPT:
                raise Gone("403 no")
            one.performed.append(act)

        if one.version == "v2":
            setattr(one, "perform", perform)  # noqa: B010 - a method of this one alone

    run.stub.groups["orders"].newcomers = newcomer
    run.go()
    first = run.plan.batches[0].instances
    assert run.versions == {"v1"}
    assert not {step for step in run.failed if step.startswith("R")}
    told = [event.why for event in run.all(events.InstanceFailed) if event.step.startswith("R")]
    assert [why.partition(":")[0] for why in sorted(told)] == [
        f"registry and consumers to drop {name}.2" for name in first
    ]


def test_a_registry_act_of_what_stands_in_no_registry_is_refused(tmp_path: Path) -> None:
    run = released_by(tmp_path, replace(ORDERS, registered=False), OUT, instances=2).go()
    assert run.failed["2.2"] == "orders-01.1 was not put out of service: orders stands in no registry"
