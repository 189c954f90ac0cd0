"""The site as an app of its own: what a browser wants to see before it offers that."""

import json
import os
import struct
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, expect

from browser.conftest import CHROMIUM_OPTIONS, Watch, wait_until_up
from tools.places import DIST


def test_the_browser_finds_nothing_missing(
    playwright_driver: Playwright, site: str, watch: Watch, tmp_path: Path
) -> None:
    """In a profile on disk: other tests have private windows, from which nothing is installed."""
    context = playwright_driver.chromium.launch_persistent_context(
        tmp_path, executable_path=os.environ.get("MICROGPT_CHROMIUM"), args=CHROMIUM_OPTIONS
    )
    with watch.over(context):
        page = context.new_page()
        page.goto(site)
        wait_until_up(page)
        check_installable(context, page, site)
        context.close()
    watch.check()


def check_installable(context: BrowserContext, page: Page, site: str) -> None:
    devtools = context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"] == f"{site}app.webmanifest"
    assert devtools.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    script = "fetch('app.webmanifest').then((response) => response.headers.get('Content-Type'))"
    assert page.evaluate(script) == "application/manifest+json"


def test_addresses_are_relative_and_icons_of_the_size_they_say() -> None:
    manifest = json.loads((DIST / "app.webmanifest").read_text())
    assert manifest["start_url"] == manifest["scope"] == "./"
    assert "id" not in manifest  # it would count from the root of an origin that others share
    style = (DIST / "style/base.css").read_text()
    assert f"--paper: {manifest['theme_color']};" in style
    for icon in manifest["icons"]:
        data = (DIST / icon["src"]).read_bytes()
        if icon["type"] == "image/png":
            assert data.startswith(b"\x89PNG")
            width, height = struct.unpack(">II", data[16:24])
            assert icon["sizes"] == f"{width}x{height}"


def test_the_head_of_the_page_names_what_systems_look_for(page: Page) -> None:
    for rel, file in {
        "manifest": "app.webmanifest",
        "apple-touch-icon": "icons/180-apple-touch.png",
    }.items():
        expect(page.locator(f"link[rel={rel}]")).to_have_attribute("href", file)
        assert (DIST / file).exists()
