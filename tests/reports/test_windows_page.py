"""The page of error windows: made from verdict files, and from nothing else."""

import json
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import ErrorWindow
from reports.windows_page import main, page, read

SECOND = 1_000_000_000
CHAIN = [
    {"part": "server", "what": "its answers are cached", "at_most_s": 0.5},
    {"part": "cache", "what": "the consumer asks for its list", "at_most_s": 1.0},
]


def _window(lost: int, called_s: float, *, dropped: bool = True, executed: int = 0) -> object:
    window = ErrorWindow(
        step="Batch 1 of 2",
        incarnations=("inventory-01.1",),
        marked_ns=5 * SECOND,
        gone_ns=5 * SECOND,
        lost=lost,
        executed=executed,
        first_failed_ns=5 * SECOND,
        last_failed_ns=6 * SECOND,
        dropped_ns=round(5.5 * SECOND) if dropped else None,
        told_ns=round(6.25 * SECOND) if dropped else None,
        last_call_ns=6 * SECOND,
        called_s=called_s,
    )
    return msgspec.to_builtins(window)


def _verdict(path: Path, *scenarios: dict[str, object]) -> Path:
    usual = {
        "title": "a way down",
        "registry": "eureka",
        "position": "provider",
        "offline": "graceful stop",
        "timers": {},
        "client": "eureka",
        "server_settings": "fast timers",
        "chain": CHAIN,
        "windows": [_window(86, 1.22)],
    }
    path.write_text(json.dumps({"platform": "embedded", "scenarios": [usual | changes for changes in scenarios]}))
    return path


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ") and "Timers" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_row_has_claim_theory_and_measure(tmp_path: Path) -> None:
    (row,) = _rows(page(read([_verdict(tmp_path / "a.json", {})])))
    assert row == [
        "fast",
        "graceful stop",
        "the push or poll, and the consumer's list: 30 s with Ribbon (A4)",
        "1.5 s (its answers are cached 0.5 + the consumer asks for its list 1)",
        "1.2 s",
        "86",
        "0",
        "0.5 s",
        "1.2 s",
    ]


def test_repetitions_become_least_and_greatest(tmp_path: Path) -> None:
    first = _verdict(tmp_path / "a.json", {"windows": [_window(86, 1.22), _window(72, 0.99, executed=2)]})
    second = _verdict(tmp_path / "b.json", {"windows": [_window(1_100, 1.48)]})
    (row,) = _rows(page(read([first, second])))
    assert row[4:7] == ["1.0-1.5 s", "72-1,100", "0-2"]


def test_what_never_ends_is_said_to_never_end(tmp_path: Path) -> None:
    never = [{"part": "server", "what": "self-preservation evicts nobody", "at_most_s": None}]
    changes: dict[str, object] = {
        "offline": "abrupt stop",
        "server_settings": "self-preservation",
        "chain": never,
        "windows": [_window(284, 3.75, dropped=False)],
    }
    (row,) = _rows(page(read([_verdict(tmp_path / "a.json", changes)])))
    assert row[1:4] == [
        "abrupt stop (self-preservation)",
        "2 min at worst (A6)",
        "no end (self-preservation evicts nobody)",
    ]
    assert row[7:] == ["never", "never"]


def test_each_registry_client_and_the_slb_have_a_table_of_their_own(tmp_path: Path) -> None:
    text = page(
        read(
            [
                _verdict(
                    tmp_path / "a.json",
                    {},
                    {
                        "registry": "nacos",
                        "client": "nacos-http",
                        "server_settings": "default timers, heart-beat clients",
                    },
                    {"position": "entry"},
                )
            ]
        )
    )
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## North-south: the SLB's health check",
        "## East-west: Eureka",
        "## East-west: Nacos, by heart-beats and polling",
    ]
    assert [row[:2] for row in _rows(text)] == [
        ["fast", "graceful stop"],
        ["fast", "graceful stop"],
        ["default", "graceful stop"],
    ]


def test_it_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    verdict = _verdict(tmp_path / "a.json", {})
    assert main([str(verdict), "-o", str(tmp_path / "windows.md")]) == 0
    assert (tmp_path / "windows.md").read_text() == page(read([verdict]))


def test_verdicts_without_a_window_make_no_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(_verdict(tmp_path / "a.json", {"windows": []}))]) == 1
    assert capsys.readouterr().err == "no error window in these verdict files\n"
