"""A stop that was none."""

from tests.judge.damages.case import INCONCLUSIVE, NO_GO, SHOP, DamageCase, damages
from tests.judge.real_records import RealRecord

CASES: list[DamageCase] = []


def _ended(record: RealRecord, **how: object) -> None:
    record.of_release("Exited").update(how)


@damages(CASES, NO_GO, "unclean stop")
def it_ended_by_a_segmentation_fault(record: RealRecord) -> None:
    _ended(record, code=None, signal="SIGSEGV")


@damages(CASES, NO_GO, "unclean stop", record=SHOP)
def it_ended_with_exit_1(record: RealRecord) -> None:
    _ended(record, code=1)


@damages(CASES, NO_GO, "unclean stop")
def it_ended_with_exit_137_and_nobody_killed_it(record: RealRecord) -> None:
    _ended(record, code=137)


@damages(CASES, NO_GO, "unclean stop")
def it_ended_by_a_kill_that_nobody_sent(record: RealRecord) -> None:
    _ended(record, code=None, signal="SIGKILL")


@damages(CASES, NO_GO, "unclean stop")
def it_ended_for_want_of_memory(record: RealRecord) -> None:
    _ended(record, out_of_memory=True)


@damages(CASES, NO_GO, "unclean stop")
def what_it_had_started_had_to_be_killed(record: RealRecord) -> None:
    _ended(record, code=None, signal="SIGTERM", survivors=1)


@damages(CASES, NO_GO, "unclean stop")
def it_was_aborted(record: RealRecord) -> None:
    _ended(record, code=134)


@damages(CASES, NO_GO, "unclean stop")
def an_execution_was_under_way_at_its_stop(record: RealRecord) -> None:
    stop = record.of_release("Signalled")
    own = [row for row in record.tables["executions"] if row["incarnation"] == stop["incarnation"]]
    last = max(own, key=lambda row: int(row["end_ns"]))
    last["end_ns"] = str(stop["at_ns"] + 100_000_000)
    request = next(row for row in record.requests if record.request_id(row) == last["request_id"])
    for name in ("first_ns", "done_ns"):
        request[name] = str(max(int(request[name]), stop["at_ns"] + 110_000_000))


@damages(CASES, INCONCLUSIVE, "not replaced")
def a_new_one_was_stopped_at_the_end_and_not_started_again(record: RealRecord) -> None:
    launched = list(record.told("Launched", service=record.service))[-1]
    who = {name: launched[name] for name in ("service", "instance", "incarnation")}
    at_ns = record.ended_ns - 10_000_000
    record.events += [
        {"event": "Signalled", "at_ns": at_ns, "step": launched["step"], "signal": "SIGTERM", **who},
        {"event": "Exited", "at_ns": at_ns + 1, "step": launched["step"], "code": 0, "signal": None, **who},
    ]


@damages(CASES, INCONCLUSIVE)
def its_end_was_before_its_stop_signal_was_sent_twice(record: RealRecord) -> None:
    ended, stopped = record.of_release("Exited"), record.of_release("Signalled")
    ended["at_ns"] = stopped["at_ns"] - 1_000_000


@damages(CASES, INCONCLUSIVE, "contradictory record")
def it_was_killed_first_of_all_and_ended_with_exit_0(record: RealRecord) -> None:
    record.of_release("Signalled")["signal"] = "SIGKILL"


@damages(CASES, INCONCLUSIVE, "contradictory record")
def one_was_sent_another_signal_than_the_others(record: RealRecord) -> None:
    record.of_release("Signalled")["signal"] = "SIGINT"


@damages(CASES, NO_GO, "unclean stop")
def all_were_killed_by_a_release_that_asks_to_stop(record: RealRecord) -> None:
    for event in record.told("Signalled"):
        event["signal"] = "SIGKILL"
    for event in record.told("Exited"):
        event |= {"code": None, "signal": "SIGKILL"}


@damages(CASES, INCONCLUSIVE, "contradictory record")
def it_ended_by_an_exit_code_and_by_a_signal(record: RealRecord) -> None:
    _ended(record, signal="SIGTERM")


@damages(CASES, INCONCLUSIVE, "contradictory record")
def one_was_asked_to_stop_twice(record: RealRecord) -> None:
    stop = record.of_release("Signalled")
    record.events.append(stop | {"at_ns": stop["at_ns"] + 1_000_000})


@damages(CASES, INCONCLUSIVE, "contradictory record", record=SHOP)
def one_ended_by_no_step_and_there_was_no_trouble(record: RealRecord) -> None:
    _ended(record, step="")
