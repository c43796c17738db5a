"""The call graph: who calls whom, who is released, and what was lost on which hop."""

import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec

from conformance.judge.model import Judgement, Loss
from conformance.record.contract import ServiceFacts
from reports.allure.description import description
from reports.page.page import render_page
from reports.picture.graph import call_graph, places
from tests.judgements import judgement
from tests.reports.results import result, session

SVG = "{http://www.w3.org/2000/svg}"


def _service(name: str, position: str, *calls: str) -> ServiceFacts:
    told = {"name": name, "position": position, "calls": calls, "instances": ("a", "b"), "version": "v1"}
    return msgspec.convert(told | {"evidence": ()}, ServiceFacts)


SERVICES = (
    _service("storefront", "entry", "orders", "stock"),
    _service("admin", "entry", "stock"),
    _service("orders", "provider", "stock"),
    _service("stock", "provider"),
    _service("settle", "worker"),
    _service("config", "supporting"),
)


def _lossy() -> Judgement:
    losses = tuple(
        Loss(
            hop="orders->stock",
            caller=caller,
            instance="a",
            incarnation="a.1",
            count=count,
            errors=(),
            first_ns=0,
            last_ns=0,
        )
        for caller, count in (("orders-01", 1_000), ("orders-02", 234))
    )
    return msgspec.structs.replace(judgement(), services=SERVICES, released=("stock",), losses=losses)


def test_services_stand_by_their_longest_way_from_the_slb_and_the_others_below() -> None:
    placed = places(SERVICES, ("stock",))
    assert placed["storefront"].left == placed["admin"].left < placed["orders"].left < placed["stock"].left
    lowest = max(box.top for name, box in placed.items() if name not in {"settle", "config"})
    assert placed["settle"].top == placed["config"].top > lowest
    assert len({(box.left, box.top) for box in placed.values()}) == len(placed)


def test_it_says_in_words_who_calls_whom_what_was_lost_and_what_is_released() -> None:
    drawn = ET.fromstring(call_graph(_lossy()))  # noqa: S314 - made by the suite itself
    (told,) = [element.text or "" for element in drawn.iter(f"{SVG}desc")]
    assert told.startswith("slb calls storefront; ")
    assert "orders calls stock (1,234 lost)" in told
    assert "storefront calls stock;" in told
    assert told.endswith("settle is worker; config is supporting; released: stock")
    texts = [element.text for element in drawn.iter(f"{SVG}text")]
    assert "1,234 lost" in texts
    assert "released provider, 2 x v1" in texts


def test_page_and_allure_show_it(tmp_path: Path) -> None:
    scenario = result(judged=_lossy())
    page = render_page(session(scenario), {}, tmp_path)
    assert "orders calls stock (1,234 lost)" in page
    assert 'alt="Who calls whom"' in description(scenario, b"", "", "")


def test_without_a_record_there_is_none() -> None:
    assert call_graph(judgement()) == ""
