#!/usr/bin/env python3
"""Draw the PNG icons beside this file from icon.svg, in the tests' Chromium.

For whoever changes icon.svg: `MICROGPT_CHROMIUM=chromium .venv/bin/python web/icons/make_icons.py`
(after `python3 build.py test`, which installs Playwright). Not part of the build.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
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
    drawing = (HERE.parent / "icon.svg").read_text()
    with sync_playwright() as driver:
        chromium = os.environ.get("MICROGPT_CHROMIUM")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (size, filled) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            width = size * SAFE if filled else size
            ground = BACKGROUND if filled else "transparent"
            page.set_content(
                f"<style>body {{ margin: 0; height: 100vh; display: grid; place-items: center;"
                f" background: {ground} }} svg {{ width: {width}px }}</style>{drawing}"
            )
            page.screenshot(path=HERE / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
