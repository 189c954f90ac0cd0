"""When Python can't be loaded: a clear end, and a way out."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from browser.conftest import Watch, violations, wait_for_state, wait_until_up

FILES = """
    pyodide.mjs pyodide.asm.mjs pyodide.asm.wasm python_stdlib.zip* pyodide-lock.json
    site.json worker.js
"""


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab in which nothing has been opened yet."""
    return context.new_page()


CASES = [(file, "missing") for file in FILES.split()]


@pytest.mark.parametrize(
    ("file", "how"), [*CASES, ("pyodide.asm.wasm", "refused"), ("worker.js", "refused")]
)
def test_a_file_that_does_not_come(
    page: Page, site: str, watch: Watch, file: str, how: str
) -> None:
    watch.errors_are_expected = True

    def refuse(route: Route) -> None:
        if how == "missing":
            route.fulfill(status=404, body="not here")
        else:
            route.abort()

    page.context.route(f"**/{file}", refuse)
    page.goto(site)
    wait_for_state(page, "failed")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Python could not be started.")
    expect(alert).to_contain_text("then reload the page")
    expect(page.get_by_role("button", name="Train")).to_be_disabled()


def test_a_reload_mends_it(page: Page, site: str, watch: Watch) -> None:
    watch.errors_are_expected = True
    page.context.route("**/worker.js", lambda route: route.abort())
    page.goto(site)
    wait_for_state(page, "failed")
    page.context.unroute("**/worker.js")
    alert = page.get_by_role("alert")
    alert.get_by_role("button", name="Reload").click()
    wait_until_up(page)
    expect(alert).to_be_hidden()


@pytest.mark.parametrize("how", ["missing", "cut short"])
def test_what_comes_later_and_does_not_is_said_and_asked_for_again(
    page: Page, site: str, watch: Watch, how: str
) -> None:
    watch.errors_are_expected = True

    def spoil(route: Route) -> None:
        route.fulfill(status=404 if how == "missing" else 200, body="PK and no more")

    page.context.route("**/python_later.zip*", spoil)
    page.goto(site)
    wait_until_up(page)
    page.get_by_role("button", name="Share as a link").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Check the connection, then try again.")
    expect(alert).to_contain_text("The model is kept.")
    page.context.unroute("**/python_later.zip*")
    page.get_by_role("button", name="Share as a link").click()
    expect(page.get_by_role("button", name="Copy link")).to_be_enabled()


@pytest.mark.parametrize("file", ["main.js", "panels/samples.js", "page/early.js"])
def test_a_missing_part_of_the_page_itself(page: Page, site: str, watch: Watch, file: str) -> None:
    watch.errors_are_expected = True
    page.context.route(f"**/{file}", lambda route: route.fulfill(status=404))
    page.goto(site)
    wait_for_state(page, "failed")
    expect(page.get_by_role("alert")).to_contain_text("This page could not be started")
    expect(page.get_by_role("button", name="Reload")).to_be_visible()


def test_a_page_whose_script_breaks(page: Page, site: str, watch: Watch) -> None:
    watch.errors_are_expected = True
    page.context.route(
        "**/panels/loss-chart.js",
        lambda route: route.fulfill(content_type="text/javascript", body="export class LossChart"),
    )
    page.goto(site)
    wait_for_state(page, "failed")
    expect(page.get_by_role("button", name="Reload")).to_be_visible()


def test_blocked_webassembly(page: Page, site: str, watch: Watch) -> None:
    watch.errors_are_expected = True

    def forbid(route: Route) -> None:
        response = route.fetch()
        policy = {"Content-Security-Policy": "script-src 'self' blob: 'unsafe-inline'"}
        route.fulfill(response=response, headers={**response.headers, **policy})

    page.context.route(site, forbid)
    page.goto(site)
    wait_for_state(page, "failed")
    expect(page.get_by_role("alert")).to_contain_text("WebAssembly, which Python needs, is blocked")
    assert violations(page) == []


def test_a_load_that_hangs_ends_in_a_time_out(page: Page, site: str, watch: Watch) -> None:
    watch.errors_are_expected = True
    page.clock.install()
    held: list[Route] = []
    page.context.route("**/python_stdlib.zip*", lambda route: held.append(route))
    page.goto(site)
    expect(page.locator("#loading-text")).to_contain_text(re.compile(r"1[01]\.\d MB of"))
    expect(page.locator("html[data-state=loading]")).to_be_attached()
    page.clock.fast_forward(61_000)
    wait_for_state(page, "failed")
    expect(page.get_by_role("alert")).to_contain_text("Nothing has arrived for 60 seconds")
