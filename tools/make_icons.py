"""Draws the PNG icons in web/icons/ from web/icon.svg, in the tests' Chromium.

Run by hand, when icon.svg has changed: `.venv/bin/python -m tools.make_icons` (after
`python3 build.py test`, which installs Playwright). Not about where browsers show
them: see web/app.webmanifest.
"""

from __future__ import annotations

from playwright.sync_api import sync_playwright

from tools import chromium
from tools.places import WEB

BACKGROUND = "#0c6b62"  # that of icon.svg, where a system cuts its own shape out of a full square
SAFE = 0.75  # of the width: a circle may be all that is left of it

ICONS = {  # file: size in pixels, whether the square is filled to its corners
    "192.png": (192, False),
    "512.png": (512, False),
    "512-maskable.png": (512, True),
    "180-apple-touch.png": (180, True),
}


def main() -> None:
    """Write the four files."""
    drawing = (WEB / "icon.svg").read_text()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        for name, (size, filled) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            width = size * SAFE if filled else size
            ground = BACKGROUND if filled else "transparent"
            page.set_content(
                f"<style>body {{ margin: 0; height: 100vh; display: grid; place-items: center;"
                f" background: {ground} }} svg {{ width: {width}px }}</style>{drawing}"
            )
            page.screenshot(path=WEB / "icons" / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
