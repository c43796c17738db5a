"""A record that was damaged is never GO: whether after its seal, or before it by evidence that was never recorded."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance.judge.judge import judge
from conformance.judge.model import Verdict
from conformance.record import events, files
from tests.judge.handmade import Handmade, Row
from tests.judge.healthy import made

FILES = (*files.REQUIRED, files.END, "logs/orders-01.1.log")


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _last_byte(data: bytes) -> bytes:
    return data[:-1]


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def _line_dropped(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2] + lines[len(lines) // 2 + 1 :])


def _line_doubled(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2 + 1] + lines[len(lines) // 2 :])


def _lines_swapped(data: bytes) -> bytes:
    return b"".join(sorted(data.splitlines(keepends=True), reverse=True)) + b"\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("damage") / "whole"
    (directory / "logs").mkdir(parents=True)
    (directory / "logs" / "orders-01.1.log").write_text("one\ntwo\nthree\n")
    made().write(directory)
    assert judge(directory).verdict is Verdict.GO
    return directory


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "damage", [_half, _last_byte, _flipped, _line_dropped, _line_doubled, _lines_swapped], ids=lambda f: f.__name__[1:]
)
def test_a_record_that_was_changed_after_its_seal_is_inconclusive(
    whole: Path, tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    directory = shutil.copytree(whole, tmp_path / "copy")
    data = (directory / name).read_bytes()
    (directory / name).write_bytes(damage(data))
    judgement = judge(directory)
    assert (judgement.verdict, judgement.findings[0].finding) == (Verdict.INCONCLUSIVE, "record broken")


@pytest.mark.parametrize("name", FILES)
def test_a_record_that_lacks_a_file_is_inconclusive(whole: Path, tmp_path: Path, name: str) -> None:
    directory = shutil.copytree(whole, tmp_path / "copy")
    (directory / name).unlink()
    assert judge(directory).verdict is Verdict.INCONCLUSIVE


TOLD_TWICE = {events.Listed, events.Unlisted, events.Answered, events.WritesInFlight}
"""Events that another one or the tables prove as well: without them a record may still be GO."""

PROOFS = sorted({type(event) for event in made().events} - TOLD_TWICE, key=lambda kind: kind.__name__)


@pytest.mark.parametrize(
    ("service", "kind"),
    [*(("orders", kind) for kind in PROOFS), ("storefront", events.DrainAcknowledged), ("storefront", events.Listed)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_an_event_that_was_never_recorded_costs_the_go(tmp_path: Path, service: str, kind: type[events.Event]) -> None:
    """Even where the others of its kind are there: each is the proof of something."""
    record = made(service)
    record.events.remove(next(event for event in record.events if isinstance(event, kind)))
    assert record.judged(tmp_path).verdict is not Verdict.GO


def _drop(table: str) -> Callable[[Handmade, int], None]:
    def drop(record: Handmade, index: int) -> None:
        del getattr(record, table)[index]

    return drop


def _double(table: str) -> Callable[[Handmade, int], None]:
    def double(record: Handmade, index: int) -> None:
        rows: list[Row] = getattr(record, table)
        rows.append(dict(rows[index]))

    return double


@pytest.mark.parametrize("change", [_drop, _double], ids=lambda f: f.__name__[1:])
@pytest.mark.parametrize("table", ["requests", "executions", "slb", "ledger"])
def test_a_row_that_was_never_recorded_or_twice_costs_the_go(
    tmp_path: Path, table: str, change: Callable[[str], Callable[[Handmade, int], None]]
) -> None:
    """In the middle of the release, where a row more or less is what a loss looks like."""
    for index in (7, 10):
        record = made()
        change(table)(record, index)
        record.load["planned"] = 12
        assert record.judged(tmp_path / str(index)).verdict is not Verdict.GO, index


@pytest.mark.parametrize("change", [{"outcome": "failed"}, {"agreed": False}], ids=lambda c: next(iter(c)))
def test_an_event_that_tells_of_a_failure_costs_the_go(tmp_path: Path, change: dict[str, object]) -> None:
    record = made()
    (name,) = change
    index = max(i for i, event in enumerate(record.events) if hasattr(event, name))
    record.events[index] = msgspec.structs.replace(record.events[index], **change)
    assert record.judged(tmp_path).verdict is Verdict.INCONCLUSIVE
