"""Check rotation: enough instances serve at all times."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from conformance.record import events
from conformance.record.contract import PlanNode
from conformance.record.schema import PROCESSES
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import left_rotation, made, starved


def _out(record: Handmade, first_ms: int, last_ms: int) -> None:
    """Nobody of the released service is in rotation between these samples."""
    for row in record.states:
        if row["service"] == record.service and first_ms * MS <= int(row["at_ns"]) <= last_ms * MS:
            row["in_rotation"] = False


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_one_of_two_always_serves(tmp_path: Path, service: str) -> None:
    assert made(service).findings("rotation", tmp_path) == []


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_fails_on_a_single_sample_with_too_few(tmp_path: Path, service: str) -> None:
    record = made(service)
    _out(record, 500, 500)
    (found,) = record.findings("rotation", tmp_path)
    assert (found.verdict, found.finding, found.step) == (Verdict.NO_GO, "too few in rotation", "Batch 1 of 2")
    observer = "slb" if service == "storefront" else "registry"
    assert found.message == (
        f"0 of {record.service} in rotation by the {observer} in Batch 1 of 2 (0.5 s, 1 sample); "
        "at least 1 must serve at all times"
    )


def test_fails_on_one_that_is_listed_and_dead(tmp_path: Path) -> None:
    """The registry still lists the killed one while the other is out: nobody serves."""
    record = made()
    record.events.append(
        events.Exited(
            at_ns=440 * MS,
            step="2.3",
            service="orders",
            instance="orders-02",
            incarnation="orders-02.1",
            code=None,
            signal="SIGKILL",
        )
    )
    record.events = [e for e in record.events if not (isinstance(e, events.Exited) and e.code == 0)]
    found = record.findings("rotation", tmp_path)
    assert (found[0].finding, found[0].first_ns) == ("too few in rotation", 450 * MS)


def test_fails_on_a_list_that_was_empty(tmp_path: Path) -> None:
    """An empty list is a sample of nobody, not a missing sample."""
    record = made()
    record.states = [row for row in record.states if not (row["service"] == "orders" and row["at_ns"] == 500 * MS)]
    template = record.states[0] | {"observer": "registry", "service": "orders", "in_rotation": False}
    record.states.append(template | {"at_ns": 500 * MS, "instance": "", "incarnation": ""})
    (found,) = record.findings("rotation", tmp_path)
    assert (found.finding, found.count) == ("too few in rotation", 1)


def test_two_incarnations_of_one_instance_are_one(tmp_path: Path) -> None:
    record = made()
    record.release(minimum_in_rotation=2)
    record.events = [e for e in record.events if not isinstance(e, events.Exited)]
    for row in list(record.states):
        if row["service"] == "orders" and not row["in_rotation"]:
            other = next(r for r in record.states if r["at_ns"] == row["at_ns"] and r["in_rotation"] and r is not row)
            record.states.append(other | {"incarnation": f"{other['instance']}.9"})
    assert {one.finding for one in record.findings("rotation", tmp_path)} == {"too few in rotation"}


def test_too_few_before_the_release_is_not_blamed_on_it(tmp_path: Path) -> None:
    record = made()
    _out(record, 100, 100)
    (found,) = record.findings("rotation", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "too few in rotation")


@pytest.mark.parametrize(("at_ms", "alarm"), [(-50, True), (1180, True), (5_000, False)])
def test_who_serves_when_there_is_no_load_loses_nothing_and_is_told(tmp_path: Path, at_ms: int, alarm: bool) -> None:
    """Once the ledger has been read it does not matter any more."""
    record = made()
    record.states.append(record.states[0] | {"at_ns": at_ms * MS, "service": "orders", "observer": "registry"})
    record.states[-1]["in_rotation"] = False
    found = record.findings("rotation", tmp_path)
    assert [(one.verdict, one.finding) for one in found] == [(Verdict.INCONCLUSIVE, "too few in rotation")] * alarm


@pytest.mark.parametrize(("first_ms", "last_ms"), [(0, 100), (500, 600), (1100, 1200)])
def test_lacks_evidence_where_nobody_looked_for_too_long(tmp_path: Path, first_ms: int, last_ms: int) -> None:
    """At the beginning, in the middle, at the end of the load."""
    record = made()
    record.thresholds(rotation_gap_s=0.08)
    record.states = [r for r in record.states if not first_ms * MS <= int(r["at_ns"]) <= last_ms * MS]
    (found,) = record.findings("rotation", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "rotation not sampled")


def _restarted(record: Handmade, server: str) -> Handmade:
    """The plan itself restarts this server in a step of its own, from 460 to 640 ms; nobody is listed meanwhile."""
    record.plan.insert(2, PlanNode(number="9", title="Fault"))
    record.events += [
        events.StepBegan(at_ns=460 * MS, step="9", title="Fault"),
        events.ServerStopped(at_ns=470 * MS, step="9.1", server=server),
        events.StepEnded(at_ns=640 * MS, step="9", outcome="done"),
    ]
    _out(record, 500, 600)
    return record


@pytest.mark.parametrize(
    ("service", "server"), [("storefront", "SLB"), ("orders", "registry"), ("inventory", "registry")]
)
def test_what_a_server_lists_while_the_plan_restarts_it_is_no_proof(tmp_path: Path, service: str, server: str) -> None:
    assert _restarted(made(service), server).findings("rotation", tmp_path / "listed") == []
    record = _restarted(made(service), server)
    record.thresholds(rotation_gap_s=0.1)
    record.states = [row for row in record.states if not 500 * MS <= int(row["at_ns"]) <= 600 * MS]
    assert record.findings("rotation", tmp_path / "silent") == []


@pytest.mark.parametrize(("service", "server"), [("storefront", "registry"), ("orders", "SLB"), ("orders", "database")])
def test_fails_where_it_is_another_server_that_is_restarted(tmp_path: Path, service: str, server: str) -> None:
    (found,) = _restarted(made(service), server).findings("rotation", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "too few in rotation")


def test_lacks_evidence_where_there_is_no_sample(tmp_path: Path) -> None:
    record = made()
    record.states = [row for row in record.states if row["service"] != "orders"]
    (found,) = record.findings("rotation", tmp_path)
    assert found.message == "there is no sample of what the registry lists of orders"


@pytest.mark.parametrize("kind", [events.LoadBegan, events.LoadEnded])
def test_lacks_evidence_where_the_loads_bounds_are_not_recorded(tmp_path: Path, kind: type[events.Event]) -> None:
    record = made()
    record.without(kind)
    (found,) = record.findings("rotation", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "rotation not sampled")


def test_lacks_evidence_where_the_health_check_took_out_whom_no_step_touched(tmp_path: Path) -> None:
    record = made("storefront")
    record.events.append(left_rotation(490))
    _out(record, 500, 500)
    assert [one.verdict for one in record.findings("rotation", tmp_path)] == [Verdict.INCONCLUSIVE]


@pytest.mark.parametrize(
    ("from_ms", "until_ms", "verdict"),
    [
        (300, 420, Verdict.INCONCLUSIVE),
        (400, 900, Verdict.INCONCLUSIVE),
        (0, 390, Verdict.NO_GO),
        (500, 900, Verdict.NO_GO),
    ],
)
@pytest.mark.parametrize("service", ["storefront", "orders"])
def test_lacks_evidence_where_the_machine_had_no_processor_to_spare_before(
    tmp_path: Path, service: str, from_ms: int, until_ms: int, verdict: Verdict
) -> None:
    """For half of the time for which a heart-beat or a health check may have been held up: here from 300 ms on."""
    record = made(service)
    record.thresholds(starved_before_s=0.2)
    _out(record, 500, 500)
    record.events.append(starved(from_ms, until_ms))
    (found,) = record.findings("rotation", tmp_path)
    excused = verdict is Verdict.INCONCLUSIVE
    assert (found.verdict, found.finding, found.starved) == (verdict, "too few in rotation", excused)
    assert found.message.endswith("the machine was CPU-starved meanwhile") is excused


def test_a_registry_that_was_in_trouble_before_is_not_blamed_on_the_release(tmp_path: Path) -> None:
    """It has come back knowing nobody, for one, while everybody serves on."""
    record = made()
    _out(record, 500, 500)
    record.events.append(events.Trouble(at_ns=460 * MS, step="", what="nacos ended by itself: SIGKILL"))
    (found,) = record.findings("rotation", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "too few in rotation")


def test_trouble_that_came_later_excuses_nothing(tmp_path: Path) -> None:
    record = made()
    _out(record, 500, 500)
    record.events.append(events.Trouble(at_ns=900 * MS, step="", what="nacos ended by itself: SIGKILL"))
    (found,) = record.findings("rotation", tmp_path)
    assert found.verdict is Verdict.NO_GO


@pytest.mark.parametrize("silent", [False, True])
def test_a_registry_that_the_plan_restarts_is_not_asked_in_that_step(tmp_path: Path, *, silent: bool) -> None:
    """Neither for what it lists nor for what it does not say."""
    record = made()
    record.thresholds(rotation_gap_s=0.15)
    record.events.append(events.ServerStopped(at_ns=660 * MS, step="3.1", server="registry"))
    if silent:
        record.states = [r for r in record.states if not 650 * MS <= int(r["at_ns"]) < 1050 * MS]
    else:
        _out(record, 650, 1040)
    assert record.findings("rotation", tmp_path) == []
    _out(record, 600, 600)
    assert len(record.findings("rotation", tmp_path / "again")) == 1


def _looks_at_processes(record: Handmade, *ats_ms: int) -> None:
    template = record.states[0] | {"observer": PROCESSES, "service": "", "instance": "", "incarnation": ""}
    record.states += [template | {"at_ns": at_ms * MS, "in_rotation": False} for at_ms in ats_ms]


def test_passes_where_the_processes_were_looked_at_all_the_time(tmp_path: Path) -> None:
    record = made()
    _looks_at_processes(record, *range(0, 3_000, 50))
    assert record.findings("rotation", tmp_path) == []


def test_lacks_evidence_where_nobody_looked_at_the_processes_for_too_long(tmp_path: Path) -> None:
    record = made()
    record.thresholds(rotation_gap_s=0.4)
    _looks_at_processes(record, *range(0, 500, 100))
    (found,) = record.findings("rotation", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "rotation not sampled")
    assert found.message.startswith("nobody looked at whether every process runs for ")
