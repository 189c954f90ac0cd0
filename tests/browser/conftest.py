"""The built site in a headless Chromium, under a sub-path as on a project's page.

Any console error, page error or request off the site's origin fails the test.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    Request,
    WebError,
    expect,
    sync_playwright,
)

from browser.beginning import begin_again, end_run, train_first_model
from microgpt.gpt.corpus import Corpus
from microgpt.settings import from_mapping
from runs import Computed, computed
from tools.places import DIST, NODE_MODULES
from tools.server import SiteHandler, SiteServer, site_server

CHROMIUM_OPTIONS = [
    "--no-sandbox",  # Chromium doesn't run as root without this
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = NODE_MODULES / "axe-core" / "axe.min.js"
SUB_PATH = "some/sub-path"
# With what axe is to look at in each: of all that it knows, colours alone depend on the scheme.
SCHEMES: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {},
    "dark": {"runOnly": ["color-contrast"]},
}

PASSED = pytest.StashKey[bool]()

expect.set_options(timeout=30_000)  # Python takes seconds to load, more on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker("browser")
            # A busy machine can leave a browser without time for half a minute. What fails is
            # tried once more and shown as RERUN: only what fails twice fails the suite.
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture(scope="session")
def site_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to serve, with the built site below it."""
    root = tmp_path_factory.mktemp("host")
    folder = root / SUB_PATH
    folder.parent.mkdir(parents=True)
    folder.symlink_to(DIST, target_is_directory=True)
    return root


_ports: set[int] = set()


def new_server(root: Path) -> SiteServer:
    """A server at a port, and so an origin, that none has had: browsers store things by it."""
    while (server := site_server(root, 0)).server_port in _ports:
        server.server_close()
    _ports.add(server.server_port)
    return server


