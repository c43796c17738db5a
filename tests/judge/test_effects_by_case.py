"""Check writes where what a write leaves depends on its answer's status, or on the version that worked on it."""

from pathlib import Path

import msgspec
import pytest

from conformance.judge.checks.writes import CHECK
from conformance.judge.model import Finding, Verdict
from conformance.record import events
from conformance.record.contract import EffectRule
from tests.judge.handmade import MS, Handmade, Row, request_id
from tests.judge.healthy import WRITE, made

USUAL = ("placed", "reserved", "confirmed")
REFUSED = EffectRule(effects=(), statuses=(409,))
TAKEN = EffectRule(effects=USUAL, statuses=(201,))
MAILS = EffectRule(effects=(*USUAL, "mailed"), service="orders", version="v2")
RESERVES_TWICE = EffectRule(effects=(*USUAL, "reserved"), service="orders", version="v2")
BY_V2 = (5, 9, 11)
"""The writes that a new incarnation of orders worked on; 7 and those before it were the old version's."""


def _by_rules(*rules: EffectRule) -> Handmade:
    record = made()
    other = record.contract.load.routes[1:]
    expect = (201, 409) if any(rule.statuses for rule in rules) else WRITE.expect
    record.routes(msgspec.structs.replace(WRITE, rules=rules, expect=expect), *other)
    return record


def _row(record: Handmade, seq: int, effect: str = "placed") -> Row:
    return dict(next(r for r in record.ledger if r["request_id"] == request_id(seq) and r["effect"] == effect))


def _add(record: Handmade, effect: str, *seqs: int) -> None:
    record.ledger += [_row(record, seq) | {"effect": effect} for seq in seqs]


def _found(record: Handmade, directory: Path) -> list[Finding]:
    record.without(events.AuditRead)
    record.events.append(events.AuditRead(at_ns=1200 * MS, step="", rows=len(record.ledger), agreed=True))
    return record.findings("writes", directory)


def _conflict(record: Handmade, seq: int, *left: str) -> None:
    """It was answered 409."""
    record.requests[seq]["status"] = 409
    record.drop_effects(seq, *(set(USUAL) - set(left)))


def test_passes_where_a_409_left_nothing_and_a_201_everything(tmp_path: Path) -> None:
    record = _by_rules(TAKEN, REFUSED)
    _conflict(record, 9)
    assert _found(record, tmp_path) == []


@pytest.mark.parametrize("left", [("placed",), USUAL])
def test_fails_on_a_409_that_left_something(tmp_path: Path, left: tuple[str, ...]) -> None:
    record = _by_rules(TAKEN, REFUSED)
    _conflict(record, 9, *left)
    (found,) = _found(record, tmp_path)
    assert (found.finding, found.verdict, found.requests[:1]) == (
        "phantom write",
        Verdict.NO_GO,
        (request_id(9),),
    )
    assert found.message.startswith(f"{len(left)} effect{'s' * (len(left) > 1)} of a write that was answered 409: ")


def test_fails_on_a_201_that_left_what_a_409_leaves(tmp_path: Path) -> None:
    record = _by_rules(TAKEN, REFUSED)
    record.drop_effects(9, *USUAL)
    assert [(one.finding, one.requests) for one in _found(record, tmp_path)] == [("lost write", (request_id(9),))]


@pytest.mark.parametrize("left", [(), USUAL])
def test_passes_where_one_that_failed_left_all_or_nothing(tmp_path: Path, left: tuple[str, ...]) -> None:
    record = _by_rules(TAKEN, REFUSED)
    record.fail(9)
    record.drop_effects(9, *(set(USUAL) - set(left)))
    assert _found(record, tmp_path) == []


def test_passes_where_the_new_version_leaves_one_effect_more(tmp_path: Path) -> None:
    record = _by_rules(MAILS)
    _add(record, "mailed", *BY_V2)
    assert _found(record, tmp_path) == []


def test_fails_where_the_new_version_leaves_it_sometimes(tmp_path: Path) -> None:
    record = _by_rules(MAILS)
    _add(record, "mailed", 5, 11)
    (found,) = _found(record, tmp_path)
    assert (found.finding, found.verdict, found.requests) == ("partial write", Verdict.NO_GO, (request_id(9),))
    assert "1 without mailed" in found.message


