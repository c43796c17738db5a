"""Journeys: steps in another order, missing, doubled or too soon; a user or a session that was not kept."""

from tests.judge.damages.case import INCONCLUSIVE, JOURNEYS, NO_GO, DamageCase, damages
from tests.judge.real_records import RealRecord, Row

CASES: list[DamageCase] = []
MS = 1_000_000


def _journey(record: RealRecord) -> Row:
    """One of several steps that began after the release had."""
    return next(
        row for row in record.tables["tasks"] if int(row["due_ns"]) > record.began_ns and row["requests"].count(" ") > 3
    )


def _steps(record: RealRecord) -> list[Row]:
    by_number = {row["seq"]: row for row in record.requests}
    return [by_number[number] for number in _journey(record)["requests"].split()]


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def two_steps_stand_in_another_order(record: RealRecord) -> None:
    journey = _journey(record)
    first, second, *rest = journey["requests"].split()
    journey["requests"] = " ".join([second, first, *rest])


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def a_step_is_missing_and_belongs_to_nobody(record: RealRecord) -> None:
    journey = _journey(record)
    journey["requests"] = journey["requests"].rpartition(" ")[0]
    record.files["load"]["tasks"]["apart"] = 1


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def a_step_stands_there_twice(record: RealRecord) -> None:
    journey = _journey(record)
    journey["requests"] += f" {journey['requests'].rpartition(' ')[2]}"


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def a_step_was_due_before_the_answer_before(record: RealRecord) -> None:
    before, step = _steps(record)[1:3]
    for name in ("due_ns", "sent_ns"):
        step[name] = str(int(before["done_ns"]) - 5 * MS)


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def a_user_thought_for_longer_than_ordered(record: RealRecord) -> None:
    step = _steps(record)[-1]
    for name in ("due_ns", "sent_ns", "first_ns", "done_ns"):
        step[name] = str(int(step[name]) + 700 * MS)
    for line in record.rows_of("slb", step):
        line["at_ns"] = str(int(line["at_ns"]) + 700 * MS)
    _journey(record)["ended_ns"] = step["done_ns"]


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def a_journey_is_of_another_kind(record: RealRecord) -> None:
    journey = _journey(record)
    journey["name"] = next(row["name"] for row in record.tables["tasks"] if row["name"] != journey["name"])


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def a_journey_was_broken_off_and_has_all_of_its_steps(record: RealRecord) -> None:
    _journey(record)["outcome"] = "broken off"


@damages(CASES, NO_GO, "session lost", record=JOURNEYS)
def a_session_was_lost_and_its_journey_went_on(record: RealRecord) -> None:
    _steps(record)[2]["error"] = "session lost"


@damages(CASES, NO_GO, "failed request", record=JOURNEYS)
def a_lost_session_is_a_good_answer(record: RealRecord) -> None:
    step = _steps(record)[2]
    step["status"] = "401"
    record.rows_of("slb", step)[0] |= {"status": "401", "answered": "401"}


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def an_answer_that_shows_a_lost_session_is_right_by_contract_and_order(record: RealRecord) -> None:
    """By all but the journey's own word for it."""
    step = _steps(record)[2]
    status = int(step["status"])
    ordered = next(one for one in record.files["load-order"]["journeys"] if one["name"] == _journey(record)["name"])
    ordered["session"]["lost"] = [status]


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def no_session_is_watched_by_the_contract(record: RealRecord) -> None:
    for journey in record.contract["load"]["journeys"]:
        journey["session_begins"] = None


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def a_journey_has_fewer_steps_by_the_contract(record: RealRecord) -> None:
    record.contract["load"]["journeys"][0]["steps"].pop()


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def a_user_was_sent_to_another_than_where_they_were_kept(record: RealRecord) -> None:
    """By the SLB's line and its header alike, and away from one of the new version, who stayed to the end."""
    new = {event["incarnation"] for event in record.told("Launched")}
    lines = {row["request_id"]: row for row in record.tables["slb"]}
    by_number = {row["seq"]: row for row in record.requests}
    journeys = [[by_number[number] for number in row["requests"].split()] for row in record.tables["tasks"]]
    steps = next(
        steps
        for steps in reversed(journeys)
        if len(steps) > 3 and all(lines[record.request_id(step)]["incarnation"] in new for step in steps)
    )
    step, line = steps[2], lines[record.request_id(steps[2])]
    others = [row for row in record.tables["slb"] if row["peer"] != line["peer"]]
    other = min(others, key=lambda row: abs(int(row["at_ns"]) - int(line["at_ns"])))
    line |= {name: other[name] for name in ("peer", "incarnation", "address")}
    answer = next(row for row in record.tables["answers"] if row["peer"] == other["peer"])
    step["answer"] = answer["answer"]


@damages(CASES, INCONCLUSIVE, "contradictory record", record=JOURNEYS)
def the_slb_keeps_nobody_by_the_contract(record: RealRecord) -> None:
    record.contract["sticky"] = False
