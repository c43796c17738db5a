"""Check told_of_each: what is told of one instance is told of each."""

from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from tests.judge.damages.case import SAMPLE, SHOP
from tests.judge.handmade import MS
from tests.judge.healthy import made
from tests.judge.real_records import RealRecord, real_record


def _messages(record: RealRecord, tmp_path: Path) -> list[str]:
    found = [one for one in record.judged(tmp_path / "run").findings if one.check == "told_of_each"]
    assert {one.verdict for one in found} <= {Verdict.INCONCLUSIVE}
    return [one.message for one in found]


@pytest.mark.parametrize("name", [SAMPLE, SHOP])
def test_passes_where_each_was_told_of(tmp_path: Path, name: str) -> None:
    assert _messages(real_record(name), tmp_path) == []


def test_fails_where_one_of_several_was_not(tmp_path: Path) -> None:
    record = real_record(SHOP)
    for event in ("Listed", "Unlisted"):
        first = record.of_release(event)
        record.drop(event, incarnation=first["incarnation"], observer="catalog-02")
    messages = _messages(record, tmp_path)
    assert [message.partition(": ")[2] for message in messages] == [
        "catalog-02 was never seen to list it, as the others of its service",
        "catalog-02 was never seen to drop it, as the others of its service",
    ]


def test_lacks_evidence_where_callers_may_have_been_away(tmp_path: Path) -> None:
    """A fault, or a server that was restarted, is reason enough for one that was not seen."""
    record = real_record(SAMPLE)
    record.drop("Listed", incarnation=record.of_release("Listed")["incarnation"], observer="storefront-01")
    at_ns = record.began_ns + MS
    for event in ("ServerStopped", "ServerStarted"):
        record.events.append({"event": event, "at_ns": at_ns, "step": "2.1", "server": "registry"})
    assert _messages(record, tmp_path) == []


@pytest.mark.parametrize("service", ["storefront", "orders", "inventory"])
def test_passes_on_a_release_of_any_position(tmp_path: Path, service: str) -> None:
    assert made(service).findings("told_of_each", tmp_path) == []
