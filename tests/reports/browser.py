"""A headless Chromium that keeps count of what a page asks for."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
DESCRIPTION = "iframe[data-testid=test-result-description-frame]"
"""Where Allure shows a scenario's description, kept from running anything."""
SIZE = (1440, 900)
"""Of the first screen, in pixels."""


@dataclass
class Opened:
    """A page that was opened from disk."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """Every address that the page asked for, itself apart."""
    complaints: list[str] = field(default_factory=list)
    """What the browser said against it: scripts that failed, and what the page's policy kept it from."""

    @property
    def from_outside(self) -> list[str]:
        """What it asked others for."""
        return [url for url in self.asked if not url.startswith(("data:", "blob:"))]


class NoBrowser(Exception):
    """There is no Chromium; the message says how to get one."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium. Raises NoBrowser."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoBrowser("no Chromium on this machine; compose/browser.sh installs it on Debian, as root")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, path: Path, *, dark: bool = False, size: tuple[int, int] = SIZE) -> Iterator[Opened]:
    """The page at this path, opened as a double click does."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
    try:
        made = Opened(context.new_page())

        def asked(request: Request) -> None:
            if request.url.partition("#")[0] != path.as_uri():
                made.asked.append(request.url)

        made.page.on("request", asked)
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
        made.page.goto(path.as_uri())
        yield made
    finally:
        context.close()
