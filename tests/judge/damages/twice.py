"""Twice: what is usual is learned from the baseline, and must not be learned from what is wrong there."""

from tests.judge.damages.case import GO, INCONCLUSIVE, NO_GO, DamageCase, damages
from tests.judge.real_records import RealRecord, Row

CASES: list[DamageCase] = []


def _double(record: RealRecord, requests: list[Row]) -> None:
    wanted = {record.request_id(row) for row in requests}
    executions = record.tables["executions"]
    executions += [dict(row) for row in executions if row["service"] == "inventory" and row["request_id"] in wanted]


def _writes(record: RealRecord) -> tuple[list[Row], list[Row]]:
    writes = [row for row in record.requests if row["is_write"] == "true"]
    before = [row for row in writes if int(row["done_ns"]) < record.began_ns]
    return before, [row for row in writes if int(row["done_ns"]) >= record.began_ns]


@damages(CASES, NO_GO, "sent twice")
def a_few_of_the_baselines_and_a_third_of_the_releases_writes(record: RealRecord) -> None:
    before, since = _writes(record)
    _double(record, before[::14] + since[::3])


@damages(CASES, NO_GO, "sent twice")
def one_write_of_the_release(record: RealRecord) -> None:
    _double(record, _writes(record)[1][70:71])


@damages(CASES, INCONCLUSIVE, "contradictory record")
def an_event_is_told_twice_of_one_moment(record: RealRecord) -> None:
    record.events.append(dict(record.of_release("Registered")))


@damages(CASES, GO)
def as_many_before_the_release_as_since_is_by_design(record: RealRecord) -> None:
    before, since = _writes(record)
    _double(record, before[::3] + since[::3])
