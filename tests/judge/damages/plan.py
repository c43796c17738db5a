"""The plan: of another release than the one that took place."""

from tests.judge.damages.case import INCONCLUSIVE, SHOP, DamageCase, damages
from tests.judge.real_records import RealRecord, real_record

CASES: list[DamageCase] = []
MS = 1_000_000


@damages(CASES, INCONCLUSIVE, "contradictory record")
def of_another_run(record: RealRecord) -> None:
    record.files["plan"] = real_record(SHOP).files["plan"]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def without_its_verify_step(record: RealRecord) -> None:
    record.files["plan"] = [node for node in record.files["plan"] if node["kind"] != "verify" or node["undo"]]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def with_other_instances_than_the_contract(record: RealRecord) -> None:
    batch = next(node for node in record.files["plan"] if node["kind"] == "gray")
    batch["instances"] = ["orders-09", "orders-10"]


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def with_another_title_than_the_contract(record: RealRecord) -> None:
    batch = next(node for node in record.files["plan"] if node["kind"] == "batch")
    batch["title"] = "Batch 7 of 9"


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_part_of_a_batch_is_of_one_instance_less(record: RealRecord) -> None:
    batch = next(node for node in record.files["plan"] if node["kind"] == "batch")
    batch["children"][2]["instances"].pop()


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_part_of_a_batch_is_of_the_rollback(record: RealRecord) -> None:
    gray = next(node for node in record.files["plan"] if node["kind"] == "gray")
    gray["children"][-1]["undo"] = True


@damages(CASES, INCONCLUSIVE, "contradictory record")
def whose_text_is_of_another_release(record: RealRecord) -> None:
    record.plan_text = real_record(SHOP).plan_text


@damages(CASES, INCONCLUSIVE, "contradictory record")
def an_instance_of_another_service_was_restarted_by_no_step(record: RealRecord) -> None:
    at_ns = record.began_ns + 500 * MS
    own = {"step": "", "service": "inventory", "instance": "inventory-01", "incarnation": "inventory-01.77"}
    record.events += [
        {"event": "Launched", "at_ns": at_ns, "version": "v1", "address": "127.0.0.1:1", **own},
        {"event": "Ready", "at_ns": at_ns + 2 * MS, **own},
    ]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_server_was_stopped_by_no_step(record: RealRecord) -> None:
    for index, event in enumerate(("ServerStopped", "ServerStarted")):
        record.events.append(
            {"event": event, "at_ns": record.began_ns + (index + 1) * 100 * MS, "step": "", "server": "registry"}
        )


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_bystander_was_hit_in_a_step_that_is_not_its_own(record: RealRecord) -> None:
    stop = record.of_release("Signalled")
    other = {"service": "inventory", "instance": "inventory-02", "incarnation": "inventory-02.1"}
    record.events.append(stop | other | {"signal": "SIGSTOP"})


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_step_that_the_plan_lacks_was_taken(record: RealRecord) -> None:
    at_ns = record.began_ns + 1
    record.events += [
        {"event": "StepBegan", "at_ns": at_ns, "step": "17", "title": "Restart the database"},
        {"event": "StepEnded", "at_ns": at_ns + MS, "step": "17", "outcome": "done", "saw": ""},
    ]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_batch_of_the_contract_that_the_plan_lacks(record: RealRecord) -> None:
    record.contract["release"]["batches"][-1]["step"] = "9"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_batch_opened_the_gray_to_everybody(record: RealRecord) -> None:
    step = record.contract["release"]["batches"][-1]["step"]
    record.events.append({"event": "Opened", "at_ns": record.ended_ns - 1_000, "step": step})


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_fault_was_felt_in_a_batch(record: RealRecord) -> None:
    step = record.contract["release"]["batches"][-1]["step"]
    felt = {"event": "Felt", "at_ns": record.ended_ns - 1_000, "step": step, "failed": 5, "within_s": 1.0}
    record.events.append(felt)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_step_began_without_a_title(record: RealRecord) -> None:
    record.first("StepBegan", step="2.3")["title"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_batch_is_a_step_of_no_kind(record: RealRecord) -> None:
    record.files["plan"][3]["kind"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_step_has_no_title(record: RealRecord) -> None:
    record.files["plan"][0]["title"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def its_text_begins_with_another_policy(record: RealRecord) -> None:
    head, _, rest = record.plan_text.partition("\n")
    record.plan_text = f"{head.replace('lossless', 'graceful stop')}\n{rest}"


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_batch_replaces_nobody_by_the_plan(record: RealRecord) -> None:
    batch = next(node for node in record.files["plan"] if node["kind"] == "batch")
    batch["instances"] = []


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_part_of_a_batch_is_for_nobody(record: RealRecord) -> None:
    batch = next(node for node in record.files["plan"] if node["kind"] == "batch")
    batch["children"][2]["instances"] = []
