"""Phones, browsers without SIMD, forced colours and zoom: each trains, and all can be reached.

Not about storage that is switched off: see test_return.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from browser.conftest import (
    Watch,
    csv_losses,
    launch,
    set_number,
    train_to_the_end,
    wait_for_state,
    wait_until_up,
)
from runs import Computed

VIEWS = ("Samples", "Learning", "Inside", "Code", "Runs")
NO_SIMD = "--js-flags=--no-enable-sse4-1"  # without which V8 has none
# A function that gives a vector: whether that is a valid module.
HAS_SIMD = """WebAssembly.validate(new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0,
    10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]))"""


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=name, exact=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_phone_whose_browser_has_no_simd(
    playwright_driver: Playwright,
    site: str,
    watch: Watch,
    hundred_steps: Computed,
    tmp_path: Path,
) -> None:
    browser = launch(playwright_driver, NO_SIMD)
    context = browser.new_context(
        viewport={"width": 393, "height": 851},
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    with watch.over(context):
        page = context.new_page()
        page.goto(site)
        assert not page.evaluate(HAS_SIMD)
        wait_until_up(page)
        set_number(page, "steps", 100)
        page.get_by_role("button", name="Train").tap()
        expect(page.get_by_role("status", name="Training status")).to_contain_text("100 of 100")
        wait_for_state(page, "finished")
        for view in VIEWS:
            tab(page, view).tap()
            expect(tab(page, view)).to_have_attribute("aria-selected", "true")
            assert fits(page)
        assert csv_losses(page, tmp_path) == pytest.approx(hundred_steps.losses, abs=1e-12)
        browser.close()
    watch.check()


def test_zoom_of_200_percent(first_model: Page) -> None:
    first_model.set_viewport_size({"width": 640, "height": 450})
    for view in VIEWS:
        tab(first_model, view).click()  # nothing lies over it
        expect(tab(first_model, view)).to_have_attribute("aria-selected", "true")
        assert fits(first_model)
    train_to_the_end(first_model, 20)


def test_forced_colours(first_model: Page) -> None:
    first_model.emulate_media(forced_colors="active")
    colour = "element => getComputedStyle(element).borderBottomColor"
    selected, other = tab(first_model, "Samples"), tab(first_model, "Runs")
    assert selected.evaluate(colour) != other.evaluate(colour)
    text = "element => getComputedStyle(element).color"
    train, stop = (first_model.get_by_role("button", name=name) for name in ("Train", "Stop"))
    assert train.evaluate(text) != stop.evaluate(text)  # which can't be pressed
    train_to_the_end(first_model, 20)
    first_model.emulate_media(forced_colors="none")
