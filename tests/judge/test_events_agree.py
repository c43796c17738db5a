"""Check events_agree: plan and events tell of one release."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.checks import events_agree
from conformance.judge.model import Verdict
from conformance.record import events
from conformance.record.contract import PlanNode
from tests.judge.handmade import MS, Handmade, Row, request_id
from tests.judge.healthy import made


def _messages(record: Handmade, tmp_path: Path) -> list[str]:
    found = record.findings("events_agree", tmp_path)
    assert {one.verdict for one in found} <= {Verdict.INCONCLUSIVE}
    return [one.message for one in found]


def _shift(record: Handmade, kind: type[events.Event], to_ms: int, **fields: object) -> None:
    record.events = [
        msgspec.structs.replace(one, at_ns=to_ms * MS)
        if isinstance(one, kind) and all(getattr(one, name) == value for name, value in fields.items())
        else one
        for one in record.events
    ]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_they_tell_of_one_release(tmp_path: Path, service: str) -> None:
    assert _messages(made(service), tmp_path) == []


def test_fails_on_a_batch_that_began_before_the_last_one_had_ended(tmp_path: Path) -> None:
    record = made()
    _shift(record, events.StepEnded, 700, step="2")
    assert _messages(record, tmp_path) == ["3 Batch 2 of 2 began at 0.7 s, before the end of 2 Batch 1 of 2 at 0.7 s"]


def test_fails_on_an_act_by_no_step(tmp_path: Path) -> None:
    record = made()
    record.events.append(events.ServerStopped(at_ns=500 * MS, step="", server="registry"))
    assert _messages(record, tmp_path) == ["ServerStopped registry at 0.5 s by no step of the plan"]


def test_fails_on_what_a_step_is_told_to_have_done_after_its_end(tmp_path: Path) -> None:
    record = made()
    _shift(record, events.Unlisted, 1100, incarnation="orders-01.1")
    told = _messages(record, tmp_path)
    assert told
    assert all("Unlisted orders-01.1 at 1.1 s is told of 2.2" in one and "not under way" in one for one in told)


def test_fails_on_an_event_that_is_told_twice_of_one_moment(tmp_path: Path) -> None:
    record = made()
    record.events.append(next(one for one in record.events if isinstance(one, events.Registered)))
    assert [one for one in _messages(record, tmp_path) if one.endswith("is told 2 times")]


def test_a_write_that_was_answered_well_is_in_flight_nowhere_and_one_that_was_given_up_may_be(tmp_path: Path) -> None:
    record = made()
    told = [one for one in record.events if isinstance(one, events.WritesInFlight)][-1]
    number = record.events.index(told)
    writes = (seq for seq, row in enumerate(record.requests) if row["is_write"] and int(row["done_ns"]) < told.at_ns)
    answered = next(writes)
    record.events[number] = msgspec.structs.replace(told, requests=(*told.requests, request_id(answered)))
    (message,) = _messages(record, tmp_path / "answered")
    assert message.startswith(f"{told.incarnation} had {request_id(answered)} in flight")
    seen_ns = int(record.requests[answered]["done_ns"]) + MS
    record.events.append(events.Starved(at_ns=told.at_ns + MS, step="", since_ns=seen_ns, idle=0.0))
    assert _messages(record, tmp_path / "seen before it was told") == []
    record.events.pop()
    record.fail(answered, "timeout before answer", 0)
    assert _messages(record, tmp_path / "given up") == []


def test_a_place_at_which_a_start_failed_has_no_incarnation(tmp_path: Path) -> None:
    """The run tells of it by its instance; with the name of another's incarnation it is told wrongly all the same."""
    record = made()
    failed = events.InstanceFailed(
        at_ns=450 * MS, step="2.5", service="orders", instance="orders-01", incarnation="", why="not ready"
    )
    record.events.append(failed)
    assert _messages(record, tmp_path / "nothing came of it") == []
    record.events[-1] = msgspec.structs.replace(failed, incarnation="orders-02.1")
    assert _messages(record, tmp_path / "another") == ["InstanceFailed tells of orders-02.1 as one of orders-01"]
    record.events[-1] = msgspec.structs.replace(failed, instance="")
    assert "InstanceFailed tells of no incarnation as one of nobody" in _messages(record, tmp_path / "nobody")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"service": ""}, "orders-01 is one of orders by the contract and one of no service by Registered"),
        ({"service": "inventory"}, "orders-01 is one of orders by the contract and one of inventory by Registered"),
        ({"incarnation": "orders-02.2"}, "Registered tells of orders-02.2 as one of orders-01"),
        ({"incarnation": ""}, "Registered tells of no incarnation as one of orders-01"),
    ],
)
def test_fails_on_an_event_whose_names_do_not_belong_together(
    tmp_path: Path, changes: dict[str, str], says: str
) -> None:
    record = made()
    place = next(i for i, one in enumerate(record.events) if isinstance(one, events.Registered))
    assert isinstance(record.events[place], events.Registered)
    record.events[place] = msgspec.structs.replace(record.events[place], **changes)
    assert says in _messages(record, tmp_path)


