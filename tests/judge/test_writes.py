"""Check writes: every write is whole."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Finding, Judgement, Verdict
from conformance.record import events
from conformance.record.contract import RouteFacts
from conformance.record.schema import HopAnswer
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import made, starved

CUT = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "reset before answer")
LATE = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "timeout before answer")


def _read(record: Handmade) -> None:
    """The audit has read what the ledger now holds."""
    record.without(events.AuditRead)
    record.events.append(events.AuditRead(at_ns=1200 * MS, step="", rows=len(record.ledger), agreed=True))


def _audited(record: Handmade, tmp_path: Path) -> list[Finding]:
    _read(record)
    return record.findings("writes", tmp_path)


def _judged(record: Handmade, tmp_path: Path) -> Judgement:
    _read(record)
    return record.judged(tmp_path)


def test_passes_where_every_acknowledged_write_left_each_effect_once(tmp_path: Path) -> None:
    assert made().findings("writes", tmp_path) == []


@pytest.mark.parametrize("left", [(), ("placed", "reserved", "confirmed")])
def test_passes_where_a_failed_write_left_nothing_or_all(tmp_path: Path, left: tuple[str, ...]) -> None:
    """All of it: it was committed and the answer was lost."""
    record = made()
    record.fail(5)
    record.drop_effects(5, *({"placed", "reserved", "confirmed"} - set(left)))
    assert _audited(record, tmp_path) == []


def test_fails_on_a_write_that_was_cut_between_two_effects(tmp_path: Path) -> None:
    record = made()
    record.fail(3, hops=[CUT])
    record.drop_effects(3, "reserved", "confirmed")
    (found,) = _audited(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "partial write")
    assert (found.step, found.hop, found.incarnation) == ("Batch 1 of 2", "storefront->orders", "orders-01.1")
    assert found.message == (
        "1 of 6 writes left some of their effects over storefront->orders at orders-01 in Batch 1 of 2 (0.4 s): "
        "1 without reserved and confirmed; 0 of them had been acknowledged"
    )
    assert found.detail[0] == f"{request_id(3)}: found placed; missing reserved, confirmed"


def _timed_out(*stretches: events.Starved) -> Handmade:
    """Request 3, a write that nobody acknowledged, is left half done; it is sent at 310 ms and ends at 390 ms."""
    record = made()
    record.fail(3, hops=[LATE])
    record.drop_effects(3, "reserved", "confirmed")
    record.events += stretches
    return record


@pytest.mark.parametrize("stretches", [(), (starved(0, 340),), (starved(360, 1_200),)])
def test_fails_on_a_write_that_timed_out_on_a_machine_with_processors_to_spare(
    tmp_path: Path, stretches: tuple[events.Starved, ...]
) -> None:
    assert [one.verdict for one in _audited(_timed_out(*stretches), tmp_path)] == [Verdict.NO_GO]


def test_lacks_evidence_where_a_write_timed_out_while_the_machine_had_none(tmp_path: Path) -> None:
    (found,) = _audited(_timed_out(starved(300, 360)), tmp_path)
    assert (found.verdict, found.finding, found.starved) == (Verdict.INCONCLUSIVE, "partial write", True)
    assert found.message.endswith(
        "1 without reserved and confirmed; 0 of them had been acknowledged; the machine was CPU-starved meanwhile"
    )


def test_fails_on_a_write_that_was_cut_off_then_all_the_same(tmp_path: Path) -> None:
    record = _timed_out(starved(0, 1_200))
    record.fail(3, hops=[CUT])
    assert [one.verdict for one in _audited(record, tmp_path)] == [Verdict.NO_GO]


def test_fails_on_an_acknowledged_write_that_is_half_done_then_and_tells_it_apart(tmp_path: Path) -> None:
    record = _timed_out(starved(0, 1_200))
    record.drop_effects(5, "confirmed")
    found = {one.requests: one.verdict for one in _audited(record, tmp_path)}
    assert found == {(request_id(3),): Verdict.INCONCLUSIVE, (request_id(5),): Verdict.NO_GO}


def test_fails_on_an_effect_that_is_there_twice_then_all_the_same(tmp_path: Path) -> None:
    """Whoever times out may lose an effect; to repeat one somebody must have sent it again."""
    record = _timed_out(starved(0, 1_200))
    record.ledger.append(dict(next(row for row in record.ledger if row["request_id"] == request_id(3))))
    found = _audited(record, tmp_path)
    assert {(one.finding, one.verdict) for one in found} == {
        ("partial write", Verdict.NO_GO),
        ("duplicate write", Verdict.NO_GO),
    }


def test_fails_on_an_acknowledged_write_that_left_some_of_its_effects(tmp_path: Path) -> None:
    record = made()
    record.drop_effects(9, "confirmed")
    (found,) = _audited(record, tmp_path)
    assert (found.finding, found.step, found.hop) == ("partial write", "Batch 2 of 2", "")
    assert found.message.endswith("1 without confirmed; 1 of them had been acknowledged")


def test_fails_on_an_acknowledged_write_that_left_nothing(tmp_path: Path) -> None:
    record = made()
    record.drop_effects(9, "placed", "reserved", "confirmed")
    (found,) = _audited(record, tmp_path)
    assert (found.verdict, found.finding, found.requests) == (Verdict.NO_GO, "lost write", (request_id(9),))


@pytest.mark.parametrize("acknowledged", [True, False])
def test_fails_on_an_effect_that_is_there_twice(tmp_path: Path, acknowledged: bool) -> None:
    record = made()
    record.ledger.append(dict(next(r for r in record.ledger if r["request_id"] == request_id(9))))
    if not acknowledged:
        record.fail(9)
    (found,) = _audited(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "duplicate write")
    assert "twice or more placed" in found.message
    assert found.detail[0] == f"{request_id(9)} placed twice: by orders-02.2 (v2)"


def test_a_write_may_be_both_partial_and_duplicate(tmp_path: Path) -> None:
    record = made()
    record.fail(9)
    record.drop_effects(9, "reserved", "confirmed")
    record.ledger.append(dict(next(r for r in record.ledger if r["request_id"] == request_id(9))))
    assert {one.finding for one in _audited(record, tmp_path)} == {"partial write", "duplicate write"}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (request_id(12), "no such request"),
        ("r1-0000000A", "no such request"),
        ("r1", "no such request"),
        (request_id(6), "the request was a read"),
    ],
)
def test_fails_on_an_effect_that_no_write_can_have_left(tmp_path: Path, written: str, why: str) -> None:
    record = made()
    record.ledger.append(record.ledger[0] | {"request_id": written})
    (found,) = _audited(record, tmp_path)
    assert (found.verdict, found.finding, found.requests) == (Verdict.NO_GO, "phantom write", (written,))
    assert why in found.message


def test_what_was_broken_before_the_release_is_not_blamed_on_it(tmp_path: Path) -> None:
    record = made()
    record.drop_effects(0, "confirmed")
    (found,) = _audited(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "partial write")
    assert found.message.startswith(
        "1 of 6 writes left some of their effects, of writes that were made before the release (0.0 s): "
    )


def _leave(record: Handmade, seq: int, effect: str, **who: str) -> None:
    """Leave an effect of this request, written by whoever is named."""
    nobody = {"instance": "", "incarnation": "", "version": ""}
    record.ledger.append({"request_id": request_id(seq), "effect": effect, **nobody, **who})


@pytest.mark.parametrize(
    ("who", "told", "incarnation"),
    [
        ({"incarnation": "orders-01.2", "version": "v2"}, "orders-01.2 (v2)", "orders-01.2"),
        ({"incarnation": "orders-01.2"}, "orders-01.2", "orders-01.2"),
        ({"version": "v2"}, "an instance that it does not name (v2)", ""),
    ],
    ids=["both", "the incarnation alone", "the version alone"],
)
def test_fails_on_a_write_of_before_that_the_new_version_repeats(
    tmp_path: Path, who: dict[str, str], told: str, incarnation: str
) -> None:
    record = made()
    _leave(record, 0, "placed", **who)
    judgement = _judged(record, tmp_path)
    (found,) = [one for one in judgement.findings if one.check == "writes"]
    assert (found.verdict, found.finding) == (Verdict.NO_GO, "duplicate write")
    assert (found.step, found.incarnation, found.requests) == ("", incarnation, (request_id(0),))
    writers = " and ".join(sorted(["orders-01.1 (v1)", told], key=lambda one: one.startswith("orders")))
    assert found.message == (
        "1 of 6 writes left an effect more than once, of writes that were made before the release (0.0 s): "
        f"1 twice or more placed; in the release, by {told}; 1 of them had been acknowledged; "
        f"{request_id(0)} placed twice: by {writers}"
    )
    assert found.detail[0] == f"{request_id(0)} placed twice: by {writers}"
    assert judgement.counts["duplicates"] == 1


def test_fails_on_what_who_came_up_as_the_release_began_repeats(tmp_path: Path) -> None:
    record = made()
    record.events = [
        msgspec.structs.replace(event, at_ns=250 * MS)
        if isinstance(event, events.Launched) and event.incarnation == "orders-01.2"
        else event
        for event in record.events
    ]
    _leave(record, 0, "placed", incarnation="orders-01.2")
    assert [one.verdict for one in _audited(record, tmp_path)] == [Verdict.NO_GO]


def test_a_write_of_before_that_nothing_new_repeats_is_not_blamed_on_the_release(tmp_path: Path) -> None:
    record = made()
    _leave(record, 0, "placed", incarnation="orders-01.1", version="v1")
    judgement = _judged(record, tmp_path)
    (found,) = [one for one in judgement.findings if one.check == "writes"]
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "duplicate write")
    assert "of writes that were made before the release (0.0 s)" in found.message
    assert judgement.counts["duplicates"] == 0


def test_a_version_that_another_service_had_before_proves_nothing(tmp_path: Path) -> None:
    """A row does not tell whose version it names."""
    record = made()
    services = tuple(
        msgspec.structs.replace(one, version="v2") if one.name == "inventory" else one
        for one in record.contract.services
    )
    record.contract = msgspec.structs.replace(record.contract, services=services)
    _leave(record, 0, "placed", version="v2")
    assert [one.verdict for one in _audited(record, tmp_path)] == [Verdict.INCONCLUSIVE]


@pytest.mark.parametrize(("version", "verdict"), [("v2", Verdict.NO_GO), ("v1", Verdict.INCONCLUSIVE)])
def test_fails_on_an_effect_of_an_older_read_only_where_the_release_left_it(
    tmp_path: Path, version: str, verdict: Verdict
) -> None:
    record = made()
    _leave(record, 1, "placed", incarnation=f"orders-01.{version[1]}", version=version)
    (found,) = _audited(record, tmp_path)
    assert (found.verdict, found.finding) == (verdict, "phantom write")
    assert found.message.startswith("1 effect of ")
    assert "of requests that were made before the release" in found.message
    assert (f"in the release, by orders-01.2 ({version})" in found.message) is (verdict is Verdict.NO_GO)


def test_lacks_evidence_where_the_ledger_was_not_read(tmp_path: Path) -> None:
    record = made()
    record.without(events.AuditRead)
    record.ledger.clear()
    (found,) = record.findings("writes", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "ledger not settled")


@pytest.mark.parametrize(
    "audit",
    [
        events.AuditRead(at_ns=1200 * MS, step="", rows=18, agreed=False),
        events.AuditRead(at_ns=1100 * MS, step="", rows=18, agreed=True),
        events.AuditRead(at_ns=1200 * MS, step="", rows=19, agreed=True),
    ],
    ids=["still changing", "before the load ended", "rows are missing"],
)
def test_lacks_evidence_where_the_ledger_had_not_come_to_rest(tmp_path: Path, audit: events.AuditRead) -> None:
    """Whatever is in it then proves nothing, not even a loss."""
    record = made()
    record.without(events.AuditRead)
    record.events.append(audit)
    (found,) = record.findings("writes", tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "ledger not settled")


def test_lacks_evidence_where_something_may_still_have_been_writing(tmp_path: Path) -> None:
    """An instance that never came to rest: what is missing now may be there a second later."""
    record = made()
    record.fail(9)
    record.drop_effects(9, "confirmed")
    record.events.append(events.Trouble(at_ns=1180 * MS, step="", what="every instance to have nothing in flight"))
    (found,) = _audited(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "ledger not settled")


def test_lacks_evidence_where_the_audit_never_sees_an_effect(tmp_path: Path) -> None:
    """An effect that no write at all left is the audit's mistake; the others are judged all the same."""
    record = made()
    for seq in range(12):
        record.drop_effects(seq, "reserved")
    record.drop_effects(9, "confirmed")
    found = _audited(record, tmp_path)
    assert [(one.finding, one.verdict) for one in found] == [
        ("blind audit", Verdict.INCONCLUSIVE),
        ("partial write", Verdict.NO_GO),
    ]
    assert "without confirmed" in found[1].message


