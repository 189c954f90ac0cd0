"""The site as an app of its own: what a browser wants to see before it offers that."""

import json
import struct

from playwright.sync_api import Page, expect

import build
from browser.conftest import wait_for_state


def test_the_browser_finds_nothing_missing(page: Page, site: str) -> None:
    wait_for_state(page, "ready")
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"] == f"{site}app.webmanifest"
    installability = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Contexts of tests are private windows, from which nothing can be installed.
    assert [error["errorId"] for error in installability] in ([], ["in-incognito"])
    with page.expect_request("**/app.webmanifest") as request:
        page.evaluate("fetch('app.webmanifest')")
    response = request.value.response()
    assert response
    assert response.header_value("Content-Type") == "application/manifest+json"


def test_addresses_are_relative_and_icons_of_the_size_they_say() -> None:
    manifest = json.loads((build.DIST / "app.webmanifest").read_text())
    assert manifest["start_url"] == manifest["scope"] == "./"
    assert "id" not in manifest  # it would count from the root of an origin that others share
    style = (build.DIST / "style.css").read_text()
    assert f"--paper: {manifest['theme_color']};" in style
    for icon in manifest["icons"]:
        data = (build.DIST / icon["src"]).read_bytes()
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
        assert (build.DIST / file).exists()
