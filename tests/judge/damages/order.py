"""Order: what is told at a time at which it cannot have been."""

from tests.judge.damages.case import INCONCLUSIVE, SHOP, DamageCase, damages
from tests.judge.real_records import RealRecord

CASES: list[DamageCase] = []
MS = 1_000_000


@damages(CASES, INCONCLUSIVE, "contradictory record")
def ready_before_it_was_launched(record: RealRecord) -> None:
    record.of_release("Ready")["at_ns"] = record.of_release("Launched")["at_ns"] - 5 * MS


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def dropped_by_a_caller_long_after_the_step_that_waited_for_it(record: RealRecord) -> None:
    record.of_release("Unlisted")["at_ns"] += 3_000 * MS


@damages(CASES, INCONCLUSIVE, "contradictory record")
def an_execution_ended_before_it_began(record: RealRecord) -> None:
    record.tables["executions"][500]["end_ns"] = record.tables["executions"][100]["start_ns"]


@damages(CASES, INCONCLUSIVE, "step not proved", record=SHOP)
def one_of_two_was_marked_offline(record: RealRecord) -> None:
    marked = record.of_release("MarkedOffline")
    record.drop("MarkedOffline", incarnation=marked["incarnation"])


@damages(CASES, INCONCLUSIVE, "contradictory record")
def called_300_ms_before_it_was_ready(record: RealRecord) -> None:
    launched = record.of_release("Launched")["incarnation"]
    own = [int(row["start_ns"]) for row in record.tables["executions"] if row["incarnation"] == launched]
    record.first("Ready", incarnation=launched)["at_ns"] = min(own) + 300 * MS


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def listed_before_it_was_ready(record: RealRecord) -> None:
    ready = record.of_release("Ready")
    registered = record.first("Registered", incarnation=ready["incarnation"])
    ready["at_ns"], registered["at_ns"] = registered["at_ns"], ready["at_ns"]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def seen_in_rotation_before_it_was_ready(record: RealRecord) -> None:
    ready = record.of_release("Ready")
    samples = record.tables["states"]
    early = [
        row
        for row in samples
        if row["instance"] == ready["instance"]
        and int(row["at_ns"]) < ready["at_ns"] - 400 * MS
        and row["observer"] == "registry"
    ][-1]
    samples.append(early | {"incarnation": ready["incarnation"], "in_rotation": "true"})


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def the_second_batch_began_before_the_first_had_ended(record: RealRecord) -> None:
    first, second = (batch["step"] for batch in record.contract["release"]["batches"][:2])
    record.first("StepEnded", step=first)["at_ns"] = record.first("StepBegan", step=second)["at_ns"] + 500 * MS


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_batchs_steps_are_told_in_another_order_than_the_plans(record: RealRecord) -> None:
    step = record.contract["release"]["batches"][0]["step"]
    one, other = f"{step}.2", f"{step}.3"
    for event in ("StepBegan", "StepEnded"):
        a, b = record.first(event, step=one), record.first(event, step=other)
        a["at_ns"], b["at_ns"] = b["at_ns"], a["at_ns"]


@damages(CASES, INCONCLUSIVE, "step not proved")
def a_halt_was_never_resumed(record: RealRecord) -> None:
    record.events.append({"event": "Halted", "at_ns": record.began_ns + MS, "step": "2.1", "why": "the SLB is silent"})


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_step_is_told_twice(record: RealRecord) -> None:
    step = record.contract["release"]["batches"][0]["step"]
    record.events.append(dict(record.first("StepEnded", step=step)))


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_part_of_a_batch_went_on_after_the_batch(record: RealRecord) -> None:
    step = record.contract["release"]["batches"][0]["step"]
    children = [event for event in record.told("StepEnded") if event["step"].startswith(f"{step}.")]
    children[-1]["at_ns"] += 400 * MS


@damages(CASES, INCONCLUSIVE)
def launched_while_its_predecessor_was_running(record: RealRecord) -> None:
    launched = record.of_release("Launched")
    began = record.first("StepBegan", step=launched["step"])["at_ns"]
    launched["at_ns"] = began - 2_000 * MS


@damages(CASES, INCONCLUSIVE)
def the_mark_came_after_the_stop(record: RealRecord) -> None:
    record.of_release("MarkedOffline")["at_ns"] = record.of_release("Exited")["at_ns"] + MS


@damages(CASES, INCONCLUSIVE, "contradictory record")
def launched_twice(record: RealRecord) -> None:
    record.events.append(dict(record.of_release("Launched")))


@damages(CASES, INCONCLUSIVE, "contradictory record")
def it_had_answered_more_than_its_log_has(record: RealRecord) -> None:
    record.of_release("Answered")["executions"] = 100_000