def test_lacks_evidence_where_the_ledger_is_empty(tmp_path: Path) -> None:
    record = made()
    record.ledger.clear()
    found = _audited(record, tmp_path)
    assert {(one.finding, one.verdict) for one in found} == {("blind audit", Verdict.INCONCLUSIVE)}


def test_lacks_evidence_where_a_write_left_an_effect_that_nobody_declared(tmp_path: Path) -> None:
    record = made()
    record.ledger.append(record.ledger[0] | {"effect": "cancelled"})
    (found,) = _audited(record, tmp_path)
    assert (found.verdict, found.finding) == (Verdict.INCONCLUSIVE, "undeclared effect")


def test_writes_that_declare_no_effects_are_untested_by_name(tmp_path: Path) -> None:
    record = made()
    write, read = record.contract.load.routes
    record.routes(msgspec.structs.replace(write, effects=()), read)
    judgement = record.judged(tmp_path)
    assert "writes: POST /orders does not declare its effects" in judgement.untested
    assert "writes whole" not in judgement.headline


def test_each_route_has_its_own_effects(tmp_path: Path) -> None:
    """An effect that one route must leave is not missed in another."""
    record = made()
    write, read = record.contract.load.routes
    small = RouteFacts(name="PUT /x", method="PUT", weight=1, expect=(201,), write=True, effects=("placed",))
    record.routes(write, read, small)
    record.requests[9]["route"] = "PUT /x"
    record.drop_effects(9, "reserved", "confirmed")
    assert _audited(record, tmp_path) == []
    record.requests[11]["route"] = "PUT /x"
    (found,) = _audited(record, tmp_path / "again")
    assert found.finding == "undeclared effect"
