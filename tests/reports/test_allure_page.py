"""The report's settings, the figures of its trends, and the page that is kept."""

import base64
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from conformance.judge.model import Verdict
from reports.allure.page import NotKept, finish_page
from reports.allure.results import Told, tell
from reports.allure.settings import history_name, settings
from reports.allure.trends import FILE, figures, write_trends
from reports.model import ScenarioResult
from tests.judge.healthy import made
from tests.judgements import judgement
from tests.reports.results import GAP, LOSS, result, session

ANALYTICS = """
    <script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
    <script>
        window.dataLayer = window.dataLayer || [];
        gtag('config', 'G-1', {"report": "awesome"});
    </script>
"""
GOOD = result(judged=judgement())
LOST = result(Verdict.NO_GO, expected="GO", judged=judgement(LOSS), sentence=LOSS.message)
LACKING = result(Verdict.INCONCLUSIVE, expected="GO", judged=judgement(GAP), sentence=GAP.message)


def _told(*results: ScenarioResult) -> Told:
    return tell(session(*results), Path("nowhere"), (), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("scenario", "headline", "colour"),
    [
        (GOOD, "GO: 1 of 1 scenarios as expected", "#17803d"),
        (LOST, "NO-GO: 1 of 1 scenarios against expectation", "#c81e2b"),
        (LACKING, "INCONCLUSIVE: 1 of 1 scenarios against expectation", "#9a6700"),
    ],
)
def test_the_headline_is_the_verdict_and_the_logo_shows_it(
    scenario: ScenarioResult, headline: str, colour: str
) -> None:
    made_up = settings(_told(scenario), output=Path("out"), history=None)
    assert made_up["name"] == headline
    logo = made_up["plugins"]["awesome"]["options"]["logo"]  # type: ignore[index]
    kind, _, data = logo.partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert colour in base64.b64decode(data).decode()


def test_a_record_that_is_judged_again_is_no_point_of_a_trend() -> None:
    assert settings(_told(GOOD), output=Path("out"), history=None)["appendHistory"] is False
    assert settings(_told(GOOD), output=Path("out"), history=Path("h"))["historyPath"] == "h"


def test_sessions_are_compared_with_their_like(tmp_path: Path) -> None:
    directory = made().write(tmp_path / "run")
    here = result(judged=judgement(), directory=directory)
    assert history_name(_told(here)) == history_name(_told(here))
    reloaded = replace(here, slb="nginx-reload")
    others = (_told(here, LOST), _told(GOOD), _told(result(title="another", directory=directory)), _told(reloaded))
    assert len({history_name(told) for told in (_told(here), *others)}) == 5


def test_trends_count_what_had_to_lose_nothing() -> None:
    def losing(lost: int, p99_ms: float, expected: str) -> ScenarioResult:
        counts, latency = {"failed": lost + 100, "partial_writes": 1}, {"p99_ms": p99_ms}
        judged = judgement(msgspec.structs.replace(LOSS, count=lost), GAP, counts=counts, latency=latency)
        return result(Verdict.NO_GO, expected=expected, judged=judged)

    told = session(losing(3, 20.0, "GO"), losing(4, 10.0, "GO"), losing(1_000, 99.0, "NO-GO"))
    assert figures(told) == {"lost_requests": 7, "partial_writes": 2, "removal_lag_s": 0.0, "p99_ms": 20.0}


def test_trends_are_samples_of_this_moment_and_none_where_nothing_was_counted(tmp_path: Path) -> None:
    write_trends(session(GOOD), tmp_path, 1_000)
    assert not (tmp_path / FILE).exists()
    counted = result(judged=msgspec.structs.replace(judgement(), counts={"failed": 0}))
    write_trends(session(counted), tmp_path, 1_000)
    samples = json.loads((tmp_path / FILE).read_text())
    assert {"id": "lost_requests-1000", "key": "lost_requests", "value": 0, "start": 1000, "stop": 1000} in samples


def test_the_page_is_rid_of_analytics_and_may_fetch_only_what_it_carries() -> None:
    page = finish_page(f"<html><head><title>GO</title></head><body>{ANALYTICS}<p>text</p></body></html>")
    assert "googletagmanager" not in page
    assert "dataLayer" not in page
    assert "<p>text</p>" in page
    policy = page.partition('Content-Security-Policy" content="')[2].partition('"')[0]
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in policy
    assert page.index("Content-Security-Policy") < page.index("<title>"), "it holds for what stands behind it"


@pytest.mark.parametrize(
    "page",
    ["<p>no head</p>", '<head></head><script src="https://www.googletagmanager.com/other.js"></script>'],
)
def test_a_page_that_is_not_known_is_not_kept(page: str) -> None:
    with pytest.raises(NotKept):
        finish_page(page)
