"""The reverse of damage: what changes nothing that a record tells must change no verdict."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.judge.model import Verdict
from tests.judge.real_records import RECORDS, RealRecord, real_record
from tests.turns import a_few

NAMES = sorted(path.name.removesuffix(".tar.xz") for path in RECORDS.glob("*.tar.xz"))
MS = 1_000_000


def _rows_in_another_order(record: RealRecord) -> None:
    """But for those of the load: it writes what has ended, and its checksum is of the file as it is."""
    for name, rows in record.tables.items():
        if name != "requests":
            rows.reverse()


def _requests_in_another_order(record: RealRecord) -> None:
    record.requests.reverse()


def _events_in_another_order(record: RealRecord) -> None:
    """Those of one moment stay in theirs: a thread that was late writes an event after a later one."""
    record.events.sort(key=lambda event: (event["event"], event["at_ns"]))
    record.events.reverse()
    record.events.sort(key=lambda event: event["at_ns"] // MS)


def _answers_by_other_numbers(record: RealRecord) -> None:
    """What came first is told first; another load may have been told otherwise."""
    numbers = [row["answer"] for row in record.tables["answers"]]
    last = int(numbers[-1])
    for row in record.tables["answers"]:
        row["answer"] = str(last - int(row["answer"]) + 1_000)
    for row in record.requests:
        row["answer"] = str(last - int(row["answer"]) + 1_000)


def _more_is_known_of_the_host(record: RealRecord) -> None:
    record.files["environment"]["host"]["temperature"] = "41"
    record.files["environment"]["versions"]["something else"] = "2.0"
    record.files["load-order"]["comment"] = {"by": "a later version"}
    record.contract["timers"]["another"] = 3.0


def _the_clocks_parted_a_little(record: RealRecord) -> None:
    record.files["environment"]["wall_minus_monotonic_end_ns"] += 15 * MS


def _one_instance_stamps_10_ms_late(record: RealRecord) -> None:
    rows = record.tables["executions"]
    for row in rows:
        if row["incarnation"] == rows[0]["incarnation"]:
            for name in ("start_ns", "end_ns"):
                row[name] = str(int(row[name]) + 10 * MS)


def _the_slb_writes_its_lines_late(record: RealRecord) -> None:
    for row in record.tables["slb"][::3]:
        row["at_ns"] = str(int(row["at_ns"]) + 40 * MS)


def _some_looks_at_the_registry_were_missed(record: RealRecord) -> None:
    """Every third: those that remain are less than 1.5 s apart."""
    moments = sorted({row["at_ns"] for row in record.tables["states"] if row["observer"] == "registry"}, key=int)
    gone = set(moments[::3])
    record.tables["states"] = [row for row in record.tables["states"] if row["at_ns"] not in gone]


def _x_hops_with_spaces_and_without_its_empty_errors(record: RealRecord) -> None:
    for row in record.tables["answers"]:
        row["hops"] = row["hops"].replace(',"error":""', "").replace('":', '": ')


def _a_machine_that_was_busy_all_the_time(record: RealRecord) -> None:
    """Nothing was late for it."""
    end_ns = max(event["at_ns"] for event in record.events)
    record.events = [event for event in record.events if event["event"] != "Starved"]
    record.events.append({"event": "Starved", "at_ns": end_ns, "step": "", "since_ns": 0, "idle": 0.0})


CHANGES = [
    _rows_in_another_order,
    _requests_in_another_order,
    _events_in_another_order,
    _answers_by_other_numbers,
    _more_is_known_of_the_host,
    _the_clocks_parted_a_little,
    _one_instance_stamps_10_ms_late,
    _the_slb_writes_its_lines_late,
    _some_looks_at_the_registry_were_missed,
    _x_hops_with_spaces_and_without_its_empty_errors,
    _a_machine_that_was_busy_all_the_time,
]
NOTHING_TO_STAMP = ("baskets-sticky", _one_instance_stamps_10_ms_late)
"""Its services show no executions."""
CASES = [(name, change) for name in NAMES for change in CHANGES if (name, change) != NOTHING_TO_STAMP]


@pytest.mark.parametrize("case", a_few(CASES, lambda case: case[0]), ids=lambda case: f"{case[0]}{case[1].__name__}")
def test_what_changes_nothing_that_is_told_changes_no_verdict(
    tmp_path: Path, case: tuple[str, Callable[[RealRecord], None]]
) -> None:
    name, change = case
    record = real_record(name)
    change(record)
    judgement = record.judged(tmp_path / "run")
    assert [f"{one.verdict} {one.check}: {one.message}" for one in judgement.findings] == []
    assert judgement.verdict is Verdict.GO