def test_fails_on_a_halt_that_was_never_resumed(tmp_path: Path) -> None:
    record = made()
    record.events.append(events.Halted(at_ns=260 * MS, step="2.1", why="silent"))
    assert _messages(record, tmp_path) == ["the release was halted at 0.3 s and never resumed, yet its steps went on"]
    record.events.append(events.Resumed(at_ns=270 * MS, step="2.1"))
    assert _messages(record, tmp_path / "resumed") == []


def test_fails_on_acts_while_the_release_was_halted(tmp_path: Path) -> None:
    record = made()
    stop = next(one for one in record.events if isinstance(one, events.Signalled))
    record.events += [
        events.Halted(at_ns=stop.at_ns - MS, step=stop.step, why="silent"),
        events.Resumed(at_ns=stop.at_ns + MS, step=stop.step),
    ]
    assert _messages(record, tmp_path) == [
        "the release was halted from 0.4 s to 0.4 s, and went on meanwhile: first Signalled of orders-01.1 at 0.4 s"
    ]


def test_fails_on_a_halt_by_no_step(tmp_path: Path) -> None:
    record = made()
    record.events += [events.Halted(at_ns=MS, step="", why="silent"), events.Resumed(at_ns=2 * MS, step="")]
    assert _messages(record, tmp_path) == [
        "Halted at 0.0 s by no step of the plan",
        "Resumed at 0.0 s by no step of the plan",
    ]


def test_fails_on_one_that_had_answered_less_than_the_run_waits_for(tmp_path: Path) -> None:
    record = made()
    record.events = [
        msgspec.structs.replace(one, executions=0)
        if isinstance(one, events.Answered) and one.incarnation == "orders-01.2"
        else one
        for one in record.events
    ]
    assert _messages(record, tmp_path) == [
        "orders-01.2 had executed 0 requests at 0.6 s by the run's events, which wait for 1"
    ]


@pytest.mark.parametrize(
    ("told_of", "found"),
    [
        ("orders-01.2", ["orders-01.2 had executed 4660 requests at 0.6 s by itself; its log has 4"]),
        ("orders-01.1", []),  # it was there before the run, and counts from earlier on
    ],
)
def test_fails_on_one_that_has_executed_less_since_its_launch_than_it_had_told(
    tmp_path: Path, told_of: str, found: list[str]
) -> None:
    record = made()
    answered = next(one for one in record.events if isinstance(one, events.Answered) and one.instance == "orders-01")
    record.events.append(msgspec.structs.replace(answered, incarnation=told_of, executions=4660))
    assert _messages(record, tmp_path) == found


def test_fails_on_a_starved_stretch_that_began_before_the_run(tmp_path: Path) -> None:
    record = made()
    record.events.append(events.Starved(at_ns=100 * MS, step="", since_ns=-MS, idle=0.0))
    (message,) = _messages(record, tmp_path)
    assert message.endswith("to 0.1 s, before the run began")


def test_a_starved_stretch_may_be_as_long_as_the_run(tmp_path: Path) -> None:
    record = made()
    record.events.append(events.Starved(at_ns=1_200 * MS, step="", since_ns=0, idle=0.0))
    assert _messages(record, tmp_path) == []


def test_fails_on_one_that_was_ready_before_it_was_launched(tmp_path: Path) -> None:
    record = made()
    _shift(record, events.Launched, 455, incarnation="orders-01.2")
    assert any("was ready at 0.5 s and launched at 0.5 s" in message for message in _messages(record, tmp_path))


@pytest.mark.parametrize(("after_launch_ms", "says"), [(5, ""), (-5, "5 ms before it was launched")])
def test_one_that_registers_by_itself_serves_before_it_is_ready_but_not_before_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_launch_ms: int, says: str
) -> None:
    """As Spring Cloud's do: they register as they come up, and their ready check passes when it is asked again."""
    monkeypatch.setattr(events_agree, "EARLY_NS", 0)
    record = made()
    at_ms = {
        type(one): one.at_ns // MS
        for one in record.events
        if isinstance(one, events.Launched | events.Ready) and one.incarnation == "orders-01.2"
    }
    called_ms = at_ms[events.Launched] + after_launch_ms
    assert called_ms < at_ms[events.Ready]
    record.executions.append(_execution(record, "orders-01.2", called_ms))
    found = _messages(record, tmp_path)
    assert [one for one in found if "before it was" in one] == ([one for one in found if says in one] if says else [])
    assert bool(found) == bool(says)


def _execution(record: Handmade, incarnation: str, at_ms: int) -> Row:
    one = next(row for row in record.executions if row["incarnation"] == incarnation)
    return {**one, "start_ns": at_ms * MS, "end_ns": (at_ms + 1) * MS}


def test_lacks_evidence_where_there_is_no_plan(tmp_path: Path) -> None:
    """That there is none is said by ``steps``."""
    record = made()
    record.plan = list[PlanNode]()
    record.without(events.StepBegan)
    record.without(events.StepEnded)
    assert _messages(record, tmp_path) == []
