"""Check ways_agree: each instance went down by the way that its descriptor tells."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from tests.judge.damages.case import SAMPLE, SHOP
from tests.judge.handmade import MS
from tests.judge.healthy import made
from tests.judge.real_records import RealRecord, real_record


def _found(record: RealRecord, tmp_path: Path) -> list[tuple[Verdict, str, str]]:
    found = record.judged(tmp_path / "run").findings
    return [(one.verdict, one.finding, one.message) for one in found if one.check == "ways_agree"]


@pytest.mark.parametrize("name", [SAMPLE, SHOP])
def test_passes_where_each_took_it(tmp_path: Path, name: str) -> None:
    assert _found(real_record(name), tmp_path) == []


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_the_descriptor_tells_nothing(tmp_path: Path, service: str) -> None:
    assert made(service).findings("ways_agree", tmp_path) == []


def test_fails_on_a_release_that_kills_whom_it_should_ask_to_stop(tmp_path: Path) -> None:
    record = real_record(SHOP)
    for event in record.told("Signalled"):
        event["signal"] = "SIGKILL"
    for event in record.told("Exited"):
        event |= {"code": None, "signal": "SIGKILL"}
    found = _found(record, tmp_path)
    assert {(verdict, finding) for verdict, finding, _ in found} == {(Verdict.NO_GO, "unclean stop")}
    assert len(found) == 4
    assert found[0][2].endswith("its descriptor has SIGTERM: it was killed, and not asked to stop")


def test_fails_as_inconclusive_on_another_signal_for_all(tmp_path: Path) -> None:
    record = real_record(SHOP)
    for event in record.told("Signalled"):
        event["signal"] = "SIGINT"
    found = _found(record, tmp_path)
    assert {(verdict, finding) for verdict, finding, _ in found} == {(Verdict.INCONCLUSIVE, "contradictory record")}


def test_fails_on_one_that_was_stopped_and_continued_on_its_way_down(tmp_path: Path) -> None:
    record = real_record(SHOP)
    stop = record.of_release("Signalled")
    record.events += [
        stop | {"at_ns": stop["at_ns"] - MS, "signal": "SIGSTOP"},
        stop | {"at_ns": stop["at_ns"] - 1, "signal": "SIGCONT"},
    ]
    ((verdict, finding, message),) = _found(record, tmp_path)
    assert (verdict, finding) == (Verdict.INCONCLUSIVE, "contradictory record")
    assert "was sent SIGSTOP, SIGCONT on its way down" in message


def test_fails_on_another_act_and_on_callers_that_were_not_told(tmp_path: Path) -> None:
    record = real_record(SHOP)
    record.of_release("Performed")["act"] = "POST /offline"
    record.of_release("MarkedOffline")["notify"] = False
    assert [finding for _, finding, _ in _found(record, tmp_path)] == [
        "step not proved",
        "contradictory record",
        "contradictory record",
    ]


def test_fails_on_one_whose_requests_in_flight_are_told_to_be_unknown(tmp_path: Path) -> None:
    record = real_record(SHOP)
    quiet = record.of_release("NothingInFlight")
    record.events.append(quiet | {"event": "InFlightUnknown"})
    ((verdict, finding, _),) = _found(record, tmp_path)
    assert (verdict, finding) == (Verdict.INCONCLUSIVE, "contradictory record")


def test_lacks_evidence_where_no_act_is_told(tmp_path: Path) -> None:
    record = real_record(SHOP)
    record.drop("Performed")
    found = _found(record, tmp_path)
    assert {(verdict, finding) for verdict, finding, _ in found} == {(Verdict.INCONCLUSIVE, "step not proved")}
    assert len(found) == 4


def test_lacks_evidence_where_the_release_was_refused_amid_its_way(tmp_path: Path) -> None:
    record = real_record(SHOP)
    record.of_release("Signalled")["signal"] = "SIGINT"
    at_ns = record.began_ns + MS
    record.events.append({"event": "Refused", "at_ns": at_ns, "step": "2", "why": "no", "by": "a person"})
    assert _found(record, tmp_path) == []