def serving(root: Path) -> Iterator[str]:
    """The address of the site, at an origin with storage of its own."""
    server = new_server(root)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/{SUB_PATH}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server was asked for, of all that comes from now on."""
    paths: list[str] = []
    lock = threading.Lock()

    def remember(handler: SiteHandler, *rest: object) -> None:
        del rest
        with lock:
            paths.append(handler.path)

    monkeypatch.setattr(SiteHandler, "log_message", remember)
    return paths


@pytest.fixture
def site(site_root: Path) -> Iterator[str]:
    """The address of the built site, at an origin that no test before has used."""
    yield from serving(site_root)


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    # Pages of a site share a process, and with it the compiled code of Python: see `Visitors`.
    browser = launch(playwright_driver, "--process-per-site")
    yield browser
    browser.close()


def launch(driver: Playwright, *options: str) -> Browser:
    return driver.chromium.launch(
        executable_path=os.environ.get("MICROGPT_CHROMIUM"), args=[*CHROMIUM_OPTIONS, *options]
    )


@dataclass
class Watch:
    """What must not happen while a page is open."""

    origin: str
    shared: str = ""  # the origin of the page that tests share, in those that do
    errors: list[str] = field(default_factory=list)
    errors_are_expected: bool = False  # in tests of failures, which browsers log themselves
    off_origin: list[str] = field(default_factory=list)

    @contextmanager
    def over(self, context: BrowserContext) -> Iterator[None]:
        """Watches a context; when that ends, nothing may have happened."""

        def request(request: Request) -> None:
            own = (self.origin, self.shared or self.origin, "blob:", "data:")
            if not request.url.startswith(own):
                self.off_origin.append(request.url)

        def console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                self.errors.append(message.text)

        def error(error: WebError) -> None:
            self.errors.append(str(error.error))

        listeners: dict[Any, Any] = {"request": request, "console": console, "weberror": error}
        for event, listener in listeners.items():
            context.on(event, listener)
        yield
        for event, listener in listeners.items():
            context.remove_listener(event, listener)

    def check(self) -> None:
        """Nothing has happened that must not."""
        assert self.off_origin == []
        assert self.errors_are_expected or self.errors == []


@pytest.fixture
def watch(site: str) -> Watch:
    return Watch(origin=site.removesuffix(f"{SUB_PATH}/"))


def new_visitor(browser: Browser, *, service_workers: bool) -> BrowserContext:
    # Without motion there is no replay, and the end of a run is there at once.
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    if not service_workers:
        # As where browsers have none, on http in a local network: every request is the page's
        # own, and a file that a test withholds can't come from elsewhere. With one:
        # test_offline.py.
        context.add_init_script("delete Navigator.prototype.serviceWorker")
    return context


class Visitors:
    """Browser contexts, each with storage of its own, that tests use one after the other.

    In each a page stays open: while one has Python running, the browser has its code at hand,
    compiled, and the next page is up in a third of the time. A test has origins of its own,
    and so finds no storage in use. The page that stays in the first context is also the one
    that tests share.
    """

    def __init__(self, browser: Browser, site: str, *, service_workers: bool) -> None:
        self._browser = browser
        self.site = site
        self._service_workers = service_workers
        self._contexts: list[tuple[BrowserContext, Page]] = []
        self._lent = False

    def __getitem__(self, number: int) -> BrowserContext:
        while len(self._contexts) <= number:
            self._contexts.append(self._new())
        return self._contexts[number][0]

    def _new(self) -> tuple[BrowserContext, Page]:
        context = new_visitor(self._browser, service_workers=self._service_workers)
        return context, self._open(context)

    def _open(self, context: BrowserContext) -> Page:
        page = context.new_page()
        # The last that the page loads by itself: a test to come would take it for its own.
        with page.expect_response("**/python_later.zip*", timeout=120_000):
            page.goto(self.site)
            wait_until_up(page)
        if self._service_workers:  # whose own requests are then over
            expect(page.get_by_role("status", name="Use without a network")).not_to_be_empty()
        return page

    def lend(self) -> Page:
        """The page that tests share; another one, if it was not given back."""
        context = self[0]
        if self._lent:
            self._contexts[0][1].close()
            self._contexts[0] = (context, self._open(context))
        self._lent = True
        return self._contexts[0][1]

    def give_back(self) -> None:
        """The test has left the page that tests share in order."""
        self._lent = False

    def leave(self) -> None:
        """Closes what a test has opened, and undoes what it has asked of a context."""
        for context, stays in self._contexts:
            for page in context.pages:
                if page is not stays:
                    page.close()
            for routed in (stays, context):
                # Where nothing was routed the browser isn't asked: once it has never answered.
                if getattr(routed._impl_obj, "_routes", True):
                    routed.unroute_all(behavior="ignoreErrors")
            context.set_offline(False)
            context.clear_permissions()


@pytest.fixture(scope="session")
def visitors(browser: Browser, site_root: Path) -> Iterator[Visitors]:
    for site in serving(site_root):
        yield Visitors(browser, site, service_workers=False)


@pytest.fixture
def new_context(visitors: Visitors, watch: Watch) -> Iterator[Callable[[], BrowserContext]]:
    """Gives browser contexts, each of which is a visitor with storage of their own."""
    with ExitStack() as watched:
        numbers = itertools.count()

        def give() -> BrowserContext:
            context = visitors[next(numbers)]
            watched.enter_context(watch.over(context))
            return context

        yield give
        visitors.leave()
    watch.check()


@pytest.fixture
def context(new_context: Callable[[], BrowserContext]) -> BrowserContext:
    return new_context()


@pytest.fixture
def page(context: BrowserContext, site: str) -> Page:
    """The page as it opens; Python is still loading."""
    page = context.new_page()
    page.goto(site)
    return page


@pytest.fixture
def compiled(page: Page) -> Page:
    """The page as a visitor has it: Python up, and the model that the page begins with trained."""
    wait_until_up(page)
    expect(page.get_by_role("button", name="Train")).to_be_enabled()
    expect(page.get_by_text("20 samples drawn.")).to_be_visible()
    return page


@pytest.fixture
def ready(compiled: Page) -> Page:
    """The same with the scalar engine, which is slow enough to be paused and watched."""
    compiled.get_by_role("combobox", name="Engine").select_option("Scalar")
    return compiled


@pytest.fixture
def shared(
    context: BrowserContext, visitors: Visitors, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page that tests share, with text and settings as it opens, and with any model."""
    assert context is visitors[0]
    watch.shared = visitors.site.removesuffix(f"{SUB_PATH}/")
    page = visitors.lend()
    begin_again(page)
    yield page
    if request.node.stash.get(PASSED, False):
        end_run(page)
        visitors.give_back()


