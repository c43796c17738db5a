"""Each act of a way down or up is done once, in its order, on every instance, and recorded where it was done."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.plan import (
    Act,
    DrainAct,
    HttpAct,
    QuietAct,
    RegistryAct,
    Service,
    SignalAct,
    UnlistedAct,
    WaitAct,
    gray,
    lossless,
    manual,
)
from conformance.record import events
from conformance.run.world import ExitStatus, Gone
from tests.run.acting import IDLE, OUT, PAUSE, SCRIPT, gone, old, released_by
from tests.run.stub_run import INVENTORY, ORDERS, STOREFRONT, StubRun
from tests.run.stub_world import HOOK, StubInstance

EVERY_ACT = (SCRIPT, PAUSE, RegistryAct(0), OUT, UnlistedAct(), WaitAct(0.01), QuietAct(), QuietAct(IDLE), SignalAct())


def test_every_act_is_done_once_in_its_order_and_recorded(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, *EVERY_ACT).go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    for one in old(run):
        assert one.performed == [SCRIPT, PAUSE, IDLE]
        assert [state for address, state in run.stub.registry.told if address == one.address] == [0, "out of service"]
        assert run.of(one.incarnation) == [
            *("WritesInFlight", "MarkedOffline", "Performed", "Performed", "Performed", "Performed"),
            *("Unlisted", "Unlisted", "Unlisted", "NothingInFlight", "NothingInFlight", "Signalled", "Exited"),
        ]
        acts = [event.act for event in run.all(events.Performed) if event.incarnation == one.incarnation]
        assert acts == ["leave it", "PUT /pause", "weight 0", "out of service"]
    assert len(old(run)) == 4


@pytest.mark.parametrize(
    ("acts", "notify"),
    [
        ((HOOK, UnlistedAct()), True),
        ((PAUSE, OUT), False),
        ((OUT, HOOK), False),
        ((replace(SCRIPT, notifies=True), OUT), True),
    ],
    ids=["hook", "silent hook", "registry first", "script"],
)
def test_it_is_marked_once_by_its_first_act_and_notifies_as_declared(
    tmp_path: Path, acts: tuple[Act, ...], notify: bool
) -> None:
    run = released_by(tmp_path, ORDERS, *acts).go()
    assert run.failed == {}
    assert [event.notify for event in run.all(events.MarkedOffline)] == [notify] * 4


def test_a_drain_that_is_not_the_first_act_waits_for_no_second_write(tmp_path: Path) -> None:
    run = released_by(tmp_path, STOREFRONT, PAUSE, DrainAct()).go()
    assert run.failed == {}
    for one in old(run):
        assert run.of(one.incarnation) == [
            *("WritesInFlight", "MarkedOffline", "Performed", "DrainAcknowledged", "Signalled", "Exited"),
        ]


def test_it_is_quiet_when_a_command_says_so(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, QuietAct(IDLE))
    for one in old(run):
        one.shows -= {"in_flight", "held"}
    gone(run, "orders-01.1 instance.perform is idle", until=3)
    run.go()
    assert run.failed == {}
    assert len(run.all(events.NothingInFlight)) == 4
    assert (run.all(events.InFlightUnknown), run.stub.instance("orders-01.1").performed) == ([], [HOOK, IDLE])


def test_one_that_never_is_quiet_by_the_command_is_not_stopped(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, QuietAct(IDLE))
    gone(run, "orders-01.1 instance.perform is idle")
    run.go()
    assert "orders-01.1 to be quiet by is idle: not within" in run.failed["2.3"]
    assert "NothingInFlight" not in run.of("orders-01.1")
    assert run.all(events.Signalled) == []


@pytest.mark.parametrize("act", [QuietAct(within_s=0.2), QuietAct(log="^idle$", within_s=0.2)], ids=["status", "log"])
def test_an_act_says_itself_how_long_it_may_take_to_be_quiet(tmp_path: Path, act: QuietAct) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, act)
    for one in old(run):
        one.in_flight = 1
    run.go()
    assert ": not within 0.2 s; last seen: " in run.failed["2.3"]
    assert run.all(events.Signalled) == []


def _write(run: StubRun, text: str) -> None:
    for one in run.stub.living():
        with one.log.open("a") as log:
            log.write(text)


@pytest.mark.parametrize("acts", [(HOOK, QuietAct(log="^idle$")), (QuietAct(log="^idle$"),)], ids=["marked", "first"])
@pytest.mark.parametrize(
    ("gained", "quiet"),
    [("job 7 is done\nidle\njob 8\n", True), ("not idle\nidle no more\n", False), ("", False)],
    ids=["idle", "other lines", "nothing"],
)
def test_it_is_quiet_when_a_line_that_its_log_has_gained_since_says_so(
    tmp_path: Path, acts: tuple[Act, ...], gained: str, quiet: bool
) -> None:
    run = released_by(tmp_path, ORDERS, *acts, instances=2)
    _write(run, "idle\n")
    step = f"2.{1 + len(acts)}"

    def meddle(call: str, times: int) -> None:
        if run.teller.at_now == step and call == "slb.members":  # again and again, so that it comes late enough
            written.append(times)
            _write(run, gained)

    written: list[int] = []
    run.stub.calls.meddle = meddle
    run.go()
    if quiet:
        own = run.of("orders-01.1")
        assert step not in run.failed
        assert own.index("NothingInFlight") < own.index("Signalled")
    else:
        assert run.failed[step].startswith("orders-01.1 to be quiet by ^idle$: not within")
        assert run.all(events.NothingInFlight) == []
    assert written


@pytest.mark.parametrize("act", [QuietAct(), QuietAct(IDLE)], ids=["by its status", "by a command"])
def test_one_that_ends_while_it_is_to_fall_quiet_fails_nothing_where_it_was_sent_a_signal(
    tmp_path: Path, act: QuietAct
) -> None:
    run = released_by(tmp_path, ORDERS, SignalAct(at_once=True), act, instances=2)
    ending = run.stub.instance("orders-01.1")
    ending.deaf_to = ("SIGTERM",)

    def meddle(call: str, _times: int) -> None:
        if run.teller.at_now == "2.3" and call.startswith("orders-01.1 instance."):
            ending.ended = ExitStatus(0, None)

    run.stub.calls.meddle = meddle
    run.go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    assert run.of("orders-01.1") == ["WritesInFlight", "Signalled", "Exited"]


def test_one_that_ends_by_itself_while_it_is_to_fall_quiet_is_told_at_once(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, QuietAct(IDLE), instances=2)
    ending = run.stub.instance("orders-01.1")

    def meddle(call: str, _times: int) -> None:
        if call == "orders-01.1 instance.perform is idle":
            ending.ended = ExitStatus(3, None)

    run.stub.calls.meddle = meddle
    run.go()
    assert run.failed["2.3"] == "orders-01.1 has ended: exit 3"


def test_a_wait_lets_its_time_pass(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, WaitAct(0.08)).go()
    assert run.failed == {}
    marked = {event.incarnation: event.at_ns for event in run.all(events.MarkedOffline)}
    waited_s = [(event.at_ns - marked[event.incarnation]) / 1e9 for event in run.all(events.Signalled)]
    assert len(waited_s) == 4
    assert min(waited_s) >= 0.08


@pytest.mark.parametrize("deaf", [(), ("SIGTERM",)], ids=["ends at once", "is killed after its grace"])
def test_signalled_and_drained_at_the_same_moment_its_end_is_awaited(tmp_path: Path, deaf: tuple[str, ...]) -> None:
    run = released_by(tmp_path, STOREFRONT, SignalAct(at_once=True), DrainAct(), WaitAct(0.01))
    for one in old(run):
        one.deaf_to = deaf  # type: ignore[assignment]  # names of signals
    run.go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})
    for one in old(run):
        signals = ["Signalled"] * len(deaf)
        assert run.of(one.incarnation) == ["WritesInFlight", "Signalled", "DrainAcknowledged", *signals, "Exited"]
        assert not run.stub.slb.group[one.incarnation].enrolled


def test_the_registry_is_told_of_one_that_runs_on_after_its_signal_and_of_one_that_has_left_nothing_is_claimed(
    tmp_path: Path,
) -> None:
    run = released_by(tmp_path, ORDERS, SignalAct(at_once=True), OUT, UnlistedAct(), instances=2)
    run.stub.instance("orders-01.1").deaf_to = ("SIGTERM",)
    run.go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    gone = ["Unlisted", "Unlisted", "Unlisted"]
    assert run.of("orders-01.1") == ["WritesInFlight", "Signalled", "Performed", *gone, "Signalled", "Exited"]
    assert run.of("orders-02.1") == ["WritesInFlight", "Signalled", *gone, "Exited"]


@pytest.mark.parametrize(
    "signals",
    [
        (SignalAct(at_once=True), WaitAct(0.01), SignalAct("SIGKILL")),
        (SignalAct(), SignalAct("SIGKILL")),
        (SignalAct(), SignalAct("SIGKILL", at_once=True)),
    ],
    ids=["after a while", "after the grace", "at once"],
)
def test_a_second_signal_ends_those_who_did_not_heed_the_first_and_each_end_is_recorded_once(
    tmp_path: Path, signals: tuple[Act, ...]
) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, *signals, instances=2)
    run.stub.instance("orders-01.1").deaf_to = ("SIGTERM",)
    run.go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    ends = [(event.incarnation, event.code, event.signal) for event in run.all(events.Exited)]
    assert ends == [("orders-01.1", None, "SIGKILL"), ("orders-02.1", 0, None)]


def test_the_signal_is_the_teams_own(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, SignalAct("SIGQUIT")).go()
    assert {event.signal for event in run.all(events.Signalled)} == {"SIGQUIT"}


def test_the_way_up_is_done_between_ready_and_listed(tmp_path: Path) -> None:
    up = (PAUSE, RegistryAct(7), RegistryAct("in service"), WaitAct(0.01), SCRIPT)
    run = released_by(tmp_path, ORDERS, HOOK, up=up).go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    for one in run.stub.groups["orders"].living():
        assert one.performed == [PAUSE, SCRIPT]
        assert [state for address, state in run.stub.registry.told if address == one.address] == [7, "in service"]
        performed = ["Performed"] * 4
        assert run.of(one.incarnation) == [
            *("Launched", "Ready", *performed, "Registered", "Listed", "Listed", "Answered")
        ]


def test_an_instance_is_put_in_service_once_the_registry_knows_it(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, HOOK, up=(RegistryAct("in service"),))
    run.stub.groups["orders"].newcomers = lambda one: setattr(one, "offline", True)
    run.teller.at = "2.5"
    looks: list[str] = []

    def meddle(call: str, _times: int) -> None:
        if run.teller.at_now == "2.5" and call == "registry.registrations":
            looks.append(call)
            if len(looks) == 12:
                for one in run.stub.groups["orders"].living():
                    one.offline = False
                run.stub.groups["orders"].newcomers = lambda _one: None

    run.stub.calls.meddle = meddle
    run.go()
    assert (run.failed, run.versions) == ({}, {"v2"})


def test_a_new_one_whose_address_is_out_of_service_still_is_told_with_what_would_do(tmp_path: Path) -> None:
    """The team's own way down has put it out of service, and nothing puts its successor in again."""
    run = released_by(tmp_path, ORDERS, HOOK)

    def hide(one: StubInstance) -> None:
        run.stub.registry.states[one.address] = "out of service"

    run.stub.groups["orders"].newcomers = hide
    run.go()
    said = " ".join(run.failed.values())
    assert "; nacos has " in said
    assert 'services.orders.online = [{ registry = "in service" }] puts it in service' in said


