"""Services whose release nobody judged are in everything that a session leaves, not on the terminal alone."""

import json
from dataclasses import replace
from pathlib import Path

from fixtures.glue.selection import not_released
from fixtures.services.descriptor import Descriptor
from reports.allure.settings import variables
from reports.model import NotReleased, SessionResult
from reports.page.page import render_page
from reports.summary import render_summary
from reports.terminal import verdict_lines
from reports.verdict import write_verdict
from tests.glue.suite import ROOT
from tests.reports.page_reading import Page
from tests.reports.results import result, session

WHY = "which of 1.9, 2.0 comes next is not said; choose one by next"
TOLD = f"services.site: {WHY}"
OUT = Path("reports") / "out"


def _session() -> SessionResult:
    return replace(session(result()), not_released=(NotReleased("services.site", WHY),))


def test_the_verdict_names_it_with_the_reason(tmp_path: Path) -> None:
    write_verdict(_session(), tmp_path / "verdict.json")
    document = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))
    assert document["not_released"] == [{"key": "services.site", "reason": WHY}]


def test_people_read_it_among_what_was_not_tested(tmp_path: Path) -> None:
    page = Page(render_page(_session(), {}, tmp_path))
    assert f"Services that were not released (1) {TOLD}" in page.by_id("not-tested").text
    assert "1 service not released" in page.all("table")[0].text
    assert f"- not released: {TOLD}" in render_summary(_session(), OUT).splitlines()
    assert f"  not released  {TOLD}" in list(verdict_lines(_session(), OUT, ()))
    assert variables(_session(), ())["Not released"] == TOLD


def test_where_each_is_released_nothing_is_said(tmp_path: Path) -> None:
    whole = session(result())
    assert "not released" not in render_page(whole, {}, tmp_path)
    assert "not released" not in render_summary(whole, OUT)
    assert "Not released" not in variables(whole, ())


def test_what_the_command_line_leaves_out_is_named_too() -> None:
    sample = Descriptor.read(ROOT / "fixtures" / "services" / "python").services
    assert not_released(sample, ()) == ()
    assert not_released(sample, ("orders",)) == (
        NotReleased("services.storefront", "left out by --release orders"),
        NotReleased("services.inventory", "left out by --release orders"),
    )
