"""The reports as a release manager opens them: from disk, in a browser, with nobody else to ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

from conformance.record.schema import HopAnswer
from fixtures.allure.generation import PAGE as ALLURE
from fixtures.allure.installation import NotInstalled, allure_program
from reports.files import PAGE
from tests.glue.suite import pytest as suite
from tests.judge.healthy import made
from tests.reports.browser import DESCRIPTION, SIZE, NoBrowser, chromium, opened

MARKUP = "<img src=http://outside.example/x onerror=alert(1)>"
LOST = "1 of 12 requests lost"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as browser:
            yield browser
    except NoBrowser as error:
        pytest.skip(f"browser: {error}")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a session that judged three records: one lost nothing, one a request, one had too little load."""
    runs, out = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("out")
    made().write(runs / "fine")
    lossy = made()
    lossy.fail(3, hops=[HopAnswer("storefront->orders", "orders-01", "orders-01.1", 0, MARKUP)])
    lossy.write(runs / "lossy")
    (runs / "lossy" / "logs").mkdir()
    (runs / "lossy" / "logs" / "orders-01.1.log").write_text(f"the last line {MARKUP}\n")
    thin = made()
    thin.thresholds(batch_requests=1_000)
    thin.write(runs / "thin")
    suite("--judge", str(runs), CONFORMANCE_OUT=str(out))
    return out / "judged"


@pytest.fixture
def allure(out: Path) -> Path:
    """Allure's page."""
    try:
        allure_program()
    except NotInstalled as error:
        pytest.skip(f"allure: {error}")
    return out / ALLURE


def _on_first_screen(what: Locator) -> bool:
    box = what.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= SIZE[1]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_allures_first_screen_is_the_verdict_and_the_losses(browser: Browser, allure: Path, dark: bool) -> None:
    with opened(browser, allure, dark=dark) as seen:
        verdict = seen.page.get_by_text("NO-GO: 2 of 3 scenarios against expectation", exact=True)
        rows = seen.page.get_by_test_id("tree-leaf")
        rows.first.wait_for()
        assert _on_first_screen(verdict.first)
        assert _on_first_screen(rows.first)
        told = [text.partition("nacos: ")[2] for text in rows.all_inner_texts()]
        assert [text.splitlines()[0] for text in told] == [
            "1 of 12 lost",
            "not proved: too little evidence",
            "0 of 12 lost",
        ]
        assert seen.from_outside == []
        assert seen.complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_allures_page_of_a_scenario_shows_sentence_advice_and_picture_without_a_click(
    browser: Browser, allure: Path, dark: bool
) -> None:
    with opened(browser, allure, dark=dark) as seen:
        seen.page.get_by_test_id("tree-leaf").first.click()
        described = seen.page.frame_locator(DESCRIPTION)
        picture = described.locator("img[src^='data:image/svg+xml']").first
        picture.wait_for()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
        assert described.get_by_text(f"NO-GO: {LOST}").is_visible()
        assert described.get_by_text("What to do:").is_visible()
        assert seen.page.get_by_text("2.2 Serve on").first.is_visible(), "the step in which it was lost is unfolded"
        assert not seen.page.get_by_text("3.2 Serve on").is_visible(), "the others are not"
        assert seen.from_outside == []
        assert seen.complaints == []


def test_allures_attachments_open_and_markup_in_a_log_is_text(browser: Browser, allure: Path) -> None:
    with opened(browser, allure) as seen:
        seen.page.get_by_test_id("tree-leaf").first.click()
        seen.page.get_by_text("orders-01.1.log").first.click()
        seen.page.get_by_text(f"the last line {MARKUP}").first.wait_for()
        assert seen.from_outside == []
        assert seen.complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_built_in_page_shows_verdict_sentence_and_picture(browser: Browser, out: Path, dark: bool) -> None:
    with opened(browser, out / PAGE, dark=dark) as seen:
        assert _on_first_screen(seen.page.get_by_text("NO-GO").first)
        assert seen.page.get_by_text(LOST).first.is_visible()
        assert seen.page.locator("svg:visible").count() == 2 * 3, "a picture and a call graph for each"
        assert seen.page.evaluate("document.querySelectorAll('script').length") == 0
        assert seen.asked == []
        assert seen.complaints == []
