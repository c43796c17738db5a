"""Check stops: who is asked to stop stops."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.checks.stops import CHECK
from conformance.judge.model import Verdict
from conformance.record import events
from tests.judge.handmade import MS, Handmade
from tests.judge.healthy import made
from tests.judge.test_own_command import watched


def _killed_after_its_grace(record: Handmade) -> None:
    """orders-01.1 is sent SIGKILL some time after SIGTERM, and ends by it."""
    (asked,) = [e for e in record.events if isinstance(e, events.Signalled) and e.step == "2.3"]
    record.events.append(msgspec.structs.replace(asked, at_ns=asked.at_ns + 10 * MS, signal="SIGKILL"))
    record.events = [
        msgspec.structs.replace(e, at_ns=asked.at_ns + 11 * MS, code=None, signal="SIGKILL")
        if isinstance(e, events.Exited) and e.step == "2.3"
        else e
        for e in record.events
    ]


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_where_everyone_heeds(tmp_path: Path, service: str) -> None:
    assert made(service).findings("stops", tmp_path) == []


def test_fails_on_one_that_must_be_killed_and_names_the_likely_cause(tmp_path: Path) -> None:
    record = made()
    _killed_after_its_grace(record)
    (found,) = record.findings("stops", tmp_path)
    assert (found.verdict, found.finding, found.incarnation, found.step) == (
        Verdict.NO_GO,
        "stop signal swallowed",
        "orders-01.1",
        "Batch 1 of 2",
    )
    assert "orders-01.1 did not end within 10 ms of SIGTERM and was killed at 0.4 s (SIGKILL)" in found.message
    assert "is its process 1 a shell?" in found.message


@pytest.mark.parametrize(("starved_ms", "verdict"), [(10, Verdict.INCONCLUSIVE), (3, Verdict.NO_GO)])
def test_lacks_evidence_where_the_machine_had_no_processor_to_spare_for_the_hook(
    tmp_path: Path, starved_ms: int, verdict: Verdict
) -> None:
    record = made()
    _killed_after_its_grace(record)
    (asked,) = [
        e for e in record.events if isinstance(e, events.Signalled) and e.signal == "SIGTERM" and e.step == "2.3"
    ]
    end_ns = asked.at_ns + starved_ms * MS
    record.events.append(events.Starved(at_ns=end_ns, step="2.3", since_ns=asked.at_ns, idle=0.0))
    (found,) = record.findings("stops", tmp_path)
    assert (found.verdict, found.starved) == (verdict, verdict is Verdict.INCONCLUSIVE)
    assert ("is its process 1 a shell?" in found.message) is (verdict is Verdict.NO_GO)


def test_a_policy_that_kills_at_once_has_nothing_to_heed(tmp_path: Path) -> None:
    record = made()
    record.events = [
        msgspec.structs.replace(e, signal="SIGKILL") if isinstance(e, events.Signalled) else e for e in record.events
    ]
    assert record.findings("stops", tmp_path) == []


def test_whoever_was_asked_nothing_has_nothing_to_heed(tmp_path: Path) -> None:
    record = made()
    record.without(events.Signalled)
    record.without(events.Exited)
    assert record.findings("stops", tmp_path) == []


def test_lacks_evidence_where_nobody_saw_the_end(tmp_path: Path) -> None:
    record = made()
    record.without(events.Exited)
    found = record.findings("stops", tmp_path)
    assert {(one.finding, one.verdict) for one in found} == {("end not seen", Verdict.INCONCLUSIVE)}
    assert {one.incarnation for one in found} == {"orders-01.1", "orders-02.1"}


@pytest.mark.parametrize("own_command", [True, False])
def test_whether_each_ended_by_itself_is_untested_only_by_a_teams_own_command(own_command: bool) -> None:
    said = "storefront is released by the team's own command: whether each instance ended by itself, in time"
    assert CHECK.gaps(watched(own_command=own_command).contract) == ((said,) if own_command else ())
