"""What goes wrong in the middle of a release: it ends with a record of that, and claims nothing that nobody saw."""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import msgspec
import pytest

from conformance.plan import Release, Service, batches, gray, lossless, manual, partition, plan
from conformance.record import events
from conformance.run.spec import OperatorCommand
from conformance.run.world import ExitStatus, Gone
from tests.run.stub_run import IN_VAIN_S, INVENTORY, ORDERS, STOREFRONT, THRESHOLDS, TINY, StubRun
from tests.run.stub_world import HOOK, StubInstance

RELEASE = batches(ORDERS, to="v2", batches=3, offline=lossless)
OF_ENTRY = batches(STOREFRONT, to="v2", batches=3, offline=lossless)
STEPS = [step.number for top in plan(RELEASE).steps for step in (top, *top.children)]

CLAIMS = {f"instance.perform {HOOK}": "MarkedOffline", "instance.signal SIGTERM": "Exited", "group.start": "Launched"}
COMMANDS = list(CLAIMS)
OF_THE_SLB = ["slb.withdraw", "slb.enrol"]
LOOKS = ["instance.status", "registry.registrations", "slb.members"]
AT_THE_END = ["ledger.effects", "slb.accesses", "instance.executions"]


def gone_at(call: str, *times: int) -> Callable[[str, int], None]:
    """Let this call fail when it is made for these times; from the first of them on where it is the only one."""

    def meddle(made: str, count: int) -> None:
        if made.endswith(call) and (count in times or (len(times) == 1 and count > times[0])):
            raise Gone(f"{call} is gone")

    return meddle


def seen(run: StubRun) -> str:
    """All that the record says of what failed."""
    missed = [event.why for event in run.all(events.LookMissed)]
    return "\n".join((*run.failed.values(), *run.troubles, *missed))


def test_nothing_is_released_where_the_ledger_cannot_be_read(tmp_path: Path) -> None:
    run = StubRun(tmp_path, RELEASE)
    run.stub.calls.meddle = gone_at("ledger.effects", 1)
    run.go()
    assert "ledger.effects is gone" in run.failed["1"]
    assert run.all(events.Signalled) == []
    assert run.all(events.Launched) == []


@pytest.mark.parametrize("first", [1, 3, 11])
@pytest.mark.parametrize(
    ("release", "call"),
    [*((RELEASE, call) for call in COMMANDS + LOOKS + AT_THE_END), *((OF_ENTRY, call) for call in OF_THE_SLB)],
)
def test_whatever_is_gone_from_some_call_on_the_run_ends_with_a_record_of_it(
    tmp_path: Path, release: Release, call: str, first: int
) -> None:
    run = StubRun(tmp_path, release)
    run.stub.calls.meddle = gone_at(call, first)
    run.go()
    if run.stub.calls.made[call] >= first:  # the ledger is read in the baseline, and twice at the end
        assert f"{call} is gone" in seen(run)
    assert run.load.said[-1] == "kill"


@pytest.mark.parametrize("call", COMMANDS)
def test_a_command_that_failed_once_is_not_given_twice_and_nothing_of_it_is_claimed(tmp_path: Path, call: str) -> None:
    """But by the rollback that follows where an act is refused."""
    run = StubRun(tmp_path, RELEASE)
    run.stub.calls.meddle = gone_at(call, 2, 2)
    run.go()
    (failed,) = [event for event in run.all(events.InstanceFailed) if f"{call} is gone" in event.why]
    if failed.incarnation:
        of_step = [event for event in run.happened if event.step == failed.step]
        claims = [event for event in of_step if type(event).__name__ == CLAIMS[call]]
        assert failed.incarnation not in {getattr(event, "incarnation", "") for event in claims}
    else:
        assert failed.instance not in {event.instance for event in run.all(events.Launched)}
    assert f"{call} is gone" in seen(run)
    first = run.plan.batches[0].instances
    rolled_back = run.all(events.Refused) != []
    assert rolled_back == (str(HOOK) in call)
    assert run.stub.calls.made[call] == len(first) * (2 if rolled_back else 1)


@pytest.mark.parametrize("call", LOOKS)
@pytest.mark.parametrize("release", [RELEASE, OF_ENTRY])
def test_looks_that_a_busy_server_misses_end_no_run(tmp_path: Path, release: Release, call: str) -> None:
    run = StubRun(tmp_path, release)

    def meddle(made: str, count: int) -> None:
        if made.endswith(call) and count % 7 == 0:
            raise Gone(f"{call} took too long")

    run.stub.calls.meddle = meddle
    run.go()
    assert (run.failed, run.troubles, run.versions) == ({}, [], {"v2"})


