"""Makes the README's pictures from the last run's reports: ``make screenshots``, ``python -m docs.screenshots FOLDER``.

They show what a run left, as a browser shows it: made anew after every change of what they show.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page

from fixtures.allure.generation import PAGE as ALLURE
from fixtures.glue.settings import out_folder
from reports.files import PAGE
from tests.reports.browser import DESCRIPTION, NoBrowser, chromium, opened

DOCS = Path(__file__).parent
FIRST_SCREEN = (1440, 900)
WHOLE_SCENARIO = (1440, 2000)
"""As high as a scenario's page with its picture and its steps."""
CONTROL = "abrupt stop"
"""In the title of a scenario that every profile has."""
CONTENT = 1_200
"""Pixels of the page's middle that hold all of it."""


def main(folder: Path) -> None:
    """Draw ``allure.png``, ``scenario.png`` and ``release-report.png`` into this folder. Raises NoBrowser."""
    missing = [path for path in (folder / ALLURE, folder / PAGE) if not path.is_file()]
    if missing:
        sys.exit(f"{missing[0]} is not there: run make conformance first")
    with chromium() as browser:
        _allure(browser, folder / ALLURE)
        _scenario(browser, folder / ALLURE)
        with opened(browser, folder / PAGE, size=FIRST_SCREEN) as seen:
            seen.page.screenshot(path=DOCS / "release-report.png")


def _allure(browser: Browser, path: Path) -> None:
    with opened(browser, path, size=FIRST_SCREEN) as seen:
        seen.page.get_by_test_id("tree-leaf").first.wait_for()
        _draw(seen.page, DOCS / "allure.png")


def _scenario(browser: Browser, path: Path) -> None:
    """The control: a release by kill, whose losses are seen."""
    with opened(browser, path, size=WHOLE_SCENARIO) as seen:
        seen.page.get_by_test_id("tree-leaf").filter(has_text=CONTROL).last.click()
        seen.page.frame_locator(DESCRIPTION).locator("img").first.wait_for()
        _draw(seen.page, DOCS / "scenario.png")


def _draw(page: Page, path: Path) -> None:
    size = page.viewport_size or {"width": CONTENT, "height": FIRST_SCREEN[1]}
    left = (size["width"] - CONTENT) / 2
    page.screenshot(
        path=path,
        animations="disabled",
        clip={"x": left, "y": 0, "width": CONTENT, "height": size["height"]},
    )


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else out_folder())
    except NoBrowser as error:
        sys.exit(str(error))
