"""What is kept of mutants, and the page that tells of them."""

from pathlib import Path

import pytest

from tests.mutants.modules import ROOT, concerning, modules
from tests.mutants.results import PAGE, Measured, changed, keep, kept, page, reasons

ONE = Measured(day="2026-01-02", tests=("tests/judge/test_stops.py",), killed=7, refused=1, survivors=("a", "b", "b"))


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("  a < b", "  a <= b", "a [< -> <=] b"),
        ("if not x:", "if x:", "if [not -> ]x:"),
        ("max(max(a))", "max(min(a))", "max([max -> min](a))"),
        ("x IS NULL", "x IS NOT NULL", "x IS [ -> NOT]NULL"),
    ],
)
def test_a_survivor_is_told_by_its_line_with_the_change_in_brackets(was: str, becomes: str, told: str) -> None:
    assert changed(was, becomes) == told


def test_what_is_measured_anew_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "mutants.json"
    keep("stops", ONE, file)
    keep("writes", ONE, file)
    other = Measured(day="2026-01-03", tests=ONE.tests, killed=10, refused=0, survivors=())
    keep("stops", other, file)
    assert kept(file) == {"stops": other, "writes": ONE}


def test_what_was_measured_of_a_module_that_is_gone_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "mutants.json"
    keep("of_a_check_that_is_gone", ONE, file)
    assert kept(file) == {}


def test_the_page_counts_survivors_with_and_without_a_reason() -> None:
    told = page({"stops": ONE}, {"stops": {"b": "equal by design"}})
    assert "| stops | 11 | 7 | 1 | 2 | 1 | 2026-01-02 |" in told
    assert "| together | 11 | 7 | 1 | 2 | 1 | |" in told
    assert "**Without a reason.**\n\n- `` a ``" in told
    assert "equal by design\n\n- `` b ``" in told


def test_the_page_in_docs_is_that_of_the_figures_and_reasons_in_docs() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(kept(), reasons())


def test_every_reason_is_that_of_a_survivor() -> None:
    every = kept()
    spare = {name: set(of) - set(every[name].survivors if name in every else ()) for name, of in reasons().items()}
    assert {name: left for name, left in spare.items() if left} == {}


def test_tests_that_are_named_for_a_module_are_there() -> None:
    assert all((ROOT / file).is_file() for name in modules() for file in concerning(name))
    assert len(concerning("write_outcomes")) == 3
