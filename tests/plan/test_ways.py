"""How an instance goes down and up: by the team's acts in their order, else by the suite's own."""

from dataclasses import replace

import pytest

from conformance.plan import (
    Act,
    CommandAct,
    DrainAct,
    HttpAct,
    OfflinePolicy,
    QuietAct,
    RegistryAct,
    Service,
    SignalAct,
    Step,
    UnlistedAct,
    WaitAct,
    abrupt_stop,
    batches,
    graceful_stop,
    lossless,
    lossless_without_notify,
    plan,
)
from conformance.plan.steps import (
    Action,
    AwaitEnd,
    AwaitListed,
    Drain,
    Dwell,
    Perform,
    ServeUntilQuiet,
    ServeUntilUnlisted,
    Start,
    Stop,
)
from conformance.plan.way_steps import suites_way_down
from tests.plan.services import INVENTORY, MAILER, ORDERS, STOREFRONT

HOOK = HttpAct(method="POST", path="/offline", notifies=True)
SCRIPT = CommandAct(argv=("leave", "it"))
OUT = RegistryAct("out of service")
SUITES = (Perform(OUT, begins=True), ServeUntilUnlisted(), ServeUntilQuiet(QuietAct()), Stop("SIGTERM", False))


def _first_batch(service: Service, offline: OfflinePolicy = lossless) -> tuple[Step, ...]:
    return plan(batches(service, offline=offline)).batches[0].children


def _down(service: Service, offline: OfflinePolicy = lossless) -> tuple[Action | None, ...]:
    """The actions between the look and the start."""
    actions = tuple(step.action for step in _first_batch(service, offline))
    return actions[1 : actions.index(Start("v2"))]


def _up(service: Service) -> tuple[Action | None, ...]:
    """The actions after the start."""
    actions = tuple(step.action for step in _first_batch(service))
    return actions[actions.index(Start("v2")) + 1 :]


@pytest.mark.parametrize(
    ("acts", "actions"),
    [
        ((HOOK, SignalAct()), (Perform(HOOK, begins=True), Stop("SIGTERM", False))),
        (
            (SCRIPT, HOOK, OUT, DrainAct(), SignalAct("SIGQUIT")),
            (
                Perform(SCRIPT, begins=True),
                Perform(HOOK, begins=False),
                Perform(OUT, begins=False),
                Drain(begins=False),
                Stop("SIGQUIT", False),
            ),
        ),
        (
            (WaitAct(3), QuietAct(log="idle"), UnlistedAct(), RegistryAct(0), SignalAct("SIGKILL")),
            (
                Dwell(3),
                ServeUntilQuiet(QuietAct(log="idle")),
                ServeUntilUnlisted(),
                Perform(RegistryAct(0), begins=True),
                Stop("SIGKILL", False),
            ),
        ),
        ((SignalAct("SIGINT"),), (Stop("SIGINT", in_mid_write=True),)),
        ((QuietAct(), SignalAct()), (ServeUntilQuiet(QuietAct()), Stop("SIGTERM", in_mid_write=True))),
        ((HOOK, WaitAct(40)), (Perform(HOOK, begins=True), Dwell(40), Stop("SIGTERM", False))),
        (
            (SignalAct(at_once=True), DrainAct()),
            (Stop("SIGTERM", in_mid_write=True, at_once=True), Drain(begins=False), AwaitEnd()),
        ),
        (
            (SignalAct(at_once=True), WaitAct(1), SignalAct("SIGKILL")),
            (Stop("SIGTERM", in_mid_write=True, at_once=True), Dwell(1), Stop("SIGKILL", False)),
        ),
    ],
    ids=[
        "hook",
        "a command first",
        "waits first",
        "a signal alone",
        "quiet, then a signal",
        "no signal of its own",
        "a signal at once",
        "a second signal",
    ],
)
def test_a_teams_acts_are_steps_in_their_order(acts: tuple[Act, ...], actions: tuple[Action, ...]) -> None:
    assert _down(replace(ORDERS, way_down=acts)) == actions


def test_the_first_act_by_which_it_leaves_is_in_mid_write_and_no_other() -> None:
    acts = (WaitAct(1), SCRIPT, HOOK, OUT, DrainAct(), SignalAct())
    titles = [step.title for step in _first_batch(replace(ORDERS, way_down=acts))]
    amid = [title for title in titles if "while a write is in flight" in title]
    assert amid == ["Run: leave it while a write is in flight"]


