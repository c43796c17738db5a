"""What a contract asks less of than its own descriptor, or than the order of its load, does."""

from tests.judge.damages.case import INCONCLUSIVE, SHOP, DamageCase, damages
from tests.judge.real_records import Json, RealRecord

CASES: list[DamageCase] = []


def _service(record: RealRecord, name: str = "") -> Json:
    name = name or record.service
    return next(one for one in record.contract["services"] if one["name"] == name)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def what_is_released_is_a_worker_that_nobody_calls(record: RealRecord) -> None:
    """No removal lag and no rotation would be judged of it."""
    record.contract["release"]["position"] = "worker"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def what_is_released_is_a_worker_among_the_services_too(record: RealRecord) -> None:
    record.contract["release"]["position"] = _service(record)["position"] = "worker"


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_provider_is_supporting(record: RealRecord) -> None:
    _service(record)["position"] = "supporting"


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_service_that_the_registry_lists_stands_in_none(record: RealRecord) -> None:
    _service(record)["registered"] = False


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_service_of_the_descriptor_is_left_out(record: RealRecord) -> None:
    record.contract["resolved"]["services.ghost.entry"] = "True"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def calls_after_the_mark_are_not_bounded(record: RealRecord) -> None:
    record.contract["release"]["removal_bound_s"] = None


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def it_need_not_be_quiet_before_it_stops(record: RealRecord) -> None:
    record.contract["release"]["quiet"] = False


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_new_version_may_answer_500(record: RealRecord) -> None:
    rule = {"service": "orders", "version": "v2", "expect": [200, 201, 500]}
    for route in record.contract["load"]["routes"]:
        route["statuses"] = [rule]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_conflict_is_right_by_contract_and_order(record: RealRecord) -> None:
    for routes in (record.contract["load"]["routes"], record.files["load-order"]["routes"]):
        for route in routes:
            route["expect"] = [*route["expect"], 409]


def _leaves(record: RealRecord, **where: object) -> None:
    """Let a rule say what some writes leave: less, where more would have been a phantom."""
    write = next(route for route in record.contract["load"]["routes"] if route["write"])
    gone = write["effects"][-1]
    write["rules"] = [{"effects": [one for one in write["effects"] if one != gone], **where}]
    record.tables["ledger"] = [row for row in record.tables["ledger"] if row["effect"] != gone]
    write["effects"] = write["rules"][0]["effects"]
    for event in record.told("AuditRead"):
        event["rows"] = len(record.tables["ledger"])


@damages(CASES, INCONCLUSIVE, "contradictory record")
def writes_need_not_leave_what_the_new_version_lost(record: RealRecord) -> None:
    _leaves(record, service="orders", version="v2")


@damages(CASES, INCONCLUSIVE, "contradictory record")
def writes_that_were_answered_with_201_need_not_leave_what_was_lost(record: RealRecord) -> None:
    _leaves(record, statuses=[201])


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_promise_of_the_descriptor_is_left_out(record: RealRecord) -> None:
    record.contract["resolved"]["promise.p99_ms"] = "1.0"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_promise_of_a_route_is_left_out(record: RealRecord) -> None:
    record.contract["resolved"]["workload.routes[0].within_ms"] = "1.0"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def effects_may_come_a_minute_later(record: RealRecord) -> None:
    record.contract["settles_s"] = 60.0


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_route_of_the_descriptor_is_left_out(record: RealRecord) -> None:
    record.contract["resolved"]["workload.routes[7].name"] = "GET /ghost"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_slb_keeps_its_users_by_the_contract_alone(record: RealRecord) -> None:
    record.contract["sticky"] = True


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def what_would_roll_back_is_left_out(record: RealRecord) -> None:
    record.contract["release"]["undo"] = []


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_baseline_is_a_batch(record: RealRecord) -> None:
    record.contract["release"]["baseline_step"] = "2"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def it_is_overtaken_by_what_no_batch_brings(record: RealRecord) -> None:
    record.contract["release"]["overtaken_by"] = "v3"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def users_carry_the_grays_mark_of_whom_the_load_knows_nothing(record: RealRecord) -> None:
    record.contract["load"]["marked_users"] = 10


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_plain_route_is_one_whose_sessions_go_on(record: RealRecord) -> None:
    """What is sent again then is another connection of the same session."""
    record.contract["load"]["routes"][0]["goes_on"] = True
    record.files["load-order"]["routes"][0]["kind"] = None


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_order_is_of_a_locustfile(record: RealRecord) -> None:
    record.files["load-order"]["tasks"] = {"file": "locustfile.py", "users": 1}


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_order_ends_long_before_the_load(record: RealRecord) -> None:
    record.files["load-order"]["max_seconds"] = 1.0
