"""Whatever stands in a record, the judge answers, and in one line: nonsense is INCONCLUSIVE, never an exception."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Verdict
from conformance.record.seal import seal
from tests.judge.real_records import TABLES, RealRecord, real_record
from tests.turns import a_few

JSON = ("contract.json", "plan.json", "events.jsonl", "load.json", "environment.json")
TEXTS = {
    "nests arrays": "[" * 100_000 + "]" * 100_000,
    "nests objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "null": "null",
    "a number": "NaN",
    "half": '{"run": ',
    "no text": "\ud800",
}
HUGE = 10**30


def _judged(directory: Path) -> None:
    (directory / "end.json").unlink()
    seal(directory)
    judgement = judge(directory)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert len(judgement.headline.splitlines()) == 1
    assert all(len(finding.message.splitlines()) == 1 for finding in judgement.findings)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", JSON)
def test_a_file_that_is_nothing_of_the_kind_is_inconclusive(tmp_path: Path, name: str, text: str) -> None:
    directory = real_record("stock-in-batches").write(tmp_path / "run")
    (directory / name).write_text(text + "\n", errors="surrogatepass")
    _judged(directory)


def test_a_plan_that_nests_too_deeply_is_inconclusive(tmp_path: Path) -> None:
    directory = real_record("stock-in-batches").write(tmp_path / "run")
    node = '{"number": "1", "title": "x", "children": ['
    (directory / "plan.json").write_text("[" + node * 900 + "]}" * 900 + "]\n")
    _judged(directory)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_a_row_is_inconclusive_or_a_loss(tmp_path: Path, name: str) -> None:
    directory = real_record("stock-in-batches").write(tmp_path / "run")
    path = directory / f"{name}.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    (directory / "end.json").unlink()
    seal(directory)
    judgement = judge(directory)
    assert judgement.verdict is not Verdict.GO
    assert "check failed" not in {finding.finding for finding in judgement.findings}


def _no_answers(record: RealRecord) -> None:
    for row in record.requests:
        row["seq"] = str(2**63)


def _set(path: str, value: object) -> Callable[[RealRecord], None]:
    def change(record: RealRecord) -> None:
        *above, last = path.split(".")
        at: Any = record.contract
        for name in above:
            at = at[name]
        at[last] = value

    change.__name__ = f"{path}={value}"[:40]
    return change


def _event(value: object) -> Callable[[RealRecord], None]:
    def change(record: RealRecord) -> None:
        for event in record.events[20:30]:
            event["at_ns"] = value

    change.__name__ = f"at_ns={value}"
    return change


def _hops(text: str) -> Callable[[RealRecord], None]:
    def change(record: RealRecord) -> None:
        for row in record.tables["answers"][1:]:
            row["hops"] = text

    change.__name__ = f"hops={text[:20]}"
    return change


def _time(table: str, column: str) -> Callable[[RealRecord], None]:
    def change(record: RealRecord) -> None:
        rows = record.tables[table]
        rows[5][column], rows[6][column] = str(-(2**63)), str(2**63 - 1)

    change.__name__ = f"{table}.{column}"
    return change


NONSENSE = [
    _no_answers,
    _set("load.rate", 0),
    _set("load.rate", -5),
    _set("load.rate", 10**18),
    _set("load.rate", HUGE),
    _set("load.rate", "fast"),
    _set("load.fresh_share", 1e308),
    _set("load.routes", []),
    _set("thresholds.client_timeout_s", 1e300),
    _set("thresholds.clock_drift_ms", 1e300),
    _set("thresholds.rotation_gap_s", 1e300),
    _set("thresholds.starved_before_s", 1e300),
    _set("services", []),
    _set("release.service", "nobody"),
    _set("release.batches", []),
    _set("release.old", "v2"),
    _set("title", 7),
    _event(2**63 - 1),
    _event(2**70),
    _event("soon"),
    _hops("[" * 50_000),
    _hops('[{"hop": 7, "status": 99999999999999999999}, 3, null]'),
    _time("requests", "due_ns"),
    _time("requests", "done_ns"),
    _time("executions", "end_ns"),
    _time("slb", "at_ns"),
]


def _what(change: Callable[[RealRecord], None]) -> str:
    """What it changes, and not to what."""
    return change.__name__.split("=")[0].split(".")[0]


@pytest.mark.parametrize("change", a_few(NONSENSE, _what), ids=lambda change: change.__name__)
def test_values_that_cannot_be_never_pass_and_never_raise(tmp_path: Path, change: Callable[[RealRecord], None]) -> None:
    record = real_record("stock-in-batches")
    change(record)
    judgement = record.judged(tmp_path / "run")
    assert judgement.verdict is not Verdict.GO
    assert len(judgement.headline.splitlines()) == 1
    assert all(len(finding.message.splitlines()) == 1 for finding in judgement.findings)


def test_a_load_that_asked_for_nothing_is_inconclusive(tmp_path: Path) -> None:
    directory = real_record("stock-in-batches").write(tmp_path / "run")
    for name in TABLES:
        path = directory / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    load = json.loads((directory / "load.json").read_text())
    load |= {"rows": 0, "answers": 0, "planned": 0, "sent": 0}
    load["crc32"] = zlib.crc32((directory / "requests.csv").read_bytes())
    (directory / "load.json").write_text(json.dumps(load))
    _judged(directory)