@pytest.mark.parametrize("service", [STOREFRONT, ORDERS, MAILER], ids=lambda service: service.name)
def test_where_the_load_only_reads_it_is_a_request_that_is_in_flight(service: Service) -> None:
    titles = [step.title for step in _first_batch(replace(service, written=False))]
    assert [title for title in titles if "while a request is in flight" in title] != []
    assert [title for title in titles if "while a write" in title] == []


@pytest.mark.parametrize(
    ("service", "actions"),
    [
        (STOREFRONT, (Drain(begins=True), Stop("SIGTERM", False))),
        (INVENTORY, SUITES),
        (MAILER, (Stop("SIGTERM", in_mid_write=True),)),
    ],
)
def test_without_a_way_of_its_own_it_goes_down_as_the_suite_does(service: Service, actions: tuple[Action, ...]) -> None:
    assert _down(service) == actions
    assert _down(replace(service, way_down=(HOOK,)), lossless_without_notify) == actions


@pytest.mark.parametrize("policy", [graceful_stop, abrupt_stop])
def test_who_does_not_leave_first_takes_no_notice_of_the_teams_way(policy: OfflinePolicy) -> None:
    assert _down(ORDERS, policy) == _down(replace(ORDERS, way_down=()), policy)
    assert batches(ORDERS, offline=policy).parts[0].notifies is False


@pytest.mark.parametrize(
    ("acts", "leaves_first", "notifies"),
    [
        ((HOOK,), True, True),
        ((replace(HOOK, notifies=False),), True, False),
        ((DrainAct(), SignalAct()), True, False),
        ((WaitAct(1), OUT, SignalAct()), True, False),
        ((SignalAct(), OUT), False, False),
        ((SignalAct(at_once=True), HOOK), False, True),
        ((WaitAct(1), SignalAct()), False, False),
    ],
    ids=["hook", "a hook that tells nobody", "drain", "late", "stopped first", "at once", "waits only"],
)
def test_it_leaves_first_where_it_has_left_before_any_signal(
    acts: tuple[Act, ...], leaves_first: bool, notifies: bool
) -> None:
    release = batches(replace(ORDERS, way_down=acts), offline=lossless)
    assert (release.leaves_first, release.parts[0].notifies) == (leaves_first, notifies)
    assert plan(release).undo, "what was lossless by its name can be rolled back, whatever its acts are"


@pytest.mark.parametrize(
    ("service", "acts"),
    [
        (INVENTORY, []),
        (replace(INVENTORY, kept_addresses=True), [Perform(RegistryAct("in service"))]),
        (replace(ORDERS, kept_addresses=True), []),
        (replace(ORDERS, kept_addresses=True, way_down=(RegistryAct(0),)), [Perform(RegistryAct("in service"))]),
        (replace(INVENTORY, kept_addresses=True, way_up=(RegistryAct(5),)), [Perform(RegistryAct(5))]),
        (replace(INVENTORY, way_up=(SCRIPT, WaitAct(2))), [Perform(SCRIPT), Dwell(2)]),
        (replace(STOREFRONT, kept_addresses=True), []),
    ],
    ids=["fresh", "kept", "kept, by a hook", "kept, by weight", "kept, own way up", "own way up", "entry"],
)
def test_what_was_put_out_of_service_at_a_kept_address_is_put_in_service_again(
    service: Service, acts: list[Action]
) -> None:
    up = _up(service)
    assert list(up[: up.index(AwaitListed())]) == acts
    undone = [step.action for step in plan(batches(service, offline=lossless)).undo[0].children]
    assert [action for action in undone if isinstance(action, Perform | Dwell)] == acts


def test_nobody_has_to_list_a_worker_or_what_stands_in_no_registry() -> None:
    for service in (MAILER, replace(ORDERS, registered=False)):
        assert AwaitListed() not in _up(service)
        assert AwaitListed() not in [step.action for step in plan(batches(service, offline=lossless)).undo[0].children]


def test_an_act_says_itself_as_the_descriptor_has_it() -> None:
    assert [str(act) for act in (HOOK, SCRIPT, OUT, RegistryAct(7))] == [
        "POST /offline",
        "leave it",
        "out of service",
        "weight 7",
    ]


def test_an_entry_that_services_call_too_leaves_the_slb_and_then_the_registry() -> None:
    called = Service(name="user", position="entry", version="1", next="2", versions=("1", "2"), registered=True)
    kinds = [type(act).__name__ for act in suites_way_down(called)]
    assert kinds == ["DrainAct", "RegistryAct", "UnlistedAct", "QuietAct", "SignalAct"]
