"""Who was never there."""

from tests.judge.damages.case import INCONCLUSIVE, NO_GO, SHOP, DamageCase, damages
from tests.judge.real_records import RealRecord

CASES: list[DamageCase] = []


@damages(CASES, INCONCLUSIVE, "contradictory record")
def effects_by_one_that_nobody_launched(record: RealRecord) -> None:
    for row in record.tables["ledger"][-6:]:
        row["incarnation"] = row["instance"] + ".77"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def answers_by_one_that_nobody_launched(record: RealRecord) -> None:
    answer = record.answer_of(record.since_release()[100])
    answer["incarnation"] = answer["instance"] + ".77"


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def x_hops_names_one_that_nobody_launched(record: RealRecord) -> None:
    request = record.since_release(write=True)[100]
    record.change_hop(request, "stock", instance="stock-09", incarnation="stock-09.1")


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_registry_lists_one_that_nobody_launched(record: RealRecord) -> None:
    samples = [row for row in record.tables["states"] if row["observer"] == "registry" and row["service"] == "orders"]
    for row in samples[-30:]:
        record.tables["states"].append(row | {"instance": "orders-11", "incarnation": "orders-11.1"})


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_new_one_is_in_rotation_in_no_sample_of_the_registry(record: RealRecord) -> None:
    new = record.of_release("Launched")["incarnation"]
    for row in record.tables["states"]:
        if row["incarnation"] == new:
            row["in_rotation"] = "false"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def an_event_is_of_another_service_than_its_instance(record: RealRecord) -> None:
    record.of_release("Unlisted")["service"] = "inventory"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def samples_are_of_a_time_after_the_run(record: RealRecord) -> None:
    for row in record.tables["states"]:
        if row["incarnation"] == "inventory-02.1":
            row["at_ns"] = "256189608507000"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def two_entries_answer_at_one_address(record: RealRecord) -> None:
    lines = record.tables["slb"]
    other = next(row["address"] for row in lines if row["incarnation"] != lines[0]["incarnation"])
    for row in lines:
        if row["incarnation"] == lines[0]["incarnation"]:
            row["address"] = other


@damages(CASES, NO_GO, "the old version still answers")
def an_eleventh_instance_of_the_old_version_serves_to_the_end(record: RealRecord) -> None:
    """Consistently: executions, X-Hops and ledger all name it."""
    moved = 0
    for request in record.requests[::11]:
        for table in ("executions", "ledger"):
            for row in record.rows_of(table, request):
                if row["instance"].startswith("orders-"):
                    row |= {"instance": "orders-11", "incarnation": "orders-11.1", "version": "v1"}
                    moved += 1
        record.change_hop(request, "orders", instance="orders-11", incarnation="orders-11.1")
    assert moved > 100


@damages(CASES, INCONCLUSIVE, "contradictory record")
def an_instance_is_of_another_service_by_its_log(record: RealRecord) -> None:
    for row in record.tables["executions"]:
        if row["instance"] == "inventory-02":
            row["instance"] = "inventory-01"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_launch_of_a_new_one_is_not_told(record: RealRecord) -> None:
    """Nothing answered wrongly: the record alone is incomplete."""
    launched = record.of_release("Launched")
    record.drop("Launched", incarnation=launched["incarnation"])


@damages(CASES, INCONCLUSIVE, "contradictory record")
def all_executions_of_one_are_by_its_third_life(record: RealRecord) -> None:
    for row in record.tables["executions"]:
        if row["instance"] == "storefront-01":
            row["incarnation"] = "storefront-01.77"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def two_were_launched_at_one_address(record: RealRecord) -> None:
    first, second = list(record.told("Launched", service=record.service))[:2]
    second["address"] = first["address"]
