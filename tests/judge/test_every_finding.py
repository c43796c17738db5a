"""Every finding that there is can be reached: each by a record that was written by hand."""

# mypy: disable-error-code="func-returns-value"
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance.judge.check import all_checks
from conformance.judge.judge import judge
from conformance.judge.model import Judgement
from conformance.record import events
from conformance.record.schema import HopAnswer
from conformance.vocabulary import FindingKind as Kind
from tests.judge import test_gray_share, test_lanes, test_old_data, test_promise, test_refused, test_sessions
from tests.judge.handmade import MS, Handmade, request_id
from tests.judge.healthy import left_rotation, made
from tests.judge.unreleased import unreleased

REFUSED = HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, "connect refused")
Change = Callable[[Handmade], object]


def _by(change: Change, service: str = "orders") -> Callable[[], Handmade]:
    def make() -> Handmade:
        record = made(service)
        change(record)
        _event(events.AuditRead, rows=len(record.ledger))(record)
        return record

    return make


def _event(kind: type[events.Event], **changes: object) -> Change:
    """Change every event of this kind."""

    def change(record: Handmade) -> None:
        record.events = [
            msgspec.structs.replace(one, **changes) if isinstance(one, kind) else one for one in record.events
        ]

    return change


def _told(event: events.Event) -> Change:
    return lambda record: record.events.append(event)


def _of(kind: Callable[..., events.Event], at_ms: int, step: str, **more: object) -> events.Event:
    who = {"service": "orders", "instance": "orders-01", "incarnation": "orders-01.1"}
    return kind(at_ns=at_ms * MS, step=step, **(who | more))


def _late_execution(record: Handmade) -> None:
    """Request 6 is due after the mark of the instance that now executes it."""
    entry = record.service == "storefront"
    for row in record.executions:
        if row["request_id"] == request_id(6) and row["service"] == record.service:
            row |= {"instance": f"{record.service}-01", "incarnation": f"{record.service}-01.1"}
    assert entry or record.service == "orders"


def _sent_to_the_dead(record: Handmade) -> None:
    record.fail(6, hops=[REFUSED])


def _twice(record: Handmade) -> None:
    record.slb.append(record.slb[9] | {"attempt": 2})


def _new_says_old(record: Handmade) -> None:
    for row in record.ledger:
        if row["incarnation"] == "orders-01.2":
            row["version"] = "v1"


def _new_says_v7(record: Handmade) -> None:
    for row in record.ledger:
        if row["incarnation"] == "orders-01.2":
            row["version"] = "v7"


def _swallowed(record: Handmade) -> None:
    record.events.append(_of(events.Signalled, 414, "2.3", signal="SIGKILL"))


def _silent_gray() -> Handmade:
    record = test_lanes._met(test_lanes.AS_MARKED)
    record.executions = [
        row for row in record.executions if row["incarnation"] != test_lanes.NEW or int(row["start_ns"]) < 650 * MS
    ]
    return record


def _lost_session() -> Handmade:
    record = test_sessions._visited()
    test_sessions._lose(record, 5)
    return record


def _old_data() -> Handmade:
    record = test_old_data._many_reads()
    for row in test_old_data._reads(record, old=True)[10:17]:
        row |= {"error": "wrong answer"}
    return record


def _slow() -> Handmade:
    record = test_promise._promising()
    test_promise._slow(record, 4, 5, 6)
    return record


def _unconfirmed(record: Handmade) -> None:
    record.gray()


def _loses_by_itself() -> Handmade:
    record = unreleased()
    record.fail(5)
    return record