@pytest.mark.parametrize(("server", "call"), [("nginx", "slb.members"), ("nacos", "registry.registrations")])
def test_a_server_that_has_ended_is_told_at_once(tmp_path: Path, server: str, call: str) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=3, offline=lossless))
    dead = run.stub.servers[server]

    def meddle(made: str, _count: int) -> None:
        if made == call and dead.process.exit_status() is not None:
            raise Gone(f"{call} is gone")

    run.stub.calls.meddle = meddle
    run.teller.at, run.teller.act = "2.3", lambda: dead.process.signal("SIGKILL")
    run.go()
    assert f"{server} ended by itself: SIGKILL" in run.troubles
    if server == "nacos":
        assert run.failed["2.3"].startswith("nacos has ended: SIGKILL")


def test_a_platform_that_is_lost_ends_a_wait_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells of no process any more, so no server ends; and none will ever answer."""
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=3, offline=lossless))
    lost: list[str] = []

    def no_status() -> None:
        raise Gone("the cluster no longer answers")

    def lose() -> None:
        lost.append("platform")
        for server in run.stub.servers.values():
            monkeypatch.setattr(server.process, "exit_status", no_status)

    def meddle(made: str, _count: int) -> None:
        if lost and made == "registry.registrations":
            raise Gone("no answer")

    run.stub.calls.meddle = meddle
    run.teller.at, run.teller.act = "2.3", lose
    run.go()
    assert run.failed["2.3"] == "the cluster no longer answers"
    assert "the cluster no longer answers" in run.troubles


def test_a_look_that_the_watch_missed_is_recorded_and_no_trouble(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, interval_s=0.05))
    looks: list[str] = []

    def meddle(made: str, _count: int) -> None:
        if made == "registry.registrations" and threading.current_thread().name == "watch registry":
            looks.append(made)
            if len(looks) in {3, 4, 9}:
                raise Gone("the registry took too long")

    run.stub.calls.meddle = meddle
    run.go()
    assert (run.failed, run.troubles) == ({}, [])
    assert [event.observer for event in run.all(events.LookMissed)] == ["registry", "registry"]


def test_one_that_stays_silent_is_trouble_by_name_once_it_has_lasted(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, interval_s=2 * IN_VAIN_S))
    run.thresholds = msgspec.structs.replace(THRESHOLDS, rotation_gap_s=IN_VAIN_S / 3)
    silent: list[bool] = []
    run.teller.at, run.teller.act = "2.9", lambda: silent.append(True)

    def meddle(made: str, _count: int) -> None:
        if silent and made == "slb.members":
            raise Gone("the SLB took too long")

    run.stub.calls.meddle = meddle
    run.go()
    assert [event.observer for event in run.all(events.LookMissed)] == ["slb"]
    (trouble,) = run.troubles
    assert trouble.startswith("slb has not answered for 0.")
    assert trouble.endswith("the SLB took too long")


def test_a_watch_that_fails_says_so_and_looks_again(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, interval_s=0.05))
    failing = run.stub.slb.members
    thrown: list[int] = []

    def members() -> tuple[object, ...]:
        if not thrown:
            thrown.append(1)
            raise ZeroDivisionError("of the watch's own")
        return failing()

    run.teller.at, run.teller.act = "2.9", lambda: setattr(run.stub.slb, "members", members)
    run.go()
    assert run.troubles == ["the watch of slb failed: ZeroDivisionError: of the watch's own"]
    assert (tmp_path / "run" / "states.csv").read_text().count("processes") > 10


@pytest.mark.parametrize("number", STEPS)
def test_aborted_in_any_step_it_goes_no_further_and_rolls_back_what_has_begun(tmp_path: Path, number: str) -> None:
    run = StubRun(tmp_path, RELEASE)
    ordered: list[OperatorCommand] = [""]
    run.control = lambda: ordered[-1]
    run.teller.at, run.teller.act = number, lambda: ordered.append("abort")
    run.go()
    obeyed = number.replace(".1", ".2")  # while nobody knows that all is well, nothing can be rolled back
    assert [(event.step, event.by) for event in run.all(events.Refused)] == [(obeyed, "a person")]
    assert run.versions == {"v1"}
    assert len(run.stub.groups["orders"].living()) == 10
    assert set(run.failed) == {obeyed, obeyed.partition(".")[0]}


def test_paused_and_resumed_it_goes_on_and_says_how_long_it_waits(tmp_path: Path) -> None:
    run = StubRun(tmp_path, RELEASE)
    said = chain[OperatorCommand](["pause", "pause", "pause"], repeat("resume"))
    run.control = lambda: next(said)
    run.go()
    assert (run.failed, run.versions) == ({}, {"v2"})
    assert run.teller.halts[0].startswith("paused by a person; it is rolled back unless resumed within")
    assert [type(one).__name__ for one in run.happened if isinstance(one, events.Halted | events.Resumed)] == [
        "Halted",
        "Resumed",
    ]


def test_all_pauses_together_are_no_longer_than_one_may_be(tmp_path: Path) -> None:
    run = StubRun(tmp_path, RELEASE)
    ordered: list[OperatorCommand] = []
    run.control = lambda: _pause_for(ordered)
    run.go()
    ends = [*run.all(events.Resumed), *run.all(events.Refused)]
    pauses = zip(run.all(events.Halted), ends, strict=True)
    paused_s = sum(end.at_ns - halt.at_ns for halt, end in pauses) / 1e9
    assert IN_VAIN_S <= paused_s < 5 * IN_VAIN_S
    assert [event.by for event in run.all(events.Refused)] == ["a person"]
    assert run.versions == {"v1"}


def _pause_for(ordered: list[OperatorCommand]) -> OperatorCommand:
    """Paused for twenty looks, then resumed for one."""
    ordered.append("resume" if len(ordered) % 20 == 19 else "pause")
    return ordered[-1]


@pytest.mark.parametrize(
    "change",
    [
        lambda one: setattr(one, "ready", False),
        lambda one: setattr(one, "silent", True),
        lambda one: setattr(one, "offline", True),
        lambda one: setattr(one, "ended", ExitStatus(1, None)),
    ],
    ids=["not ready", "silent", "offline", "dead"],
)
@pytest.mark.parametrize("service", [ORDERS, STOREFRONT])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_rolled_back_from_a_hard_place_everybody_is_the_old_version(
    tmp_path: Path, service: Service, version: str, change: Callable[[StubInstance], None]
) -> None:
    run = StubRun(tmp_path, gray(service, to="v2", then=2, offline=lossless), answer=lambda: False)
    ordered: list[OperatorCommand] = [""]
    run.control = lambda: ordered[-1]
    name = f"{service.name}-01"
    number = "2.2"

    gone: list[str] = []
    """Who ends before anybody takes it down: its health check takes it out."""

    def act() -> None:
        victim = next(one for one in run.stub.groups[service.name].living() if one.name == name)
        change(victim)
        gone.extend([victim.incarnation] if victim.ended else [])
        ordered.append("abort")

    run.teller.at, run.teller.act = "3" if version == "v2" else number, act
    run.go()
    released = run.stub.groups[service.name].living()
    assert {one.version for one in released} == {"v1"}
    assert len(released) == 10
    enrolled = {one.incarnation for one in run.stub.slb.members() if one.service == service.name and one.enrolled}
    assert enrolled <= {one.incarnation for one in released} | set(gone)


@pytest.mark.parametrize(("service", "leaves"), [(ORDERS, "MarkedOffline"), (STOREFRONT, "DrainAcknowledged")])
def test_what_is_rolled_back_leaves_its_callers_lists_before_it_is_stopped(
    tmp_path: Path, service: Service, leaves: str
) -> None:
    run = StubRun(tmp_path, gray(service, to="v2", then=2, offline=lossless, confirm=manual()), answer=lambda: False)
    run.go()
    for number in ("01", "02"):
        own = run.of(f"{service.name}-{number}.2")
        assert own.index(leaves) < own.index("Signalled") < own.index("Exited")


def test_one_that_its_health_check_never_passes_is_not_claimed_to_be_listed(tmp_path: Path) -> None:
    run = StubRun(tmp_path, OF_ENTRY)
    run.stub.groups["storefront"].newcomers = lambda one: setattr(one, "sick", one.incarnation == "storefront-02.2")
    run.go()
    assert run.failed["2.5"].startswith("the SLB's health check to pass storefront-02.2: not within")
    assert "healthy=False" in run.failed["2.5"]
    assert "Listed" not in run.of("storefront-02.2")
    assert run.versions == {"v1"}


def test_one_that_ended_since_the_watch_looked_last_is_not_missed(tmp_path: Path) -> None:
    run = StubRun(tmp_path, RELEASE, timings=replace(TINY, sample=60.0))
    ended = run.stub.instance("inventory-01.1")
    run.teller.at, run.teller.act = "5", lambda: setattr(ended, "ended", ExitStatus(3, None))
    run.go()
    assert run.troubles == ["inventory-01.1 ended by itself: exit 3"]


def test_who_ends_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    run = StubRun(tmp_path, RELEASE)
    ended = run.stub.instance("inventory-01.1")

    def end() -> None:
        ended.log.write_text("Caused by: address in use\n\tat shop.Main.main(Main.java:9)\n")
        ended.ended = ExitStatus(1, None)

    run.teller.at, run.teller.act = "3", end
    run.go()
    assert "inventory-01.1 ended by itself: exit 1\nCaused by: address in use" in run.troubles


def test_one_look_that_a_victim_was_too_busy_for_does_not_prove_that_a_fault_struck(tmp_path: Path) -> None:
    run = StubRun(tmp_path, batches(ORDERS, to="v2", batches=2, offline=lossless, amid=partition(INVENTORY)))
    victim = run.stub.instance("inventory-01.1")
    setattr(victim, "cut_off", lambda: None)  # noqa: B010 - a network that is cut and carries on
    looks: list[str] = []

    def meddle(made: str, _count: int) -> None:
        if made == "inventory-01.1 instance.status":
            looks.append(made)
            if len(looks) % 2:
                raise Gone("too busy")

    run.stub.calls.meddle = meddle
    run.go()
    assert run.failed["3.1"].startswith("inventory-01.1 to fall silent: not within")
    assert run.all(events.Struck) == []
