"""The load: another one than was ordered, or than other witnesses tell of."""

from tests.judge.damages.case import INCONCLUSIVE, NO_GO, SHOP, DamageCase, damages
from tests.judge.real_records import RealRecord

CASES: list[DamageCase] = []
MS = 1_000_000


@damages(CASES, INCONCLUSIVE, "load not sustained")
def no_request_on_a_connection_of_its_own(record: RealRecord) -> None:
    for index, row in enumerate(record.requests):
        row |= {"connection": "1", "connection_uses": str(index + 5)}


@damages(CASES, INCONCLUSIVE, "load not sustained", record=SHOP)
def no_request_on_a_connection_that_was_there(record: RealRecord) -> None:
    for index, row in enumerate(record.requests):
        row |= {"connection": str(index), "connection_uses": "0"}


@damages(CASES, INCONCLUSIVE, "load not sustained")
def a_tenth_was_sent_a_second_early(record: RealRecord) -> None:
    for row in record.requests[200::10]:
        row["sent_ns"] = str(int(row["sent_ns"]) - 1_000 * MS)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_route_has_another_share_than_the_contract_says(record: RealRecord) -> None:
    for route in record.contract["load"]["routes"]:
        route["weight"] = 9.0 if route["write"] else 1.0


@damages(CASES, INCONCLUSIVE, "load not sustained")
def hardly_any_writes_were_sent(record: RealRecord) -> None:
    for name in ("contract", "load-order"):
        facts = record.files[name]
        for route in (facts["load"] if name == "contract" else facts)["routes"]:
            route["weight"] = 9.0 if route["write"] else 1.0


@damages(CASES, INCONCLUSIVE, "client not honest")
def a_self_test_that_did_not_see_a_reset(record: RealRecord) -> None:
    record.files["load"]["self_test"]["reset before the answer, GET"] = "none"


@damages(CASES, INCONCLUSIVE, "client not honest")
def a_self_test_that_took_a_503_for_a_time_out(record: RealRecord) -> None:
    record.files["load"]["self_test"]["503, POST"] = "timeout before answer"


@damages(CASES, INCONCLUSIVE, "client not honest")
def a_self_test_that_saw_an_error_in_an_honest_answer(record: RealRecord) -> None:
    record.files["load"]["self_test"]["honest answer, GET"] = "garbled answer"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_beginning_of_the_load_is_told_late(record: RealRecord) -> None:
    record.first("LoadBegan")["at_ns"] += 2_500 * MS


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_end_of_the_load_is_told_early(record: RealRecord) -> None:
    record.first("LoadEnded")["at_ns"] -= 2_500 * MS


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_end_marker_tells_of_fewer_sent(record: RealRecord) -> None:
    record.files["load"]["sent"] -= 2


@damages(CASES, INCONCLUSIVE, "contradictory record")
def one_connection_carried_two_requests_as_its_seventh(record: RealRecord) -> None:
    again = [row for row in record.requests if row["connection_uses"] not in ("0", "1")]
    again[100]["connection_uses"] = str(int(again[100]["connection_uses"]) - 1)


@damages(CASES, INCONCLUSIVE, "too few in rotation")
def too_few_in_rotation_before_the_load_began(record: RealRecord) -> None:
    began = record.first("LoadBegan")["at_ns"]
    early = [
        row
        for row in record.tables["states"]
        if row["service"] == record.service and row["observer"] == "registry" and int(row["at_ns"]) < began
    ]
    assert early
    for row in early[: len(early) * 8 // 10]:
        row["in_rotation"] = "false"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_connection_was_opened_at_two_times(record: RealRecord) -> None:
    row = next(row for row in record.since_release() if int(row["connection_uses"]) > 5)
    row["connection_age_us"] = "0"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_connection_that_was_opened_amid_the_load_had_carried_a_request_before(record: RealRecord) -> None:
    """Somebody's request that is in no row."""
    own = next(row["connection"] for row in record.since_release() if row["connection_uses"] == "0")
    for row in record.requests:
        if row["connection"] == own:
            row["connection_uses"] = str(int(row["connection_uses"]) + 1)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def no_write_was_asked_to_be_held(record: RealRecord) -> None:
    for row in record.requests:
        row["work_ms"] = "0"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_read_was_asked_to_be_held(record: RealRecord) -> None:
    record.since_release(write=False)[50]["work_ms"] = "-300"


@damages(CASES, NO_GO, "hidden failure")
def an_answer_that_is_shown_to_be_wrong_is_a_good_one_by_its_row(record: RealRecord) -> None:
    seq = int(record.since_release(write=False)[50]["seq"])
    record.files["load"]["wrong_answers"] = [{"seq": seq, "expected": "/code = 0", "saw": "500"}]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def requests_went_on_on_other_connections_of_which_no_route_knows(record: RealRecord) -> None:
    record.files["load"]["reconnects"] = 5


@damages(CASES, INCONCLUSIVE, "contradictory record")
def more_connections_ended_with_an_answer_than_there_were(record: RealRecord) -> None:
    record.files["load"]["ended_by_answers"] = 500_000


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_load_went_on_for_9_s_without_a_request(record: RealRecord) -> None:
    record.files["load"]["stopped_ns"] += 9_000_000_000


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_load_began_3_s_before_its_first_request(record: RealRecord) -> None:
    record.first("LoadBegan")["at_ns"] -= 3_000_000_000


@damages(CASES, INCONCLUSIVE, "record broken")
def two_answers_have_one_number(record: RealRecord) -> None:
    record.tables["answers"].append(dict(record.tables["answers"][-1]))
