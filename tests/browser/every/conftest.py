"""Each check in each browser that is there, of a copy of the site that tells its complaints.

A console error, a warning, what the policy refuses, or a request off this machine fails it.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from browser.conftest import SUB_PATH, new_server, serving
from browser.every.acting import Made, make
from browser.every.driving import Tab, Visitor
from browser.every.playing import PlayingVisitor, chromium, firefox
from browser.every.webkit import WebKitVisitor
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.texts import read
from runs import Computed, computed
from tools import browsers, manifest
from tools.places import DIST, TESTS, WEB
from tools.server import SiteServer

EVERY = ["chromium", "firefox", "webkit"]
SMOKE = "test_visit.py"  # what is short enough for every run of the suite
COMPLAINTS = "JSON.parse(sessionStorage.getItem('complaints') ?? '[]')"
HERE = Path(__file__).parent
REFERENCE = TESTS / "reference_names.json"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "browser_name" in metafunc.fixturenames:
        # The other tests make such a visit in Chromium anyway.
        names = EVERY if all_of_them(metafunc.config) else EVERY[1:]
        metafunc.parametrize("browser_name", names, scope="session")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    longer = collection_path.match("test_*.py") and collection_path.name != SMOKE
    return True if longer and not all_of_them(config) else None


def all_of_them(config: pytest.Config) -> bool:
    return bool(config.getoption("--browsers") == "all")


@pytest.fixture(scope="session")
def visitor_with(
    playwright_driver: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Visitor]]:
    """Somebody with the browser of a name; the same one each time."""

    @functools.cache
    def give(name: str) -> Visitor:
        if name == "chromium":
            return PlayingVisitor(chromium(playwright_driver))
        programs = getattr(browsers, name)()
        if programs.missing:
            pytest.skip(programs.missing)
        if name == "firefox":
            return PlayingVisitor(firefox(playwright_driver, programs))
        return WebKitVisitor(programs, tmp_path_factory.mktemp("webkit"))

    given: dict[str, Visitor] = {}

    def remember(name: str) -> Visitor:
        given[name] = give(name)
        return given[name]

    yield remember
    for visitor in given.values():
        visitor.end()


@pytest.fixture(scope="session")
def watched_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to serve, with a copy of the site below it that keeps its complaints."""
    root = tmp_path_factory.mktemp("watched")
    site = root / SUB_PATH
    shutil.copytree(DIST, site)
    shutil.copyfile(HERE / "watch.js", site / "watch.js")
    for sealed in ("index.html", "service-worker.js"):
        shutil.copyfile(WEB / sealed, site / sealed)
    page = site / "index.html"
    first = '<script src="watch.js"></script>\n    <script src="guard.js">'
    page.write_text(page.read_text().replace('<script src="guard.js">', first))
    manifest.seal(site)
    return root


@pytest.fixture
def watched_server(watched_root: Path) -> Iterator[SiteServer]:
    """Serves it at an origin of its own."""
    with new_server(watched_root) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def watched_site(watched_server: SiteServer) -> str:
    return f"{watched_server.address}{SUB_PATH}/"


@pytest.fixture
def visitor(browser_name: str, visitor_with: Callable[[str], Visitor]) -> Visitor:
    return visitor_with(browser_name)


@pytest.fixture
def tab(visitor: Visitor, watched_site: str) -> Iterator[Tab]:
    """The site as it opens for somebody who has never been there."""
    visitor.off_origin.clear()
    tab = visitor.open(watched_site)
    yield tab
    assert tab.evaluate(COMPLAINTS) == []
    assert visitor.off_origin == []


@pytest.fixture(scope="session")
def names_file(tmp_path_factory: pytest.TempPathFactory, first_names_file: Path) -> Path:
    """names.txt where there is one, else the example of that kind; under a name of its own."""
    file = tmp_path_factory.mktemp("text") / "mine.txt"
    shutil.copyfile(os.environ.get("MICROGPT_NAMES", first_names_file), file)
    return file


@pytest.fixture(scope="session")
def made(
    visitor_with: Callable[[str], Visitor],
    watched_root: Path,
    tmp_path_factory: pytest.TempPathFactory,
    first_names_file: Path,
) -> dict[str, Made]:
    """What was made in each browser, by its name, of a text that fits into a recipe."""
    file = tmp_path_factory.mktemp("short") / "mine.txt"
    shutil.copyfile(first_names_file, file)
    found = {}
    for name in EVERY:
        if name != "chromium" and getattr(browsers, name)().missing:
            continue
        for site in serving(watched_root):
            tab = visitor_with(name).open(site)
            found[name] = make(tab, file)
            assert tab.evaluate(COMPLAINTS) == []
    return found


@pytest.fixture(scope="session")
def expected(names_file: Path) -> Computed:
    """What comes of that text: in CPython, and for names.txt as the original printed it."""
    text = read(names_file.read_bytes(), names_file.name)
    expected = computed(text, Hyperparameters(), "compiled")
    if "MICROGPT_NAMES" in os.environ:
        original = json.loads(REFERENCE.read_text())["python"]
        assert expected.losses == pytest.approx(original["losses"], abs=1e-9)
        assert expected.samples == original["samples"]
    return expected
