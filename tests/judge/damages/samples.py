"""Samples of who is in rotation, and logs that were cut: a witness that cannot be believed shows no breach."""

from tests.judge.damages.case import INCONCLUSIVE, DamageCase, damages
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