@pytest.mark.parametrize(
    ("service", "acts", "left"),
    [
        (ORDERS, (PAUSE, HOOK, UnlistedAct(), WaitAct(0.01), QuietAct(), SignalAct("SIGQUIT")), "Performed"),
        (INVENTORY, (), "Performed"),
        (STOREFRONT, (PAUSE, DrainAct(), SignalAct("SIGQUIT")), "DrainAcknowledged"),
        (STOREFRONT, (PAUSE, SignalAct("SIGQUIT", at_once=True), DrainAct()), "DrainAcknowledged"),
    ],
    ids=["own", "suite's", "entry", "deleted pod"],
)
def test_a_rollback_takes_what_is_new_down_by_the_same_acts(
    tmp_path: Path, service: Service, acts: tuple[Act, ...], left: str
) -> None:
    release = gray(replace(service, way_down=acts), offline=lossless, confirm=manual())
    run = StubRun(tmp_path, release, answer=lambda: False).go()
    assert (set(run.failed), run.versions) == ({"3"}, {"v1"})
    for name in run.plan.batches[0].instances:
        new = run.stub.instance(f"{name}.2")
        own = run.of(new.incarnation)
        assert own.index("Answered") < own.index(left) < own.index("Signalled") < own.index("Exited")
        assert new.performed == [act for act in acts if isinstance(act, HttpAct)]
        assert new.received == ["SIGQUIT" if acts else "SIGTERM"]
        assert own.count("MarkedOffline") == (left == "Performed" or PAUSE in acts)


