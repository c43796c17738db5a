"""A loss that somebody hid: a witness saw it fail, and the client was given what it expects."""

from tests.judge.damages.case import INCONCLUSIVE, NO_GO, SHOP, DamageCase, damages
from tests.judge.real_records import RealRecord, Row

CASES: list[DamageCase] = []
CLOSE_NS = 1_000_000_000


def _one(record: RealRecord) -> Row:
    return record.since_release(write=True)[50]


def _second(record: RealRecord) -> list[Row]:
    rows = record.since_release(write=True)
    first = int(rows[50]["sent_ns"])
    return [row for row in rows if first <= int(row["sent_ns"]) < first + CLOSE_NS]


@damages(CASES, NO_GO, "hidden failure")
def a_call_ended_in_500_once(record: RealRecord) -> None:
    record.change_hop(_one(record), "orders", status=500)


@damages(CASES, NO_GO, "hidden failure")
def a_call_was_refused_for_every_request_of_a_second(record: RealRecord) -> None:
    for row in _second(record):
        record.change_hop(row, "inventory", status=0, error="connect refused")


@damages(CASES, NO_GO, "hidden failure")
def a_call_timed_out_once(record: RealRecord) -> None:
    record.change_hop(_one(record), "inventory", status=0, error="timeout before answer")


@damages(CASES, NO_GO, "hidden failure", record=SHOP)
def a_call_of_the_shop_ended_in_503(record: RealRecord) -> None:
    record.change_hop(_one(record), "stock", status=503)


@damages(CASES, NO_GO, "hidden failure")
def executions_of_the_new_version_end_in_500_behind_a_201(record: RealRecord) -> None:
    changed = 0
    for row in record.tables["executions"]:
        if row["version"] == "v2" and row["status"] == "201" and changed < 20:
            row["status"] = "500"
            changed += 1
    assert changed == 20


@damages(CASES, NO_GO, "hidden failure")
def one_execution_ended_in_409_and_its_caller_says_201(record: RealRecord) -> None:
    record.rows_of("executions", _one(record), service="inventory")[0]["status"] = "409"


@damages(CASES, NO_GO, "hidden failure")
def the_slb_says_502_and_the_client_201(record: RealRecord) -> None:
    for row in _second(record):
        record.rows_of("slb", row)[0] |= {"status": "502", "answered": "502"}


@damages(CASES, NO_GO, "hidden failure")
def the_member_never_answered_what_the_slb_passed_on(record: RealRecord) -> None:
    record.rows_of("slb", _one(record))[0] |= {"answered": "0"}


@damages(CASES, NO_GO, "hidden failure")
def the_member_answered_500_and_the_slb_201(record: RealRecord) -> None:
    record.rows_of("slb", _one(record))[0] |= {"answered": "500"}


@damages(CASES, NO_GO, "hidden failure")
def the_entry_executed_with_503_what_was_answered_with_201(record: RealRecord) -> None:
    record.rows_of("executions", _one(record), service="storefront")[0]["status"] = "503"


@damages(CASES, NO_GO, "sent twice")
def a_write_was_executed_twice_under_two_names(record: RealRecord) -> None:
    (row,) = record.rows_of("executions", _one(record), service="inventory")
    record.tables["executions"].append(row | {"operation": "reserve_again"})


@damages(CASES, NO_GO, "sent twice")
def a_write_was_executed_twice_by_two_instances(record: RealRecord) -> None:
    (row,) = record.rows_of("executions", _one(record), service="orders")
    other = "orders-09" if row["instance"] != "orders-09" else "orders-10"
    life = next(one for one in record.tables["executions"] if one["instance"] == other)
    record.tables["executions"].append(
        row | {"operation": "twice", "instance": other, "incarnation": life["incarnation"], "version": life["version"]}
    )


@damages(CASES, NO_GO, "sent twice")
def a_line_of_the_slb_names_two_addresses_with_a_colon(record: RealRecord) -> None:
    line = record.rows_of("slb", _one(record))[0]
    line["address"] = f"127.0.0.1:1 : {line['address']}"


@damages(CASES, NO_GO, "sent twice")
def a_line_of_the_slb_names_two_addresses_with_a_comma(record: RealRecord) -> None:
    line = record.rows_of("slb", _one(record))[0]
    line["address"] = f"127.0.0.1:1, {line['address']}"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_slb_sent_it_to_another_than_the_one_that_answered(record: RealRecord) -> None:
    line = record.rows_of("slb", _one(record))[0]
    other = next(row for row in record.tables["slb"] if row["peer"] != line["peer"])
    line |= {name: other[name] for name in ("peer", "incarnation", "address")}


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_log_of_one_has_what_another_was_asked(record: RealRecord) -> None:
    row = record.rows_of("executions", _one(record), service="orders")[0]
    other = next(
        one
        for one in record.tables["executions"]
        if one["service"] == "orders" and one["instance"] != row["instance"] and one["version"] == row["version"]
    )
    row |= {name: other[name] for name in ("instance", "incarnation")}


@damages(CASES, INCONCLUSIVE, "contradictory record")
def x_hops_names_another_than_the_log(record: RealRecord) -> None:
    request = _one(record)
    row = record.rows_of("executions", request, service="inventory")[0]
    other = next(
        one
        for one in record.tables["executions"]
        if one["service"] == "inventory" and one["instance"] != row["instance"]
    )
    record.change_hop(request, "inventory", instance=other["instance"], incarnation=other["incarnation"])


@damages(CASES, INCONCLUSIVE, "contradictory record")
def an_effect_is_by_one_that_nobody_asked(record: RealRecord) -> None:
    row = record.rows_of("ledger", _one(record), effect="reserved")[0]
    other = next(
        one for one in record.tables["ledger"] if one["effect"] == "reserved" and one["instance"] != row["instance"]
    )
    row |= {name: other[name] for name in ("instance", "incarnation", "version")}


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_bystander_calls_itself_another_version(record: RealRecord) -> None:
    for row in record.tables["executions"]:
        if row["incarnation"].startswith("inventory-01"):
            row["version"] = "v2"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_slb_and_the_client_tell_of_different_good_statuses(record: RealRecord) -> None:
    record.rows_of("slb", _one(record))[0] |= {"status": "200"}


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_slb_wrote_its_line_a_minute_later(record: RealRecord) -> None:
    line = record.rows_of("slb", _one(record))[0]
    line["at_ns"] = str(int(line["at_ns"]) + 60 * CLOSE_NS)