def test_fails_where_the_old_version_leaves_it_during_the_release(tmp_path: Path) -> None:
    record = _by_rules(MAILS)
    _add(record, "mailed", *BY_V2, 7)
    (found,) = _found(record, tmp_path)
    assert (found.finding, found.verdict, found.requests) == ("phantom write", Verdict.NO_GO, (request_id(7),))


def test_fails_on_an_effect_of_the_new_version_that_is_there_twice(tmp_path: Path) -> None:
    record = _by_rules(MAILS)
    _add(record, "mailed", *BY_V2, 9)
    assert [(one.finding, one.requests) for one in _found(record, tmp_path)] == [("duplicate write", (request_id(9),))]


def test_lacks_evidence_where_the_new_version_never_leaves_it(tmp_path: Path) -> None:
    """It may be the audit that does not see it."""
    (found,) = _found(_by_rules(MAILS), tmp_path)
    assert (found.finding, found.verdict) == ("blind audit", Verdict.INCONCLUSIVE)


def test_passes_where_the_new_version_calls_a_service_twice_and_says_so(tmp_path: Path) -> None:
    record = _by_rules(RESERVES_TWICE)
    record.ledger += [_row(record, seq, "reserved") for seq in BY_V2]
    assert _found(record, tmp_path) == []


def test_fails_where_it_does_so_once(tmp_path: Path) -> None:
    record = _by_rules(RESERVES_TWICE)
    record.ledger += [_row(record, seq, "reserved") for seq in (5, 11)]
    (found,) = _found(record, tmp_path)
    assert (found.finding, found.requests) == ("partial write", (request_id(9),))
    assert "1 without reserved" in found.message


@pytest.mark.parametrize("seqs", [BY_V2, (*BY_V2, 7), ()])
def test_passes_with_either_where_nothing_tells_which_version_it_was(tmp_path: Path, seqs: tuple[int, ...]) -> None:
    """No headers, no executions, no names in the ledger; one write at least shows that the audit sees the effect."""
    record = _by_rules(MAILS)
    _add(record, "mailed", *seqs)
    for row in record.ledger:
        row |= {"instance": "", "incarnation": "", "version": ""}
    record.identities.clear()
    record.executions.clear()
    assert _found(record, tmp_path) == []


def test_fails_with_neither_where_nothing_tells_which_version_it_was(tmp_path: Path) -> None:
    record = _by_rules(MAILS)
    _add(record, "mailed", *BY_V2)
    for row in record.ledger:
        row |= {"instance": "", "incarnation": "", "version": ""}
    record.identities.clear()
    record.executions.clear()
    record.drop_effects(9, "confirmed")
    (found,) = _found(record, tmp_path)
    assert (found.finding, found.requests) == ("partial write", (request_id(9),))


def test_what_ended_before_the_release_was_the_old_versions(tmp_path: Path) -> None:
    record = _by_rules(MAILS)
    _add(record, "mailed", *BY_V2, 0)
    record.identities.clear()
    record.executions.clear()
    found = [(one.finding, one.verdict) for one in _found(record, tmp_path)]
    assert found == [("phantom write", Verdict.INCONCLUSIVE)]


def _leaves_nothing(record: Handmade) -> None:
    """The reads are writes that leave nothing, by the workload."""
    usual, other = record.contract.load.routes
    record.routes(usual, msgspec.structs.replace(other, write=True, rules=(EffectRule(effects=()),), reads_back=False))
    for row in record.requests:
        row["is_write"] = True


def test_passes_where_a_write_is_said_to_leave_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    record = made()
    _leaves_nothing(record)
    assert _found(record, tmp_path) == []
    assert not any("effects" in gap for gap in CHECK.gaps(record.contract))


def test_lacks_evidence_where_a_write_is_said_to_leave_nothing_and_leaves_something(tmp_path: Path) -> None:
    record = made()
    _leaves_nothing(record)
    record.ledger.append(_row(record, 5) | {"request_id": request_id(4)})
    (found,) = _found(record, tmp_path)
    assert (found.finding, found.verdict) == ("undeclared effect", Verdict.INCONCLUSIVE)


def test_that_a_write_leaves_nothing_is_untested_where_nothing_is_counted() -> None:
    route = msgspec.structs.replace(WRITE, effects=(), rules=(EffectRule(effects=()),))
    record = made()
    record.routes(route)
    assert CHECK.gaps(record.contract) == ("POST /orders leaves nothing by the workload: nobody counts",)