def test_a_new_one_that_its_registry_never_knew_is_retired_all_the_same(tmp_path: Path) -> None:
    run = released_by(tmp_path, INVENTORY, OUT, UnlistedAct())

    def broken(one: StubInstance) -> None:
        one.ready = one.version == "v1"
        one.offline = one.version != "v1"

    run.stub.groups["inventory"].newcomers = broken
    run.go()
    assert (set(run.failed), run.versions) == ({"2", "2.5"}, {"v1"})


def test_a_log_is_told_by_its_name_for_its_folder_goes_with_the_session(tmp_path: Path) -> None:
    run = released_by(tmp_path, ORDERS, HOOK)

    def meddle(call: str, _times: int) -> None:
        if call == "orders-01.2 instance.status":
            raise Gone(
                "orders-01.2 did not answer: Connection refused\nlast lines of /tmp/gone/logs/orders-01.2.log:\nup"
            )

    run.stub.calls.meddle = meddle
    run.go()
    assert run.failed["2.4"].splitlines()[1:] == ["last lines of orders-01.2.log:", "up"]
    assert run.failed["2.4"].partition("; last seen: ")[2].startswith("orders-01.2 did not answer: Connection refused;")


LATE: dict[str, Callable[[StubInstance], None]] = {
    "as long as its version needs": lambda one: setattr(one, "ready_s", 5.0),
    "no longer": lambda one: setattr(one, "ready_s", 0.04),
}


@pytest.mark.parametrize("how", LATE)
def test_a_new_incarnation_may_take_as_long_as_its_version_needs_to_be_ready(tmp_path: Path, how: str) -> None:
    run = released_by(tmp_path, ORDERS, HOOK)
    born: dict[str, int] = {}

    def newcomer(one: StubInstance) -> None:
        LATE[how](one)
        one.ready = False

    def meddle(call: str, _times: int) -> None:
        name, _, what = call.partition(" ")
        if what == "instance.status" and name.endswith(".2"):
            born[name] = born.get(name, 0) + 1
            run.stub.instance(name).ready = born[name] > 200

    run.stub.groups["orders"].newcomers = newcomer
    run.stub.calls.meddle = meddle
    run.go()
    if how == "no longer":
        assert run.failed["2.4"] == (
            "orders-01.2 to be ready: not within 0.04 s; last seen: it answers, but is not ready; "
            "services.it.ready_s above 0.04 gives it longer"
        )
    else:
        assert (run.failed, run.versions) == ({}, {"v2"})
