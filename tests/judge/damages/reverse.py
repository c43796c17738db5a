"""The reverse: what speaks against a witness must not be taken for a loss; and what excuses nothing."""

from tests.judge.damages.case import GO, INCONCLUSIVE, NO_GO, DamageCase, damages
from tests.judge.real_records import RealRecord

CASES: list[DamageCase] = []
SECOND = 1_000_000_000


def _shift(record: RealRecord, by_ns: int, since_ns: int = 0, until_ns: int = 1 << 60, incarnation: str = "") -> None:
    for row in record.tables["executions"]:
        inside = since_ns <= int(row["start_ns"]) < until_ns
        if inside and row["incarnation"].startswith(incarnation):
            for name in ("start_ns", "end_ns"):
                row[name] = str(int(row[name]) + by_ns)


@damages(CASES, INCONCLUSIVE, "clocks disagree")
def the_clock_of_an_old_instance_is_10_s_ahead(record: RealRecord) -> None:
    _shift(record, 10 * SECOND, incarnation=record.of_release("Exited")["incarnation"])


@damages(CASES, INCONCLUSIVE, "clocks disagree")
def the_clock_of_an_old_instance_is_a_second_ahead(record: RealRecord) -> None:
    _shift(record, SECOND, incarnation=record.of_release("Exited")["incarnation"])


@damages(CASES, INCONCLUSIVE, "clocks disagree")
def the_clock_of_a_bystander_is_behind(record: RealRecord) -> None:
    _shift(record, -5 * SECOND, incarnation="inventory-01")


@damages(CASES, INCONCLUSIVE, "clocks disagree")
def the_wall_clock_was_set_forth_and_back(record: RealRecord) -> None:
    _shift(record, 30 * SECOND, since_ns=record.began_ns, until_ns=record.began_ns + 2 * SECOND)


@damages(CASES, INCONCLUSIVE)
def the_launch_of_the_last_one_is_not_told(record: RealRecord) -> None:
    launched = list(record.told("Launched", service=record.service))[-1]
    record.drop("Launched", incarnation=launched["incarnation"])


@damages(CASES, NO_GO, "removal lag")
def a_single_execution_long_after_the_mark_is_one(record: RealRecord) -> None:
    mark = record.of_release("MarkedOffline")
    late = next(row for row in record.since_release() if int(row["sent_ns"]) > mark["at_ns"] + 700_000_000)
    (row,) = record.rows_of("executions", late, service=record.service)
    row |= {name: mark[name] for name in ("instance", "incarnation")}
    record.change_hop(late, record.service, instance=mark["instance"], incarnation=mark["incarnation"])


@damages(CASES, NO_GO, "failed request")
def trouble_long_ago_excuses_nothing(record: RealRecord) -> None:
    record.events.append(
        {"event": "Trouble", "at_ns": record.began_ns - SECOND // 2, "step": "", "what": "the SLB did not answer"}
    )
    failed = record.since_release()[-200]
    failed |= {"status": "0", "error": "connect refused", "first_ns": "0", "answer": "0"}
    own = record.request_id(failed)
    for table in ("slb", "executions", "ledger"):
        record.tables[table] = [row for row in record.tables[table] if row["request_id"] != own]
    left = len(record.tables["ledger"])
    for event in record.told("AuditRead"):
        event["rows"] = left


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_starved_stretch_is_told_twice(record: RealRecord) -> None:
    at_ns = record.began_ns + SECOND
    stretch = {"event": "Starved", "at_ns": at_ns, "step": "", "since_ns": at_ns - SECOND // 2, "idle": 0.01}
    record.events += [stretch, dict(stretch)]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_starved_stretch_had_half_of_its_time_idle(record: RealRecord) -> None:
    at_ns = record.began_ns + SECOND
    record.events.append({"event": "Starved", "at_ns": at_ns, "step": "", "since_ns": at_ns - SECOND // 2, "idle": 0.5})


@damages(CASES, GO)
def an_instance_was_killed_by_its_stop_signal(record: RealRecord) -> None:
    """It left its callers first and had nothing in flight: that it has no shutdown hook costs nothing."""
    record.of_release("Exited").update(code=143)
