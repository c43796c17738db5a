"""Times that cannot be: before what caused it, longer than what it is a part of, long after it was over."""

from tests.judge.damages.case import INCONCLUSIVE, DamageCase, damages
from tests.judge.real_records import RealRecord, Row

CASES: list[DamageCase] = []
MS = 1_000_000


def _long_held(record: RealRecord) -> Row:
    return next(row for row in record.since_release(write=True)[50:] if int(row["work_ms"]) > 400)


@damages(CASES, INCONCLUSIVE, "clocks disagree")
def a_provider_executed_a_call_before_its_request_was_sent(record: RealRecord) -> None:
    request = record.since_release(write=True)[50]
    record.rows_of("executions", request, service="inventory")[0]["start_ns"] = str(int(request["sent_ns"]) - 100 * MS)


@damages(CASES, INCONCLUSIVE, "contradictory record")
def a_call_took_longer_than_the_execution_that_made_it(record: RealRecord) -> None:
    row = record.rows_of("executions", _long_held(record), service="storefront")[0]
    row["start_ns"] = row["end_ns"]


@damages(CASES, INCONCLUSIVE, "contradictory record")
def the_client_had_its_answer_6_s_after_the_slb_had_done_with_it(record: RealRecord) -> None:
    row = record.since_release(write=False)[50]
    row["done_ns"] = str(int(row["done_ns"]) + 6_000 * MS)


@damages(CASES, INCONCLUSIVE, "clocks disagree")
def a_log_has_an_execution_until_long_after_its_instances_end(record: RealRecord) -> None:
    """Its stamp is wrong: nobody writes a line after its end, so the stop was not amid it."""
    ended = record.of_release("Exited")
    own = [row for row in record.tables["executions"] if row["incarnation"] == ended["incarnation"]]
    max(own, key=lambda row: int(row["end_ns"]))["end_ns"] = str(ended["at_ns"] + 60_000 * MS)


@damages(CASES, INCONCLUSIVE, "clocks disagree")
def a_log_that_tells_nanoseconds_is_said_to_tell_seconds(record: RealRecord) -> None:
    """It would widen what is tolerated of every execution."""
    at_ns = record.first("LoadEnded")["at_ns"] + 1
    told = {"event": "ExecutionsRead", "at_ns": at_ns, "step": "", "service": record.service}
    record.events.append(told | {"resolution_ns": 1_000 * MS})
