"""Chromium and Firefox as `driving` has them, both driven by Playwright.

Not about where they are found: see tools/.
"""

from __future__ import annotations

from playwright.sync_api import Browser, Page, Playwright, Request

from browser.conftest import launch
from tools.browsers import Programs

AT_HOME = ("http://127.0.0.1:", "blob:", "data:")


def chromium(driver: Playwright) -> Browser:
    return launch(driver)


def firefox(driver: Playwright, programs: Programs) -> Browser:
    """As Mozilla made it: the channel speaks WebDriver BiDi, for which any build will do."""
    path = programs["firefox"]
    return driver.firefox.launch(channel="moz-firefox", executable_path=path)


class PlayingVisitor:
    """A browser with nothing stored."""

    def __init__(self, browser: Browser) -> None:
        self.off_origin: list[str] = []
        self._browser = browser
        self._context = browser.new_context(reduced_motion="reduce")
        self._context.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(AT_HOME):
            self.off_origin.append(request.url)

    def open(self, address: str) -> Page:
        for page in self._context.pages:
            page.close()
        page = self._context.new_page()
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        return page

    def end(self) -> None:
        self._browser.close()
