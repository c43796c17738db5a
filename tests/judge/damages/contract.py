"""A contract that was loosened: judged as recorded, and said; or at odds with the load's order and its descriptor."""

from tests.judge.damages.case import GO, INCONCLUSIVE, SHOP, DamageCase, damages
from tests.judge.real_records import RealRecord

CASES: list[DamageCase] = []


@damages(CASES, INCONCLUSIVE, "contradictory record")
def statuses_were_widened(record: RealRecord) -> None:
    for route in record.contract["load"]["routes"]:
        route["expect"] = [*route["expect"], 500, 502, 503]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def effects_are_undeclared(record: RealRecord) -> None:
    for route in record.contract["load"]["routes"]:
        route["effects"] = []


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def evidence_is_undeclared(record: RealRecord) -> None:
    for service in record.contract["services"]:
        service["evidence"] = [one for one in service["evidence"] if one != "executions"]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_clients_time_out_is_another_than_the_loads(record: RealRecord) -> None:
    record.contract["thresholds"]["client_timeout_s"] = 60.0


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_order_is_of_another_run(record: RealRecord) -> None:
    record.files["load-order"]["run"] = "rffffffff"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_order_had_another_rate(record: RealRecord) -> None:
    record.files["load-order"]["rate"] += 50


@damages(CASES, INCONCLUSIVE, "contradictory record")
def calls_are_allowed_for_longer_after_the_mark(record: RealRecord) -> None:
    record.contract["release"]["removal_bound_s"] = 5.0


@damages(CASES, GO)
def calls_are_allowed_until_an_answer_that_was_held_has_come(record: RealRecord) -> None:
    longest_ms = max(route["long_ms"][1] for route in record.files["load-order"]["routes"] if route["long_share"])
    record.contract["release"]["removal_bound_s"] = longest_ms / 1000


@damages(CASES, GO)
def one_instance_is_enough(record: RealRecord) -> None:
    record.contract["release"]["minimum_in_rotation"] = 1


@damages(CASES, GO)
def less_evidence_is_enough(record: RealRecord) -> None:
    record.contract["thresholds"] |= {"batch_requests": 1, "batch_writes": 0, "baseline_requests": 1}


@damages(CASES, INCONCLUSIVE, "contradictory record")
def calls_are_allowed_for_longer_and_no_mark_tells_that_callers_were_told(record: RealRecord) -> None:
    record.contract["release"]["removal_bound_s"] = 5.0
    record.drop("MarkedOffline")


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_slb_tells_of_no_request_and_has_a_log(record: RealRecord) -> None:
    record.contract["slb_lines"] = False


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_offline_policy_has_no_name(record: RealRecord) -> None:
    record.contract["release"]["offline"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_loads_order_is_missing(record: RealRecord) -> None:
    del record.files["load-order"]


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def the_loads_order_is_empty(record: RealRecord) -> None:
    record.files["load-order"] = {}


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_descriptor_is_empty(record: RealRecord) -> None:
    record.contract["resolved"] = {}


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def the_descriptor_tells_nothing_of_the_released_service(record: RealRecord) -> None:
    own = f"services.{record.service}."
    record.contract["resolved"] = {k: v for k, v in record.contract["resolved"].items() if not k.startswith(own)}
