"""The gray: confirmed by nobody, too early, too late or with figures that speak against it; another share."""

from tests.judge.damages.case import INCONCLUSIVE, NO_GO, DamageCase, damages
from tests.judge.real_records import Json, RealRecord

CASES: list[DamageCase] = []
MS = 1_000_000


def _confirmed(record: RealRecord) -> Json:
    return record.first("Confirmed")


@damages(CASES, INCONCLUSIVE, "gray not confirmed")
def never_confirmed(record: RealRecord) -> None:
    record.drop("Confirmed")


@damages(CASES, INCONCLUSIVE, "gray not confirmed")
def confirmed_before_it_served(record: RealRecord) -> None:
    gray = record.contract["release"]["batches"][0]["step"]
    _confirmed(record)["at_ns"] = record.first("StepEnded", step=gray)["at_ns"] - 100 * MS


@damages(CASES, INCONCLUSIVE, "gray not confirmed")
def confirmed_after_the_next_batch_had_begun(record: RealRecord) -> None:
    rest = record.contract["release"]["batches"][1]["step"]
    _confirmed(record)["at_ns"] = record.first("StepBegan", step=rest)["at_ns"] + 100 * MS


@damages(CASES, NO_GO, "gray not confirmed")
def confirmed_with_three_failed(record: RealRecord) -> None:
    event = _confirmed(record)
    event["saw"] = event["saw"].replace(" 0 failed", " 3 failed")


@damages(CASES, NO_GO, "gray not confirmed")
def confirmed_though_it_was_500_ms_slower(record: RealRecord) -> None:
    event = _confirmed(record)
    event["saw"] = event["saw"].partition("median")[0] + "median 502.4 ms against 2.4 ms"


@damages(CASES, NO_GO, "gray not confirmed")
def confirmed_with_writes_that_are_not_whole(record: RealRecord) -> None:
    event = _confirmed(record)
    event["saw"] = event["saw"].replace(" 0 not whole", " 2 not whole")


@damages(CASES, INCONCLUSIVE, "gray not confirmed")
def confirmed_by_12_answers(record: RealRecord) -> None:
    event = _confirmed(record)
    head, _, tail = event["saw"].partition(" answers by")
    event["saw"] = f"{head.rpartition(' ')[0]} 12 answers by{tail}"


def _move(record: RealRecord, *, to_new: bool, share: float) -> None:
    """Let calls during the gray have been executed by the other version instead, in all that tells of them."""
    gray = record.contract["release"]["batches"][0]
    rest = record.contract["release"]["batches"][1]["step"]
    listed = max(event["at_ns"] for event in record.told("Listed") if event["instance"] in gray["instances"])
    until = record.first("StepBegan", step=rest)["at_ns"]
    by = {row["incarnation"]: row for row in record.tables["executions"] if row["service"] == record.service}
    new = {event["incarnation"] for event in record.told("Launched") if event["instance"] in gray["instances"]}
    untouched = sorted(name for name in by if by[name]["instance"] not in gray["instances"] and name not in new)
    untouched = [name for name in untouched if by[name]["version"] == "v1"]
    others = sorted(new) if to_new else untouched
    pool = [
        row
        for row in record.requests
        if listed + 20 * MS < int(row["sent_ns"]) < until - 100 * MS and row["work_ms"] == "0"
        for one in record.rows_of("executions", row, service=record.service)
        if (one["incarnation"] in new) is not to_new
    ]
    total = sum(
        listed < int(row["start_ns"]) < until for row in record.tables["executions"] if row["service"] == record.service
    )
    moved = pool[: int(total * share)]
    assert len(moved) == int(total * share), (len(pool), total)
    for index, row in enumerate(moved):
        other = by[others[index % len(others)]]
        own = {name: other[name] for name in ("instance", "incarnation", "version")}
        for one in record.rows_of("executions", row, service=record.service):
            one.update(own)
        for one in record.rows_of("ledger", row):
            if one["instance"].startswith(record.service):
                one.update(own)
        record.change_hop(row, record.service, instance=own["instance"], incarnation=own["incarnation"])


@damages(CASES, NO_GO, "gray share")
def the_gray_got_15_percent_instead_of_20(record: RealRecord) -> None:
    _move(record, to_new=False, share=0.05)


@damages(CASES, NO_GO, "gray share")
def the_gray_got_25_percent_instead_of_20(record: RealRecord) -> None:
    _move(record, to_new=True, share=0.05)


@damages(CASES, INCONCLUSIVE, "gray not confirmed")
def confirmed_without_figures(record: RealRecord) -> None:
    _confirmed(record)["saw"] = ""


@damages(CASES, INCONCLUSIVE, "contradictory record")
def confirmed_by_more_requests_than_there_were(record: RealRecord) -> None:
    event = _confirmed(record)
    event["saw"] = f"9,999,999{event['saw'][event['saw'].index(' requests') :]}"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def confirmed_by_more_answers_of_the_new_version_than_there_were(record: RealRecord) -> None:
    event = _confirmed(record)
    head, _, tail = event["saw"].partition(" answers by")
    event["saw"] = f"{head.rpartition(' ')[0]} 99,999 answers by{tail}"


@damages(CASES, NO_GO, "gray not confirmed")
def confirmed_as_quick_though_the_rows_show_it_to_be_slow(record: RealRecord) -> None:
    """It took 150 ms more by the rows, the SLB and its own log; the run said that it had not."""
    gray = record.contract["release"]["batches"][0]["instances"]
    late = {
        row["request_id"]
        for row in record.tables["executions"]
        if row["service"] == record.service and row["instance"] in gray and row["version"] == "v2"
    }
    for table, moments in (("executions", ("end_ns",)), ("slb", ("at_ns",))):
        for row in record.tables[table]:
            if row["request_id"] in late and row.get("service") in (None, record.service, "storefront"):
                row |= {name: str(int(row[name]) + 150 * MS) for name in moments}
    for row in record.requests:
        if record.request_id(row) in late:
            row |= {name: str(int(row[name]) + 150 * MS) for name in ("first_ns", "done_ns")}
