"""The page of frameworks holds a row for each way down that was measured, and how it is carried out."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from reports.frameworks_page import About, Measured, page, read
from reports.frameworks_picture import pictures

ABOUT = About(
    name="ribbon-kill",
    framework="ribbon",
    title="Ribbon 2",
    registry="eureka",
    way_down="kill -9",
    ends="the refresh",
    scenario="scenarios/test_ways.py::test_kill",
    command="pytest --services shop scenarios/test_ways.py::test_kill",
)
WINDOW = {
    "step": "2",
    "incarnations": ["orders-01.1"],
    "marked_ns": 1,
    "gone_ns": 1,
    "lost": 40,
    "executed": 1,
    "first_failed_ns": 1,
    "last_failed_ns": 2,
    "dropped_ns": None,
    "told_ns": None,
    "last_call_ns": 2,
}


def _verdict(  # noqa: PLR0913 - what a release came to
    tmp_path: Path,
    *,
    called_s: tuple[float | None, ...],
    requests: int = 2500,
    partial: int = 3,
    doubled: int = 0,
    failed: int = 41,
    verdict: str = "NO-GO",
    found: Sequence[tuple[str, str]] = (("partial write", "NO-GO"), ("failed request", "NO-GO")),
) -> Path:
    counts = {"requests": requests, "failed": failed, "partial_writes": partial, "duplicates": doubled}
    scenario = {
        "name": "a scenario",
        "verdict": verdict,
        "findings": [{"finding": kind, "verdict": of} for kind, of in found],
        "counts": counts if requests else {},
        "chain": [
            {"part": "cache", "what": "the consumer asks for its list", "at_most_s": 1.0},
            {"part": "cache", "what": "the consumer keeps its list", "at_most_s": 30.0},
        ],
        "windows": [{**WINDOW, "called_s": seconds} for seconds in called_s],
    }
    (tmp_path / "verdict.json").write_text(json.dumps({"scenarios": [scenario]}))
    return tmp_path / "verdict.json"


def _rows(verdict: Path, about: About = ABOUT) -> list[Measured]:
    return [Measured(about=about, releases=(figures,)) for figures in read(verdict)]


def test_a_row_tells_what_was_found_and_lost_of_what_was_sent_theory_and_measurement(tmp_path: Path) -> None:
    told = page(_rows(_verdict(tmp_path, called_s=(24.31, None, 28.0))))
    theory = "31 s (the consumer asks for its list 1 + the consumer keeps its list 30)"
    assert "## Ribbon 2, at Eureka" in told
    found = "1 | NO-GO: partial write, failed request | 41 of 2,500 | 3"
    assert f"| [kill -9](#ribbon-kill) | {found} | {theory} | 24.3-28.0 s | the refresh |" in told


def test_a_row_leads_to_its_scenario_and_its_command(tmp_path: Path) -> None:
    told = page(_rows(_verdict(tmp_path, called_s=(1.0,))))
    command = "\n\n    pytest --services shop scenarios/test_ways.py::test_kill\n"
    assert f"\n### ribbon-kill\n\n[test_kill](../scenarios/test_ways.py):{command}" in told


def test_the_releases_of_a_row_are_told_together(tmp_path: Path) -> None:
    releases = (
        *read(_verdict(tmp_path, called_s=(24.31, 28.0))),
        *read(_verdict(tmp_path, called_s=(2.0,), failed=1, found=(("failed request", "NO-GO"),))),
        *read(_verdict(tmp_path, called_s=(0.0,), failed=0, partial=0, verdict="GO", found=())),
    )
    verdicts = "2 NO-GO: partial write, failed request; 1 GO"
    assert f"| 3 | {verdicts} | 42 of 7,500 | 6 |" in page([Measured(about=ABOUT, releases=releases)])
    assert "| 2 | GO | 0 of 5,000 | 0 |" in page([Measured(about=ABOUT, releases=releases[-1:] * 2)])
    assert "| 0.0-28.0 s |" in page([Measured(about=ABOUT, releases=releases)])


def test_writes_that_were_done_twice_are_told_beside_the_partial_ones(tmp_path: Path) -> None:
    """A client that retries loses nothing and does writes twice."""
    told = page(
        _rows(_verdict(tmp_path, called_s=(), failed=0, partial=0, doubled=4, found=(("sent twice", "NO-GO"),)))
    )
    assert "| NO-GO: sent twice | 0 of 2,500 | 0, 4 doubled |" in told


def test_of_a_no_go_what_is_merely_inconclusive_is_not_told(tmp_path: Path) -> None:
    both = (("failed request", "NO-GO"), ("too little evidence", "INCONCLUSIVE"), ("failed request", "NO-GO"))
    (figures,) = read(_verdict(tmp_path, called_s=(), found=both))
    assert figures.told == "NO-GO: 41 of 2,500 lost; failed request"
    assert figures.conclusive


def test_what_no_evidence_tells_of_is_said_to_be_unseen(tmp_path: Path) -> None:
    assert "| not seen |" in page(_rows(_verdict(tmp_path, called_s=(None,))))


def test_what_was_not_judged_has_no_row(tmp_path: Path) -> None:
    assert read(_verdict(tmp_path, called_s=(), requests=0)) == []
    assert page([]).count("\n## ") == 1, "no framework has a part"


def test_it_says_which_hook_and_how_long_it_waits() -> None:
    told = page([])
    assert "\n| Spring Cloud LoadBalancer at Eureka | `PUT /eureka/apps/" in told
    assert "?value=OUT_OF_SERVICE` | 95 s: " in told
    assert told.index("## Which hook") < told.index("serviceregistry")


def test_what_was_not_measured_is_said_with_what_measures_it() -> None:
    waits = [
        replace(ABOUT, name=f"waits-{number}", series="waits", line="kept for 30 s", wait_s=2.5 * number)
        for number in range(3)
    ]
    told = page([], missing=(ABOUT, *waits))
    assert "\nRibbon 2, at Eureka:\n\n- `ribbon-kill`: kill -9\n" in told
    assert told.count("- `waits`: kept for 30 s: a wait of 0, 2.5, 5 s before the stop\n") == 1
    assert "Not measured" not in page([])


def _waits(tmp_path: Path, lost: Sequence[int], line: str = "kept for 30 s") -> list[Measured]:
    """One row for each figure, whose waits are 0, 10, 20 ... s, the longest first."""
    rows = []
    for number, failed in enumerate(lost):
        about = replace(ABOUT, name=f"{line}-{number}", way_down=f"{line} {number}", line=line, wait_s=10.0 * number)
        rows += _rows(_verdict(tmp_path, called_s=(1.0,), failed=failed), about)
    return rows[::-1]


def test_each_line_has_scales_of_its_own(tmp_path: Path) -> None:
    """Else one that loses a dozen could not be read beside one that loses thousands."""
    rows = [*_waits(tmp_path, (19_000, 0)), *_waits(tmp_path, (12, 0), "kept for 1 s")]
    told = [element.text or "" for element in ET.fromstring(pictures(rows)["frameworks-ribbon.svg"]).iter()]  # noqa: S314
    assert {"15,000", "12", "15", "Eureka: kept for 30 s", "Eureka: kept for 1 s"} <= set(told)
    assert told.count("wait before the stop") == told.count("31 s by the timers") == 2


def test_a_point_is_what_the_worst_release_lost(tmp_path: Path) -> None:
    shortest, longest = _waits(tmp_path, (7, 0))[::-1]
    worse = read(_verdict(tmp_path, called_s=(1.0,), failed=19))
    rows = [replace(shortest, releases=(*shortest.releases, *worse, *shortest.releases)), longest]
    assert "0 s: 19 of 2,500 lost, NO-GO" in pictures(rows)["frameworks-ribbon.svg"]


def test_a_picture_shows_what_each_wait_lost(tmp_path: Path) -> None:
    rows = [*_waits(tmp_path, (1900, 1200, 610, 0)), *_waits(tmp_path, (40, 0), "kept for 1 s")]
    drawn = pictures(rows)
    assert set(drawn) == {"frameworks-ribbon.svg"}
    svg = drawn["frameworks-ribbon.svg"]
    told = [element.text or "" for element in ET.fromstring(svg).iter()]  # noqa: S314 - our own
    said = "Eureka: kept for 30 s: 0 s 1,900, 10 s 1,200, 20 s 610, 30 s 0; Eureka: kept for 1 s: 0 s 40, 10 s 0"
    assert said in told
    assert {"Ribbon 2", "1,200", "2,000", "30 s", "Eureka: kept for 1 s"} <= set(told)
    assert "10 s: 1,200 of 2,500 lost, NO-GO" in told
    assert page(rows, pictures=tuple(drawn)).count("](frameworks-ribbon.svg)") == 1


def test_of_less_than_two_waits_there_is_no_picture(tmp_path: Path) -> None:
    rows = _waits(tmp_path, (40,))
    assert pictures(rows) == {}
    assert "![" not in page(rows)


def test_where_every_wait_loses_nothing_there_is_a_picture_of_that(tmp_path: Path) -> None:
    svg = pictures(_waits(tmp_path, (0, 0)))["frameworks-ribbon.svg"]
    assert "nan" not in svg.lower()
