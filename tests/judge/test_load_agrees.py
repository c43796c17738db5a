"""Check load_agrees: load, its order and events agree."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from tests.judge.damages.case import SAMPLE
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made
from tests.judge.real_records import RealRecord, real_record


def _found(record: Handmade, tmp_path: Path) -> list[tuple[str, str]]:
    found = record.findings("load_agrees", tmp_path)
    assert {one.verdict for one in found} <= {Verdict.INCONCLUSIVE}
    return [(one.finding, one.message) for one in found]


def _many(fresh: int) -> Handmade:
    """Four hundred requests, of which so many open a connection; the others share one."""
    record = made()
    record.load_facts(fresh_share=0.1)
    row = record.requests[0]
    record.requests = [
        row
        | {
            "seq": seq,
            "route": "POST /orders" if seq % 2 else "GET /orders",
            "is_write": bool(seq % 2),
            "connection": 1_000 + seq if seq < fresh else 1,
            "connection_uses": 0 if seq < fresh else seq - fresh + 1,
        }
        for seq in range(400)
    ]
    return record


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_the_rows_are_those_of_the_order(tmp_path: Path, service: str) -> None:
    record = made(service)
    assert _found(record, tmp_path) == []


@pytest.mark.parametrize("fresh", [36, 40, 180])
def test_passes_where_enough_connections_were_opened_and_reused(tmp_path: Path, fresh: int) -> None:
    assert _found(_many(fresh), tmp_path) == []


@pytest.mark.parametrize("fresh", [0, 20, 300, 400])
def test_fails_where_connections_were_not_those_that_were_planned(tmp_path: Path, fresh: int) -> None:
    ((finding, message),) = _found(_many(fresh), tmp_path)
    assert finding == "load not sustained"
    assert message.endswith("10% were to" if fresh < 40 else "90% were to")


@pytest.mark.parametrize(("ended", "kept"), [(400, True), (360, True), (200, True), (170, False), (0, False)])
def test_passes_where_answers_end_the_connections_that_were_to_be_reused(
    tmp_path: Path, ended: int, kept: bool
) -> None:
    record = _many(310)
    record.load["ended_by_answers"] = ended
    assert (_found(record, tmp_path) == []) is kept


@pytest.mark.parametrize(("ended", "told"), [(12, 1), (6, 1), (5, 0), (0, 0)])
def test_a_server_that_ends_its_connections_is_noted(tmp_path: Path, ended: int, told: int) -> None:
    record = made()
    record.load["ended_by_answers"] = ended
    notes = record.judged(tmp_path).notes
    assert sum("ended the connection" in note for note in notes) == told


def test_fails_on_a_request_that_was_sent_before_it_was_due(tmp_path: Path) -> None:
    record = made()
    record.requests[5]["sent_ns"] = int(str(record.requests[5]["due_ns"])) - 2 * MS
    assert _found(record, tmp_path) == [("load not sustained", "1 of 12 requests were sent before they were due")]


def test_fails_on_routes_in_other_shares(tmp_path: Path) -> None:
    record = _many(40)
    for row in record.requests[:160]:
        row |= {"route": "GET /orders", "is_write": False}
    found = _found(record, tmp_path)
    assert [finding for finding, _ in found] == ["load not sustained"] * 2


def test_fails_where_one_connection_counts_otherwise_than_its_rows(tmp_path: Path) -> None:
    record = made()
    record.requests[5]["connection_uses"] = 4
    assert [finding for finding, _ in _found(record, tmp_path)] == ["contradictory record"]


def test_fails_where_a_connection_was_opened_at_two_times(tmp_path: Path) -> None:
    record = real_record(SAMPLE)
    row = next(row for row in record.since_release() if int(row["connection_uses"]) > 5)
    row["connection_age_us"] = "7"
    found = [one for one in record.judged(tmp_path / "run").findings if one.check == "load_agrees"]
    assert [one.finding for one in found] == ["contradictory record"]
    assert found[0].message.startswith("1 connection opened at several times")


@pytest.mark.parametrize("kind", ["rpc", "goes_on"])
def test_passes_where_a_client_does_not_say_how_old_its_last_connection_is(tmp_path: Path, kind: str) -> None:
    record = real_record(SAMPLE)
    for row in record.since_release():
        row["connection_age_us"] = "0"
    assert "opened at several times" in _of_load(record, tmp_path / "http")
    for route in record.contract["load"]["routes"]:
        route[kind] = True
    assert "opened at several times" not in _of_load(record, tmp_path / "other")


def _of_load(record: RealRecord, directory: Path) -> str:
    return "\n".join(one.message for one in record.judged(directory).findings if one.check == "load_agrees")


def test_fails_on_requests_that_were_held_otherwise_than_ordered(tmp_path: Path) -> None:
    record = real_record(SAMPLE)
    for row in record.requests:
        row["work_ms"] = "0"
    found = [one for one in record.judged(tmp_path / "run").findings if one.check == "load_agrees"]
    assert [one.finding for one in found] == ["contradictory record"]
    assert "of POST /orders were to be held by their rows; 15.0% by the load's order" in found[0].message


@pytest.mark.parametrize(
    ("wanted", "seen", "honest"),
    [
        ("none", "none", True),
        ("reset before answer", "reset before answer", True),
        ("any", "none", True),
        ("any", "eof before answer", True),
        ("reset before answer", "none", False),
        ("unexpected status", "timeout before answer", False),
        ("none", "eof before answer", False),
        ("any", "fine", False),
    ],
)
def test_a_self_test_must_have_seen_what_it_claims(tmp_path: Path, wanted: str, seen: str, honest: bool) -> None:
    record = made()
    record.load = {"self_test": {"a case, GET": seen}, "self_test_wanted": {"a case, GET": wanted}}
    assert [finding for finding, _ in _found(record, tmp_path)] == ["client not honest"] * (not honest)


@pytest.mark.parametrize(
    ("seen", "wanted", "odd"),
    [
        ({"a": "none"}, {"a": "none", "b": "eof in answer"}, "b: not shown"),
        ({"a": "none", "b": "none"}, {"a": "none"}, "b: none"),
        ({"a": "fine"}, {}, "a: fine"),
    ],
    ids=["left out", "not wanted", "older, and no class of errors"],
)
def test_fails_where_the_self_test_was_another(
    tmp_path: Path, seen: dict[str, str], wanted: dict[str, str], odd: str
) -> None:
    record = made()
    record.load = {"self_test": seen, "self_test_wanted": wanted}
    ((finding, message),) = _found(record, tmp_path)
    assert (finding, odd in message) == ("client not honest", True)


@pytest.mark.parametrize(
    "marker",
    [{"sent": 11}, {"started_ns": 200 * MS}, {"stopped_ns": -1_000 * MS}],
    ids=lambda marker: next(iter(marker)),
)
def test_fails_on_an_end_marker_of_another_load(tmp_path: Path, marker: dict[str, object]) -> None:
    record = made()
    record.load = marker
    assert [finding for finding, _ in _found(record, tmp_path)] == ["contradictory record"]


def test_fails_where_the_run_tells_of_another_beginning_and_end(tmp_path: Path) -> None:
    record = made()
    record.events = [
        msgspec.structs.replace(one, at_ns=600 * MS) if isinstance(one, events.LoadEnded) else one
        for one in record.events
    ]
    record.events.append(events.LoadBegan(at_ns=1_500 * MS, step=""))
    messages = [message for _, message in _found(record, tmp_path)]
    assert [message.partition(" by ")[0] for message in messages] == [
        "events tell 2 times of the load's beginning",
        "the load ended at 0.6 s",
    ]


def test_a_beginning_that_a_starved_machine_told_late_is_no_contradiction(tmp_path: Path) -> None:
    record = made()
    number, began = next(pair for pair in enumerate(record.events) if isinstance(pair[1], events.LoadBegan))
    record.events[number] = msgspec.structs.replace(began, at_ns=began.at_ns + 1_200 * MS)
    (told,) = [message for _, message in _found(record, tmp_path / "late") if message.startswith("the load began at")]
    assert "by the run's events" in told
    record.events.append(events.Starved(at_ns=began.at_ns + 1_100 * MS, step="", since_ns=began.at_ns, idle=0.0))
    assert not [message for _, message in _found(record, tmp_path / "starved") if message.startswith("the load began")]


def test_lacks_evidence_where_the_load_asked_by_tasks_or_hardly_at_all(tmp_path: Path) -> None:
    """Of few requests no share says anything; that nothing was asked is said by ``schedule``."""
    record = _many(0)
    record.requests = record.requests[:100]
    assert _found(record, tmp_path) == []


def test_what_lasts_has_its_connection_for_itself_and_no_part_in_the_shares(tmp_path: Path) -> None:
    record = _many(fresh=240)
    write, read = record.contract.load.routes
    for row in record.requests[:240]:
        row["route"], row["is_write"] = read.name, False
    record.routes(write, msgspec.structs.replace(read, lasts=True))
    found = [message for finding, message in _found(record, tmp_path) if "connection" in message]
    assert found == []
