"""What the first visit loads, and that the rest comes when it is wanted."""

from __future__ import annotations

import gzip

from playwright.sync_api import BrowserContext, Page, Request, expect

from browser.conftest import open_view, wait_until_up
from tools.places import DIST

# MB until the first sample, with all that hosts compress compressed by gzip -9.
MOST = 4.8
AS_THEY_ARE = (".zip", ".whl", ".png")


def size(path: str) -> int:
    data = (DIST / path).read_bytes()
    return len(data) if path.endswith(AS_THEY_ARE) else len(gzip.compress(data, 9))


def test_what_a_first_visit_loads_and_what_comes_later(context: BrowserContext, site: str) -> None:
    requests: list[str] = []

    def note(request: Request) -> None:
        requests.append(request.url.removeprefix(site).split("?")[0] or "index.html")

    context.on("request", note)
    page = context.new_page()
    page.goto(site)
    wait_until_up(page)
    expect(page.locator("#samples li").first).to_be_attached()
    asked = set(requests)
    context.remove_listener("request", note)
    later = ("pyodide/python_later", "pyodide/python_rest", "pyodide/micropip", "wheels/")
    assert not [path for path in asked if path.startswith(later)]
    total = sum(size(path) for path in asked if (DIST / path).is_file())
    assert total / 1e6 <= MOST, sorted(asked)
    comes_later(page)


def comes_later(page: Page) -> None:
    """A part of the package that the first model has no use for."""
    open_view(page, "Inside")
    expect(page.locator("#inside-line")).to_contain_text("nats")
