"""Who and what is named: hops that there are none of, ids of nobody's, an identity that is told only at times."""

import json

from tests.judge.damages.case import INCONCLUSIVE, NO_GO, SHOP, DamageCase, damages
from tests.judge.real_records import Json, RealRecord, Row

CASES: list[DamageCase] = []


def _one(record: RealRecord) -> Row:
    return record.since_release(write=True)[50]


def _told_besides(record: RealRecord, entry: Json | None) -> None:
    answer = record.answer_of(_one(record))
    answer["hops"] = json.dumps([*json.loads(answer["hops"]), entry])


def _call(status: int, error: str = "") -> Json:
    return {"hop": "inventory->bank", "instance": "bank-1", "incarnation": "bank-1.1", "status": status, "error": error}


@damages(CASES, NO_GO, "hidden failure")
def a_call_over_a_hop_that_the_call_graph_lacks_failed(record: RealRecord) -> None:
    _told_besides(record, _call(503))


@damages(CASES, NO_GO, "hidden failure", record=SHOP)
def a_call_over_a_hop_that_the_call_graph_lacks_was_refused(record: RealRecord) -> None:
    _told_besides(record, _call(0, "connect refused"))


@damages(CASES, INCONCLUSIVE, "contradictory record")
def x_hops_tells_of_a_hop_that_the_call_graph_lacks(record: RealRecord) -> None:
    _told_besides(record, _call(200))


@damages(CASES, INCONCLUSIVE, "contradictory record")
def x_hops_has_an_entry_that_is_none(record: RealRecord) -> None:
    _told_besides(record, None)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_log_tells_of_an_execution_without_a_status(record: RealRecord) -> None:
    record.rows_of("executions", _one(record), service="inventory")[0]["status"] = "0"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_entrys_log_tells_of_an_execution_without_a_status(record: RealRecord) -> None:
    record.rows_of("executions", _one(record), service="storefront")[0]["status"] = "0"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_line_of_a_log_lacks_the_version_that_its_others_tell(record: RealRecord) -> None:
    record.rows_of("executions", _one(record), service="orders")[0]["version"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def an_effect_lacks_the_incarnation_that_others_tell(record: RealRecord) -> None:
    record.rows_of("ledger", _one(record), effect="reserved")[0]["incarnation"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_line_of_the_slb_lacks_the_incarnation_that_others_tell(record: RealRecord) -> None:
    record.rows_of("slb", _one(record))[0]["incarnation"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_slb_made_no_attempt_and_was_answered(record: RealRecord) -> None:
    record.rows_of("slb", _one(record))[0]["attempt"] = "0"


@damages(CASES, NO_GO, "phantom write")
def an_effect_is_of_a_second_connection_that_no_request_had(record: RealRecord) -> None:
    record.rows_of("ledger", _one(record))[0]["request_id"] += ".2"


@damages(CASES, INCONCLUSIVE, "unaccounted request")
def an_execution_is_of_a_second_connection_that_no_request_had(record: RealRecord) -> None:
    record.rows_of("executions", _one(record), service="inventory")[0]["request_id"] += ".2"


def _changed_hop(record: RealRecord, old: str, new: str) -> None:
    """Change the text of one entry of X-Hops."""
    answer = record.answer_of(_one(record))
    assert old in answer["hops"]
    answer["hops"] = answer["hops"].replace(old, new, 1)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def x_hops_has_a_key_that_nobody_knows(record: RealRecord) -> None:
    _changed_hop(record, '"status":', '"attempts":2,"status":')


@damages(CASES, INCONCLUSIVE, "contradictory record")
def x_hops_has_a_key_twice(record: RealRecord) -> None:
    _changed_hop(record, '"error":', '"status":500,"error":')


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def x_hops_tells_of_a_call_without_a_status(record: RealRecord) -> None:
    _changed_hop(record, '"status":', '"error":"","state":')


@damages(CASES, INCONCLUSIVE, "contradictory record")
def x_hops_lacks_the_instance_that_others_tell(record: RealRecord) -> None:
    record.change_hop(_one(record), "orders", instance="")