@damages(CASES, INCONCLUSIVE, "step not proved")
def a_caller_was_not_seen_to_list_a_new_one(record: RealRecord) -> None:
    listed = record.of_release("Listed")
    record.drop("Listed", incarnation=listed["incarnation"], observer=listed["observer"])


@damages(CASES, INCONCLUSIVE, "step not proved", record=SHOP)
def a_caller_was_not_seen_to_drop_an_old_one(record: RealRecord) -> None:
    dropped = record.of_release("Unlisted")
    record.drop("Unlisted", incarnation=dropped["incarnation"], observer=dropped["observer"])


@damages(CASES, INCONCLUSIVE, "step not proved")
def a_new_one_was_not_seen_to_answer(record: RealRecord) -> None:
    record.drop("Answered", incarnation=record.of_release("Answered")["incarnation"])


@damages(CASES, INCONCLUSIVE, "step not proved")
def nothing_tells_what_was_in_flight_on_one(record: RealRecord) -> None:
    record.drop("WritesInFlight", incarnation=record.of_release("WritesInFlight")["incarnation"])


@damages(CASES, INCONCLUSIVE, "contradictory record")
def no_write_was_in_flight_on_one_that_held_some(record: RealRecord) -> None:
    """Of those whose logs show that one was held for long before and after the look."""
    told = next(event for event in record.told("WritesInFlight") if event["incarnation"] == "orders-01.1")
    told["requests"] = []


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_held_write_was_answered_before_its_execution_ended(record: RealRecord) -> None:
    held = next(row for row in record.since_release(write=True) if int(row["work_ms"]) > 300)
    for name in ("first_ns", "done_ns"):
        held[name] = str(int(held["sent_ns"]) + 2 * MS)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_read_was_the_write_in_flight(record: RealRecord) -> None:
    read = record.since_release(write=False)[0]
    record.of_release("WritesInFlight")["requests"] = [record.request_id(read)]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def one_left_before_it_was_asked_what_it_held(record: RealRecord) -> None:
    mark, held = record.of_release("MarkedOffline"), record.of_release("WritesInFlight")
    mark["at_ns"], held["at_ns"] = held["at_ns"], mark["at_ns"]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def one_was_marked_offline_twice(record: RealRecord) -> None:
    mark = record.of_release("MarkedOffline")
    record.events.append(mark | {"at_ns": mark["at_ns"] + 1_000_000})


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_sight_is_told_of_no_step(record: RealRecord) -> None:
    record.of_release("Unlisted")["step"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def halted_twice_and_resumed_once(record: RealRecord) -> None:
    at_ns = record.began_ns + 1_000_000
    record.events += [
        {"event": "Halted", "at_ns": at_ns, "step": "", "why": "registry"},
        {"event": "Halted", "at_ns": at_ns + 1, "step": "", "why": "registry"},
        {"event": "Resumed", "at_ns": at_ns + 2, "step": ""},
    ]


@damages(CASES, INCONCLUSIVE, "step not proved")
def no_caller_was_seen_to_list_any_of_the_new(record: RealRecord) -> None:
    record.drop("Listed")


@damages(CASES, INCONCLUSIVE, "step not proved")
def no_caller_was_seen_to_drop_any_of_the_old(record: RealRecord) -> None:
    record.drop("Unlisted")


@damages(CASES, INCONCLUSIVE, "step not proved", record=SHOP)
def none_of_the_new_was_seen_to_answer(record: RealRecord) -> None:
    record.drop("Answered")


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_new_one_had_answered_nothing(record: RealRecord) -> None:
    record.of_release("Answered")["executions"] = 0


def _halt(record: RealRecord, since_ns: int, until_ns: int, step: str) -> None:
    record.events += [
        {"event": "Halted", "at_ns": since_ns, "step": step, "why": "the registry does not list orders-05.1"},
        {"event": "Resumed", "at_ns": until_ns, "step": step},
    ]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def one_was_stopped_while_the_release_was_halted(record: RealRecord) -> None:
    stop = record.of_release("Signalled")
    began = record.first("StepBegan", step=stop["step"])["at_ns"]
    _halt(record, began + 1, stop["at_ns"] + 1, stop["step"])


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_batch_began_while_the_release_was_halted(record: RealRecord) -> None:
    step = record.contract["release"]["batches"][1]["step"]
    began = record.first("StepBegan", step=step)["at_ns"]
    _halt(record, began - MS, began + 1, step)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def it_was_halted_by_no_step(record: RealRecord) -> None:
    _halt(record, record.began_ns - 2 * MS, record.began_ns - MS, "")


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_starved_stretch_began_before_the_run(record: RealRecord) -> None:
    record.events.append({"event": "Starved", "at_ns": MS, "step": "", "since_ns": -MS, "idle": 0.0})
