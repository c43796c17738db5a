"""Samples of who is in rotation, and logs that were cut: a witness that cannot be believed shows no breach."""

from tests.judge.damages.case import INCONCLUSIVE, SHOP, DamageCase, damages
from tests.judge.real_records import RealRecord, Row

CASES: list[DamageCase] = []
S = 1_000_000_000


def _samples(record: RealRecord, observer: str) -> list[Row]:
    return [
        row
        for row in record.tables["states"]
        if row["observer"] == observer and record.began_ns < int(row["at_ns"]) < record.ended_ns
    ]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_sample_lists_somebody_and_nobody(record: RealRecord) -> None:
    row = _samples(record, "registry")[40]
    record.tables["states"].append(row | {"instance": "", "incarnation": "", "in_rotation": "false"})


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_slb_sent_requests_to_a_bystander_that_its_samples_have_out_of_rotation(record: RealRecord) -> None:
    out = [row for row in _samples(record, "slb") if row["instance"] == "storefront-01"]
    for row in out:
        if int(row["at_ns"]) < record.began_ns + 6 * S:
            row["in_rotation"] = "false"


@damages(CASES, INCONCLUSIVE, "too little evidence")
def the_logs_end_amid_the_gray(record: RealRecord) -> None:
    """X-Hops shows that the calls were made: that hardly any of them went to the gray is not shown."""
    rows = record.tables["executions"]
    opened = max(event["at_ns"] for event in record.told("Listed", step=record.first("Listed")["step"]))
    record.tables["executions"] = [
        row for row in rows if row["service"] != record.service or row["version"] == "v1" or int(row["end_ns"]) < opened
    ]


def _bystander(record: RealRecord) -> str:
    """An instance of another service than the released one that the registry lists."""
    return next(row["instance"] for row in _samples(record, "registry") if row["service"] != record.service)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_bystander_was_off_the_registrys_list_for_a_while(record: RealRecord) -> None:
    who = _bystander(record)
    for row in _samples(record, "registry"):
        if row["instance"] == who and int(row["at_ns"]) < record.began_ns + 4 * S:
            row["in_rotation"] = "false"


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_bystander_is_in_no_sample_of_the_registry_from_then_on(record: RealRecord) -> None:
    who = _bystander(record)
    states = record.tables["states"]
    record.tables["states"] = [
        row for row in states if row["instance"] != who or int(row["at_ns"]) < record.began_ns + S
    ]


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def a_bystander_is_in_no_sample_of_the_registry_at_all(record: RealRecord) -> None:
    who = _bystander(record)
    record.tables["states"] = [row for row in record.tables["states"] if row["instance"] != who]


@damages(CASES, INCONCLUSIVE, "newer record")
def an_observer_that_nobody_knows_lists_nobody(record: RealRecord) -> None:
    """It is no witness of too few in rotation."""
    nobody = {"service": record.service, "instance": "", "incarnation": "", "in_rotation": "false"}
    record.tables["states"].append({"at_ns": str(record.began_ns + S), "observer": "consul", **nobody})


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_sample_is_of_a_service_that_the_contract_lacks(record: RealRecord) -> None:
    row = next(row for row in _samples(record, "slb") if row["in_rotation"] == "false" or row["instance"])
    record.tables["states"].append(
        row | {"service": "ghost", "instance": "", "incarnation": "", "in_rotation": "false"}
    )