RECORDS: dict[Kind, Callable[[], Handmade]] = {
    Kind.REFUSED: test_refused.refused,
    Kind.ROLLBACK_NOT_PROVED: lambda: test_refused.refused(rolled_back=False),
    Kind.FAILED_REQUEST: _by(lambda record: record.fail(5)),
    Kind.SLOWER_THAN_PROMISED: _slow,
    Kind.SESSION_LOST: _lost_session,
    Kind.PARTIAL_WRITE: _by(lambda record: record.drop_effects(5, "reserved")),
    Kind.LOST_WRITE: _by(lambda record: record.drop_effects(5, "placed", "reserved", "confirmed")),
    Kind.DUPLICATE_WRITE: _by(lambda record: record.ledger.append(dict(record.ledger[-1]))),
    Kind.PHANTOM_WRITE: _by(lambda record: record.ledger.append(record.ledger[-1] | {"request_id": request_id(99)})),
    Kind.OLD_DATA_NOT_READ: _old_data,
    Kind.SENT_TWICE: _by(_twice),
    Kind.HIDDEN_FAILURE: _by(lambda record: record.call(9, REFUSED)),
    Kind.LEDGER_NOT_SETTLED: _by(_event(events.AuditRead, agreed=False)),
    Kind.BLIND_AUDIT: _by(lambda record: [record.drop_effects(seq, "reserved") for seq in range(12)]),
    Kind.UNDECLARED_EFFECT: _by(lambda record: record.ledger.append(record.ledger[-1] | {"effect": "billed"})),
    Kind.NOT_HEALTHY: _by(lambda record: record.fail(1)),
    Kind.LOSES_WITHOUT_A_RELEASE: _loses_by_itself,
    Kind.TOO_LITTLE_EVIDENCE: _by(lambda record: record.thresholds(batch_requests=1_000)),
    Kind.EVIDENCE_MISSING: _by(lambda record: record.drop_executions(service="storefront", seq=4)),
    Kind.UNACCOUNTED_REQUEST: _by(lambda record: record.requests.pop()),
    Kind.CONTRADICTORY_RECORD: _by(lambda record: record.slb.pop()),
    Kind.LOAD_NOT_SUSTAINED: _by(lambda record: record.thresholds(lateness_max_ms=0.01)),
    Kind.CLIENT_NOT_HONEST: _by(lambda record: record.load.update(self_test_passed=False)),
    Kind.CLOCKS_DISAGREE: _by(
        lambda record: setattr(
            record, "environment", msgspec.structs.replace(record.environment, wall_minus_monotonic_end_ns=10**9)
        )
    ),
    Kind.EXECUTION_AFTER_DRAIN: _by(_late_execution, "storefront"),
    Kind.REMOVAL_LAG: _by(_late_execution),
    Kind.SENT_AFTER_STOP: _by(_sent_to_the_dead),
    Kind.NOT_REPLACED: _by(lambda record: record.without(events.Exited, "orders-01.1")),
    Kind.NEW_VERSION_NOT_SHOWN: _by(
        lambda record: [row.update(version="") for row in record.ledger if row["incarnation"] == "orders-01.2"]
    ),
    Kind.OLD_VERSION_ANSWERS: _by(_new_says_old),
    Kind.UNKNOWN_VERSION: _by(_new_says_v7),
    Kind.GRAY_SHARE: lambda: test_gray_share._gray(100, 20),
    Kind.LEAK: lambda: test_lanes._met({4: test_lanes.NEW, 5: test_lanes.OLD, 6: test_lanes.OLD}),
    Kind.FLAPPING: lambda: test_lanes._met(
        {4: test_lanes.NEW, 5: test_lanes.OLD, 6: test_lanes.OLD}, by="users", marked=0
    ),
    Kind.GRAY_NOT_OPENED: _silent_gray,
    Kind.GRAY_NOT_CONFIRMED: _by(_unconfirmed),
    Kind.TOO_FEW_IN_ROTATION: _by(lambda record: record.release(minimum_in_rotation=2)),
    Kind.ROTATION_NOT_SAMPLED: _by(lambda record: record.states.clear()),
    Kind.STEP_FAILED: _by(_event(events.StepEnded, outcome="failed", saw="nothing")),
    Kind.STEP_NOT_PROVED: _by(lambda record: record.without(events.Ready, "orders-01.2")),
    Kind.TROUBLE: _by(_told(events.Trouble(at_ns=500 * MS, step="", what="the SLB does not answer"))),
    Kind.ENDED_BY_ITSELF: _by(_told(_of(events.Exited, 900, "", incarnation="orders-01.2", code=1, signal=None))),
    Kind.LEFT_ROTATION: _by(_told(left_rotation(500))),
    Kind.STOP_SIGNAL_SWALLOWED: _by(_swallowed),
    Kind.UNCLEAN_STOP: _by(_event(events.Exited, code=1)),
    Kind.END_NOT_SEEN: _by(lambda record: record.without(events.Exited, "orders-01.1")),
}


def _cut(directory: Path) -> Judgement:
    made().write(directory)
    (directory / "end.json").unlink()
    return judge(directory)


def _cut_and_told(directory: Path) -> Judgement:
    record = made()
    record.events.append(events.Trouble(at_ns=record.events[-1].at_ns, step="", what="the load failed: no port left"))
    record.write(directory)
    (directory / "end.json").unlink()
    return judge(directory)


def _newer(directory: Path) -> Judgement:
    def add(folder: Path) -> None:
        (folder / "environment.json").write_text(
            (folder / "environment.json").read_text().replace("{", '{"moon": 1,', 1)
        )

    record = made()
    record.rewrite = add
    return record.judged(directory)


def _check_that_raises(directory: Path) -> Judgement:
    """A weight beyond all numbers: what is asked of it cannot be answered."""
    record = made()
    record.thresholds(starved_before_s=1e300)
    return record.judged(directory)


def _cannot_be_told(directory: Path) -> Judgement:
    record = made()
    record.events.append(events.Starved(at_ns=2**70, step="", since_ns=0, idle=0.0))
    return record.judged(directory)


WHOLE: dict[Kind, Callable[[Path], Judgement]] = {
    Kind.CHECK_FAILED: _check_that_raises,
    Kind.ENDED_EARLY: _cut_and_told,
    Kind.RECORD_BROKEN: _cut,
    Kind.NEWER_RECORD: _newer,
    Kind.NOT_JUDGED: _cannot_be_told,
}
"""What is no check's: of the record as a whole."""


def test_there_is_a_record_for_every_finding() -> None:
    assert set(RECORDS) | set(WHOLE) == set(Kind)
    assert not set(RECORDS) & set(WHOLE)


@pytest.mark.parametrize("kind", RECORDS)
def test_a_finding_is_reached_by_a_record_of_its_own(tmp_path: Path, kind: Kind) -> None:
    judgement = RECORDS[kind]().judged(tmp_path / "run")
    assert kind in {finding.finding for finding in judgement.findings}, [one.message for one in judgement.findings]
    assert {finding.check for finding in judgement.findings} <= {check.name for check in all_checks()}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_finding_of_the_record_as_a_whole_is_reached(tmp_path: Path, kind: Kind) -> None:
    judgement = WHOLE[kind](tmp_path / "run")
    assert kind in {finding.finding for finding in judgement.findings}, [one.message for one in judgement.findings]