@pytest.fixture
def first_model(shared: Page) -> Page:
    """As `compiled`, on the page that tests share."""
    train_first_model(shared)
    return shared


@pytest.fixture
def slow(shared: Page) -> Page:
    """The page that tests share, with the scalar engine."""
    shared.get_by_role("combobox", name="Engine").select_option("Scalar")
    return shared


@pytest.fixture(scope="session")
def hundred_steps(first_names: Corpus) -> Computed:
    """What CPython computes in 100 steps on the first names; it takes seconds, so only once."""
    return computed(first_names, from_mapping({"steps": 100}))


def wait_for_state(page: Page, state: str) -> None:
    expect(page.locator(f"html[data-state={state}]")).to_be_attached(timeout=90_000)


def wait_until_up(page: Page) -> None:
    """Until Python is up, and the page has trained what it trains by itself, if anything."""
    offered = "[data-state=ready]:has(:is(#returns, #opened):not([hidden]))"
    up = page.locator(f"html:is([data-state=finished], {offered})")
    expect(up).to_be_attached(timeout=90_000)


def open_view(page: Page, name: str) -> None:
    tab = page.get_by_role("tab", name=name)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def upload(page: Page, name: str, data: bytes) -> None:
    page.get_by_label("Upload a text file").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": data}
    )


def set_number(page: Page, name: str, value: float | str) -> None:
    """Fill a hyperparameter, which may be behind "All settings"."""
    spinbutton = page.get_by_role("spinbutton", name=name, exact=True)
    if not spinbutton.is_visible():
        # Not by a click, which misses where a text that has just been read moves what is below.
        page.locator("details:has(#all-settings)").evaluate("details => { details.open = true; }")
    spinbutton.fill(str(value))
    spinbutton.blur()


def expect_error_at(field: Locator, words: str) -> None:
    """The field is marked, in sight, and described by what is wrong with it."""
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(re.escape(words)))
    message = field.page.locator(".error:not(:empty)").filter(has_text=words)
    expect(message).to_be_in_viewport()


def train_to_the_end(page: Page, steps: int) -> None:
    set_number(page, "steps", steps)
    page.get_by_role("button", name="Train").click()
    # Not the state alone: it is "finished" already where this is a second run.
    status = page.get_by_role("status", name="Training status")
    expect(status).to_contain_text(f" of {steps} steps in ", timeout=90_000)
    wait_for_state(page, "finished")
    expect(page.locator("#sample-status")).to_contain_text("drawn")  # those of the end


def samples(page: Page) -> list[str]:
    open_view(page, "Samples")
    return page.get_by_role("list", name="Samples").locator("li .text").all_inner_texts()


def csv_losses(page: Page, folder: Path) -> list[float]:
    """The losses in the downloaded file."""
    open_view(page, "Learning")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download losses").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    heading, *rows = path.read_text().splitlines()
    assert heading == "step,loss"
    assert [row.split(",")[0] for row in rows] == [str(i + 1) for i in range(len(rows))]
    return [float(row.split(",")[1]) for row in rows]


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is, in both colour schemes."""
    page.evaluate(AXE.read_text())
    # All rules look at all elements; of the result only this crosses over from the browser.
    run = "options => axe.run({ resultTypes: ['violations'], ...options })"
    found = []
    for scheme, options in SCHEMES.items():
        # Without motion: colours are at rest.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for violation in page.evaluate(f"{run}.then(({{ violations }}) => violations)", options):
            nodes = json.dumps([node["html"] for node in violation["nodes"]])
            found.append(f"{scheme}: {violation['id']}: {nodes}")
    return found
